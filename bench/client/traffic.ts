/** Counts the messages and errors of all connections of the load generator. */

/** Messages that went to and came from the router since the process started. */
export const traffic = { sent: 0, received: 0 };

/** Errors of a run: their number, and the text of the first. */
export const failures: { count: number; first: string | undefined } = { count: 0, first: undefined };

/** Characters of an error that are kept. */
const MOST_CHARACTERS = 300;

/** Counts an error; the first one's text goes into the report. */
export function noteFailure(text: string): void {
  failures.count++;
  failures.first ??= text.slice(0, MOST_CHARACTERS);
}
