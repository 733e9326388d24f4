/** The measurements of `wamp-edge bench`. */

import { type ConnectionFlags, resolveSettings } from "../client/connection-settings.ts";
import { describeError } from "../client/failures.ts";
import { openSession, type Session } from "../client/open-session.ts";
import { OLDEST_NODE_WITH_WEBSOCKET, requireNode } from "../project/node-version.ts";

/** Requests that are made before anything is measured, one after the other. */
const WARM_UP = 50;

/** The options of a measurement. */
export interface BenchSettings {
  readonly uri: string;
  readonly durationMs: number;
  readonly inFlight: number;
  readonly payload: number;
}

/** A scenario that is ready. */
export interface OpenBench {
  readonly url: string;
  readonly realm: string;
  /** The session that makes the requests. */
  readonly session: Session;
  /** Makes one request and resolves when it has come through. */
  readonly request: () => Promise<unknown>;
  /** WAMP messages of one request, at both sides of the router. */
  readonly messagesPerRequest: number;
  close(): Promise<void>;
}

/** What was measured; milliseconds. */
export interface Figures {
  readonly seconds: number;
  readonly requests: number;
  readonly messages: number;
  readonly requests_per_second: number;
  readonly messages_per_second: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
}

/** Opens two sessions: one asks, the other answers. */
export async function openBench(
  flags: ConnectionFlags,
  scenario: "rpc" | "pubsub",
  { uri, payload }: BenchSettings,
): Promise<OpenBench> {
  requireNode("the WAMP client", OLDEST_NODE_WITH_WEBSOCKET);
  const settings = await resolveSettings(flags, process.env);
  const [session, other] = await Promise.all([openSession(settings), openSession(settings)]);
  const text = "x".repeat(payload);
  const close = async (): Promise<void> => {
    await Promise.all([session.disconnect(), other.disconnect()]);
  };
  try {
    const request =
      scenario === "rpc" ? await openRpc(session, other, uri, text) : await openPubsub(session, other, uri, text);
    const messagesPerRequest = scenario === "rpc" ? RPC_MESSAGES : PUBSUB_MESSAGES;
    return { url: settings.url, realm: settings.realm, session, request, messagesPerRequest, close };
  } catch (error) {
    const described = await describeError(error, uri, other, scenario === "rpc" ? "register" : "subscribe");
    await close();
    throw described;
  }
}

/** CALL, INVOCATION, YIELD, RESULT. */
const RPC_MESSAGES = 4;
/** PUBLISH, PUBLISHED, EVENT. */
const PUBSUB_MESSAGES = 3;

async function openRpc(caller: Session, callee: Session, uri: string, text: string): Promise<() => Promise<unknown>> {
  await callee.register(uri, ([value]) => value, { invoke: "last" });
  return () => caller.call(uri, [text]);
}

async function openPubsub(
  publisher: Session,
  subscriber: Session,
  uri: string,
  text: string,
): Promise<() => Promise<unknown>> {
  const arrivals = new Map<number, () => void>();
  let last = 0;
  await subscriber.subscribe(uri, ([number]) => {
    arrivals.get(number as number)?.();
    arrivals.delete(number as number);
  });
  return async () => {
    const number = ++last;
    const arrived = new Promise<void>((resolve) => arrivals.set(number, resolve));
    await publisher.publish(uri, [number, text]);
    await arrived;
  };
}

/** Warms up, and returns the median of requests that are made one after the other. */
export async function roundTrips({ request }: OpenBench): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < 2 * WARM_UP; index++) {
    const start = performance.now();
    await request();
    if (index >= WARM_UP) times.push(performance.now() - start);
  }
  return percentile(times.sort(ascending), 0.5);
}

/** Keeps `inFlight` requests under way until the time is over. */
export async function measure(
  { request, messagesPerRequest }: OpenBench,
  { durationMs, inFlight }: BenchSettings,
): Promise<Figures> {
  const times: number[] = [];
  const start = performance.now();
  const work = async (): Promise<void> => {
    while (performance.now() - start < durationMs) {
      const sent = performance.now();
      await request();
      times.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  const seconds = (performance.now() - start) / 1000;
  const messages = times.length * messagesPerRequest;
  times.sort(ascending);
  return {
    seconds: Math.round(seconds * 100) / 100,
    requests: times.length,
    messages,
    requests_per_second: Math.round(times.length / seconds),
    messages_per_second: Math.round(messages / seconds),
    p50_ms: percentile(times, 0.5),
    p95_ms: percentile(times, 0.95),
    p99_ms: percentile(times, 0.99),
    max_ms: percentile(times, 1),
  };
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** The nearest rank of an ascending list, with two decimals. */
function percentile(sorted: readonly number[], part: number): number {
  const value = sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
  return Math.round(value * 100) / 100;
}
