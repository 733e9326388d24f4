/**
 * Sessions that outlive their connections: parked when one is lost, resumed on another one (docs/session-resume.md).
 */

import type { ResumeConfig } from "../config/resume.ts";
import { isEqual } from "../crypto/digest.ts";
import { toBase64Url, utf8 } from "../crypto/encoding.ts";
import type { Host } from "../host/host.ts";
import type { SendFault, Transport } from "../host/transport.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { ProtocolViolation, WampUri } from "../protocol/errors.ts";
import { MessageType, type RouterMessage } from "../protocol/message.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { Peer } from "../session/peer.ts";
import type { RecordBudget } from "../session/record-budget.ts";
import type { BufferObserver, ResumeRecord, ResumeRequest } from "../session/resumable-transport.ts";
import { ResumableTransport } from "../session/resumable-transport.ts";
import type { Identity, Session, SessionOrigin } from "../session/session.ts";
import { unreadable } from "../stored-records/stored-record.ts";
import type { StoredSession } from "./parked-session.ts";
import { ParkedSession, storedSessionIn, storedSessions } from "./parked-session.ts";
import type { SessionRecord, SessionTables } from "./peer-record.ts";

/** Moves sessions between peers, and ends them; implemented by the sessions of a realm. */
export interface SessionMover {
  readonly byId: ReadonlyMap<Id, Session>;
  /** Returns the peer of a session, if the session is in the table. */
  peerOf(session: Session): Peer | undefined;
  /** Moves the session to the peer `to`, and ends it at `endsAt` (milliseconds since the epoch) if that is given. */
  move(session: Session, from: Peer, to: Peer, endsAt: number | undefined): void;
  /** Ends the peer's session, and closes its transport with a close code. */
  close(peer: Peer, code: number, reason: string): void;
  /** Sends ABORT, then closes as `close` does. */
  abort(peer: Peer, uri: Uri, message: string, code: number): void;
  /** Sends WELCOME, with `details` beside those of each session. */
  welcome(peer: Peer, session: Session, details: Dict): void;
}

/** Restores the session of a record, and ends it at `endsAt`, milliseconds since the epoch. */
export type RestoreSession = (peer: Peer, record: SessionRecord, endsAt: number) => Session;

/** A text of a parked session, as `ParkedStore.read` lists them. */
export type ParkedText = readonly [entry: number, text: string];

const NO_TEXT: ParkedText = [0, ""];

/** Who asks for a session. */
type Owner = Pick<SessionOrigin, "identity" | "features">;

/** A session that its owner asks for. */
interface Asked {
  readonly session: Session;
  readonly resumable: ResumableTransport;
  /** The peer that the session has, or had until it was parked. */
  readonly former: Peer;
}

/** Bytes of a token: as many as a key has, so that no client guesses one. */
const TOKEN_LENGTH = 32;

/** Parks sessions whose connections are lost, and resumes them. */
export class SessionResume implements BufferObserver {
  readonly #config: ResumeConfig;
  readonly #host: Host;
  readonly #mover: SessionMover;
  readonly #tables: SessionTables;
  readonly #records: RecordBudget;
  readonly #parked = new Map<ResumableTransport, ParkedSession>();
  /** Sessions whose stored records are out of date. */
  readonly #changed = new Set<ParkedSession>();

  constructor(config: ResumeConfig, host: Host, mover: SessionMover, tables: SessionTables, records: RecordBudget) {
    this.#records = records;
    this.#config = config;
    this.#host = host;
    this.#mover = mover;
    this.#tables = tables;
  }

  /** Sessions that wait for their clients. */
  get size(): number {
    return this.#parked.size;
  }

  /** Returns the transport of a new session that can be resumed. */
  newTransport(connection: Transport): ResumableTransport {
    return this.#transport(connection, { token: this.#newToken(), sent: 0, moves: 0 });
  }

  /** Returns the transport of a session that slept, from its record. */
  restoreTransport(connection: Transport, record: ResumeRecord): ResumableTransport {
    return this.#transport(connection, record);
  }

  /** Moves the session that an authenticated peer asks for to this peer. Returns false if it cannot be resumed. */
  resume(peer: Peer, origin: SessionOrigin, request: ResumeRequest): boolean {
    const asked = this.#find(origin, request);
    if (asked === undefined) return false;
    const { session, resumable, former } = asked;
    this.#forget(resumable, session.id);
    session.expiresAt = origin.expiresAt;
    resumable.token = this.#newToken();
    this.#mover.move(session, former, peer, origin.expiresAt);
    if (former.transport !== resumable) closeFormer(former.transport);
    this.#welcome(peer, session, resumable, request.received);
    return true;
  }

  /** Parks the session that a client at another object asks for, if it may resume it. */
  parkFor(origin: Owner, request: ResumeRequest): Session | undefined {
    const asked = this.#find(origin, request);
    if (asked === undefined) return undefined;
    const { session, resumable, former } = asked;
    if (former.transport !== resumable) {
      this.park(former, session, resumable);
      closeFormer(former.transport);
    }
    return session;
  }

  /** The session that its owner asks for. One that has lost what the owner has not received is closed, and not found. */
  #find(origin: Owner, { session: sessionId, token, received }: ResumeRequest): Asked | undefined {
    const session = sessionId === undefined ? undefined : this.#mover.byId.get(sessionId);
    const resumable = session?.resumable;
    if (session === undefined || resumable === undefined || !isOwner(session, resumable, origin, token))
      return undefined;
    const former = this.#mover.peerOf(session)!;
    if (this.#canResume(resumable, received)) return { session, resumable, former };
    this.#mover.close(former, CloseCode.NORMAL, "the session cannot be resumed");
    return undefined;
  }

  /**
   * The texts of a parked session that moves to another object, where `adopt` takes them; removes them here. `prepare` is
   * called before they are read, if the session can move.
   */
  release({ id, resumable }: Session, prepare: () => void): readonly ParkedText[] | undefined {
    const parked = resumable && this.#parked.get(resumable);
    if (parked === undefined || resumable!.isLost || parked.deadline <= this.#host.now()) return undefined;
    prepare();
    parked.change();
    resumable!.moves++;
    parked.flush();
    const texts = this.#host.store.parked.read(id);
    this.#forget(resumable!, id);
    resumable!.end();
    return texts;
  }

  /**
   * Restores a parked session that has moved here. `events` are those that this object has got for it; those that it
   * had before are left out. Undefined if the texts cannot be read.
   */
  adopt(
    [[, head] = NO_TEXT, ...batches]: readonly ParkedText[],
    events: readonly RouterMessage[],
    restoreSession: RestoreSession,
  ): Session | undefined {
    const stored = storedSessionIn(head, batches);
    if (!stored.ok) this.#host.log(unreadable("parked", stored.cause));
    return stored.ok ? this.#adopt(stored.value, events, restoreSession) : undefined;
  }

  #adopt({ record, kept }: StoredSession, events: readonly RouterMessage[], restoreSession: RestoreSession): Session {
    const resumable = this.#transport(undefined, record.session.resume!);
    const peer: Peer = { transport: resumable, facts: record.facts, state: { kind: "closed" } };
    const deadline = Math.min(record.deadline, this.#host.now() + this.#config.time * 1000);
    const session = restoreSession(peer, record.session, deadline);
    const known = new Set(kept.messages.map(eventKey));
    const fresh = events.filter((event) => !known.has(eventKey(event)));
    resumable.restore({ first: kept.first, messages: [...kept.messages, ...fresh] }, record.isLost);
    this.#parked.set(
      resumable,
      new ParkedSession(peer, session, resumable, deadline, this.#host.store.parked, this.#tables),
    );
    this.#host.setAlarm(deadline);
    this.onChange(resumable);
    if (resumable.isLost) this.onOverflow(resumable);
    return session;
  }

  /** Keeps a session whose connection is lost, until its client resumes it or the deadline passes. */
  park(peer: Peer, session: Session, resumable: ResumableTransport): void {
    resumable.park();
    const deadline = Math.min(
      this.#host.now() + this.#config.time * 1000,
      session.expiresAt ?? Number.POSITIVE_INFINITY,
    );
    const waiting: Peer = { transport: resumable, facts: peer.facts, state: { kind: "open", session } };
    const parked = new ParkedSession(waiting, session, resumable, deadline, this.#host.store.parked, this.#tables);
    this.#parked.set(resumable, parked);
    this.#mover.move(session, peer, waiting, deadline);
    this.onChange(resumable);
  }

  /** Forgets a session that has ended. */
  leave({ id, resumable }: Session): void {
    if (resumable === undefined) return;
    this.#forget(resumable, id);
    resumable.end();
  }

  /** Stores the parked sessions that have changed; one with a call that a crash would lose a little later. */
  flush(): void {
    const { pending } = this.#tables.dealer.tables;
    for (const parked of this.#changed) {
      if (pending.mayBeLost(parked.session)) continue;
      parked.flush();
      this.#changed.delete(parked);
    }
    if (this.#changed.size > 0) this.#host.scheduleFlush();
  }

  /** Restores the sessions that were parked when the object fell asleep or ended, with the messages kept for them. */
  wake(restoreSession: RestoreSession): void {
    for (const stored of storedSessions(this.#host)) this.#wake(stored, restoreSession);
  }

  get isFull(): boolean {
    return this.#records.isFull;
  }

  onBuffer(bytes: number): void {
    this.#records.bytes += bytes;
  }

  onChange(resumable: ResumableTransport): void {
    const parked = this.#parked.get(resumable);
    if (parked === undefined) return;
    parked.change();
    this.#changed.add(parked);
    this.#host.scheduleFlush();
  }

  /** Ends the session by the next tick, because a session cannot end while a message is sent to it. */
  onOverflow(resumable: ResumableTransport): void {
    const parked = this.#parked.get(resumable);
    if (parked !== undefined) this.#mover.move(parked.session, parked.peer, parked.peer, this.#host.now());
  }

  #wake(stored: StoredSession, restoreSession: RestoreSession): void {
    const { record, kept } = stored;
    // `storedSessions` returns records with `resume` only.
    const resumable = this.#transport(undefined, record.session.resume!);
    const peer: Peer = { transport: resumable, facts: record.facts, state: { kind: "closed" } };
    // A deadline further away was set before the clock was set back, and its alarm is too late as well.
    const deadline = Math.min(record.deadline, this.#host.now() + this.#config.time * 1000);
    if (deadline < record.deadline) this.#host.setAlarm(deadline);
    const session = restoreSession(peer, record.session, deadline);
    const parked = new ParkedSession(peer, session, resumable, deadline, this.#host.store.parked, this.#tables, stored);
    this.#parked.set(resumable, parked);
    resumable.restore(kept, record.isLost);
  }

  #welcome(peer: Peer, session: Session, resumable: ResumableTransport, received: number | undefined): void {
    this.#mover.welcome(peer, session, { resumed: true, ...resumeDetails(resumable) });
    const fault: SendFault | undefined = resumable.moveTo(peer.transport, received);
    peer.transport.save();
    if (fault !== "too large") return;
    this.#mover.abort(peer, WampUri.PAYLOAD_SIZE_EXCEEDED, "a message that waited is too large", CloseCode.TOO_BIG);
  }

  #canResume(resumable: ResumableTransport, received: number | undefined): boolean {
    const parked = this.#parked.get(resumable);
    const isLate = parked !== undefined && parked.deadline <= this.#host.now();
    return !isLate && resumable.hasAllAfter(received);
  }

  #forget(resumable: ResumableTransport, sessionId: Id): void {
    const parked = this.#parked.get(resumable);
    if (parked === undefined) return;
    this.#parked.delete(resumable);
    this.#changed.delete(parked);
    this.#host.store.parked.remove(sessionId);
  }

  #transport(connection: Transport | undefined, record: ResumeRecord): ResumableTransport {
    return new ResumableTransport(connection, record, this.#config.buffer, this);
  }

  #newToken(): string {
    return toBase64Url(this.#host.randomBytes(TOKEN_LENGTH));
  }
}

/** Returns WELCOME.Details for a client whose session can be resumed. */
export function resumeDetails({ token }: ResumableTransport): Dict {
  return { resumable: true, resume_token: token };
}

/** Reads what HELLO.Details ask for, if anything; parse() has checked all types but that of `_resume_received`. */
export function readResumeRequest(details: Dict): ResumeRequest | undefined {
  const session = (details["resume-session"] ?? undefined) as Id | undefined;
  if (details.resumable !== true && session === undefined) return undefined;
  const token = (details["resume-token"] ?? undefined) as string | undefined;
  const received = details._resume_received ?? undefined;
  if (received !== undefined && !isCount(received)) {
    throw new ProtocolViolation("HELLO: _resume_received must be a count");
  }
  return { session, token, received };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Tells events apart; undefined for other messages. */
function eventKey([type, subscription, publication]: RouterMessage): string | undefined {
  return type === MessageType.EVENT ? `${subscription} ${publication}` : undefined;
}

/** Checks the token, the principal and the features of a client that asks for a session. */
function isOwner(session: Session, resumable: ResumableTransport, origin: Owner, token: string | undefined): boolean {
  if (token === undefined || !isEqual(utf8(token), utf8(resumable.token))) return false;
  return session.features === origin.features && isSamePrincipal(session.identity, origin.identity);
}

/** Anonymous clients get another authid each time; only the token tells them apart. */
function isSamePrincipal(a: Identity, b: Identity): boolean {
  if (a.authrole !== b.authrole || a.authmethod !== b.authmethod || a.authprovider !== b.authprovider) return false;
  return a.authid === b.authid || a.authmethod === "anonymous";
}

/** Closes the old connection of a client that came back before the router knew it to be dead. */
function closeFormer(transport: Transport): void {
  transport.save();
  transport.close(CloseCode.NORMAL, "the session goes on elsewhere");
}
