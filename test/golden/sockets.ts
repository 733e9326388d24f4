/** Makes a golden set of sockets: sessions of each subprotocol, and a delivery queue, in workerd. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { MessageType } from "../../src/wamp/protocol/message.ts";
import { Payload } from "../../src/wamp/protocol/payload.ts";
import { DecodeFault } from "../../src/wamp/serializers/serializer.ts";
import type { Subprotocol } from "../../src/wamp/serializers/subprotocols.ts";
import { subprotocolByName } from "../../src/wamp/serializers/subprotocols.ts";
import { DeliveryQueue } from "../../src/worker/webhooks/delivery-queue.ts";

/** The attachments and stored rows of a realm and of a delivery queue, as a release has left them. */
export interface GoldenSockets {
  /** client → the attachment of its socket */
  readonly attachments: Readonly<Record<string, string>>;
  readonly realm: readonly GoldenTable[];
  readonly mailbox: readonly GoldenTable[];
}

interface GoldenTable {
  readonly sql: string;
  readonly name: string;
  readonly rows: readonly (readonly SqlStorageValue[])[];
}

/** A client of any subprotocol; payloads are lists of arguments. */
export interface Speaker {
  readonly name: string;
  readonly closed: Promise<number>;
  send(message: readonly unknown[], args?: readonly unknown[]): void;
  next(): Promise<unknown[]>;
}

const SUBPROTOCOLS = [...subprotocolByName.values()];
/** Subscriptions that fit no attachment. */
const MANY = 600;
const LIMITS = { depth: 64 };

/** Connects and sends HELLO; the agent identifies the client. */
export async function speak(realm: string, name: string, subprotocol: Subprotocol, details = {}): Promise<Speaker> {
  const { serializer, batching } = subprotocol;
  const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": subprotocol.name };
  const { webSocket } = await exports.default.fetch(`http://router.test/ws/${realm}`, { headers });
  const socket = webSocket!;
  const received: unknown[][] = [];
  const waiting: ((message: unknown[]) => void)[] = [];
  socket.addEventListener("message", ({ data }) => {
    const frame = typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer);
    const batch = batching?.split(frame);
    if (batch instanceof DecodeFault) throw new Error(batch.reason);
    for (const one of batch?.frames ?? [frame]) {
      const elements = serializer.decode(one, LIMITS);
      if (elements instanceof DecodeFault) throw new Error(elements.reason);
      const message = elements.flatMap((own) =>
        own instanceof Payload ? (own.length === 0 ? [] : [own.args]) : [own],
      );
      const waiter = waiting.shift();
      if (waiter === undefined) received.push(message);
      else waiter(message);
    }
  });
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener("close", ({ code }) => {
      socket.close();
      resolve(code);
    });
  });
  socket.binaryType = "arraybuffer";
  socket.accept();
  const client: Speaker = {
    name,
    closed,
    send(message, args) {
      const frame = serializer.encode([...message, ...(args === undefined ? [] : [Payload.of(args)])] as never);
      socket.send(batching === undefined ? frame : batching.join([frame]));
    },
    next() {
      const message = received.shift();
      return message !== undefined ? Promise.resolve(message) : new Promise((resolve) => waiting.push(resolve));
    },
  };
  const roles = { publisher: {}, subscriber: {}, caller: {}, callee: {} };
  client.send([MessageType.HELLO, realm, { roles, agent: `agent ${name}`, ...details }]);
  const [type] = await client.next();
  if (type !== MessageType.WELCOME) throw new Error(`no WELCOME but ${type}`);
  return client;
}

/** One client of each subprotocol, one whose session can be resumed, and one with more than fits an attachment. */
export async function speakAll(realm: string): Promise<Map<string, Speaker>> {
  const clients = new Map<string, Speaker>();
  for (const subprotocol of SUBPROTOCOLS) {
    clients.set(subprotocol.name, await speak(realm, subprotocol.name, subprotocol));
  }
  const [json] = SUBPROTOCOLS;
  clients.set("resumable", await speak(realm, "resumable", json!, { resumable: true }));
  clients.set("spilled", await speak(realm, "spilled", json!));
  return clients;
}

/**
 * Each client subscribes to a topic of its name and registers a procedure of it; the first has a call at each other.
 */
export async function playOnSockets(realm: string): Promise<GoldenSockets> {
  const clients = [...(await speakAll(realm)).values()];
  for (const client of clients) {
    client.send([MessageType.SUBSCRIBE, 1, {}, `topic.${client.name}`]);
    await client.next();
    client.send([MessageType.REGISTER, 2, {}, `procedure.${client.name}`]);
    await client.next();
  }
  const [caller, ...callees] = clients;
  for (const [index, callee] of callees.entries()) {
    caller!.send([MessageType.CALL, 10 + index, {}, `procedure.${callee.name}`], [callee.name]);
    await callee.next();
  }
  const spilled = clients.at(-1)!;
  for (let i = 0; i < MANY; i++) {
    spilled.send([MessageType.SUBSCRIBE, 10 + i, {}, `topic.many.${i}`]);
    await spilled.next();
  }
  const stub = env.REALM.getByName(realm);
  await evictDurableObject(stub);
  return runInDurableObject(stub, (_, ctx) => {
    const texts = ctx.getWebSockets().map((socket) => socket.deserializeAttachment() as string);
    const own = tablesOf(ctx.storage.sql);
    const attachments = Object.fromEntries(clients.map(({ name }) => [name, textOf(name, texts, own)]));
    return { attachments, realm: own, mailbox: fillDeliveryQueue(ctx.storage.sql) };
  });
}

/** The attachment of a client: the agent tells it, which stands in storage for the one with the key. */
function textOf(name: string, texts: readonly string[], tables: readonly GoldenTable[]): string {
  const key = tables.find((table) => table.name === "peer_record")?.rows[0]?.[0] as string;
  return texts.find((text) => text.includes(`agent ${name}"`)) ?? texts.find((text) => text.includes(key))!;
}

/** Events that are pending, delivered, behind a gap and dead; beside the realm's tables, whose names differ. */
function fillDeliveryQueue(sql: SqlStorage): GoldenTable[] {
  const before = new Set(tablesOf(sql).map(({ name }) => name));
  const queue = new DeliveryQueue(sql);
  const event = (publication: number, topic: string) => {
    return { publication, topic, sequence: publication, body: JSON.stringify({ publication, topic }) };
  };
  queue.accept({ after: undefined, events: [event(1, "com.a"), event(2, "com.a"), event(3, "com.b")] }, 1_000);
  queue.delivered({ publication: 1, topic: "com.a", tries: 0 }, 2_000);
  queue.giveUp({ ...event(3, "com.b"), tries: 4 }, "HTTP status 410", 3_000);
  queue.postpone("com.a", 2, 4_000);
  queue.accept({ after: 9, events: [event(10, "com.c")] }, 5_000);
  return tablesOf(sql).filter(({ name }) => !before.has(name));
}

/** Tables with their rows; the platform's own are left out. */
export function tablesOf(sql: SqlStorage): GoldenTable[] {
  const query =
    "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'";
  const tables = sql.exec<{ name: string; sql: string }>(query).toArray();
  return tables.map((table) => ({
    ...table,
    rows: [...sql.exec(`SELECT * FROM "${table.name}"`).raw()] as SqlStorageValue[][],
  }));
}

/** Creates the tables that are not there yet, with their rows. */
export function restoreTables(sql: SqlStorage, tables: readonly GoldenTable[]): void {
  for (const { name, sql: create, rows } of tables) {
    sql.exec(create.replace(/^CREATE TABLE /i, "CREATE TABLE IF NOT EXISTS "));
    sql.exec(`DELETE FROM "${name}"`);
    for (const row of rows) sql.exec(`INSERT INTO "${name}" VALUES (${row.map(() => "?").join(", ")})`, ...row);
  }
}
