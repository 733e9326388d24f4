/** Counts what happens in a realm since it woke, in integers of a fixed array: counting a message allocates nothing. */

import type { Clock } from "../host/host.ts";
import { ProtocolViolation, WampError, WampUri } from "../protocol/errors.ts";
import { MessageType, type RouterMessage } from "../protocol/message.ts";
import type { Uri } from "../protocol/values.ts";

/** Messages between two looks at the clock, which costs more than the count of a message. */
const MESSAGES_PER_LOOK = 1_024;
/** Samples for `rates`, and least milliseconds from one to the next: a quarter of an hour. */
const MAX_SAMPLES = 15;
const INTERVAL_MS = 60_000;
/** Error URIs that are counted each for itself, and characters of one; callees choose them. */
const MAX_ERRORS = 100;
const MAX_URI = 200;
/** Counts all other errors; no URI has this form. */
const OTHERS = "*";
const TYPES = Object.entries(MessageType);
/** Where the counts of sent messages begin in the array; above every message type. */
const SENT = 128;

/** Direction → name of a message type → messages; types without a message are absent. */
export interface MessageCounts {
  readonly received: Readonly<Record<string, number>>;
  readonly sent: Readonly<Record<string, number>>;
}

/** The messages of an interval, on average in a second. */
export interface Rate extends MessageCounts {
  /** End of the interval; milliseconds since the epoch. */
  readonly time: number;
  /** Length of the interval. */
  readonly seconds: number;
}

/** The counts of one realm. Messages of the router's own sessions, components and requests by HTTP are included. */
export class Counters {
  /** When the realm woke; milliseconds since the epoch. */
  readonly since: number;
  /** URI → ERRORs and ABORTs that were sent, and refused PUBLISHs that get no ERROR. */
  readonly errors = new Map<Uri, number>();
  /** Method → its logins; `none` for those that no method took. */
  readonly logins = new Map<string, { admitted: number; refused: number }>();
  /** How often a limit refused or ended something; the names are those of the configuration, and `requests`. */
  readonly limits = {
    /** ERROR `limit_exceeded`: the limits of one session, and those of the meta API. */
    requests: 0,
    rates: 0,
    sessions: 0,
    handshakes: 0,
    failed_logins: 0,
    message_bytes: 0,
    outgoing_bytes: 0,
    undecided_bytes: 0,
  };
  readonly #host: Clock;
  /** Message type → messages; 2^32 of one type without a sleep begin again at 0. */
  readonly #counts = new Uint32Array(2 * SENT);
  readonly #samples: { readonly time: number; readonly counts: Uint32Array }[];
  #untilLook = MESSAGES_PER_LOOK;

  constructor(host: Clock) {
    this.#host = host;
    this.since = host.now();
    this.#samples = [{ time: this.since, counts: this.#counts.slice() }];
  }

  /** Counts a message of a session or of a client without one. */
  countReceived(type: MessageType): void {
    this.#counts[type]!++;
    if (--this.#untilLook <= 0) this.#sample();
  }

  /** Counts a message to a client, and the error in it. */
  countSent(message: RouterMessage): void {
    this.#counts[SENT + message[0]]!++;
    if (message[0] === MessageType.ERROR) this.countError(message[4]);
    else if (message[0] === MessageType.ABORT) this.countError(message[2]);
  }

  /** Counts an error. */
  countError(uri: Uri): void {
    const { errors } = this;
    const isCounted = errors.has(uri) || (errors.size < MAX_ERRORS && uri.length <= MAX_URI);
    const name = isCounted ? uri : OTHERS;
    errors.set(name, (errors.get(name) ?? 0) + 1);
  }

  /** Counts a login; `method` is undefined where none was chosen. */
  countLogin(method = "none", outcome: "admitted" | "refused"): void {
    const logins = this.logins.get(method) ?? { admitted: 0, refused: 0 };
    logins[outcome]++;
    this.logins.set(method, logins);
  }

  /** Counts an error that a limit has caused; ignores other values. */
  countLimit(error: unknown): void {
    if (!(error instanceof WampError || error instanceof ProtocolViolation)) return;
    if (error.uri === WampUri.RATE_EXCEEDED) this.limits.rates++;
    else if (error.uri === WampUri.LIMIT_EXCEEDED) this.limits.requests++;
  }

  /** Returns the messages of each type. */
  messages(): MessageCounts {
    return byType((index) => this.#counts[index]!);
  }

  /**
   * Returns the rates of the last minutes, oldest first. Their samples are taken when something happens anyway, because
   * a timer would keep the realm awake: an interval is a minute or longer, and the last one ends now.
   */
  rates(): Rate[] {
    this.#sample();
    const samples = [...this.#samples, { time: this.#host.now(), counts: this.#counts }];
    return samples.slice(1).flatMap(({ time, counts }, index) => {
      const from = samples[index]!;
      const seconds = (time - from.time) / 1000;
      const perSecond = (of: number) => Math.round((1000 * ((counts[of]! - from.counts[of]!) >>> 0)) / seconds) / 1000;
      return seconds > 0 ? [{ time, seconds, ...byType(perSecond) }] : [];
    });
  }

  /** Takes a sample if a minute has passed since the last one. */
  #sample(): void {
    this.#untilLook = MESSAGES_PER_LOOK;
    const time = this.#host.now();
    if (time - this.#samples.at(-1)!.time < INTERVAL_MS) return;
    this.#samples.push({ time, counts: this.#counts.slice() });
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
  }
}

function byType(count: (index: number) => number): MessageCounts {
  const named = (offset: number) =>
    Object.fromEntries(TYPES.map(([name, type]) => [name, count(offset + type)] as const).filter(([, n]) => n > 0));
  return { received: named(0), sent: named(SENT) };
}
