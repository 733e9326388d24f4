/** Bounds the bytes of what sessions hold in a realm: of each session, and of all of them together. */

import type { Limits } from "../config/limits.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import type { Call } from "../protocol/message.ts";
import { isOpaque } from "../protocol/payload-passthru.ts";
import type { Match } from "../protocol/uri.ts";
import { sizeOf } from "../protocol/value-size.ts";
import type { Dict, Uri } from "../protocol/values.ts";
import type { Session } from "./session.ts";
import { INTERNAL } from "./session.ts";

/** Bytes of a session's stored record for each subscription, registration or call, beside its URI: ids, times, options. */
const ENTRY = 64;

// Bytes of memory beside those of the record, as measured in V8 (10,000 entries each).
const SESSION_MEMORY = 2_048;
const CALL_MEMORY = 512;
/** A session's part in a subscription or registration that others share. */
const SHARE_MEMORY = 128;
const EXACT_MEMORY = 384;
/** The trees of prefixes and wildcards have nodes of their own. */
const PATTERN_MEMORY = 704;

/** Bytes each session may hold whatever the others hold. */
const LEAST_SHARE = 16_384;

/** The part of what is free that one session may hold: some greedy ones leave most of it to the others. */
const SHARE = 1 / 4;

/**
 * `limits.subscriptions_per_session` and the like count entries, and an entry may be as long as a message. Here their
 * bytes count, with a fixed amount for each entry: URIs, node keys, options of pending calls, payloads of calls that
 * wait, the identity. Subtracting what was added is cheap, so nothing is measured twice.
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

  /** Is there no room for anything that could as well be dropped? */
  get isFull(): boolean {
    return this.bytes > this.#realmLimit;
  }

  /** Throws limit_exceeded where a session may not hold so many bytes more. The router's own sessions may. */
  check({ recordBytes, identity }: Session, bytes: number): void {
    const share = Math.max(LEAST_SHARE, (this.#realmLimit - this.bytes) * SHARE);
    const limit = Math.min(this.#sessionLimit, share);
    if (recordBytes + bytes <= limit || identity.authmethod === INTERNAL) return;
    const reason =
      share < this.#sessionLimit ? "while the realm holds so much" : "of subscriptions, registrations and calls";
    throw new WampError(WampUri.LIMIT_EXCEEDED, `a session may hold ${Math.floor(limit)} bytes ${reason}`);
  }

  /** A session begins, with details of the client that are kept as long as it lasts. */
  addSession(session: Session, ...kept: readonly unknown[]): void {
    this.#add(
      session,
      kept.reduce<number>((sum, value) => sum + sizeOf(value), 0),
      SESSION_MEMORY,
    );
  }

  /** A session ends that holds nothing any more. */
  removeSession(session: Session): void {
    this.#add(session, -session.recordBytes, -SESSION_MEMORY);
  }

  /** A session's part in a subscription or registration begins. */
  addShare(session: Session, uri: Uri, key?: string): void {
    this.#add(session, shareBytes(uri, key), SHARE_MEMORY);
  }

  /** It ends. */
  removeShare(session: Session, uri: Uri, key?: string): void {
    this.#add(session, -shareBytes(uri, key), -SHARE_MEMORY);
  }

  /** A subscription or registration comes into being. */
  addEntry(match: Match, uri: Uri): void {
    this.bytes += entryBytes(match, uri);
  }

  removeEntry(match: Match, uri: Uri): void {
    this.bytes -= entryBytes(match, uri);
  }

  /** A call of the session is pending, or waits for a callee; `recordBytes` as `callBytes` or `waitingBytes` tells. */
  addCall(caller: Session, recordBytes: number): void {
    this.#add(caller, recordBytes, CALL_MEMORY);
  }

  /** It is not pending any more, or waits no longer. */
  removeCall(caller: Session, recordBytes: number): void {
    this.#add(caller, -recordBytes, -CALL_MEMORY);
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

/** Bytes of a caller's record for a pending call; of its details, or options, only those of payload passthru are of any length. */
export function callBytes(procedure: Uri, details: Dict): number {
  return ENTRY + procedure.length + (isOpaque(details) ? sizeOf(details) : 0);
}

/** The same for a call that is kept as a whole, because it waits for a callee or may need another one. */
export function waitingBytes([, , options, procedure, payload]: Call): number {
  return ENTRY + procedure.length + sizeOf(options) + payload.size;
}

function entryBytes(match: Match, uri: Uri): number {
  return (match === "exact" ? EXACT_MEMORY : PATTERN_MEMORY) + uri.length;
}
