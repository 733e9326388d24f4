/** Checks a long text in a JSON message without making a copy of it. */

/** A text in a message. */
export interface LongText {
  /** Where its opening quote is. */
  readonly start: number;
  /** The message with an empty text in its place: valid JSON if and only if the message is. */
  readonly shortened: string;
}

/** Characters: below, the search costs as much as the copy. */
const LONG = 32_768;
/** Quotes at which a text may begin; most messages have fewer before a long text. */
const MOST_QUOTES = 64;

/** A feature newer than the compiler's library; it throws for what is no primitive value in JSON. */
const { rawJSON: checkPrimitive } = JSON as { rawJSON?(text: string): unknown };

/**
 * Finds the first long text of a message; undefined where the native parser must see the whole message. `JSON.parse` of
 * 512 KiB takes four times as long as the check, most of it for the memory of the text.
 */
export function findLongText(frame: string): LongText | undefined {
  if (frame.length < LONG || checkPrimitive === undefined) return undefined;
  let start = frame.indexOf('"');
  for (let count = 0; count < MOST_QUOTES; count++) {
    const end = frame.indexOf('"', start + 1) + 1;
    if (end === 0) return undefined;
    if (end - start > LONG) return isText(frame, start, end) ? longText(frame, start, end) : undefined;
    start = end - 1;
  }
  return undefined;
}

/**
 * If the quote at `start` ended a text in fact, an empty text in its place would follow that text at once, which is a
 * fault. Behind a backslash the quote would belong to a text.
 */
function isText(frame: string, start: number, end: number): boolean {
  if (frame[start - 1] === "\\") return false;
  try {
    checkPrimitive!(frame.slice(start, end));
    return true;
  } catch {
    return false;
  }
}

function longText(frame: string, start: number, end: number): LongText {
  return { start, shortened: `${frame.slice(0, start)}""${frame.slice(end)}` };
}
