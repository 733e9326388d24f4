/** One tap: the messages that its reader asked for, sampled to what the reader and the realm can take. */

import { TokenBucket } from "../host/token-bucket.ts";
import { matches } from "../matching/covering.ts";
import type { Payload } from "../protocol/payload.ts";
import type { Pattern } from "../protocol/uri.ts";
import type { Dict, Id } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import { describeMessage, type TappedMessage } from "./tapped-message.ts";

/** Messages a second that a tap shows, and the most at once; the others are counted. */
const MAX_RATE = 200;

/** Which messages a tap shows: those to which all that is given applies. */
export interface TapSelection {
  readonly session?: Id | undefined;
  readonly authid?: string | undefined;
  readonly pattern?: Pattern | undefined;
}

/** What the reader of a tap asked for. */
export interface TapSettings extends TapSelection {
  /** Characters of JSON that are shown of the payload of one message. */
  readonly payloadLimit: number;
  /** Milliseconds. */
  readonly duration: number;
}

/** Why a tap ends without being canceled. */
export type TapEnd = "duration" | "denied" | "failed";

/** Counts what it shows and drops, and keeps nothing else. A subclass brings it to the reader. */
export abstract class Tap {
  /** The session that reads. */
  readonly reader: Session;
  readonly settings: TapSettings;
  readonly #since: number;
  readonly #rate: TokenBucket;
  #shown = 0;
  readonly #dropped = { rate: 0, unread: 0 };
  /** Messages dropped since the last one that was shown. */
  #recent = 0;

  constructor(reader: Session, settings: TapSettings, now: number) {
    this.reader = reader;
    this.settings = settings;
    this.#since = now;
    this.#rate = new TokenBucket(MAX_RATE, MAX_RATE, now);
  }

  /** Milliseconds since the epoch. */
  get endsAt(): number {
    return this.#since + this.settings.duration;
  }

  /** Gives the reader one message. */
  abstract give(message: Payload): void;

  /** Ends the tap; `error` is the fault that it failed with. */
  abstract end(why: TapEnd, error?: unknown): void;

  /** Returns the dict of a message; undefined where the reader did not ask for it, or cannot take it. */
  describe(tapped: TappedMessage, now: number): Dict | undefined {
    if (!this.#selects(tapped)) return undefined;
    if (!this.#admits(now)) return undefined;
    return { ...describeMessage(tapped, now, this.settings.payloadLimit), dropped: this.#takeDropped() };
  }

  /** Takes the dict of a message that another object has described; undefined where the reader cannot take it. */
  pass(dict: Dict & { readonly dropped: number }, now: number): Dict | undefined {
    this.#dropped.rate += dict.dropped;
    this.#recent += dict.dropped;
    return this.#admits(now) ? { ...dict, dropped: this.#takeDropped() } : undefined;
  }

  /** Counts a message as shown or dropped: a reader that does not read must not fill the memory of the realm. */
  #admits(now: number): boolean {
    const isBehind = this.reader.transport.isBehind === true;
    if (isBehind || !this.#rate.hasToken(now)) {
      this.#dropped[isBehind ? "unread" : "rate"]++;
      this.#recent++;
      return false;
    }
    this.#rate.spend(1);
    this.#shown++;
    return true;
  }

  #takeDropped(): number {
    const dropped = this.#recent;
    this.#recent = 0;
    return dropped;
  }

  /** Makes the last result: what the tap has shown and dropped, and why. */
  summary(now: number): Dict {
    return { seconds: (now - this.#since) / 1000, shown: this.#shown, dropped: this.#dropped };
  }

  #selects({ session, uri }: TappedMessage): boolean {
    const { session: id, authid, pattern } = this.settings;
    if (id !== undefined && session?.id !== id) return false;
    if (authid !== undefined && session?.identity.authid !== authid) return false;
    return pattern === undefined || (uri !== undefined && matches(pattern, uri));
  }
}
