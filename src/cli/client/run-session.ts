/** The life of a command that has a session: it connects, works until it is done or stopped, and leaves. */

import { OLDEST_NODE_WITH_WEBSOCKET, requireNode } from "../project/node-version.ts";
import { UserError } from "../project/user-error.ts";
import { type ConnectionFlags, resolveSettings } from "./connection-settings.ts";
import { parseDuration } from "./duration.ts";
import { openSession, type Session } from "./open-session.ts";

/** Milliseconds that the router has for its GOODBYE. */
const LEAVE_MS = 2_000;

/** The options of a command that works until it is stopped. */
export interface LastingFlags extends ConnectionFlags {
  readonly duration?: string;
  readonly count?: string;
}

/** Does the work of a command; `stop` is aborted by Ctrl-C, SIGTERM, and at the end of `--duration`. */
export type Work = (session: Session, stop: AbortSignal) => Promise<void>;

/** Opens a session, does the work and leaves. Rejects with UserError, also when the session ends before the work. */
export async function runSession(flags: LastingFlags, work: Work): Promise<void> {
  requireNode("the WAMP client", OLDEST_NODE_WITH_WEBSOCKET);
  endWithReader();
  const duration = flags.duration === undefined ? undefined : parseDuration(flags.duration, "--duration");
  const session = await openSession(await resolveSettings(flags, process.env));
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, abort);
  const timer = duration === undefined ? undefined : setTimeout(abort, duration);
  try {
    await Promise.race([work(session, stop.signal), failAtEnd(session)]);
  } finally {
    clearTimeout(timer);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, abort);
    await leave(session);
  }
}

/** Resolves when the signal is aborted. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

async function failAtEnd(session: Session): Promise<never> {
  const { reason, message } = await session.ended;
  const text = message === undefined || message === "" ? reason : `${reason}, ${message}`;
  throw new UserError(`the router ended the session: ${text}; run the command again`);
}

async function leave(session: Session): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, LEAVE_MS);
  await Promise.race([session.leave(), promise]);
  clearTimeout(timer);
  await session.disconnect();
}

/** Ends the process when the reader of its output has ended, as with `| head`. */
function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
}
