/** Full tables of signed requests and idempotency keys. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { BoundedTable } from "../../../src/worker/storage/bounded-table.ts";
import { Tables } from "../../../src/worker/storage/tables.ts";
import { freshRealm, sendSigned } from "../bridge/bridge-client.ts";
import { join } from "../socket.ts";

const EVENT = { topic: "com.topic", args: [1] };

/** Inserts rows into a table of a realm, and evicts its object, which then counts again. */
async function fill(realm: string, table: string, rows: number, expiresAt: number): Promise<void> {
  const stub = env.REALM.getByName(realm);
  await runInDurableObject(stub, (_, { storage }) => {
    const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})`;
    storage.sql.exec(`INSERT INTO ${table} ${numbers} SELECT 'row ' || i, '["",1]', ${expiresAt} FROM n`);
  });
  await evictDurableObject(stub);
}

/** Lets all rows expire. */
async function expire(realm: string, table: string): Promise<void> {
  await runInDurableObject(env.REALM.getByName(realm), (_, { storage }) => {
    storage.sql.exec(`UPDATE ${table} SET expires_at = 1 WHERE id LIKE 'row %'`);
  });
}

it.each([
  ["signatures", "signature", 60_000, "Too many signed requests.", {}],
  ["idempotency keys", "answer", 10_000, "Too many idempotency keys.", { "Idempotency-Key": "a" }],
] as const)(
  "with all the %s it can remember, a realm publishes nothing until some are past their time",
  async (_, table, rows, text, headers) => {
    const realm = freshRealm();
    const publish = (more: object = {}) => sendSigned(`/realms/${realm}/publish`, { ...EVENT, ...more }, headers);
    expect((await publish()).status).toBe(200);
    const subscriber = await join(realm);
    subscriber.send([32, 1, {}, "com.topic"]);
    await subscriber.next();
    await fill(realm, table, rows - 1, Date.now() + 600_000);
    const other = { headers: { "Idempotency-Key": "b" } };
    for (const attempt of [1, 2]) {
      const answer = await sendSigned(`/realms/${realm}/publish`, { ...EVENT, args: [attempt] }, other.headers);
      expect([answer.status, answer.body]).toEqual([503, { error: text, args: [], kwargs: {} }]);
    }
    await expire(realm, table);
    const after = await sendSigned(`/realms/${realm}/publish`, { ...EVENT, args: ["after"] }, other.headers);
    expect(after.status).toBe(200);
    expect((await subscriber.next())[4]).toEqual(["after"]);
  },
);

it("a stored idempotency key is answered though the table is full", async () => {
  const realm = freshRealm();
  const publish = (key: string) => sendSigned(`/realms/${realm}/publish`, EVENT, { "Idempotency-Key": key });
  const first = await publish("a");
  await fill(realm, "answer", 9_999, Date.now() + 600_000);
  expect((await publish("a")).body).toEqual(first.body);
  expect((await publish("b")).status).toBe(503);
});

it("a table takes as many texts as fit, and another one for each expired text", async () => {
  await runInDurableObject(env.REALM.getByName("bounded"), (_, { storage }) => {
    const table = new BoundedTable(storage.sql, new Tables(storage.sql), "few", 3);
    const put = (id: string, expiresAt: number, now: number) => table.put(id, id, expiresAt, now);
    expect([put("a", 10, 0), put("b", 20, 0), put("c", 20, 0), put("d", 20, 9), table.hasRoom(9)]).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect([table.hasRoom(10), put("d", 20, 10), put("e", 20, 10)]).toEqual([true, true, false]);
    expect(["a", "b", "d", "e"].map((id) => table.get(id, 10))).toEqual([undefined, "b", "d", undefined]);
    expect(table.get("b", 20)).toBeUndefined();
  });
});
