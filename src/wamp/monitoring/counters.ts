/** Counts what happens in a realm since it woke: integers in fixed arrays, so that counting a message allocates nothing. */

import type { Clock, Metering } from "../host/host.ts";
import { ProtocolViolation, WampError, WampUri } from "../protocol/errors.ts";
import { MessageType, type RouterMessage } from "../protocol/message.ts";
import { BoundedCounts } from "./bounded-counts.ts";
import { type Rate, RateSamples } from "./rate-samples.ts";

/** Messages between two looks at the clock, which costs more than the count of a message. */
const MESSAGES_PER_LOOK = 1_024;
/** Error URIs that are counted each for itself; callees choose their URIs. */
const MAX_ERRORS = 100;
const TYPES = Object.entries(MessageType);
const HIGHEST_TYPE = Math.max(...Object.values(MessageType));

/** Logins of one method. */
export interface Logins {
  admitted: number;
  refused: number;
}

/** Direction → name of a message type → messages; types without a message are absent. */
export interface MessageTotals {
  readonly received: Readonly<Record<string, number>>;
  readonly sent: Readonly<Record<string, number>>;
}

/** The counts of one realm. Messages of the router's own sessions, components and requests by HTTP are included. */
export class Counters {
  /** When the realm woke; milliseconds since the epoch. */
  readonly since: number;
  /** ERRORs and ABORTs that were sent, and refused PUBLISHs that get no ERROR, by URI. */
  readonly errors = new BoundedCounts(MAX_ERRORS);
  /** Method → its logins; `none` for those that no method took. */
  readonly logins = new Map<string, Logins>();
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
  readonly #host: Clock & Metering;
  /** Message type → messages since `#totals` was brought up to date: an element of it cannot overflow meanwhile. */
  readonly #received = new Uint32Array(HIGHEST_TYPE + 1);
  readonly #sent = new Uint32Array(HIGHEST_TYPE + 1);
  readonly #totals = {
    received: new Float64Array(HIGHEST_TYPE + 1),
    sent: new Float64Array(HIGHEST_TYPE + 1),
  };
  readonly #samples: RateSamples;
  #untilLook = MESSAGES_PER_LOOK;

  constructor(host: Clock & Metering) {
    this.#host = host;
    this.since = host.now();
    this.#samples = new RateSamples(this.since, this.#sums());
  }

  /** Counts a message of a session or of a client without one. */
  countReceived(type: MessageType): void {
    this.#received[type]!++;
    if (--this.#untilLook <= 0) this.sample();
  }

  /** Counts a message to a client, and the error in it. */
  countSent(message: RouterMessage): void {
    this.#sent[message[0]]!++;
    if (message[0] === MessageType.ERROR) this.errors.add(message[4]);
    else if (message[0] === MessageType.ABORT) this.errors.add(message[2]);
  }

  /** Counts a login; `method` is undefined where none was chosen. */
  countLogin(method = "none", outcome: keyof Logins): void {
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
  messages(): MessageTotals {
    this.#addUp();
    return { received: named(this.#totals.received), sent: named(this.#totals.sent) };
  }

  /** Returns the rates of the last minutes, oldest first. */
  rates(): readonly Rate[] {
    this.sample();
    return this.#samples.rates(this.#host.now(), this.#sums());
  }

  /** Takes a sample for `rates`, if a minute has passed since the last one. */
  sample(): void {
    this.#untilLook = MESSAGES_PER_LOOK;
    this.#addUp();
    const now = this.#host.now();
    if (this.#samples.isDue(now)) this.#samples.add(now, this.#sums());
  }

  #addUp(): void {
    for (const [recent, total] of [
      [this.#received, this.#totals.received],
      [this.#sent, this.#totals.sent],
    ] as const) {
      for (const [type, count] of recent.entries()) total[type]! += count;
      recent.fill(0);
    }
  }

  #sums(): Omit<Rate, "time" | "seconds"> {
    const { received, sent } = this.#totals;
    const bytes = this.#host.usage?.().bytes;
    return {
      received: sum(received),
      sent: sum(sent),
      bytes_received: bytes?.received ?? 0,
      bytes_sent: bytes?.sent ?? 0,
      calls: received[MessageType.CALL]!,
      publications: received[MessageType.PUBLISH]!,
      events: sent[MessageType.EVENT]!,
      errors: this.errors.total,
    };
  }
}

function named(counts: Float64Array): Record<string, number> {
  return Object.fromEntries(TYPES.flatMap(([name, type]) => (counts[type]! > 0 ? [[name, counts[type]!]] : [])));
}

function sum(counts: Float64Array): number {
  return counts.reduce((total, count) => total + count, 0);
}
