/** Limits the rate of messages and events of a session, and of all sessions of a role together. */

import type { Rate, Rates } from "../config/rates.ts";
import type { Role } from "../config/realm.ts";
import type { Clock, Log } from "../host/host.ts";
import { TokenBucket } from "../host/token-bucket.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { ProtocolViolation, WampError, WampUri } from "../protocol/errors.ts";
import type { ClientMessage } from "../protocol/message.ts";
import { MessageType } from "../protocol/message.ts";
import type { Session } from "../session/session.ts";
import type { CalleeLookup } from "./callee-lookup.ts";

/** A session that sends this many times its rate is ended, because each refused message costs the realm work, too. */
const FLOOD_FACTOR = 10;

/** The buckets of one session, or of one role. */
interface Buckets {
  readonly messages: TokenBucket | undefined;
  readonly events: TokenBucket | undefined;
}

/** A rate that a message exceeds. */
export interface Excess {
  readonly counted: keyof Rates;
  /** `the session`, or its role. */
  readonly whose: string;
}

/** The excess of a session that sends `FLOOD_FACTOR` times its rate: the session ends. */
export const FLOOD: Excess = { counted: "messages", whose: "the session" };

/** The sentence of the error. */
export function rateText({ counted, whose }: Excess): string {
  return `${whose} exceeds its rate of ${counted}`;
}

const MESSAGES: readonly (keyof Rates)[] = ["messages"];
const BOTH: readonly (keyof Rates)[] = ["messages", "events"];

interface SessionBuckets {
  readonly own: Buckets;
  readonly ofRole: Buckets | undefined;
  /** Counts all messages, refused ones included. */
  readonly flood: TokenBucket | undefined;
}

/**
 * Counts messages and events in token buckets. They live in memory and are full after the realm has slept. PUBLISH,
 * SUBSCRIBE, REGISTER and a new CALL are refused while a bucket is empty; other messages spend tokens but pass, because
 * a lost YIELD or CANCEL would leave its call open.
 */
export class MessageRates {
  readonly #host: Clock & Log;
  readonly #role: (name: string) => Role | undefined;
  readonly #dealer: Pick<CalleeLookup, "isOpenCall">;
  readonly #objects: number;
  readonly #roles = new Map<string, Buckets>();
  readonly #sessions = new WeakMap<Session, SessionBuckets>();

  /**
   * `role` looks up a role's configuration. `objects` is the number of objects over which the sessions of a role are
   * spread: each grants its part of the role's rates.
   */
  constructor(
    host: Clock & Log,
    role: (name: string) => Role | undefined,
    dealer: Pick<CalleeLookup, "isOpenCall">,
    objects = 1,
  ) {
    this.#host = host;
    this.#objects = objects;
    this.#role = role;
    this.#dealer = dealer;
  }

  /**
   * Counts a message. Throws WampError `rate_exceeded` to refuse it, and ProtocolViolation with the same URI when the
   * session sends `FLOOD_FACTOR` times its rate.
   */
  take(session: Session, message: ClientMessage): void {
    const { own, ofRole, flood } = this.#bucketsOf(session);
    const excess = this.excess(session, message);
    if (excess === FLOOD) throw this.#flooded(session);
    flood?.spend(1);
    if (excess !== undefined) throw this.#refusal(session, message, excess);
    own.messages?.spend(1);
    ofRole?.messages?.spend(1);
  }

  /** The rate for which `take` would refuse a message; undefined if it passes. Counts nothing. */
  excess(session: Session, message: ClientMessage): Excess | undefined {
    const { own, ofRole, flood } = this.#bucketsOf(session);
    const now = this.#host.now();
    if (isEmpty(flood, now)) return FLOOD;
    if (!isRefusable(session, message, this.#dealer)) return undefined;
    for (const counted of message[0] === MessageType.PUBLISH ? BOTH : MESSAGES) {
      if (isEmpty(own[counted], now)) return { counted, whose: "the session" };
      if (isEmpty(ofRole?.[counted], now)) return { counted, whose: `role '${session.identity.authrole}'` };
    }
    return undefined;
  }

  /** Counts the events of one publication. A large one passes; later ones are refused until the tokens are back. */
  charge(session: Session, events: number): void {
    const { own, ofRole } = this.#bucketsOf(session);
    own.events?.spend(events);
    ofRole?.events?.spend(events);
  }

  #refusal(session: Session, [type]: ClientMessage, excess: Excess): WampError {
    const { counted, whose } = excess;
    const { authid, authrole } = session.identity;
    this.#host.log({ level: "warn", event: "rate.exceeded", authid, authrole, type, cause: `${counted} of ${whose}` });
    return new WampError(WampUri.RATE_EXCEEDED, rateText(excess));
  }

  #flooded(session: Session): ProtocolViolation {
    const { authid, authrole } = session.identity;
    const cause = `more than ${FLOOD_FACTOR} times the rate of messages`;
    this.#host.log({ level: "warn", event: "rate.flooded", session: session.id, authid, authrole, cause });
    return new ProtocolViolation(`the session sends ${cause}`, WampUri.RATE_EXCEEDED, CloseCode.POLICY);
  }

  #bucketsOf(session: Session): SessionBuckets {
    let buckets = this.#sessions.get(session);
    if (buckets === undefined) {
      buckets = this.#newBuckets(session.identity.authrole);
      this.#sessions.set(session, buckets);
    }
    return buckets;
  }

  #newBuckets(roleName: string): SessionBuckets {
    const rates = this.#role(roleName)?.rates;
    const now = this.#host.now();
    const own = bucketsFor(rates?.session, now);
    const flood = bucketFor(rates?.session?.messages, now, FLOOD_FACTOR);
    if (rates?.role === undefined) return { own, ofRole: undefined, flood };
    const ofRole = this.#roles.get(roleName) ?? bucketsFor(rates.role, now, 1 / this.#objects);
    this.#roles.set(roleName, ofRole);
    return { own, ofRole, flood };
  }
}

/** Does a role have rates? */
export function haveRates(roles: Iterable<Role>): boolean {
  for (const { rates } of roles) if (rates !== undefined) return true;
  return false;
}

/** Input that continues a call is not refused, because the callee already works on that call. */
function isRefusable(
  session: Session,
  [type, request]: ClientMessage,
  dealer: Pick<CalleeLookup, "isOpenCall">,
): boolean {
  switch (type) {
    case MessageType.CALL:
      return !dealer.isOpenCall(session, request);
    case MessageType.PUBLISH:
    case MessageType.SUBSCRIBE:
    case MessageType.REGISTER:
      return true;
    default:
      return false;
  }
}

function isEmpty(bucket: TokenBucket | undefined, now: number): boolean {
  return bucket !== undefined && !bucket.hasToken(now);
}

function bucketsFor(rates: Rates | undefined, now: number, factor = 1): Buckets {
  return { messages: bucketFor(rates?.messages, now, factor), events: bucketFor(rates?.events, now, factor) };
}

function bucketFor(rate: Rate | undefined, now: number, factor = 1): TokenBucket | undefined {
  if (rate === undefined) return undefined;
  const burst = rate.burst ?? Math.max(1, Math.ceil(rate.per_second));
  // A bucket that cannot hold a whole token would let nothing pass.
  return new TokenBucket(rate.per_second * factor, Math.max(1, burst * factor), now);
}
