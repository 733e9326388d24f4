/** The subscriptions of a relay that the core knows of: the first one is confirmed, the last one withdrawn later. */

import { Deadlines } from "../../host/deadlines.ts";
import type { Clock } from "../../host/host.ts";
import type { Match, Pattern } from "../../protocol/uri.ts";
import type { Id, Uri } from "../../protocol/values.ts";

/** How long the core is not told that the last subscriber is gone: clients that reconnect subscribe again. */
export const COOL_DOWN_MS = 30_000;

/** More patterns than these do not cool down at once: a client could subscribe to ever new ones. */
export const MAX_COOLING = 10_000;

/** What a relay asks of its object. */
export interface InterestPorts {
  readonly clock: Clock;
  /** Asks the core to confirm that the relay gets the events of a topic or pattern. */
  announce(pattern: Pattern, session: Id): void;
  /** Tells the core that the relay needs them no longer; `session` is that of the last subscriber. */
  withdraw(pattern: Pattern, session: Id): void;
  readonly store: CoolingStore;
}

/** A pattern without a subscriber, when the core is told so (milliseconds since the epoch), and the last subscriber. */
export interface CoolingRow extends Pattern {
  readonly until: number;
  readonly session: Id;
}

/** The patterns that are cooling down, which would otherwise stay at the core when the relay sleeps meanwhile. */
export interface CoolingStore {
  all(): Iterable<CoolingRow>;
  put(row: CoolingRow): void;
  /** Removes the row, if present. */
  delete(pattern: Pattern): void;
}

/** One topic or pattern. */
interface Interest extends Pattern {
  isConfirmed: boolean;
  /** The first subscriber, or the last one. */
  session: Id;
  /** What waits for the confirmation; the refusal is undefined where the core confirms. */
  waiting: ((refusal: unknown) => void)[];
}

/** The relay's part in the core's `InterestTable`. */
export class RelayInterest {
  readonly #ports: InterestPorts;
  readonly #byPattern: Record<Match, Map<Uri, Interest>> = { exact: new Map(), prefix: new Map(), wildcard: new Map() };
  readonly #cooling = new Deadlines<Interest>();
  /** Those that the core has not confirmed. */
  #unconfirmed = 0;

  constructor(ports: InterestPorts) {
    this.#ports = ports;
    for (const { match, uri, until, session } of ports.store.all()) {
      this.#cool(this.#create(match, uri, true, session), until);
    }
  }

  /** Topics and patterns that the core knows of, or is asked about. */
  get size(): number {
    const { exact, prefix, wildcard } = this.#byPattern;
    return exact.size + prefix.size + wildcard.size;
  }

  /** Is a subscription waiting for its confirmation? */
  get isWaiting(): boolean {
    return this.#unconfirmed > 0;
  }

  /** Does the core send the relay the events of exactly this topic or pattern? */
  isConfirmed(match: Match, uri: Uri): boolean {
    return this.#byPattern[match].get(uri)?.isConfirmed === true;
  }

  /** Takes note of a subscription that was confirmed before the relay slept. */
  restore(match: Match, uri: Uri): void {
    this.keep(match, uri);
    if (!this.isConfirmed(match, uri)) this.#create(match, uri, true, 0);
  }

  /** A session subscribes to what is confirmed: it is not withdrawn. */
  keep(match: Match, uri: Uri): void {
    const interest = this.#byPattern[match].get(uri);
    if (interest === undefined || !this.#cooling.has(interest)) return;
    this.#cooling.delete(interest);
    this.#ports.store.delete({ match, uri });
  }

  /**
   * Announces a topic or pattern for its first subscriber, unless that is under way. Calls `onAnswer` once the core has answered; `refusal` is
   * undefined where it confirms.
   */
  ask(match: Match, uri: Uri, session: Id, onAnswer: (refusal: unknown) => void): void {
    const known = this.#byPattern[match].get(uri);
    if (known !== undefined) return void known.waiting.push(onAnswer);
    this.#create(match, uri, false, session).waiting.push(onAnswer);
    this.#ports.announce({ match, uri }, session);
  }

  /** Takes the core's answer; one to an announcement that was repeated is ignored. */
  answered(match: Match, uri: Uri, refusal?: unknown): void {
    const interest = this.#byPattern[match].get(uri);
    if (interest === undefined || interest.isConfirmed) return;
    this.#unconfirmed--;
    const { waiting } = interest;
    interest.waiting = [];
    if (refusal === undefined) interest.isConfirmed = true;
    else this.#byPattern[match].delete(uri);
    for (const onAnswer of waiting) onAnswer(refusal);
  }

  /** The last subscriber, `session`, is gone: the core is told after a while. */
  release(match: Match, uri: Uri, session: Id): void {
    const interest = this.#byPattern[match].get(uri);
    if (interest === undefined || !interest.isConfirmed) return;
    const until = this.#ports.clock.now() + COOL_DOWN_MS;
    interest.session = session;
    this.#ports.store.put({ match, uri, until, session });
    this.#cool(interest, until);
    if (this.#cooling.size > MAX_COOLING) this.tick(this.#cooling.next()!);
  }

  /** Announces again what the core has not answered: it has restarted, and may have forgotten the question. */
  announceAgain(): void {
    for (const { match, uri, isConfirmed, session } of this.#all()) {
      if (!isConfirmed) this.#ports.announce({ match, uri }, session);
    }
  }

  /** All topics and patterns that the core has confirmed. */
  patterns(): Pattern[] {
    return [...this.#all()].filter(({ isConfirmed }) => isConfirmed).map(({ match, uri }) => ({ match, uri }));
  }

  /** Refuses all that wait: the core cannot be reached. */
  refuseAll(refusal: unknown): void {
    for (const { match, uri, isConfirmed } of [...this.#all()]) if (!isConfirmed) this.answered(match, uri, refusal);
  }

  /** The relay begins a new epoch, in which the core knows nothing of it: what is cooling down is not confirmed any more. */
  begin(): void {
    for (const { match, uri } of this.#cooling.takeExpired(Number.POSITIVE_INFINITY)) {
      this.#byPattern[match].delete(uri);
      this.#ports.store.delete({ match, uri });
    }
  }

  /** Withdraws what has had no subscriber for the time of the cool-down; `now` in milliseconds since the epoch. */
  tick(now: number): void {
    for (const { match, uri, session } of this.#cooling.takeExpired(now)) {
      this.#byPattern[match].delete(uri);
      this.#ports.store.delete({ match, uri });
      this.#ports.withdraw({ match, uri }, session);
    }
  }

  /** When `tick` has something to do, if it has; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#cooling.next();
  }

  #create(match: Match, uri: Uri, isConfirmed: boolean, session: Id): Interest {
    const interest: Interest = { match, uri, isConfirmed, session, waiting: [] };
    this.#byPattern[match].set(uri, interest);
    if (!isConfirmed) this.#unconfirmed++;
    return interest;
  }

  #cool(interest: Interest, until: number): void {
    this.#cooling.set(interest, until);
    this.#ports.clock.setAlarm(until);
  }

  *#all(): Generator<Interest, void, undefined> {
    for (const interests of Object.values(this.#byPattern)) yield* interests.values();
  }
}
