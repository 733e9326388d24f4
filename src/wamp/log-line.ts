/** What the operator of a router is told: one structured line per fault, never a credential. */

export interface LogLine {
  readonly level: "info" | "warn" | "error";
  /** What happened, as `noun.verb`, such as `login.refused`. */
  readonly event: string;
  readonly realm?: string;
  /** Why it happened: an error URI, a code or a short text. */
  readonly cause?: string | undefined;
  readonly [detail: string]: unknown;
}

/** `cause` and `stack` of a line about something that was thrown. */
export function thrown(error: unknown): { readonly cause: string; readonly stack?: string | undefined } {
  if (!(error instanceof Error)) return { cause: String(error) };
  return { cause: `${error.name}: ${error.message}`, stack: error.stack };
}
