/** Errors of a command that the user can fix, and how a command ends with one. */

/** An error that the user of a command can fix. The command prints its message without a stack trace. */
export class UserError extends Error {
  /** The code that the process ends with. */
  readonly exitCode: number;

  constructor(message: string, { exitCode = 1, ...options }: ErrorOptions & { readonly exitCode?: number } = {}) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/**
 * Ends the process after printing the error: the message of a UserError, the stack of any other error. The code is that
 * of the UserError, or 1.
 */
export function exitWithError(error: unknown): never {
  const text = error instanceof UserError ? error.message : error instanceof Error ? error.stack : error;
  process.stderr.write(`wamp-edge: ${text}\n`);
  // A cast, because the Workers types declare `process` as any.
  return process.exit(error instanceof UserError ? error.exitCode : 1) as never;
}
