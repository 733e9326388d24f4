/**
 * Switches off stack traces for the import of @msgpack/msgpack, which makes errors when it is imported. For the lines of
 * a trace V8 parses the whole bundle once more: a fifth of the CPU of the Worker's start (docs/performance.md).
 */

const settings = Error as { stackTraceLimit?: number | undefined };
const { stackTraceLimit } = settings;
// With 0 V8 would still look for the line of the first frame.
settings.stackTraceLimit = undefined;

/** Switches stack traces on again. */
export function restoreStackTraces(): void {
  settings.stackTraceLimit = stackTraceLimit;
}
