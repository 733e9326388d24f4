/** The Durable Object of one realm: sockets in, sockets out, asleep in between. */

import { DurableObject } from "cloudflare:workers";
import type { CookieAuth } from "../../wamp/config/auth.ts";
import type { Host } from "../../wamp/host/host.ts";
import { type LogLine, thrown } from "../../wamp/host/log-line.ts";
import { SteadyClock } from "../../wamp/host/steady-clock.ts";
import { watch } from "../../wamp/local/watcher.ts";
import { CloseCode } from "../../wamp/protocol/close-code.ts";
import { idFromRandom } from "../../wamp/protocol/id.ts";
import type { Id } from "../../wamp/protocol/message.ts";
import { Realm } from "../../wamp/realm/realm.ts";
import { unreadable } from "../../wamp/records/stored-record.ts";
import { negotiate } from "../../wamp/serializers/index.ts";
import type { Peer } from "../../wamp/session/peer.ts";
import { startWork } from "../config/callee-bindings.ts";
import { realmFor } from "../config/config.ts";
import { deploymentOf } from "../config/deployment.ts";
import { closeSocket } from "../platform/close-socket.ts";
import type { Env } from "../platform/env.ts";
import { fetchJson } from "../platform/fetch-json.ts";
import { sweepLog, writeAccount, writeLog } from "../platform/log.ts";
import { RandomPool } from "../platform/random-pool.ts";
import { cookiePathIn, ticketIn } from "../routing/object-requests.ts";
import type { RealmRpc, RpcOutcome } from "../routing/realm-rpc.ts";
import { busyRealms, isStopping } from "../routing/shutdown.ts";
import { trackingCookie } from "../routing/tracking-cookie.ts";
import { readTransportInfo } from "../routing/transport-info.ts";
import { guarded, isDiskFull, isExhausted, untilWritable } from "../storage/free-space.ts";
import { openStorage } from "../storage/schema.ts";
import { SqlStore } from "../storage/sql-storage.ts";
import { StorageUse } from "../storage/storage-use.ts";
import { Tables } from "../storage/tables.ts";
import { post } from "../webhooks/webhook-stub.ts";
import { Attachments, type StoredConnection } from "./attachments.ts";
import { CalleeSession } from "./callee-session.ts";
import { ComponentHost } from "./component-host.ts";
import type { ConnectionContext } from "./connection.ts";
import { Connection } from "./connection.ts";
import { FlushScheduler } from "./flush-scheduler.ts";
import { FrameEncoder } from "./frame-encoder.ts";
import { GroupCommit } from "./group-commit.ts";
import { answerHeartbeats } from "./heartbeat.ts";
import { OutgoingWebhooks } from "./outgoing-webhooks.ts";
import { RealmSecret } from "./realm-secret.ts";
import { RpcHandler } from "./rpc.ts";
import { Tickets, watcherIdentity } from "./tickets.ts";
import { UnreadBudget } from "./unread-budget.ts";
import { closeUnserved, type Unserved, unservedSocket, unservedVisit } from "./unserved.ts";

/**
 * Milliseconds from the first change to the moment everything that must survive sleep is saved, in one batch. The
 * timer keeps the object awake meanwhile, and the platform lets it sleep no sooner than 10 s after the last event.
 */
const FLUSH_MS = 250;

/** Milliseconds that clients have to answer the close frames of a stop. */
const CLOSE_WITHIN_MS = 1_000;
const CLOSE_POLL_MS = 10;

/** Milliseconds for which clients that have not said HELLO hold the object awake, instead of an alarm, which is a row. */
const SILENT_MS = 1_000;

/** Milliseconds after which events for webhooks that an ended instance has left behind are looked for. */
const HAND_OVER_MS = 30_000;

interface OpenConnection {
  readonly connection: Connection;
  readonly peer: Peer;
}

/** What a ticket admits: a session of a role without HELLO, or the Worker that serves an INVOCATION. */
type TicketHolder =
  | { readonly kind: "watcher"; readonly role: string }
  | { readonly kind: "callee"; readonly call: Id };

export class RealmObject extends DurableObject<Env> implements RealmRpc {
  /** Sessions and tables are rebuilt before its first use; see `#isServing`, which also builds what follows here. */
  #sleeper!: Realm;
  #isAwake = false;
  /** Set while the realm cannot be served. */
  #unserved: Unserved | undefined;
  #visits!: RpcHandler;
  #components!: ComponentHost;
  /** While components take their time to come, what others say waits for it. */
  #arrival: Promise<void> | undefined;
  #callees!: CalleeSession;
  readonly #tickets = new Tickets<TicketHolder>();
  #webhooks!: OutgoingWebhooks;
  #context!: ConnectionContext;
  readonly #flushScheduler = new FlushScheduler();
  readonly #groupCommit = new GroupCommit(() => this.#commit());
  #attachments!: Attachments;
  #secret!: RealmSecret;
  #store!: SqlStore;
  #storageUse!: StorageUse;
  /** Set where browsers are known again by a cookie. */
  #cookie: CookieAuth | undefined;
  readonly #connections = new Map<WebSocket, OpenConnection>();
  /** Connections whose record has changed since it was saved. */
  readonly #changed = new Set<Connection>();
  /** Sockets whose close is dealt with; another event of theirs means nothing. */
  readonly #gone = new WeakSet<WebSocket>();
  #overflowed: Connection[] = [];
  #isFlushScheduled = false;
  /** When the alarm rings, as far as this instance has set it; milliseconds since the epoch. */
  #alarmAt: number | undefined;
  readonly #clock = new SteadyClock(() => Date.now());
  /** Until when clients without HELLO leave no row; milliseconds since the epoch. */
  #silentUntil = 0;
  /** Does the work of the alarm until storage may be written. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Makes everything but the sessions; undefined if it can be served, and nothing is read or written where it cannot. */
  #build(): Unserved | undefined {
    const { ctx, env } = this;
    const name = ctx.id.name ?? "";
    const deployment = deploymentOf(env);
    const config = realmFor(deployment.config, name);
    if (deployment.faults.length > 0) return { kind: "broken", cause: "the configuration is faulty" };
    if (config === undefined) return { kind: "unknown" };
    answerHeartbeats(ctx);
    const sql = guarded(ctx.storage.sql);
    const tables = new Tables(sql);
    const cause = openStorage(ctx.storage, tables);
    if (cause !== undefined) return { kind: "broken", cause };
    const log = (line: LogLine) => this.#log(line);
    this.#attachments = new Attachments(sql, tables);
    this.#secret = new RealmSecret(ctx.storage, log);
    this.#storageUse = new StorageUse(ctx.storage, tables, this.#secret);
    this.#store = new SqlStore(
      { sql, transactionSync: (changes) => ctx.storage.transactionSync(changes) },
      tables,
      log,
    );
    this.#cookie = config.auth.cookie;
    const budget = new UnreadBudget(
      config.limits,
      () => this.#flushOutput(),
      () => this.#clock.now(),
    );
    this.#context = {
      limits: config.limits,
      encoder: new FrameEncoder(),
      budget,
      queued: (connection) => this.#flushScheduler.add(connection),
      flush: () => {
        this.#flushScheduler.flush();
        budget.relieve();
      },
      changed: (connection) => this.#change(connection),
      overflowed: (connection) => this.#overflowed.push(connection),
    };
    const host = this.#newHost(log);
    this.#sleeper = new Realm(name, config, host);
    this.#visits = new RpcHandler(this.#sleeper, host, sql, tables);
    this.#components = new ComponentHost(config.components ?? [], deployment.components, env, host);
    this.#callees = new CalleeSession(ctx, name, config, host, (job) => {
      return startWork(job, this.#tickets.issue({ kind: "callee", call: job.request }, this.#clock.now()));
    });
    this.#webhooks = new OutgoingWebhooks(name, config.webhooks_out ?? [], host, (mail) => {
      return isDiskFull() ? Promise.reject(new Error("the disk is full")) : post(env, config, mail);
    });
    return undefined;
  }

  /**
   * Accepts a WebSocket; the Worker has checked that the request is an upgrade and offers a subprotocol we speak.
   * Without a ticket it is a client's.
   */
  override async fetch(request: Request): Promise<Response> {
    const ticket = ticketIn(request);
    const holder = ticket === undefined ? undefined : this.#tickets.redeem(ticket, this.#clock.now());
    if (ticket !== undefined && holder === undefined) return new Response(null, { status: 410 });
    if (holder?.kind === "callee") return this.#callees.accept(holder.call);
    if (isStopping()) return new Response(null, { status: 503 });
    if (!this.#isServing()) return unservedSocket(request, this.#unserved!);
    if (holder === undefined && this.#realm.isCrowded) return crowded();
    const subprotocol = negotiate(request.headers.get("Sec-WebSocket-Protocol"));
    if (subprotocol === undefined) return new Response(null, { status: 400 });
    const cookie =
      this.#cookie &&
      (await trackingCookie(request, cookiePathIn(request), this.#cookie, this.#secret.draft(), this.#store.cookies));
    const facts = readTransportInfo(request, subprotocol.name, cookie?.id);
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    const connection = new Connection(server, subprotocol, this.#context);
    const peer = holder
      ? watch(this.#realm, connection, watcherIdentity(holder.role))
      : this.#realm.sessions.connect(connection, facts);
    this.#connections.set(server, { connection, peer });
    this.#silentUntil = this.#clock.now() + SILENT_MS;
    this.#markBusy();
    this.#flushOutput();
    const headers = new Headers({ "Sec-WebSocket-Protocol": subprotocol.name });
    if (cookie?.setCookie !== undefined) headers.set("Set-Cookie", cookie.setCookie);
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  /** A ticket for a WebSocket with a session of that role (server-sent events). */
  watcherTicket(role: string): string {
    return this.#tickets.issue({ kind: "watcher", role }, this.#clock.now());
  }

  /** A CALL that comes by RPC; what waits for it keeps the object awake, and nothing else. */
  async call(...visit: Parameters<RealmRpc["call"]>): Promise<RpcOutcome> {
    if (!this.#isServing()) return unservedVisit(this.#unserved!);
    await this.#arrival;
    return this.#visits.call(...visit);
  }

  /** Whoever made that CALL has gone. */
  async cancel(id: string): Promise<void> {
    if (this.#isAwake) await this.#visits.cancel(id);
  }

  /** A PUBLISH that comes by RPC. */
  async publish(...visit: Parameters<RealmRpc["publish"]>): Promise<RpcOutcome> {
    if (!this.#isServing()) return unservedVisit(this.#unserved!);
    await this.#arrival;
    return this.#visits.publish(...visit);
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void | Promise<void> {
    if (!this.#isServing(socket)) return;
    const known = this.#connections.get(socket);
    if (known === undefined) return this.#callees.receive(socket, data);
    if (this.#arrival !== undefined) return this.#arrival.then(() => this.#receive(known, data));
    this.#receive(known, data);
  }

  #receive(known: OpenConnection, data: string | ArrayBuffer): void {
    known.connection.receive(this.#realm, known.peer, data);
    this.#flushOutput();
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    // The close handshake is ours with hibernating sockets; codes that stand for none cannot be echoed.
    closeSocket(socket, code === 1005 || code === 1006 ? CloseCode.NORMAL : code, "");
    this.#disconnect(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.#disconnect(socket);
  }

  /** Before the process ends: saves everything and closes all sockets so that clients come back; called by `Control`. */
  async stop(): Promise<void> {
    if (!this.#isServing()) return;
    // Saved before anything is waited for, because the process may be in a hurry.
    this.#flush();
    // What clients have sent already is heard, what it causes is saved, and only then told.
    await this.#arrival;
    this.#flush();
    this.#flushOutput();
    const known = [...this.#connections.values()];
    // No session is told that another one ends.
    for (const { connection } of known) connection.close(CloseCode.RESTART, "the router restarts");
    for (const { connection } of known) this.#disconnect(connection.socket);
    for (const socket of this.ctx.getWebSockets()) closeSocket(socket, CloseCode.RESTART, "the router restarts");
    this.#flush();
    await this.#webhooks.emptied();
    await this.ctx.storage.sync();
    // The close frames are out when the clients have answered them.
    const deadline = Date.now() + CLOSE_WITHIN_MS;
    while (this.ctx.getWebSockets().length > 0 && Date.now() < deadline) await scheduler.wait(CLOSE_POLL_MS);
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined;
    if (this.#isServing()) this.#tick();
    // When this ends the platform writes that the alarm has rung.
    await untilWritable();
  }

  #newHost(log: Host["log"]): Host {
    const pool = new RandomPool();
    return {
      now: () => this.#clock.now(),
      wallTime: () => Date.now(),
      randomId: (): Id => idFromRandom(pool.take(8)),
      randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
      setAlarm: (time) => this.#scheduleTick(time),
      secret: () => this.#secret.get(),
      fetchJson,
      account: writeAccount,
      log,
      flushOutput: () => this.#flushOutput(),
      scheduleFlush: () => this.#scheduleFlush(),
      scheduleStore: () => this.#groupCommit.add(),
      store: this.#store,
    };
  }

  #log(line: LogLine): void {
    writeLog({ realm: this.ctx.id.name ?? "", ...line });
  }

  /** The realm, awake. */
  get #realm(): Realm {
    if (!this.#isServing()) throw new Error("the realm cannot be served");
    return this.#sleeper;
  }

  /**
   * Wakes the realm where it sleeps. False where it cannot be served: then every socket is closed, so that its client
   * comes back, and the next event tries again. `waker` is the socket whose event it is.
   */
  #isServing(waker?: WebSocket): boolean {
    if (this.#isAwake) return true;
    if (waker !== undefined && this.#gone.has(waker)) return false;
    try {
      this.#unserved = this.#build();
      if (this.#unserved === undefined) this.#wake(waker);
    } catch (error) {
      this.#unserved = { kind: "broken", ...thrown(error) };
    }
    if (this.#unserved !== undefined) this.#giveUp(this.#unserved, waker);
    return this.#isAwake;
  }

  #giveUp({ kind, ...fault }: Unserved, waker: WebSocket | undefined): void {
    this.#isAwake = false;
    this.#arrival = undefined;
    this.#connections.clear();
    this.#changed.clear();
    this.#overflowed = [];
    const sockets = new Set(this.ctx.getWebSockets());
    if (waker !== undefined) sockets.add(waker);
    // Without sockets this is a client that was refused, which is no fault of the realm's.
    if (kind === "broken" || sockets.size > 0) this.#log({ level: "error", event: "realm.unserved", kind, ...fault });
    for (const socket of sockets) this.#gone.add(socket);
    closeUnserved(sockets);
  }

  /** A socket of which nothing is known: if it closed in the object's sleep, but did not wake it, its session ends now. */
  #late(socket: WebSocket): OpenConnection | undefined {
    if (this.#gone.has(socket)) return undefined;
    const sleeper = this.#load(socket);
    if (sleeper === undefined) return undefined;
    const { connection, record } = sleeper;
    const isKnown = record.ok && record.value.kind === "open" && this.#realm.sessions.byId.has(record.value.session.id);
    return isKnown ? undefined : { connection, peer: this.#realm.wakeLate([connection, record]) };
  }

  /**
   * After sleep: the sockets are still there, and their records tell the rest. Not in the constructor, which does not
   * know why it runs: the platform does not list a socket that closed in the object's sleep, and wakes it with that.
   */
  #wake(waker?: WebSocket): void {
    this.#isAwake = true;
    const sockets = new Set(this.ctx.getWebSockets());
    if (waker !== undefined) sockets.add(waker);
    const sleepers = [...sockets].flatMap((socket) => this.#load(socket) ?? []);
    const records = sleepers.map(({ connection, record }) => [connection, record] as const);
    const peers = this.#sleeper.wake(records, () => this.#moveIn());
    sleepers.forEach(({ connection }, index) => {
      this.#connections.set(connection.socket, { connection, peer: peers[index]! });
    });
    this.#attachments.forgetAllBut(sleepers.map(({ connection }) => connection));
    this.#callees.awake();
    this.#flushOutput();
  }

  /** Undefined for a socket that is no client's, and for one whose attachment cannot be read: that one is closed. */
  #load(socket: WebSocket): StoredConnection | undefined {
    const reading = this.#attachments.load(socket, this.#context);
    if (reading === undefined || reading.ok) return reading?.value;
    this.#gone.add(socket);
    this.#log(unreadable("attachment", reading.cause));
    closeSocket(socket, CloseCode.RESTART, "the session's record cannot be read");
    return undefined;
  }

  /** Those whom the configuration calls for are there whenever the realm is awake. */
  #moveIn(): void {
    this.#callees.join(this.#sleeper);
    this.#webhooks.join(this.#sleeper);
    // Last, so that what they do at once finds the others there.
    this.#arrival = this.#components.join(this.#sleeper)?.then(() => {
      this.#arrival = undefined;
    });
  }

  #disconnect(socket: WebSocket): void {
    if (!this.#isServing(socket)) return;
    // What the client said last has to be heard before.
    if (this.#arrival !== undefined) return void this.#arrival.then(() => this.#disconnect(socket));
    const known = this.#connections.get(socket) ?? this.#late(socket);
    if (known === undefined) return this.#callees.closed(socket);
    this.#gone.add(socket);
    this.#connections.delete(socket);
    known.connection.ended();
    this.#realm.sessions.disconnect(known.peer);
    this.#changed.delete(known.connection);
    this.#attachments.forget(known.connection);
    this.#flushOutput();
    if (this.#connections.size === 0) this.#leaveEmpty();
    if (!this.#isFlushScheduled) this.#markIdle();
  }

  /** A stop of the process must reach this object: it has a socket, or something to save. */
  #markBusy(): void {
    if (this.env.WAMP_CONTROL === "true") busyRealms.add(this.#sleeper.name);
  }

  /** A stop of the process finds nothing to do here any more, if there is no socket and no webhook waits for events. */
  #markIdle(): void {
    if (this.#connections.size === 0 && this.#webhooks.isEmpty) busyRealms.delete(this.#sleeper.name);
  }

  /** Everything one event caused has been queued. */
  #flushOutput(): void {
    this.#groupCommit.commitAtEndOfTurn();
    this.#context.budget.relieve();
    while (this.#overflowed.length > 0) this.#cut(this.#overflowed.pop()!);
    this.#flushScheduler.flushAtEndOfTurn();
  }

  /** Ends a connection whose client does not read; what is queued for it is lost to it anyway. */
  #cut(connection: Connection): void {
    const known = this.#connections.get(connection.socket);
    if (known === undefined) return;
    this.#realm.sessions.end(known.peer);
    connection.close(CloseCode.OVERLOADED, "the client does not read what it is sent");
  }

  /** Stores events; the platform holds back all frames of this turn and later until they are on the disk. */
  #commit(): void {
    if (!this.#isAwake) return;
    this.#realm.store();
    if (this.#webhooks.waits && !isExhausted()) this.#setAlarm(this.#withRetry(this.#alarmAt));
    this.#flushOutput();
  }

  /** An alarm that brings events for webhooks on their way should this instance end before that. */
  #withRetry(time: number | undefined): number {
    return Math.min(time ?? Number.POSITIVE_INFINITY, this.#alarmAt ?? this.#clock.now() + HAND_OVER_MS);
  }

  #change(connection: Connection): void {
    this.#changed.add(connection);
    this.#scheduleFlush();
  }

  /** Deadlines that come before the object settles get a timer, later ones the alarm. */
  #scheduleTick(time: number): void {
    const delay = time - this.#clock.now();
    if (delay <= FLUSH_MS) setTimeout(() => this.#tick(), Math.max(0, delay));
    else this.#scheduleFlush();
  }

  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    this.#markBusy();
    setTimeout(() => this.#flush(), FLUSH_MS);
  }

  /** Makes the object ready to sleep: records saved, and an alarm for what comes due meanwhile. */
  #flush(): void {
    this.#isFlushScheduled = false;
    sweepLog();
    if (!this.#isAwake) return;
    if (isExhausted()) return this.#doWithoutStorage();
    for (const connection of this.#changed) {
      const known = this.#connections.get(connection.socket);
      if (known !== undefined) this.#attachments.save(connection, this.#realm.record(known.peer));
    }
    this.#changed.clear();
    const next = this.#realm.nextDeadline();
    clearTimeout(this.#timer);
    if (!this.#mayStore()) this.#setTimer(next);
    else this.#setAlarm(this.#webhooks.waits ? this.#withRetry(next) : next);
    this.#webhooks.flush();
    this.#realm.flush();
    this.#markIdle();
  }

  /** Nothing can be saved, so the object stays awake: what comes due is done by its timer, the rest waits for room. */
  #doWithoutStorage(): void {
    const next = this.#realm.nextDeadline();
    if (next !== undefined && next <= this.#clock.now()) this.#tick();
    this.#scheduleFlush();
  }

  /** The last socket has closed: what is left is saved, and the storage removed where nothing is. */
  #leaveEmpty(): void {
    this.#flush();
    if (this.#alarmAt === undefined && !this.#webhooks.waits && !isExhausted()) this.#storageUse.removeIfEmpty();
  }

  /** Clients that connect and say no HELLO leave no row, unless they stay: their deadline then has to outlast sleep. */
  #mayStore(): boolean {
    if (this.#storageUse.isOpen) return true;
    let isOpen = this.#webhooks.waits || this.#alarmAt !== undefined || this.#clock.now() >= this.#silentUntil;
    for (const { peer } of this.#connections.values()) isOpen ||= peer.state.kind !== "connected";
    if (isOpen) this.#storageUse.open();
    return isOpen;
  }

  /** Keeps the object awake until `time`, or until the alarm may take over. */
  #setTimer(time: number | undefined): void {
    if (time === undefined) return;
    const next = Math.min(time, this.#silentUntil);
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, next - this.#clock.now()));
  }

  /** Each change of the alarm is a row written, so it stays where it is when it rings soon enough. */
  #setAlarm(time: number | undefined): void {
    if (time === this.#alarmAt) return;
    this.#alarmAt = time;
    if (time === undefined) this.ctx.storage.deleteAlarm();
    else this.ctx.storage.setAlarm(time - this.#clock.lead);
  }

  #tick(): void {
    if (!this.#isAwake) return;
    this.#realm.tick(this.#clock.now());
    this.#flushOutput();
  }
}

/** Too many sockets wait for HELLO: those in time make room soon. */
function crowded(): Response {
  const error = "too many connections wait for their sessions; try again later";
  return Response.json({ error }, { status: 503, headers: { "Retry-After": "1" } });
}
