/** Lines of the operator's log: structured, one per fault, never with a credential. */

/** One line. */
export interface LogLine {
  readonly level: "info" | "warn" | "error";
  /** What happened, as `noun.verb`, such as `login.refused`. */
  readonly event: string;
  readonly realm?: string;
  /** Why it happened: an error URI, a code or a short text. */
  readonly cause?: string | undefined;
  readonly [detail: string]: unknown;
}

/** The fields of a line that describe a thrown value. */
export interface Thrown {
  readonly cause: string;
  /** The `cause` of the error, if any. */
  readonly origin?: string;
  readonly stack?: string | undefined;
}

/** Describes a thrown value. */
export function thrown(error: unknown): Thrown {
  if (!(error instanceof Error)) return { cause: String(error) };
  const { name, message, stack, cause } = error;
  return { cause: `${name}: ${message}`, ...(cause !== undefined && { origin: String(cause) }), stack };
}
