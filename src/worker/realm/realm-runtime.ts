/** A realm while its object is awake: its sessions and connections, and what is saved before the object sleeps. */

import type { Host } from "../../wamp/host/host.ts";
import { stats } from "../../wamp/meta/console-procedures.ts";
import { CloseCode } from "../../wamp/protocol/close-code.ts";
import { Realm } from "../../wamp/realm/realm.ts";
import type { BatchAnswer } from "../../wamp/relay/link/batch.ts";
import type { CarriedBatch } from "../../wamp/relay/link/batch-codec.ts";
import { unreadable } from "../../wamp/stored-records/stored-record.ts";
import { newReporter, type Reporter } from "../metrics/reporter.ts";
import { closeSocket } from "../platform/close-socket.ts";
import { Congestion } from "../relay/congestion.ts";
import { deriveIdsSecret } from "../relay/ids-secret.ts";
import { newRole } from "../relay/new-role.ts";
import type { RealmRole } from "../relay/realm-role.ts";
import { relayLabel } from "../routing/relay-names.ts";
import { watcherIdentity } from "../routing/tickets.ts";
import { readUpgrade, upgradeResponse } from "../routing/upgrade.ts";
import { isExhausted } from "../storage/free-space.ts";
import { GroupCommit } from "../storage/group-commit.ts";
import { RealmSecret } from "../storage/realm-secret.ts";
import { SqlStore } from "../storage/sql-storage.ts";
import { StorageUse } from "../storage/storage-use.ts";
import { AlarmScheduler } from "./alarm-scheduler.ts";
import { Attachments, type OpenConnection, type StoredConnection } from "./attachments.ts";
import type { CalleeSession } from "./callee-session.ts";
import { ConfiguredSessions } from "./configured-sessions.ts";
import type { ConnectionContext } from "./connection.ts";
import { Connection } from "./connection.ts";
import { FlushScheduler } from "./flush-scheduler.ts";
import { FrameEncoder } from "./frame-encoder.ts";
import type { OutgoingWebhooks } from "./outgoing-webhooks.ts";
import { newHost, newRealmLog, type RealmContext } from "./realm-host.ts";
import { RpcHandler } from "./rpc-handler.ts";
import { type AwakeRealm, SleepPreparation } from "./sleep-preparation.ts";
import { UnreadBudget } from "./unread-budget.ts";
import { UsageMeter } from "./usage-meter.ts";

/** HELLO.Details.roles of a session that watches topics: it also asks for the events that it has missed. */
const WATCHER_ROLES = { subscriber: {}, caller: {} };

/** Everything of a realm that lives in memory. It ends with the sleep of its object. */
export class RealmRuntime implements AwakeRealm {
  readonly realm: Realm;
  /** Undefined for a realm without relays. */
  readonly role: RealmRole | undefined;
  readonly rpc: RpcHandler;
  readonly callees: CalleeSession;
  readonly alarm: AlarmScheduler;
  readonly connections = new Map<WebSocket, OpenConnection>();
  /** Set while components start; messages wait for it. */
  starting: Promise<void> | undefined;
  readonly object: RealmContext;
  readonly #log: Host["log"];
  readonly #configured: ConfiguredSessions;
  readonly webhooks: OutgoingWebhooks;
  readonly #context: ConnectionContext;
  readonly #flushScheduler = new FlushScheduler();
  readonly #congestion: Congestion;
  readonly #groupCommit = new GroupCommit(() => this.#commit());
  readonly #attachments: Attachments;
  readonly #secret: RealmSecret;
  readonly #store: SqlStore;
  readonly #storageUse: StorageUse;
  readonly #sleep: SleepPreparation;
  readonly #meter: UsageMeter;
  reporter: Reporter | undefined; // Set once the realm is awake: the first report has the event that woke it.
  /** Connections that `#flushOutput` closes, because their clients do not read. */
  readonly #overflowed: Connection[] = [];
  /** Set when the realm could not be woken: timers that are still pending do nothing. */
  isDiscarded = false;

  constructor(object: RealmContext) {
    this.object = object;
    const { ctx, name, config, sql, tables, clock } = object;
    this.#log = newRealmLog(object);
    this.#attachments = new Attachments(sql, tables);
    this.#secret = new RealmSecret(ctx.storage, this.#log);
    this.#storageUse = new StorageUse(ctx.storage, tables, [this.#secret, object.idsSecret]);
    const database = { sql, transactionSync: (changes: () => void) => ctx.storage.transactionSync(changes) };
    this.#store = new SqlStore(database, tables, this.#log);
    this.#congestion = new Congestion(ctx);
    this.#meter = new UsageMeter(object.objectName, object.rows, this.connections);
    this.alarm = new AlarmScheduler(ctx.storage, clock, () => this.tick());
    this.#sleep = new SleepPreparation(this, this.#storageUse);
    const host = newHost(clock, this.#secret, this.#store, this.#log, {
      setAlarm: (time) => this.#sleep.scheduleTick(time),
      flushOutput: () => this.flushOutput(),
      scheduleFlush: () => this.#sleep.schedule(),
      scheduleStore: () => this.#groupCommit.add(),
      usage: () => ({ ...this.#meter.usage(), ...(this.role !== undefined && { links: this.role.traffic }) }),
    });
    this.role = newRole(object, {
      ...{ host, secret: this.#secret, flushOutput: () => this.flushOutput() },
      queued: (sender) => this.#flushScheduler.addLinks(sender),
    });
    this.realm = this.role?.realm ?? new Realm(name, config, host);
    this.#context = this.#newConnectionContext();
    this.rpc = new RpcHandler(this.realm, host, sql, tables);
    this.#configured = new ConfiguredSessions(object, host);
    this.callees = this.#configured.callees;
    this.webhooks = this.#configured.webhooks;
  }

  #newConnectionContext(): ConnectionContext {
    const { config, clock, relay } = this.object;
    const flushOutput = () => this.flushOutput();
    const budget = new UnreadBudget(config.limits, flushOutput, () => clock.now());
    return {
      limits: config.limits,
      relay: relay && relayLabel(relay),
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
        this.#sleep.schedule();
      },
      overflowed: (connection) => this.#overflowed.push(connection),
    };
  }

  /**
   * Restores the sessions from the records of their sockets. The platform does not list a socket that closed in the
   * object's sleep and wakes the object with its close event: `waker` is the socket of the event.
   */
  wake(waker: WebSocket | undefined): void {
    const sockets = new Set(this.object.ctx.getWebSockets());
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
    this.role?.wake();
    this.flushOutput();
    this.reporter = newReporter(this.object, this.#log, () => stats(this.realm));
  }

  /** Ends an instance that could not be woken. */
  discard(): void {
    this.isDiscarded = true;
  }

  #joinLocalSessions(): void {
    this.starting = this.#configured.join(this.realm)?.then(() => {
      this.starting = undefined;
    });
  }

  /** Accepts the WebSocket of a client, or of a Worker that watches topics with a role (server-sent events). */
  async accept(request: Request, watcherRole: string | undefined): Promise<Response> {
    const { ctx, config, clock } = this.object;
    const { role } = this;
    // The cookies of a realm over many objects are at its core, and signed alike by all.
    const isKnown = (id: string) => this.#store.cookies.get(id, Date.now()) !== undefined;
    const secret = role === undefined ? this.#secret : { draft: () => role.cookieSecret() };
    const upgrade = await readUpgrade(request, config.auth.cookie, secret, role?.isCookieKnown?.bind(role) ?? isKnown);
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
    this.#sleep.markBusy();
    this.flushOutput();
    return upgradeResponse(client, subprotocol, cookie?.setCookie);
  }

  /** Says whether no more clients are accepted for now; those of a relay try the next one. */
  get isFull(): boolean {
    const { sessions } = this.object.config.limits;
    return this.realm.isCrowded || (this.role !== undefined && this.connections.size >= sessions);
  }

  /** Processes a batch of another object of the realm, by its number. */
  takeBatch(from: number, batch: CarriedBatch): BatchAnswer {
    if (this.role === undefined) throw new Error("the realm has no relays");
    const answer = this.role.takeBatch(from, batch);
    this.flushOutput();
    return answer;
  }

  /** The secret from which all objects of the realm make ids; it is stored from now on. */
  idsSecret(): Uint8Array {
    return deriveIdsSecret(this.#secret.get());
  }

  /** Saves the records of connections that have changed. */
  saveRecords(): void {
    this.#attachments.saveChanged(this.connections, (peer) => this.realm.record(peer));
  }

  /** Takes one WebSocket message of a connection. */
  receive({ connection, peer }: OpenConnection, data: string | ArrayBuffer): void {
    connection.receive(this.realm, peer, data);
    this.flushOutput();
  }

  /** Ends the session of a socket that has closed, after the messages that came before; no `reason` means a loss. */
  disconnect(socket: WebSocket, reason?: string): void {
    if (this.starting !== undefined) return void this.starting.then(() => this.disconnect(socket, reason));
    const open = this.connections.get(socket) ?? this.#restoreClosed(socket);
    if (open === undefined) return this.callees.closed(socket);
    this.object.endedSockets.add(socket);
    this.connections.delete(socket);
    open.connection.ended();
    this.#meter.add(open.connection);
    this.realm.sessions.disconnect(open.peer, reason);
    this.#attachments.forget(open.connection);
    this.flushOutput();
    if (this.connections.size === 0) this.#sleep.noteEmptied();
  }

  /** The connection of a socket that closed in the object's sleep and did not wake the object. */
  #restoreClosed(socket: WebSocket): OpenConnection | undefined {
    if (this.object.endedSockets.has(socket)) return undefined;
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
    this.object.endedSockets.add(socket);
    this.#log(unreadable("attachment", reading.cause));
    closeSocket(socket, CloseCode.RESTART, "the session's record cannot be read");
    return undefined;
  }

  /** Saves everything and closes all sockets, so that clients reconnect after the process has restarted. */
  async stop(): Promise<void> {
    const { ctx } = this.object;
    // Saved before anything is awaited, because the process may be killed soon.
    this.#sleep.prepare();
    // Then the messages that have arrived are processed, and what they change is saved before it is sent.
    await this.starting;
    this.#sleep.prepare();
    this.flushOutput();
    const open = [...this.connections.values()];
    // All connections close first, so that no session gets meta events about the end of the others.
    for (const { connection } of open) connection.close(CloseCode.RESTART, "the router restarts");
    for (const { connection } of open) this.disconnect(connection.socket);
    for (const socket of ctx.getWebSockets()) closeSocket(socket, CloseCode.RESTART, "the router restarts");
    this.#sleep.prepare();
    await this.webhooks.emptied();
    await ctx.storage.sync();
  }

  /** Does what is due. */
  tick(): void {
    if (this.isDiscarded) return;
    (this.role ?? this.realm).tick(this.object.clock.now());
    // The alarm, or a timer that keeps the object awake, is set again where it is still needed.
    if (this.role?.hasDeadline === true) this.#sleep.schedule();
    this.flushOutput();
  }

  /** Ends an event: stores events, closes overflowed connections, and flushes queued frames. */
  flushOutput(): void {
    this.#groupCommit.commitAtEndOfTurn();
    this.#context.budget.relieve();
    while (this.#overflowed.length > 0) this.#closeOverflowed(this.#overflowed.pop()!);
    this.role?.endTurn();
    this.#flushScheduler.flushAtEndOfTurn();
    if (this.role !== undefined) this.#congestion.pause(this.role.load, () => this.#flushScheduler.flushNow());
    if (!this.#sleep.isScheduled) this.reporter?.reportIfDue();
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
    if (this.isDiscarded) return;
    this.realm.store();
    if (this.webhooks.waits && !isExhausted()) this.alarm.setHandOverAlarm();
    this.flushOutput();
  }
}
