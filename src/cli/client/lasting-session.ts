/** The life of a command that goes on when its connection is lost: it joins the realm again and works on. */

import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { retryDelayMs } from "../../client/retry-delays.ts";
import { ApplicationError } from "../../wamp/local/application-error.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import { UserError } from "../project/user-error.ts";
import type { ConnectionFlags, ConnectionSettings } from "./connection-settings.ts";
import { parseDuration } from "./duration.ts";
import { openSession, type Session, Unreachable } from "./open-session.ts";
import { printNotice } from "./printing.ts";
import { describeEnd, prepareSession, untilStopped, type Work, workIn } from "./run-session.ts";

/** The options of a command that works until it is stopped. */
export interface LastingFlags extends ConnectionFlags {
  readonly duration?: string;
  readonly count?: string;
  /** False with `--no-reconnect`. */
  readonly reconnect?: boolean;
}

/** A session that lasted as long was no failed attempt; milliseconds. */
const SOUND_MS = 30_000;

/** The least share of a delay: commands that lost the same router do not come back all at once. */
const MIN_SHARE = 0.7;

/** Reasons that pass without a change of the command: the router restarts, or has too many connections. */
const PASSING: ReadonlySet<string> = new Set([
  WampUri.NETWORK_FAILURE,
  WampUri.SYSTEM_SHUTDOWN,
  WampUri.LIMIT_EXCEEDED,
  // The components that decide are not back yet.
  WampUri.AUTHENTICATION_FAILED,
  WampUri.AUTHORIZATION_FAILED,
  // The router has not noticed yet that the former connection is lost.
  WampUri.PROCEDURE_ALREADY_EXISTS,
]);

/** Adds the option that ends a command with its connection. */
export function addReconnectOption(command: Command): Command {
  return command.option("--no-reconnect", "end with code 1 when the connection is lost");
}

/**
 * Opens a session, does the work and leaves. When the connection is lost, it says so, opens another session and does the
 * work again, unless `--no-reconnect` is given. The first session gets one attempt. Rejects with UserError, also when
 * the router ends the session for good.
 */
export async function runLasting(flags: LastingFlags, work: Work): Promise<void> {
  const duration = flags.duration === undefined ? undefined : parseDuration(flags.duration, "--duration");
  const settings = await prepareSession(flags);
  const first = await openSession(settings);
  const plan = { settings, work, mayReturn: flags.reconnect !== false };
  await untilStopped(duration, async (stop) => {
    let last: string | undefined;
    const reopen = async (): Promise<Session> => {
      const session = await openSession(settings, stop);
      printNotice(`connected to ${settings.url} again`);
      last = undefined;
      return session;
    };
    let reason = await workOnce({ ...plan, isReturn: false, stop, open: () => first });
    for (let attempt = 0; reason !== undefined; attempt++) {
      const since = performance.now();
      const wait = retryDelayMs(attempt) * (MIN_SHARE + Math.random() * (1 - MIN_SHARE));
      if (reason !== last) printNotice(`${reason}; trying again, Ctrl-C ends`);
      last = reason;
      await delay(wait, undefined, { signal: stop }).catch(() => {});
      if (stop.aborted) return;
      reason = await workOnce({ ...plan, isReturn: true, stop, open: reopen });
      if (performance.now() - since >= SOUND_MS + wait) attempt = -1;
    }
  });
}

interface Attempt {
  readonly settings: ConnectionSettings;
  readonly work: Work;
  readonly mayReturn: boolean;
  readonly isReturn: boolean;
  readonly stop: AbortSignal;
  open(): Session | Promise<Session>;
}

/** Resolves when the work is done or stopped; to a reason where another attempt may succeed. */
async function workOnce({ settings, work, mayReturn, isReturn, stop, open }: Attempt): Promise<string | undefined> {
  try {
    const session = await open();
    const end = await workIn(session, stop, work);
    if (end === undefined) return undefined;
    const text = describeEnd(end, settings);
    if (mayReturn && PASSING.has(end.reason)) return text;
    throw new UserError(`${text}; run the command again`);
  } catch (error) {
    if (error instanceof Unreachable && stop.aborted) return undefined;
    if (!isReturn || !isPassing(error)) throw error;
    return error.message;
  }
}

function isPassing(error: unknown): error is UserError {
  if (!(error instanceof UserError)) return false;
  return error instanceof Unreachable || (error.cause instanceof ApplicationError && PASSING.has(error.cause.uri));
}
