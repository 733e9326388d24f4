/** Errors of a command that the user can fix, and how a command ends with one. */

/** An error that the user of a command can fix. The command prints its message without a stack trace. */
export class UserError extends Error {}

/** Ends the process with code 1 after printing the error: the message of a UserError, the stack of any other error. */
export function exitWithError(error: unknown): never {
  const text = error instanceof UserError ? error.message : error instanceof Error ? error.stack : error;
  process.stderr.write(`wamp-edge: ${text}\n`);
  // A cast, because the Workers types declare `process` as any.
  return process.exit(1) as never;
}
