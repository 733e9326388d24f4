/** The life of a command that has a session: it connects, works until it is done or stopped, and leaves. */

import { setImmediate as nextTurn } from "node:timers/promises";
import type { SessionEnd } from "../../client/channel-session.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import { OLDEST_NODE_WITH_WEBSOCKET, requireNode } from "../project/node-version.ts";
import { UserError } from "../project/user-error.ts";
import { type ConnectionFlags, type ConnectionSettings, resolveSettings } from "./connection-settings.ts";
import { openSession, type Session } from "./open-session.ts";

/** Milliseconds that the router has for its GOODBYE. */
const LEAVE_MS = 2_000;

/** Does the work of a command; `stop` is aborted by Ctrl-C and SIGTERM. */
export type Work = (session: Session, stop: AbortSignal) => Promise<void>;

/** Opens a session, does the work and leaves. Rejects with UserError, also when the session ends before the work. */
export async function runSession(flags: ConnectionFlags, work: Work): Promise<void> {
  const settings = await prepareSession(flags);
  const session = await openSession(settings);
  await untilStopped(undefined, async (stop) => {
    const end = await workIn(session, stop, work);
    if (end !== undefined) throw new UserError(`${describeEnd(end, settings)}; run the command again`);
  });
}

/** Resolves the settings of a connection; asks for the secret where it must. Rejects with UserError. */
export function prepareSession(flags: ConnectionFlags): Promise<ConnectionSettings> {
  requireNode("the WAMP client", OLDEST_NODE_WITH_WEBSOCKET);
  return resolveSettings(flags, process.env);
}

/** Does work until Ctrl-C, SIGTERM or the end of `duration` in milliseconds, which abort its signal. */
export async function untilStopped(
  duration: number | undefined,
  work: (stop: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, abort);
  const timer = duration === undefined ? undefined : setTimeout(abort, duration);
  try {
    await work(stop.signal);
  } finally {
    clearTimeout(timer);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, abort);
  }
}

/** Does the work in a session and leaves. Resolves to why the session has ended, where it ended before the work. */
export async function workIn(session: Session, stop: AbortSignal, work: Work): Promise<SessionEnd | undefined> {
  let end: SessionEnd | undefined;
  const ended = session.ended.then((value) => {
    end = value;
  });
  try {
    await Promise.race([work(session, stop), ended]);
  } catch (error) {
    // The end of a session rejects its requests, too.
    await Promise.race([ended, nextTurn()]);
    if (end === undefined) {
      await leave(session);
      throw error;
    }
  }
  const lost = end;
  if (lost === undefined) await leave(session);
  return lost;
}

/** Says why a session has ended. */
export function describeEnd({ reason, message }: SessionEnd, { url }: ConnectionSettings): string {
  const text = message === undefined || message === "" ? "" : message;
  if (reason === WampUri.NETWORK_FAILURE) return `the connection to ${url} was lost${text && ` (${text})`}`;
  return `the router ended the session: ${reason}${text && `, ${text}`}`;
}

/** Resolves when the signal is aborted. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

async function leave(session: Session): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, LEAVE_MS);
  await Promise.race([session.leave(), promise]);
  clearTimeout(timer);
  await session.disconnect();
}
