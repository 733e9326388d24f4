/** The Durable Object of one realm: takes the events of the platform, wakes the realm, and passes them on to it. */

import { DurableObject } from "cloudflare:workers";
import { thrown } from "../../wamp/host/log-line.ts";
import { SteadyClock } from "../../wamp/host/steady-clock.ts";
import { CloseCode } from "../../wamp/protocol/close-code.ts";
import type { Realm } from "../../wamp/realm/realm.ts";
import type { BatchAnswer } from "../../wamp/relay/link/batch.ts";
import type { CarriedBatch } from "../../wamp/relay/link/batch-codec.ts";
import { deploymentOf } from "../config/deployment.ts";
import { realmFor } from "../config/realm-lookup.ts";
import { type EntryFigures, MetricsRegistry, type RealmReport } from "../metrics/registry.ts";
import { closeSocket } from "../platform/close-socket.ts";
import type { Env } from "../platform/env.ts";
import { answerHeartbeats } from "../platform/heartbeat.ts";
import { writeLog } from "../platform/log.ts";
import { IdsSecret } from "../relay/ids-secret.ts";
import { hasUsedLinks } from "../relay/link-numbers.ts";
import { configOfRelay } from "../relay/relay-config.ts";
import { ticketIn } from "../routing/object-requests.ts";
import type { RealmRpc, RpcOutcome } from "../routing/realm-rpc.ts";
import { realmObject } from "../routing/realm-stub.ts";
import { readObjectName, relayLabel } from "../routing/relay-names.ts";
import { isStopping } from "../routing/shutdown.ts";
import { type TicketHolder, Tickets } from "../routing/tickets.ts";
import { guarded, untilWritable } from "../storage/free-space.ts";
import { openStorage } from "../storage/schema.ts";
import { Tables } from "../storage/tables.ts";
import type { RealmContext } from "./realm-host.ts";
import { RealmRuntime } from "./realm-runtime.ts";
import { closeUnserved, refuseRequest, refuseUpgrade, type Unserved } from "./unserved-realm.ts";

/** Milliseconds that clients have to answer the close frames of a stop. */
const CLOSE_WITHIN_MS = 1_000;
const CLOSE_POLL_MS = 10;

/** The entry of all events of one realm. */
export class RealmObject extends DurableObject<Env> implements RealmRpc {
  /** The realm; undefined while it sleeps, and as long as it cannot be served. */
  #awake: RealmRuntime | undefined;
  /** Why the realm could not be served at the last event. */
  #unserved: Unserved | undefined;
  #ownRegistry: MetricsRegistry | undefined;
  readonly #clock = new SteadyClock(() => Date.now());
  readonly #tickets = new Tickets<TicketHolder>();
  readonly #idsSecret = new IdsSecret(this.ctx.storage);
  /** Sockets whose end has been handled: further events of them are ignored. */
  readonly #endedSockets = new WeakSet<WebSocket>();

  /** Takes one WebSocket message: of a client, or of a Worker that serves a call. */
  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void | Promise<void> {
    const realm = this.#awake ?? this.#wake(socket);
    if (realm === undefined) return;
    const open = realm.connections.get(socket);
    if (open === undefined) return realm.callees.receive(socket, data);
    if (realm.starting !== undefined) return realm.starting.then(() => realm.receive(open, data));
    realm.receive(open, data);
  }

  /** The socket has closed. With hibernating sockets the object answers the close frame itself. */
  override webSocketClose(socket: WebSocket, code: number): void {
    // 1005 and 1006 stand for a missing code, and cannot be sent.
    const isSent = code !== 1005 && code !== 1006;
    closeSocket(socket, isSent ? code : CloseCode.NORMAL, "");
    if (code === 1006) this.#disconnect(socket);
    else this.#disconnect(socket, `closed by the client${isSent ? ` (${code})` : ""}`);
  }

  /** The socket has failed. */
  override webSocketError(socket: WebSocket): void {
    this.#disconnect(socket);
  }

  #disconnect(socket: WebSocket, reason?: string): void {
    (this.#awake ?? this.#wake(socket))?.disconnect(socket, reason);
  }

  /** Does what is due. The platform records that the alarm has fired when this resolves. */
  override async alarm(): Promise<void> {
    this.#awake?.alarm.fired();
    (this.#awake ?? this.#wake())?.tick();
    await untilWritable();
  }

  /**
   * Accepts the WebSocket of a client, whose upgrade request the Worker has checked, or with a ticket that of a Worker:
   * for a callee, or for server-sent events.
   */
  override async fetch(request: Request): Promise<Response> {
    const ticket = ticketIn(request);
    const holder = ticket === undefined ? undefined : this.#tickets.redeem(ticket, this.#clock.now());
    if (ticket !== undefined && holder === undefined) return new Response(null, { status: 410 });
    if (holder?.kind === "callee") return this.#awake!.callees.accept(holder.call);
    if (isStopping()) return new Response(null, { status: 503 });
    if (this.#awake === undefined && this.#lacksIdsSecret) await this.#learnIdsSecret();
    const realm = this.#awake ?? this.#wake();
    if (realm === undefined) return refuseUpgrade(request, this.#unserved!);
    if (holder === undefined && realm.isFull) return refuseCrowded(realm.realm);
    return realm.accept(request, holder?.role);
  }

  /** Issues a ticket for a WebSocket with a session of that role (server-sent events). */
  watcherTicket(role: string): string {
    return this.#tickets.issue({ kind: "watcher", role }, this.#clock.now());
  }

  /** Makes a CALL by RPC. The pending request keeps the object awake. */
  async call(...request: Parameters<RealmRpc["call"]>): Promise<RpcOutcome> {
    const realm = this.#awake ?? this.#wake();
    if (realm === undefined) return refuseRequest(this.#unserved!);
    await realm.starting;
    return realm.rpc.call(...request);
  }

  /** Cancels the CALL that was made with `id`. */
  async cancel(id: string): Promise<void> {
    await this.#awake?.rpc.cancel(id);
  }

  /** Makes a PUBLISH by RPC. */
  async publish(...request: Parameters<RealmRpc["publish"]>): Promise<RpcOutcome> {
    const realm = this.#awake ?? this.#wake();
    if (realm === undefined) return refuseRequest(this.#unserved!);
    await realm.starting;
    return realm.rpc.publish(...request);
  }

  /** Takes a report of a realm: this object may be a registry of `/metrics` in place of a realm. */
  takeReport(report: RealmReport): void {
    this.#registry.take(report, Date.now());
  }

  /** The sums of the reports that this object has taken. */
  reportedSums(): EntryFigures[] {
    return this.#registry.sums(Date.now());
  }

  get #registry(): MetricsRegistry {
    this.#ownRegistry ??= new MetricsRegistry(this.ctx.storage.kv);
    return this.#ownRegistry;
  }

  /** Processes a batch of another object of the realm. A rejection makes the sender repeat it. */
  takeBatch(from: number, batch: CarriedBatch): BatchAnswer | Promise<BatchAnswer> {
    if (this.#awake === undefined && this.#lacksIdsSecret) {
      return this.#learnIdsSecret().then(() => this.takeBatch(from, batch));
    }
    const realm = this.#awake ?? this.#wake();
    if (realm === undefined) throw new Error("the realm cannot be served now");
    if (realm.starting !== undefined) return realm.starting.then(() => realm.takeBatch(from, batch));
    return realm.takeBatch(from, batch);
  }

  /** Returns the secret from which all objects of the realm make ids, for a relay that has none yet. */
  idsSecret(): Uint8Array {
    const realm = this.#awake ?? this.#wake();
    if (realm === undefined) throw new Error("the realm cannot be served now");
    return realm.idsSecret();
  }

  /** Saves the realm and closes its sockets before the process ends; `Control` calls it. */
  async stop(): Promise<void> {
    const realm = this.#awake ?? this.#wake();
    if (realm === undefined) return;
    await realm.stop();
    // A client answers the close frame once it has received it.
    const deadline = Date.now() + CLOSE_WITHIN_MS;
    while (this.ctx.getWebSockets().length > 0 && Date.now() < deadline) await scheduler.wait(CLOSE_POLL_MS);
  }

  /**
   * Wakes the realm after sleep; undefined if it cannot be served: then all sockets are closed, so that their clients
   * reconnect, and the next event tries again. The constructor cannot do this, because it does not know the event:
   * `waker` is its socket.
   */
  #wake(waker?: WebSocket): RealmRuntime | undefined {
    if (waker !== undefined && this.#endedSockets.has(waker)) return undefined;
    let realm: RealmRuntime | undefined;
    try {
      const context = this.#open(waker);
      if (!("kind" in context)) {
        realm = new RealmRuntime(context);
        realm.wake(waker);
        this.#awake = realm;
        return realm;
      }
      this.#unserved = context;
    } catch (error) {
      realm?.discard();
      this.#unserved = { kind: "broken", ...thrown(error) };
    }
    this.#closeSockets(this.#unserved, waker);
    return undefined;
  }

  /** Reads the configuration and opens the storage. Nothing is read or written for a realm that cannot be served. */
  #open(waker: WebSocket | undefined): RealmContext | Unserved {
    const { ctx, env } = this;
    const { faults, components } = deploymentOf(env);
    if (faults.length > 0) return { kind: "broken", cause: "the configuration is faulty" };
    const settings = this.#settings();
    if (settings === undefined) return { kind: "unknown" };
    answerHeartbeats(ctx);
    const rows = { written: 0 };
    const sql = guarded(ctx.storage.sql, rows);
    const tables = new Tables(sql);
    const cause = openStorage(ctx.storage, tables);
    if (cause !== undefined) return { kind: "broken", cause };
    // A relay that is no longer named goes on until its sockets are gone; a realm that never had any has no core.
    const isStray = settings.relay !== undefined && settings.config.relays === undefined && !hasUsedLinks(tables);
    if (isStray) return { kind: "unknown" };
    return {
      ctx,
      env,
      ...settings,
      hasSockets: waker !== undefined || ctx.getWebSockets().length > 0,
      idsSecret: this.#idsSecret,
      components,
      sql,
      rows,
      tables,
      clock: this.#clock,
      tickets: this.#tickets,
      endedSockets: this.#endedSockets,
    };
  }

  /** The name of the object, and what the configuration says of it; undefined if it names no such object. */
  #settings(): Pick<RealmContext, "objectName" | "name" | "relay" | "config"> | undefined {
    const { config } = deploymentOf(this.env);
    const objectName = this.ctx.id.name ?? "";
    const parts = readObjectName(objectName);
    const realm = parts && realmFor(config, parts.realm);
    if (realm === undefined) return undefined;
    const { realm: name, relay } = parts!;
    if (relay === undefined) return { objectName, name, relay, config: realm };
    return { objectName, name, relay, config: configOfRelay(realm) };
  }

  get #lacksIdsSecret(): boolean {
    return this.#settings()?.relay !== undefined && this.#idsSecret.get() === undefined;
  }

  /** A relay asks the core for the secret of the realm's ids before it accepts its first socket. */
  async #learnIdsSecret(): Promise<void> {
    const { name, config } = this.#settings()!;
    this.#idsSecret.take(await realmObject(this.env, name, config).idsSecret());
  }

  #closeSockets({ kind, ...fault }: Unserved, waker: WebSocket | undefined): void {
    const sockets = new Set(this.ctx.getWebSockets());
    if (waker !== undefined) sockets.add(waker);
    // An unknown realm without sockets is a refused client, and no fault of the router.
    if (kind === "broken" || sockets.size > 0) {
      const objectName = this.ctx.id.name ?? "";
      const { realm = objectName, relay } = readObjectName(objectName) ?? {};
      const origin = { realm, ...(relay !== undefined && { relay: relayLabel(relay) }) };
      writeLog({ ...origin, level: "error", event: "realm.unserved", kind, ...fault });
    }
    for (const socket of sockets) this.#endedSockets.add(socket);
    closeUnserved(sockets);
  }
}

/** Refuses a client while too many sockets wait for HELLO; those that miss their deadline make room. */
function refuseCrowded({ monitor }: Realm): Response {
  monitor.counters.limits.handshakes++;
  const error = "too many connections wait for their sessions; try again later";
  return Response.json({ error }, { status: 503, headers: { "Retry-After": "1" } });
}
