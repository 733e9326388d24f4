/** Sessions that outlive their connections: parked when one is lost, resumed on another one (docs/session-resume.md). */

import type { ResumeConfig } from "../config/resume.ts";
import { isEqual } from "../crypto/digest.ts";
import { toBase64Url, utf8 } from "../crypto/encoding.ts";
import type { Host } from "../host/host.ts";
import type { SendFault, Transport } from "../host/transport.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { ProtocolViolation, WampUri } from "../protocol/errors.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { Peer } from "../session/peer.ts";
import type { RecordBudget } from "../session/record-budget.ts";
import type { BufferObserver, ResumeRecord, ResumeRequest } from "../session/resumable-transport.ts";
import { ResumableTransport } from "../session/resumable-transport.ts";
import type { Identity, Session, SessionOrigin } from "../session/session.ts";
import type { StoredSession } from "./parked-session.ts";
import { ParkedSession, storedSessions } from "./parked-session.ts";
import type { SessionRecord, SessionTables } from "./peer-record.ts";

/** What resumption does to peers and sessions. */
export interface Mover {
  readonly byId: ReadonlyMap<Id, Session>;
  peerOf(session: Session): Peer | undefined;
  /** The session goes on with this peer, which ends at `endsAt` if that is given; nothing is expected of the former one. */
  move(session: Session, from: Peer, to: Peer, endsAt: number | undefined): void;
  /** The session is over, and the peer's transport with it; `abort` tells the client why. */
  close(peer: Peer, code: number, reason: string): void;
  abort(peer: Peer, uri: Uri, message: string, code: number): void;
  welcome(peer: Peer, session: Session, details: Dict): void;
}

/** Makes a session of a record; it ends at `endsAt`, milliseconds since the epoch. */
export type Revive = (peer: Peer, record: SessionRecord, endsAt: number) => Session;

/** Bytes of a token: nobody guesses it. */
const TOKEN_LENGTH = 32;

export class Resumption implements BufferObserver {
  readonly #config: ResumeConfig;
  readonly #host: Host;
  readonly #mover: Mover;
  readonly #tables: SessionTables;
  readonly #records: RecordBudget;
  readonly #parked = new Map<ResumableTransport, ParkedSession>();
  /** Those of which storage does not tell the truth. */
  readonly #changed = new Set<ParkedSession>();

  constructor(config: ResumeConfig, host: Host, mover: Mover, tables: SessionTables, records: RecordBudget) {
    this.#records = records;
    this.#config = config;
    this.#host = host;
    this.#mover = mover;
    this.#tables = tables;
  }

  /** The transport of a new session that can be resumed. */
  newTransport(connection: Transport): ResumableTransport {
    return this.#transport(connection, { token: this.#newToken(), sent: 0 });
  }

  /** The transport of a session that slept. */
  woken(connection: Transport, record: ResumeRecord): ResumableTransport {
    return this.#transport(connection, record);
  }

  /** Gives a peer that has shown who it is the session it wants to go on with; false if there is nothing to go on with. */
  resume(peer: Peer, origin: SessionOrigin, { session: sessionId, token, received }: ResumeRequest): boolean {
    const session = sessionId === undefined ? undefined : this.#mover.byId.get(sessionId);
    if (session?.resumable === undefined || !isOwner(session, session.resumable, origin, token)) return false;
    const former = this.#mover.peerOf(session)!;
    if (!this.#canGoOn(session.resumable, received)) {
      this.#mover.close(former, CloseCode.NORMAL, "the session cannot be resumed");
      return false;
    }
    this.#forget(session.resumable, session.id);
    session.expiresAt = origin.expiresAt;
    session.resumable.token = this.#newToken();
    this.#mover.move(session, former, peer, origin.expiresAt);
    if (former.transport !== session.resumable) closeFormer(former.transport);
    this.#welcome(peer, session, session.resumable, received);
    return true;
  }

  /** The connection of a session is lost: it waits for its client. */
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

  /** The session is over. */
  left({ id, resumable }: Session): void {
    if (resumable === undefined) return;
    this.#forget(resumable, id);
    resumable.end();
  }

  /** Writes what waits to be stored. */
  flush(): void {
    for (const parked of this.#changed) parked.flush();
    this.#changed.clear();
  }

  /** The sessions that were parked when the object fell asleep, or ended; what they kept is theirs again. */
  wake(revive: Revive): void {
    for (const stored of storedSessions(this.#host)) this.#wake(stored, revive);
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

  /** It ends as soon as whoever is sending is done. */
  onOverflow(resumable: ResumableTransport): void {
    const parked = this.#parked.get(resumable);
    if (parked !== undefined) this.#mover.move(parked.session, parked.peer, parked.peer, this.#host.now());
  }

  #wake(stored: StoredSession, revive: Revive): void {
    const { record, kept } = stored;
    // `storedSessions` has checked that there is one.
    const resumable = this.#transport(undefined, record.session.resume!);
    const peer: Peer = { transport: resumable, facts: record.facts, state: { kind: "closed" } };
    // A deadline further away is from before the clock was set back, and so is the alarm.
    const deadline = Math.min(record.deadline, this.#host.now() + this.#config.time * 1000);
    if (deadline < record.deadline) this.#host.setAlarm(deadline);
    const session = revive(peer, record.session, deadline);
    const parked = new ParkedSession(peer, session, resumable, deadline, this.#host.store.parked, this.#tables, stored);
    this.#parked.set(resumable, parked);
    resumable.restore(kept, record.isLost);
  }

  #welcome(peer: Peer, session: Session, resumable: ResumableTransport, received: number | undefined): void {
    this.#mover.welcome(peer, session, { resumed: true, ...offer(resumable) });
    const fault: SendFault | undefined = resumable.moveTo(peer.transport, received);
    peer.transport.save();
    if (fault !== "too large") return;
    this.#mover.abort(peer, WampUri.PAYLOAD_SIZE_EXCEEDED, "a message that waited is too large", CloseCode.TOO_BIG);
  }

  #canGoOn(resumable: ResumableTransport, received: number | undefined): boolean {
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

/** What WELCOME says to a client whose session can be resumed. */
export function offer({ token }: ResumableTransport): Dict {
  return { resumable: true, resume_token: token };
}

/** What a HELLO wishes, if anything; parse() has checked the types but that of `_resume_received`. */
export function resumeWish(details: Dict): ResumeRequest | undefined {
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

/** Whose session it is holds its token and is the same principal with the same client software. */
function isOwner(
  session: Session,
  resumable: ResumableTransport,
  origin: SessionOrigin,
  token: string | undefined,
): boolean {
  if (token === undefined || !isEqual(utf8(token), utf8(resumable.token))) return false;
  return session.features === origin.features && isSame(session.identity, origin.identity);
}

/** Anonymous clients get another authid each time; nothing but the token tells them apart. */
function isSame(a: Identity, b: Identity): boolean {
  if (a.authrole !== b.authrole || a.authmethod !== b.authmethod || a.authprovider !== b.authprovider) return false;
  return a.authid === b.authid || a.authmethod === "anonymous";
}

/** The client has come back before its old connection was known to be dead. */
function closeFormer(transport: Transport): void {
  transport.save();
  transport.close(CloseCode.NORMAL, "the session goes on elsewhere");
}
