/** Counts calls, errors and times of procedures from the messages of a tap, so that the router need not. */

import type { Id, Uri } from "../../wamp/protocol/values.ts";
import type { TapMessage } from "./tap-message.ts";

/** Calls without an answer that are kept; the oldest are forgotten. */
const MOST_OPEN = 10_000;
/** URIs that are counted: clients choose them, also wrong ones. */
const MOST_URIS = 5_000;
/** The latest times of a URI, of which the percentiles are. */
const MOST_TIMES = 500;

/** ERROR.Type of the answer to a CALL. */
const CALL = 48;

/** The registration that figures are asked of. */
export interface CalledRegistration {
  readonly id: Id;
  readonly uri: Uri;
  readonly match: string;
}

/** What is known of the calls of a registration. */
export interface Figures {
  /** Calls since the start, also those without an answer yet. */
  readonly calls: number;
  /** Calls that ended with ERROR: of the callee, of the router, or canceled. */
  readonly errors: number;
  /** Milliseconds from CALL to the last RESULT or ERROR at the router; undefined without an answer. */
  readonly p50: number | undefined;
  readonly p95: number | undefined;
}

interface OpenCall {
  readonly uri: Uri;
  /** Milliseconds since the epoch, by the clock of the router. */
  readonly since: number;
}

interface Counts {
  calls: number;
  errors: number;
  readonly times: number[];
}

/** Only answers whose CALL was seen are counted, so that a tap that leaves messages out tells no wrong ratio of errors. */
export class CallFigures {
  /** Messages that the tap has left out. */
  dropped = 0;
  /** session id and request id → call, oldest first */
  readonly #open = new Map<string, OpenCall>();
  readonly #counts = new Map<Uri, Counts>();
  /** URI that was called → registration that got the last call of it, as the router decided */
  readonly #registrations = new Map<Uri, Id>();

  /** Takes the next message of the tap. */
  take({ type, session, uri, time, message, dropped }: TapMessage): void {
    this.dropped += dropped;
    const [, first, second] = message;
    if (type === "RESULT" && !isProgress(second)) this.#end(`${session} ${first}`, time, false);
    if (type === "ERROR" && first === CALL) this.#end(`${session} ${second}`, time, true);
    if (uri === null) return;
    if (type === "CALL") this.#begin(`${session} ${first}`, uri, time);
    if (type === "INVOCATION" && this.#counts.has(uri)) this.#registrations.set(uri, second as Id);
  }

  /** Returns the figures of a registration; of one with a pattern, those of all URIs of which it got the last call. */
  of({ id, uri, match }: CalledRegistration): Figures {
    const uris =
      match === "exact"
        ? [uri]
        : [...this.#registrations.keys()].filter((each) => this.#registrations.get(each) === id);
    const counts = uris.flatMap((each) => this.#counts.get(each) ?? []);
    const times = counts.flatMap((each) => each.times).sort((a, b) => a - b);
    return {
      calls: counts.reduce((sum, each) => sum + each.calls, 0),
      errors: counts.reduce((sum, each) => sum + each.errors, 0),
      p50: percentile(times, 0.5),
      p95: percentile(times, 0.95),
    };
  }

  #begin(key: string, uri: Uri, time: string): void {
    // A further CALL of the same request brings more arguments of a progressive call.
    if (this.#open.has(key)) return;
    const counts = this.#counts.get(uri) ?? { calls: 0, errors: 0, times: [] };
    if (counts.calls === 0) {
      if (this.#counts.size >= MOST_URIS) return;
      this.#counts.set(uri, counts);
    }
    counts.calls++;
    this.#open.set(key, { uri, since: Date.parse(time) });
    const [oldest] = this.#open.size > MOST_OPEN ? this.#open.keys() : [];
    if (oldest !== undefined) this.#open.delete(oldest);
  }

  #end(key: string, time: string, isError: boolean): void {
    const call = this.#open.get(key);
    if (call === undefined) return;
    this.#open.delete(key);
    const counts = this.#counts.get(call.uri)!;
    if (isError) counts.errors++;
    counts.times.push(Date.parse(time) - call.since);
    if (counts.times.length > MOST_TIMES) counts.times.shift();
  }
}

/** The pattern of a tap that sees the calls of all `registrations`: undefined where they have no common beginning. */
export function patternOf(registrations: readonly Omit<CalledRegistration, "id">[]): Uri | undefined {
  const beginnings = registrations.map(({ uri, match }) => (match === "wildcard" ? beforeGap(uri) : uri));
  const [first = "", ...others] = beginnings;
  let length = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length--;
  return length === 0 ? undefined : first.slice(0, length);
}

/** The part of a wildcard pattern before its first empty component. */
function beforeGap(uri: Uri): Uri {
  const components = uri.split(".");
  const gap = components.indexOf("");
  return gap < 0
    ? uri
    : components
        .slice(0, gap)
        .map((each) => `${each}.`)
        .join("");
}

function isProgress(details: unknown): boolean {
  return typeof details === "object" && (details as { readonly progress?: unknown } | null)?.progress === true;
}

/** The nearest rank. */
function percentile(sorted: readonly number[], part: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
}
