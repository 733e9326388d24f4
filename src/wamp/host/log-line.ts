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

/** What a line tells of something that was thrown. */
export interface Thrown {
  readonly cause: string;
  /** What that followed from, where the error says so. */
  readonly origin?: string;
  readonly stack?: string | undefined;
}

/** The fields of a line about something that was thrown. */
export function thrown(error: unknown): Thrown {
  if (!(error instanceof Error)) return { cause: String(error) };
  const { name, message, stack, cause } = error;
  return { cause: `${name}: ${message}`, ...(cause !== undefined && { origin: String(cause) }), stack };
}
