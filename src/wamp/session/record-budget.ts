/** Bounds the bytes that sessions hold in a realm: each session, and all of them together. */

import type { Limits } from "../config/limits.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import type { Call } from "../protocol/message.ts";
import { isOpaque } from "../protocol/payload-passthru.ts";
import type { Match } from "../protocol/uri.ts";
import { sizeOf } from "../protocol/value-size.ts";
import type { Dict, Uri } from "../protocol/values.ts";
import type { Session } from "./session.ts";
import { INTERNAL } from "./session.ts";

/**
 * Bytes of a session's stored record for each subscription, registration or call, besides its URI: ids, times, options.
 */
const ENTRY = 64;

// Bytes of memory besides those of the record, upper bounds as measured in V8 (10,000 entries each).
const SESSION_MEMORY = 2_048;
const CALL_MEMORY = 512;
/** A session's part in a subscription or registration that others share. */
const SHARE_MEMORY = 128;
const EXACT_MEMORY = 384;
/** The trees of prefixes and wildcards have nodes of their own. */
const PATTERN_MEMORY = 704;

/** Bytes that each session may hold whatever the others hold. */
const LEAST_SHARE = 16_384;

/** The part of the free bytes that one session may hold: a few greedy sessions leave most of them to the others. */
const SHARE = 1 / 4;

/**
 * Limits such as `subscriptions_per_session` count entries, and an entry may be as long as a message. The budget counts
 * their bytes, with a fixed amount for each entry: URIs, node keys, options of pending calls, payloads of waiting
 * calls, the identity. Each size is kept and subtracted at the end, so that nothing is measured twice.
 */
export class RecordBudget {
  /** Bytes of the whole realm. */
  bytes = 0;
  readonly #sessionLimit: number;
  readonly #realmLimit: number;

  constructor(limits: Pick<Limits, "session_bytes" | "realm_bytes">) {
    this.#sessionLimit = limits.session_bytes;
    this.#realmLimit = limits.realm_bytes;
  }

  /** Is the realm over its limit, so that kept messages have to be dropped? */
  get isFull(): boolean {
    return this.bytes > this.#realmLimit;
  }

  /** Throws limit_exceeded if the session may not hold so many bytes more. Sessions of the router itself always may. */
  check({ recordBytes, identity }: Session, bytes: number): void {
    const share = Math.max(LEAST_SHARE, (this.#realmLimit - this.bytes) * SHARE);
    const limit = Math.min(this.#sessionLimit, share);
    if (recordBytes + bytes <= limit || identity.authmethod === INTERNAL) return;
    const reason =
      share < this.#sessionLimit ? "while the realm holds so much" : "of subscriptions, registrations and calls";
    throw new WampError(WampUri.LIMIT_EXCEEDED, `a session may hold ${Math.floor(limit)} bytes ${reason}`);
  }

  /** Counts a new session and the details of the client that stay in memory as long as it lasts. */
  addSession(session: Session, ...kept: readonly unknown[]): void {
    this.#add(
      session,
      kept.reduce<number>((sum, value) => sum + sizeOf(value), 0),
      SESSION_MEMORY,
    );
  }

  /** Subtracts a session that has ended and holds nothing any more. */
  removeSession(session: Session): void {
    this.#add(session, -session.recordBytes, -SESSION_MEMORY);
  }

  /** Counts a session's part in a subscription (with its node key, if any) or registration. */
  addShare(session: Session, uri: Uri, key?: string): void {
    this.#add(session, shareBytes(uri, key), SHARE_MEMORY);
  }

  /** Subtracts what `addShare` counted. */
  removeShare(session: Session, uri: Uri, key?: string): void {
    this.#add(session, -shareBytes(uri, key), -SHARE_MEMORY);
  }

  /** Counts a new subscription or registration. */
  addEntry(match: Match, uri: Uri): void {
    this.bytes += entryBytes(match, uri);
  }

  /** Subtracts what `addEntry` counted. */
  removeEntry(match: Match, uri: Uri): void {
    this.bytes -= entryBytes(match, uri);
  }

  /** Counts a pending or waiting call; `recordBytes` is its `callBytes` or `waitingBytes`. */
  addCall(caller: Session, recordBytes: number): void {
    this.#add(caller, recordBytes, CALL_MEMORY);
  }

  /** Subtracts what `addCall` counted. */
  removeCall(caller: Session, recordBytes: number): void {
    this.#add(caller, -recordBytes, -CALL_MEMORY);
  }

  /** Counts bytes of one session for another, to which what they are of has passed. */
  transfer(former: Session, next: Session, recordBytes: number): void {
    former.recordBytes -= recordBytes;
    next.recordBytes += recordBytes;
  }

  #add(session: Session, recordBytes: number, memory: number): void {
    session.recordBytes += recordBytes;
    this.bytes += recordBytes + memory;
  }
}

/** Bytes of a session's record for its part in a subscription or registration. */
export function shareBytes(uri: Uri, key?: string): number {
  return ENTRY + uri.length + (key?.length ?? 0);
}

/**
 * Bytes of a caller's record for a pending call. Of its details or options only those of an opaque payload can be long.
 */
export function callBytes(procedure: Uri, details: Dict): number {
  return ENTRY + procedure.length + (isOpaque(details) ? sizeOf(details) : 0);
}

/** Bytes of a caller's record for a call that is kept as a whole: it waits for a callee, or may need another one. */
export function waitingBytes([, , options, procedure, payload]: Call): number {
  return ENTRY + procedure.length + sizeOf(options) + payload.size;
}

function entryBytes(match: Match, uri: Uri): number {
  return (match === "exact" ? EXACT_MEMORY : PATTERN_MEMORY) + uri.length;
}
