/** The storage in SQLite: what it stores, and how many rows that costs. */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { EventHistory } from "../../../src/wamp/broker/event-history.ts";
import { loggedEvent } from "../../../src/wamp/broker/logged-event.ts";
import type { Host } from "../../../src/wamp/host/host.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import { json } from "../../../src/wamp/serializers/json.ts";
import { afterAll } from "../../../src/worker/storage/retained-table.ts";
import { type Database, SqlStore } from "../../../src/worker/storage/sql-storage.ts";
import { Tables } from "../../../src/worker/storage/tables.ts";
import { partsOf } from "../../../src/worker/storage/text-parts.ts";
import { storeContract } from "../../wamp/host/store-contract.ts";

let realms = 0;

/** Runs `use` in an object of its own. */
function inObject<T>(use: (sql: SqlStorage) => T): Promise<T> {
  return runInDurableObject(env.REALM.getByName(`storage-${++realms}`), (_, { storage }) => use(storage.sql));
}

/** The store of a database, whose writes need no transaction. */
const opened = (sql: SqlStorage) => {
  const database: Database = { sql, transactionSync: (changes) => changes() };
  return new SqlStore(database, new Tables(sql), () => {});
};

storeContract((use) => inObject((sql) => use(opened(sql), () => opened(sql))));

/** The same database, which counts the rows that statements read and write. */
function metered(sql: SqlStorage) {
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  const exec = (query: string, ...bindings: unknown[]) => {
    const cursor = sql.exec(query, ...bindings);
    cursors.push(cursor);
    return cursor;
  };
  const account = () => {
    const sum = { statements: 0, rowsWritten: 0, rowsRead: 0 };
    for (const { rowsWritten, rowsRead } of cursors.splice(0)) {
      sum.statements++;
      sum.rowsWritten += rowsWritten;
      sum.rowsRead += rowsRead;
    }
    return sum;
  };
  return { sql: { exec, databaseSize: 0 } as unknown as SqlStorage, account };
}

/** A history of one topic in the database. */
function historyIn(sql: SqlStorage, limit: number) {
  let lastId = 0;
  const host = {
    now: () => 1_700_000_000_000 + lastId,
    wallTime: () => 1_700_000_000_000 + lastId,
    randomId: () => ++lastId,
    scheduleFlush: () => {},
    scheduleStore: () => {},
    store: opened(sql),
  } as unknown as Host;
  const history = new EventHistory(host, [{ uri: "t", match: "exact", limit }]);
  const publish = () => {
    const payload = Payload.received(1, json, '["some temperature",21.5]');
    history.logs[0]?.add(loggedEvent(host.randomId(), host.now(), "t", {}, {}, payload));
  };
  const save = () => {
    history.save();
    history.onSaved();
  };
  return { save, publish };
}

describe("the cost in rows", () => {
  it("an empty storage takes one query and no write", () =>
    inObject((sql) => {
      const meter = metered(sql);
      const { retained, history, testaments } = opened(meter.sql);
      expect([history.logs(), testaments.owners(), retained.get("a"), [...retained.latest("")]]).toEqual([
        [],
        [],
        undefined,
        [],
      ]);
      expect(meter.account()).toMatchObject({ statements: 1, rowsWritten: 0 });
    }));

  it.each([
    [1, 1],
    [100, 1],
    [10_000, 2],
  ])("[HIS-01] a burst of %i events is %i rows", (count, rows) =>
    inObject((sql) => {
      const meter = metered(sql);
      const { save, publish } = historyIn(meter.sql, 100_000);
      publish();
      save();
      meter.account();
      for (let n = 0; n < count; n++) publish();
      save();
      expect(meter.account().rowsWritten).toBe(rows);
    }),
  );

  it("[HIS-01] events one by one are a row each, also while old ones are deleted", () =>
    inObject((sql) => {
      const meter = metered(sql);
      const { save, publish } = historyIn(meter.sql, 100);
      const burst = () => {
        for (let n = 0; n < 1_000; n++) {
          publish();
          save();
        }
        return meter.account();
      };
      burst();
      const { rowsWritten, rowsRead } = burst();
      expect(rowsWritten).toBeLessThanOrEqual(1_010);
      expect(rowsRead).toBeLessThan(8_000);
    }));

  it("[RET-09] a retained event is one row, however often it is replaced", () =>
    inObject((sql) => {
      const meter = metered(sql);
      const { retained } = opened(meter.sql);
      retained.put({ topic: "first", at: 1, text: "x" });
      meter.account();
      retained.put({ topic: "a", at: 2, text: "x" });
      expect(meter.account().rowsWritten).toBe(1);
      retained.put({ topic: "a", at: 3, text: "longer" });
      expect(meter.account().rowsWritten).toBe(1);
    }));

  it("[RET-10] a prefix finds its topics without reading others", () =>
    inObject((sql) => {
      const meter = metered(sql);
      const { retained } = opened(meter.sql);
      for (let n = 0; n < 2_000; n++) retained.put({ topic: `other.topic${n}`, at: n, text: "x" });
      for (let n = 0; n < 10; n++) retained.put({ topic: `wanted.topic${n}`, at: 5_000 + n, text: "x" });
      meter.account();
      expect([...retained.latest("wanted.")]).toHaveLength(10);
      expect(meter.account().rowsRead).toBeLessThan(50);
    }));

  it("a testament is one row", () =>
    inObject((sql) => {
      const meter = metered(sql);
      const { testaments } = opened(meter.sql);
      testaments.put(1, "x");
      meter.account();
      testaments.put(2, "x");
      expect(meter.account().rowsWritten).toBe(1);
      testaments.put(2, "y");
      expect(meter.account().rowsWritten).toBe(1);
      testaments.delete(2);
      expect(meter.account().rowsWritten).toBe(1);
    }));
});

it.each([
  ["", undefined],
  ["a", "b"],
  ["a.", "a/"],
  ["a\u{10ffff}", "b"],
  ["\u{10ffff}", undefined],
  ["\ud7ff", "\ue000"],
  ["\uffff", "\u{10000}"],
])("after all that begins with %j comes %j", (head, next) => expect(afterAll(head)).toBe(next));

it.each([
  ["", 3, [""]],
  ["abc", 3, ["abc"]],
  ["abcd", 3, ["abc", "d"]],
  ["ab\u{1f600}c", 3, ["ab", "\u{1f600}c"]],
  ["a\u{1f600}\u{1f600}", 2, ["a", "\u{1f600}", "\u{1f600}"]],
])("%j in parts of %i", (text, length, parts) => expect(partsOf(text, length)).toEqual(parts));
