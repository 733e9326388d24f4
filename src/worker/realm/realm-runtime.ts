/** A realm while its object is awake: its sessions and connections, and what is saved before the object sleeps. */

import type { Host } from "../../wamp/host/host.ts";
import { stats } from "../../wamp/meta/console-procedures.ts";
import { CloseCode } from "../../wamp/protocol/close-code.ts";
import { Realm } from "../../wamp/realm/realm.ts";
import { unreadable } from "../../wamp/stored-records/stored-record.ts";
import { startWork } from "../callees/job.ts";
import { newReporter, type Reporter } from "../metrics/reporter.ts";
import { closeSocket } from "../platform/close-socket.ts";
import { sweepLog } from "../platform/log.ts";
import { busyRealms } from "../routing/shutdown.ts";
import { watcherIdentity } from "../routing/tickets.ts";
import { readUpgrade, upgradeResponse } from "../routing/upgrade.ts";
import { isDiskFull, isExhausted } from "../storage/free-space.ts";
import { GroupCommit } from "../storage/group-commit.ts";
import { RealmSecret } from "../storage/realm-secret.ts";
import { SqlStore } from "../storage/sql-storage.ts";
import { StorageUse } from "../storage/storage-use.ts";
import { enqueue } from "../webhooks/webhook-stub.ts";
import { AlarmScheduler } from "./alarm-scheduler.ts";
import { Attachments, type OpenConnection, type StoredConnection } from "./attachments.ts";
import { CalleeSession } from "./callee-session.ts";
import { ComponentHost } from "./component-host.ts";
import { platformTiming } from "./component-timing.ts";
import type { ConnectionContext } from "./connection.ts";
import { Connection } from "./connection.ts";
import { FlushScheduler } from "./flush-scheduler.ts";
import { FrameEncoder } from "./frame-encoder.ts";
import { OutgoingWebhooks } from "./outgoing-webhooks.ts";
import { newHost, newRealmLog, type RealmContext } from "./realm-host.ts";
import { RpcHandler } from "./rpc-handler.ts";
import { UnreadBudget } from "./unread-budget.ts";
import { UsageMeter } from "./usage-meter.ts";

/**
 * Milliseconds from the first change to the moment everything that must survive sleep is saved, in one batch. The
 * timer keeps the object awake meanwhile, and the platform lets it sleep no sooner than 10 s after the last event.
 */
const FLUSH_MS = 250;

/** HELLO.Details.roles of a session that watches topics: it also asks for the events that it has missed. */
const WATCHER_ROLES = { subscriber: {}, caller: {} };

/** Everything of a realm that lives in memory. It ends with the sleep of its object. */
export class RealmRuntime {
  readonly realm: Realm;
  readonly rpc: RpcHandler;
  readonly callees: CalleeSession;
  readonly alarm: AlarmScheduler;
  readonly connections = new Map<WebSocket, OpenConnection>();
  /** Set while components start; messages wait for it. */
  starting: Promise<void> | undefined;
  readonly #object: RealmContext;
  readonly #log: Host["log"];
  readonly #components: ComponentHost;
  readonly #webhooks: OutgoingWebhooks;
  readonly #context: ConnectionContext;
  readonly #flushScheduler = new FlushScheduler();
  readonly #groupCommit = new GroupCommit(() => this.#commit());
  readonly #attachments: Attachments;
  readonly #secret: RealmSecret;
  readonly #store: SqlStore;
  readonly #storageUse: StorageUse;
  readonly #meter: UsageMeter;
  #reporter: Reporter | undefined; // Set once the realm is awake: the first report has the event that woke it.
  /** Connections that `#flushOutput` closes, because their clients do not read. */
  readonly #overflowed: Connection[] = [];
  #isFlushScheduled = false;
  #hasEmptied = false; // Set when the last socket has closed, until the next flush.
  /** Set when the realm could not be woken: timers that are still pending do nothing. */
  #isDiscarded = false;

  constructor(object: RealmContext) {
    this.#object = object;
    const { ctx, env, name, config, sql, tables, clock, tickets } = object;
    this.#log = newRealmLog(name);
    this.#attachments = new Attachments(sql, tables);
    this.#secret = new RealmSecret(ctx.storage, this.#log);
    this.#storageUse = new StorageUse(ctx.storage, tables, this.#secret);
    const database = { sql, transactionSync: (changes: () => void) => ctx.storage.transactionSync(changes) };
    this.#store = new SqlStore(database, tables, this.#log);
    this.#meter = new UsageMeter(name, object.rows, this.connections);
    this.alarm = new AlarmScheduler(ctx.storage, clock, () => this.tick());
    const host = newHost(clock, this.#secret, this.#store, this.#log, {
      setAlarm: (time) => this.#scheduleTick(time),
      flushOutput: () => this.#flushOutput(),
      scheduleFlush: () => this.#scheduleFlush(),
      scheduleStore: () => this.#groupCommit.add(),
      usage: () => this.#meter.usage(),
    });
    this.realm = new Realm(name, config, host);
    this.#context = this.#newConnectionContext();
    this.rpc = new RpcHandler(this.realm, host, sql, tables);
    const { components = [] } = config;
    const timing = platformTiming(components.length > 0);
    this.#components = new ComponentHost(components, object.components, env, host, timing);
    this.callees = new CalleeSession(ctx, name, config, host, (job) => {
      return startWork(job, tickets.issue({ kind: "callee", call: job.request }, clock.now()));
    });
    this.#webhooks = new OutgoingWebhooks(name, config.webhooks_out ?? [], host, (batch) => {
      return isDiskFull() ? Promise.reject(new Error("the disk is full")) : enqueue(env, config, batch);
    });
  }

  #newConnectionContext(): ConnectionContext {
    const { config, clock } = this.#object;
    const flushOutput = () => this.#flushOutput();
    const budget = new UnreadBudget(config.limits, flushOutput, () => clock.now());
    return {
      limits: config.limits,
      encoder: new FrameEncoder(),
      budget,
      monitor: this.realm.monitor,
      queued: (connection) => this.#flushScheduler.add(connection),
      flush: () => {
        this.#flushScheduler.flush();
        budget.relieve();
      },
      changed: (connection) => {
        this.#attachments.markChanged(connection);
        this.#scheduleFlush();
      },
      overflowed: (connection) => this.#overflowed.push(connection),
    };
  }

  /**
   * Restores the sessions from the records of their sockets. The platform does not list a socket that closed in the
   * object's sleep and wakes the object with its close event: `waker` is the socket of the event.
   */
  wake(waker: WebSocket | undefined): void {
    const sockets = new Set(this.#object.ctx.getWebSockets());
    if (waker !== undefined) sockets.add(waker);
    const stored = [...sockets].flatMap((socket) => this.#load(socket) ?? []);
    const records = stored.map(({ connection, record }) => [connection, record] as const);
    const peers = this.realm.wake(records, () => this.#joinLocalSessions());
    stored.forEach(({ connection }, index) => {
      connection.peer = peers[index]!;
      this.connections.set(connection.socket, { connection, peer: connection.peer });
    });
    this.#attachments.forgetAllBut(stored.map(({ connection }) => connection));
    this.callees.failLostCalls();
    this.#flushOutput();
    this.#reporter = newReporter(this.#object, this.#log, () => stats(this.realm));
  }

  /** Ends an instance that could not be woken. */
  discard(): void {
    this.#isDiscarded = true;
  }

  /** Callees, webhooks and components of the configuration join whenever the realm wakes. */
  #joinLocalSessions(): void {
    this.callees.join(this.realm);
    this.#webhooks.join(this.realm);
    // Last, because components may call the callees at once.
    this.starting = this.#components.join(this.realm)?.then(() => {
      this.starting = undefined;
    });
  }

  /** Accepts the WebSocket of a client, or of a Worker that watches topics with a role (server-sent events). */
  async accept(request: Request, watcherRole: string | undefined): Promise<Response> {
    const { ctx, config, clock } = this.#object;
    const upgrade = await readUpgrade(request, config.auth.cookie, this.#secret, this.#store.cookies);
    if (upgrade === undefined) return new Response(null, { status: 400 });
    const { subprotocol, cookie, address, readInfo } = upgrade;
    const { 0: client, 1: server } = new WebSocketPair();
    ctx.acceptWebSocket(server);
    const connection = new Connection(server, subprotocol, this.#context);
    const peer =
      watcherRole === undefined
        ? this.realm.sessions.connect(connection, address, readInfo)
        : this.realm.sessions.connectAs(connection, watcherIdentity(watcherRole), WATCHER_ROLES);
    connection.peer = peer;
    this.connections.set(server, { connection, peer });
    this.#storageUse.clientConnected(clock.now());
    this.#markBusy();
    this.#flushOutput();
    return upgradeResponse(client, subprotocol, cookie?.setCookie);
  }

  /** Takes one WebSocket message of a connection. */
  receive({ connection, peer }: OpenConnection, data: string | ArrayBuffer): void {
    connection.receive(this.realm, peer, data);
    this.#flushOutput();
  }

  /** Ends the session of a socket that has closed, after the messages that came before; no `reason` means a loss. */
  disconnect(socket: WebSocket, reason?: string): void {
    if (this.starting !== undefined) return void this.starting.then(() => this.disconnect(socket, reason));
    const open = this.connections.get(socket) ?? this.#restoreClosed(socket);
    if (open === undefined) return this.callees.closed(socket);
    this.#object.endedSockets.add(socket);
    this.connections.delete(socket);
    open.connection.ended();
    this.#meter.add(open.connection);
    this.realm.sessions.disconnect(open.peer, reason);
    this.#attachments.forget(open.connection);
    this.#flushOutput();
    this.#hasEmptied = this.connections.size === 0;
    if (this.#hasEmptied) this.#scheduleFlush();
  }

  /** The connection of a socket that closed in the object's sleep and did not wake the object. */
  #restoreClosed(socket: WebSocket): OpenConnection | undefined {
    if (this.#object.endedSockets.has(socket)) return undefined;
    const stored = this.#load(socket);
    if (stored === undefined) return undefined;
    const { connection, record } = stored;
    const isKnown = record.ok && record.value.kind === "open" && this.realm.sessions.byId.has(record.value.session.id);
    return isKnown ? undefined : { connection, peer: this.realm.wakeLate([connection, record]) };
  }

  /** Undefined for the socket of a callee, and for one whose attachment cannot be read: that one is closed. */
  #load(socket: WebSocket): StoredConnection | undefined {
    const reading = this.#attachments.load(socket, this.#context);
    if (reading === undefined || reading.ok) return reading?.value;
    this.#object.endedSockets.add(socket);
    this.#log(unreadable("attachment", reading.cause));
    closeSocket(socket, CloseCode.RESTART, "the session's record cannot be read");
    return undefined;
  }

  /** Saves everything and closes all sockets, so that clients reconnect after the process has restarted. */
  async stop(): Promise<void> {
    const { ctx } = this.#object;
    // Saved before anything is awaited, because the process may be killed soon.
    this.#flush();
    // Then the messages that have arrived are processed, and what they change is saved before it is sent.
    await this.starting;
    this.#flush();
    this.#flushOutput();
    const open = [...this.connections.values()];
    // All connections close first, so that no session gets meta events about the end of the others.
    for (const { connection } of open) connection.close(CloseCode.RESTART, "the router restarts");
    for (const { connection } of open) this.disconnect(connection.socket);
    for (const socket of ctx.getWebSockets()) closeSocket(socket, CloseCode.RESTART, "the router restarts");
    this.#flush();
    await this.#webhooks.emptied();
    await ctx.storage.sync();
  }

  /** Does what is due. */
  tick(): void {
    if (this.#isDiscarded) return;
    this.realm.tick(this.#object.clock.now());
    this.#flushOutput();
  }

  /** Ends an event: stores events, closes overflowed connections, and flushes queued frames. */
  #flushOutput(): void {
    this.#groupCommit.commitAtEndOfTurn();
    this.#context.budget.relieve();
    while (this.#overflowed.length > 0) this.#closeOverflowed(this.#overflowed.pop()!);
    this.#flushScheduler.flushAtEndOfTurn();
    if (!this.#isFlushScheduled) this.#reporter?.reportIfDue();
  }

  #closeOverflowed(connection: Connection): void {
    const open = this.connections.get(connection.socket);
    if (open === undefined) return;
    this.realm.monitor.counters.limits.outgoing_bytes++;
    const reason = "the client does not read what it is sent";
    this.realm.sessions.end(open.peer, false, reason);
    connection.close(CloseCode.OVERLOADED, reason);
  }

  /** Stores events; the platform holds back all frames of this turn and later until they are on the disk. */
  #commit(): void {
    if (this.#isDiscarded) return;
    this.realm.store();
    if (this.#webhooks.waits && !isExhausted()) this.alarm.setHandOverAlarm();
    this.#flushOutput();
  }

  /** A deadline that comes before the next flush gets a timer; the flush sets the alarm for later ones. */
  #scheduleTick(time: number): void {
    const delay = time - this.#object.clock.now();
    if (delay <= FLUSH_MS) setTimeout(() => this.tick(), Math.max(0, delay));
    else this.#scheduleFlush();
  }

  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    this.#markBusy();
    setTimeout(() => this.#flush(), FLUSH_MS);
  }

  /** Makes the object ready to sleep: saves records and events, and sets the alarm for the next deadline. */
  #flush(): void {
    this.#isFlushScheduled = false;
    sweepLog();
    if (this.#isDiscarded) return;
    if (isExhausted()) return this.#flushWithoutStorage();
    this.#attachments.saveChanged(this.connections, (peer) => this.realm.record(peer));
    const next = this.realm.nextDeadline();
    const mayStore = this.#openStorage();
    // A timer keeps the object awake while a tap runs, which is in memory only.
    const timer = this.realm.monitor.taps.isRunning ? next : undefined;
    this.alarm.setTimer(mayStore || next === undefined ? timer : Math.min(next, this.#storageUse.deferredUntil));
    if (mayStore && this.#webhooks.waits) this.alarm.setHandOverAlarm(next);
    else if (mayStore) this.alarm.setAlarm(next);
    this.#webhooks.flush();
    this.realm.flush();
    if (this.#hasEmptied && this.connections.size === 0) this.#leaveEmpty();
    this.#reporter?.reportIfDue();
    this.#markIdle();
  }

  /** Nothing can be saved, so the object stays awake: timers take the place of the alarm until the disk has room. */
  #flushWithoutStorage(): void {
    const next = this.realm.nextDeadline();
    if (next !== undefined && next <= this.#object.clock.now()) this.tick();
    this.#scheduleFlush();
  }

  /**
   * Returns whether rows may be written, and permits it from the first client on that has begun its login. The deadline
   * of a client that stays without HELLO has to outlast sleep, too.
   */
  #openStorage(): boolean {
    if (this.#storageUse.isOpen) return true;
    const isDeferred = this.#object.clock.now() < this.#storageUse.deferredUntil;
    let isNeeded = this.#webhooks.waits || this.alarm.isAlarmSet || !isDeferred;
    for (const { peer } of this.connections.values()) isNeeded ||= peer.state.kind !== "connected";
    if (isNeeded) this.#storageUse.open();
    return isNeeded;
  }

  /** The realm is still without sockets: deletes its storage if it keeps nothing. Clients may come and go until then. */
  #leaveEmpty(): void {
    this.#hasEmptied = false;
    this.#reporter?.report();
    if (!this.alarm.isAlarmSet && !this.#webhooks.waits) this.#storageUse.removeIfEmpty();
  }

  /** Has a stop of the process call `stop`: the realm has a socket or something to save. */
  #markBusy(): void {
    if (this.#object.env.WAMP_CONTROL === "true") busyRealms.add(this.realm.name);
  }

  /** A stop of the process passes over a realm that has no socket and no event for a webhook. */
  #markIdle(): void {
    if (this.connections.size === 0 && this.#webhooks.isEmpty) busyRealms.delete(this.realm.name);
  }
}
