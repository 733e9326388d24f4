/** Unreadable records and storage: only the session or the row concerned is affected. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { subprotocolByName } from "../../../src/wamp/serializers/subprotocols.ts";
import { configOf } from "../../../src/worker/config/deployment.ts";
import { realmRpc } from "../../../src/worker/routing/realm-stub.ts";
import { RealmSecret } from "../../../src/worker/storage/realm-secret.ts";
import { openStorage } from "../../../src/worker/storage/schema.ts";
import { Tables } from "../../../src/worker/storage/tables.ts";
import { type Speaker, speak } from "../../golden/sockets.ts";
import { connect } from "../socket.ts";
import { exchange, inStorage, logLines, realmOf } from "./sleepers.ts";

const JSON_TEXT = subprotocolByName.get("wamp.2.json")!;

afterEach(() => void vi.restoreAllMocks());

/** A callee, a caller, and a client whose record the test changes. */
async function three(realm: string): Promise<[callee: Speaker, caller: Speaker, third: Speaker]> {
  const clients: Speaker[] = [];
  for (const name of ["callee", "caller", "third"]) clients.push(await speak(realm, name, JSON_TEXT));
  const [callee, , third] = clients as [Speaker, Speaker, Speaker];
  callee.send([64, 1, {}, "com.procedure"]);
  await callee.next();
  third.send([32, 1, {}, "com.topic"]);
  await third.next();
  return clients as [Speaker, Speaker, Speaker];
}

/** Makes a call from the caller to the callee and back. */
async function expectCall(callee: Speaker, caller: Speaker): Promise<void> {
  caller.send([48, 1, {}, "com.procedure"], ["question"]);
  const [, request] = await callee.next();
  callee.send([70, request, {}], ["answer"]);
  expect(await caller.next()).toEqual([50, 1, {}, ["answer"]]);
}

const FORMAT_1 = {
  subprotocol: "wamp.2.json",
  record: {
    kind: "open",
    session: {
      ...{ id: 4711, features: 15, lastInvocation: 0, lastRequest: 0 },
      identity: { authid: "a", authrole: "anonymous", authmethod: "anonymous", authprovider: "static" },
      ...{ subscriptions: [["exact", 4712, "com.topic", 1]], registrations: [], calls: [] },
    },
  },
};

describe("[SES-30] one unreadable attachment of three", () => {
  const altered = (alter: (attachment: Record<string, Record<string, unknown>>) => void) => (own: string) => {
    const attachment = JSON.parse(own);
    alter(attachment);
    return JSON.stringify(attachment);
  };

  test.each<[string, (own: string) => unknown]>([
    ["that is not JSON", (own) => own.slice(0, -20)],
    ["that is no text", () => ({ v: 2 })],
    ["without its session", altered(({ p }) => delete p!.s)],
    ["without the id of its session", altered(({ p }) => delete (p!.s as { i?: number }).i)],
    ["with an id of a wrong type", altered(({ p }) => void Object.assign(p!.s as object, { i: "4711" }))],
    ["without a subprotocol", (own) => own.replace('"subprotocol":"wamp.2.json",', "")],
    ["with an unknown subprotocol", (own) => own.replace('"wamp.2.json"', '"wamp.9.json"')],
    ["with an unknown kind of state", altered(({ p }) => void Object.assign(p!, { k: "floating" }))],
    ["of a newer format", (own) => own.replace('"v":2', '"v":3')],
    ["with a session of a newer format", altered(({ p }) => void Object.assign(p!, { v: 3 }))],
    ["with a format number that is none", altered((own) => void Object.assign(own, { v: "2" }))],
    ["of format 1 with a tuple in another order", () => JSON.stringify(FORMAT_1)],
    ["of format 1 without its lists", () => JSON.stringify({ ...FORMAT_1, record: { kind: "open", session: {} } })],
    ["that points to a row which is not there", altered((own) => void Object.assign(own, { p: undefined, k: "none" }))],
  ])("%s ends that socket with 1012; the others go on, and one line tells", async (name, change) => {
    const realm = `unreadable-${name.replaceAll(/[^a-z0-9]/g, "-")}`;
    const lines = logLines("record.unreadable", realm);
    const [callee, caller, third] = await three(realm);
    await exchange(realm, { third: change });
    await expectCall(callee, caller);
    expect(await third.closed).toBe(1012);
    expect(lines()).toMatchObject([{ level: "error", kind: expect.any(String), cause: expect.any(String) }]);
    expect(JSON.stringify(lines())).not.toContain("com.topic");
    const again = await speak(realm, "again", JSON_TEXT);
    await expectCall(callee, again);
  });
});

test("an unreadable row of a session ends that session only", async () => {
  const realm = "unreadable-row";
  const lines = logLines("record.unreadable", realm);
  const [callee, caller, third] = await three(realm);
  for (let i = 0; i < 500; i++) third.send([32, 10 + i, {}, `com.topic.${i}`]);
  for (let i = 0; i < 500; i++) await third.next();
  await inStorage(realm, (sql) => sql.exec("UPDATE peer_record SET text = substr(text, 1, 100)"));
  await expectCall(callee, caller);
  expect(await third.closed).toBe(1012);
  expect(lines()).toMatchObject([{ kind: "peer", cause: "it is not JSON" }]);
});

test("the log line about an unreadable session names the session", async () => {
  const realm = "unreadable-named";
  const lines = logLines("record.unreadable", realm);
  const [callee, caller, third] = await three(realm);
  let id: unknown;
  const change = (own: string) => {
    const attachment = JSON.parse(own) as { p: { s: { i: unknown; f: unknown } } };
    id = attachment.p.s.i;
    attachment.p.s.f = "none";
    return JSON.stringify(attachment);
  };
  await exchange(realm, { third: change });
  await expectCall(callee, caller);
  expect(await third.closed).toBe(1012);
  expect(lines()).toMatchObject([{ kind: "peer", session: id, cause: "features is of a wrong type" }]);
});

test("an invalid secret stays in storage, and another one takes its place in memory", async () => {
  await runInDurableObject(realmOf("unreadable-secret"), (_, { storage }) => {
    storage.kv.put("secret", "text");
    const log = vi.fn();
    const secret = new RealmSecret(storage, log);
    expect(secret.get()).toHaveLength(32);
    expect(secret.get()).toBe(secret.get());
    expect(log.mock.calls).toMatchObject([[{ event: "record.unreadable", kind: "secret" }]]);
    expect(storage.kv.get("secret")).toBe("text");
  });
});

describe("answers under an idempotency key", () => {
  const PASS = { kind: "role", role: "web", authid: "a", by: "bridge" } as const;
  const REQUEST = { uri: "com.topic", args: [], kwargs: {}, options: {} };
  const ONCE = { key: "k", body: "digest" };

  test("of format 1 are valid; an unreadable one does not permit to publish again", async () => {
    const realm = "bridged-answers";
    const lines = logLines("record.unreadable", realm);
    const config = configOf(env).realms.find(({ name }) => name === "bridged-*")!;
    const publish = () => realmRpc(env, realm, config).publish(PASS, REQUEST, ONCE);
    const first = await publish();
    expect(await publish()).toEqual(first);
    await inStorage(realm, (sql) => sql.exec(`UPDATE answer SET text = '["digest",4711]'`));
    expect(await publish()).toEqual({ kind: "outcome", outcome: { ok: true, args: [4711], kwargs: {} } });
    await inStorage(realm, (sql) => sql.exec("UPDATE answer SET text = '{'"));
    expect(await publish()).toMatchObject({ kind: "refused", reason: "full" });
    expect(lines()).toMatchObject([{ kind: "answer" }]);
  });
});

describe("a realm that cannot be woken", () => {
  const KEPT = "kept-broken";

  test("closes all sockets with 1012, deletes nothing, and is served again when its storage is repaired", async () => {
    const lines = logLines("realm.unserved", KEPT);
    const [callee, caller, third] = await three(KEPT);
    await inStorage(KEPT, (sql) => sql.exec("CREATE TABLE role (other TEXT)"));
    caller.send([48, 1, {}, "com.procedure"]);
    expect(await Promise.all([callee.closed, caller.closed, third.closed])).toEqual([1012, 1012, 1012]);
    expect(lines()).toMatchObject([{ kind: "broken", cause: expect.any(String) }]);
    const refused = await connect(KEPT);
    const closed = await new Promise((resolve) =>
      refused.socket.addEventListener("close", ({ code }) => resolve(code)),
    );
    expect(closed).toBe(1012);
    const realm = configOf(env).realms.find(({ name }) => name === "kept-*")!;
    const pass = { kind: "role", role: "anonymous", authid: "a", by: "test" } as const;
    const request = { uri: "log.one", args: [], kwargs: {}, options: {} };
    expect(await realmRpc(env, KEPT, realm).publish(pass, request)).toMatchObject({
      kind: "refused",
      reason: "full",
    });
    await inStorage(KEPT, (sql) => sql.exec("DROP TABLE role"));
    const [again, other] = await three(KEPT);
    await expectCall(again, other);
  });

  test("closes them for storage of a newer schema, and is served again by a version that knows it", async () => {
    const realm = "kept-newer";
    const lines = logLines("realm.unserved", realm);
    const [callee, caller] = await three(realm);
    caller.send([16, 2, { acknowledge: true }, "log.one"]);
    expect((await caller.next())[0]).toBe(17);
    const before = await inStorage(realm, (sql) => {
      sql.exec("UPDATE schema_version SET number = 99");
      return sql.exec("SELECT * FROM history_log").toArray();
    });
    caller.send([48, 1, {}, "com.procedure"]);
    expect(await Promise.all([callee.closed, caller.closed])).toEqual([1012, 1012]);
    expect(lines()).toMatchObject([{ kind: "broken", cause: "the storage has schema 99, which is newer than 1" }]);
    const after = await inStorage(realm, (sql) => {
      const rows = sql.exec("SELECT * FROM history_log").toArray();
      sql.exec("UPDATE schema_version SET number = 1");
      return rows;
    });
    expect(after).toEqual(before);
    const [again, other] = await three(realm);
    await expectCall(again, other);
  });
});

test("a realm that was removed from the configuration closes its sleeping sockets, and refuses HELLO", async () => {
  const realm = "removed";
  const [callee, caller] = await three(realm);
  await evictDurableObject(realmOf(realm));
  // The configuration of the next deployment.
  const realms = configOf(env).realms as unknown[];
  const index = configOf(env).realms.findIndex(({ name }) => name === "*");
  const [open] = realms.splice(index, 1);
  try {
    caller.send([48, 1, {}, "com.procedure"]);
    expect(await Promise.all([callee.closed, caller.closed])).toEqual([1012, 1012]);
    const late = await connect(realm, realmOf(realm));
    late.send([1, realm, { roles: { caller: {} } }]);
    expect(await late.next()).toMatchObject([3, expect.any(Object), "wamp.error.no_such_realm"]);
  } finally {
    realms.splice(index, 0, open);
  }
});

describe("the schema of a realm's storage", () => {
  /** Runs in the empty storage of a realm that nothing else uses. */
  const inEmpty = (name: string, run: (storage: DurableObjectStorage) => void) =>
    runInDurableObject(realmOf(name), (_, { storage }) => run(storage));
  const tablesIn = ({ sql }: DurableObjectStorage) =>
    sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray();
  const STEPS = [
    (sql: SqlStorage) => void sql.exec("ALTER TABLE thing ADD COLUMN color TEXT"),
    (sql: SqlStorage) => void sql.exec("UPDATE thing SET color = 'red'"),
  ];

  test("is written with the first table", async () => {
    await inEmpty("schema-1", (storage) => {
      const tables = new Tables(storage.sql);
      expect(openStorage(storage, tables, STEPS)).toBeUndefined();
      expect(tablesIn(storage)).toEqual([]);
      tables.make("thing", "name TEXT");
      expect(storage.sql.exec("SELECT number FROM schema_version").toArray()).toEqual([{ number: 3 }]);
    });
  });

  test.each([
    [undefined, ["red"]],
    [1, ["red"]],
    [2, ["red"]],
    [3, [null]],
  ] as const)("is stepped up from %s, once", async (number, expected) => {
    await inEmpty(`schema-from-${number}`, (storage) => {
      const { sql } = storage;
      sql.exec(`CREATE TABLE thing (name TEXT${(number ?? 1) > 1 ? ", color TEXT" : ""})`);
      sql.exec("INSERT INTO thing (name) VALUES ('a')");
      if (number !== undefined) sql.exec(`CREATE TABLE schema_version AS SELECT ${number} AS number`);
      for (let start = 0; start < 2; start++) expect(openStorage(storage, new Tables(sql), STEPS)).toBeUndefined();
      expect(
        sql
          .exec("SELECT color FROM thing")
          .toArray()
          .map(({ color }) => color),
      ).toEqual(expected);
      expect(sql.exec("SELECT number FROM schema_version").toArray()).toEqual([{ number: 3 }]);
    });
  });

  test("does not change if a step fails", async () => {
    await inEmpty("schema-fails", (storage) => {
      storage.sql.exec("CREATE TABLE thing (name TEXT)");
      const steps = [
        ...STEPS,
        () => {
          throw new Error("a fault of the step");
        },
      ];
      expect(() => openStorage(storage, new Tables(storage.sql), steps)).toThrow("a fault of the step");
      expect(tablesIn(storage)).toEqual([{ name: "thing" }]);
      expect(openStorage(storage, new Tables(storage.sql), STEPS)).toBeUndefined();
    });
  });

  test.each([4, 0, 1.5, "'x'"])("%s is refused", async (number) => {
    await inEmpty(`schema-${String(number).replace(/\W/g, "-")}`, (storage) => {
      storage.sql.exec(`CREATE TABLE schema_version AS SELECT ${number} AS number`);
      expect(openStorage(storage, new Tables(storage.sql), STEPS)).toEqual(expect.any(String));
    });
  });
});
