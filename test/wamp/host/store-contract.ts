/** Tests for every storage of a realm: the one in memory and the one in SQLite. */

import { describe, expect, test } from "vitest";
import type { ExpiringStore, LogRecord, Store } from "../../../src/wamp/host/storage.ts";

/** Runs `use` with an empty storage; `reopened` returns the same storage as a new instance of the object opens it. */
export type WithStore = (use: (store: Store, reopened: () => Store) => void) => Promise<void> | void;

/** Longer than a row of SQLite may be, and with a character of two halves wherever it is cut. */
const HUGE = `x${"\u{1f600}".repeat(1_000_000)}`;

/** Defines the tests of one storage. */
export function storeContract(withStore: WithStore): void {
  describe("retained events", () => retainedContract(withStore));
  describe("event history", () => historyContract(withStore));
  describe("testaments", () => testamentContract(withStore));
  describe("parked sessions", () => parkedContract(withStore));
  describe("events for webhooks", () => outgoingContract(withStore));
  describe("roles", () => roleContract(withStore));
  describe("cookies", () =>
    expiringContract((use) => withStore((store, reopened) => use(store.cookies, () => reopened().cookies))));
  describe("lockouts", () =>
    expiringContract((use) => withStore((store, reopened) => use(store.lockouts, () => reopened().lockouts))));
}

function retainedContract(withStore: WithStore): void {
  const topics = (rows: Iterable<{ topic: string }>) => Array.from(rows, ({ topic }) => topic);

  test("no row exists at first", () =>
    withStore(({ retained }) => {
      expect(retained.get("a")).toBeUndefined();
      expect([...retained.latest("")]).toEqual([]);
      expect(retained.size()).toEqual({ rows: 0, characters: 0 });
      retained.trim(0, 1, 1);
      retained.delete("a");
    }));

  test("a deleted topic has no row, and the others stay", () =>
    withStore(({ retained }, reopened) => {
      for (const topic of ["a", "b"]) retained.put({ topic, at: 1, text: topic === "a" ? HUGE : "small" });
      retained.delete("a");
      for (const store of [retained, reopened().retained]) {
        expect(store.get("a")).toBeUndefined();
        expect(topics(store.latest(""))).toEqual(["b"]);
        expect(store.size()).toEqual({ rows: 1, characters: 5 });
      }
    }));

  test("a topic has its last row", () =>
    withStore(({ retained }, reopened) => {
      retained.put({ topic: "a", at: 1, text: "first" });
      retained.put({ topic: "a.b", at: 2, text: "other" });
      retained.put({ topic: "a", at: 3.001, text: "second" });
      for (const store of [retained, reopened().retained]) {
        expect(store.get("a")).toEqual({ topic: "a", at: 3.001, text: "second" });
        expect(store.get("a.")).toBeUndefined();
        expect(store.size()).toEqual({ rows: 2, characters: 11 });
      }
    }));

  test.each([
    ["", ["a\u{10ffff}z", "\u{1f600}", "\uffee", "ab", "a.b", "a", "b"]],
    ["a", ["a\u{10ffff}z", "ab", "a.b", "a"]],
    ["a.", ["a.b"]],
    ["a\u{10ffff}", ["a\u{10ffff}z"]],
    ["\u{1f600}", ["\u{1f600}"]],
    ["\uffee", ["\uffee"]],
    ["c", []],
    ["%", []],
  ])("[RET-10] the topics that begin with %j are found, the latest first", (head, found) =>
    withStore(({ retained }) => {
      const all = ["b", "a", "a.b", "ab", "\uffee", "\u{1f600}", "a\u{10ffff}z"];
      for (const [at, topic] of all.entries()) retained.put({ topic, at, text: topic });
      expect(topics(retained.latest(head))).toEqual(found);
    }),
  );

  test("[RET-09] a text may be longer than a row, and shorter again", () =>
    withStore(({ retained }, reopened) => {
      retained.put({ topic: "a", at: 1, text: HUGE });
      retained.put({ topic: "b", at: 2, text: "small" });
      expect(reopened().retained.get("a")?.text === HUGE).toBe(true);
      expect(topics(reopened().retained.latest(""))).toEqual(["b", "a"]);
      expect(reopened().retained.size()).toEqual({ rows: 2, characters: HUGE.length + 5 });
      retained.put({ topic: "a", at: 3, text: "now small" });
      expect(retained.get("a")).toEqual({ topic: "a", at: 3, text: "now small" });
      expect(reopened().retained.size()).toEqual({ rows: 2, characters: 14 });
      expect(retained.size()).toEqual({ rows: 2, characters: 14 });
    }));

  test.each([
    [0, 10, 1000, ["d", "a", "c", "b"]],
    [0, 2, 1000, ["d", "a"]],
    [0, 10, 8, ["d", "a"]],
    [0, 10, 7, ["d"]],
    [3, 10, 1000, ["d", "a", "c"]],
    [3.5, 1, 1000, ["d"]],
    [6, 10, 1000, []],
  ])("[RET-09] trimmed to what is from %d on, %d rows and %d characters", (time, rows, characters, left) =>
    withStore(({ retained }, reopened) => {
      for (const [at, topic] of [...["a", "b", "c", "a", "d"].entries()])
        retained.put({ topic, at: at + 1, text: "1234" });
      retained.trim(time, rows, characters);
      expect(topics(retained.latest(""))).toEqual(left);
      for (const store of [retained, reopened().retained]) {
        expect(store.size()).toEqual({ rows: left.length, characters: 4 * left.length });
      }
    }),
  );
}

function historyContract(withStore: WithStore): void {
  const LOG: LogRecord = { id: 2 ** 53 - 1, match: "prefix", uri: "com.", created: 1_700_000_000_123 };
  const OTHER: LogRecord = { id: 7, match: "exact", uri: "com.", created: 5 };
  const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `line ${from + i}`);

  test("no log exists at first", () => withStore(({ history }) => expect(history.logs()).toEqual([])));

  test("[HIS-14] logs keep their ids, and drop removes their lines", () =>
    withStore(({ history }, reopened) => {
      history.create(LOG);
      history.create(OTHER);
      history.append(LOG.id, ["one"], 1);
      history.append(OTHER.id, ["other"], 1);
      expect(reopened().history.logs()).toEqual(expect.arrayContaining([LOG, OTHER]));
      history.drop(LOG.id);
      for (const store of [history, reopened().history]) {
        expect(store.logs()).toEqual([OTHER]);
        expect([...store.read(LOG.id, 10, false)]).toEqual([]);
        expect([...store.read(OTHER.id, 10, false)]).toEqual(["other"]);
      }
    }));

  test("[HIS-01] the last lines are read in the order of appending or in reverse", () =>
    withStore(({ history }, reopened) => {
      history.create(LOG);
      let end = 0;
      for (const count of [1, 2, 500, 3000, 1, 20_000, 1]) {
        history.append(LOG.id, numbered(end, end + count), end);
        end += count;
        for (const store of [history, reopened().history]) {
          for (const wanted of [0, 1, 2, 600, end - 1, end, end + 1]) {
            const expected = numbered(Math.max(0, end - wanted), end);
            expect([...store.read(LOG.id, wanted, false)]).toEqual(expected);
            expect([...store.read(LOG.id, wanted, true)]).toEqual(expected.reverse());
          }
        }
      }
    }));

  test("[HIS-01] lines may be longer than a row, and a reader may stop early", () =>
    withStore(({ history }, reopened) => {
      history.create(LOG);
      history.append(LOG.id, ["before", HUGE, "after"], 1);
      history.append(LOG.id, [HUGE], 2);
      const lines = ["before", HUGE, "after", HUGE];
      const lengths = (texts: Iterable<string>) => Array.from(texts, (text) => text.length);
      expect(lengths(reopened().history.read(LOG.id, 9, false))).toEqual(lengths(lines));
      expect([...history.read(LOG.id, 9, true)].reverse().every((line, i) => line === lines[i])).toBe(true);
      expect(lengths(history.read(LOG.id, 2, false))).toEqual(lengths(["after", HUGE]));
      for (const line of history.read(LOG.id, 9, true)) {
        expect(line.length).toBe(HUGE.length);
        break;
      }
    }));

  test("[HIS-01] trim keeps the last lines, and few others", () =>
    withStore(({ history }, reopened) => {
      history.create(LOG);
      const text = "x".repeat(1000);
      for (let n = 0; n < 500; n++) {
        history.append(LOG.id, [`${n} ${text}`], n);
        history.trim(LOG.id, 20, Number.NEGATIVE_INFINITY);
        expect([...history.read(LOG.id, 20, false)]).toHaveLength(Math.min(20, n + 1));
      }
      for (const store of [history, reopened().history]) {
        const left = [...store.read(LOG.id, 1_000, false)];
        expect(left.length).toBeLessThan(100);
        expect(left.at(-1)).toBe(`499 ${text}`);
      }
    }));

  test("[HIS-01] trim by time keeps later lines, finally none, and the log accepts new lines", () =>
    withStore(({ history }, reopened) => {
      history.create(LOG);
      const text = "x".repeat(40_000);
      for (let n = 0; n < 5; n++) history.append(LOG.id, [`${n} ${text}`], n);
      history.trim(LOG.id, 100, 3);
      expect([...history.read(LOG.id, 100, false)]).toEqual([`3 ${text}`, `4 ${text}`]);
      history.trim(LOG.id, 100, 5);
      expect([...reopened().history.read(LOG.id, 100, false)]).toEqual([]);
      history.append(LOG.id, ["again"], 6);
      history.append(LOG.id, ["and again"], 6);
      for (const store of [history, reopened().history]) {
        expect([...store.read(LOG.id, 100, false)]).toEqual(["again", "and again"]);
      }
    }));
}

function testamentContract(withStore: WithStore): void {
  test("[TST-09] a session has its last text until delete", () =>
    withStore(({ testaments }, reopened) => {
      expect(testaments.owners()).toEqual([]);
      testaments.delete(1);
      testaments.put(1, "first");
      testaments.put(2 ** 53 - 1, "other");
      testaments.put(1, "second");
      for (const store of [testaments, reopened().testaments]) {
        expect([...store.owners()].sort()).toEqual([1, 2 ** 53 - 1]);
        expect(store.get(1)).toBe("second");
        expect(store.get(2 ** 53 - 1)).toBe("other");
        expect(store.get(3)).toBeUndefined();
      }
      testaments.delete(1);
      expect(reopened().testaments.owners()).toEqual([2 ** 53 - 1]);
      expect(testaments.get(1)).toBeUndefined();
    }));

  test("[TST-13] a text may be as long as the limit allows", () =>
    withStore(({ testaments }, reopened) => {
      const text = "\u20ac".repeat(600_000);
      testaments.put(1, text);
      expect(reopened().testaments.get(1) === text).toBe(true);
    }));
}

function roleContract(withStore: WithStore): void {
  test("[AZ-15] a role has its last text until delete", () =>
    withStore(({ roles }, reopened) => {
      expect([...roles.all()]).toEqual([]);
      roles.delete("a");
      roles.put("b", "first");
      roles.put("a", "other");
      roles.put("b", "second");
      const both = [
        ["a", "other"],
        ["b", "second"],
      ];
      for (const store of [roles, reopened().roles]) expect([...store.all()]).toEqual(both);
      roles.delete("a");
      expect([...reopened().roles.all()]).toEqual([["b", "second"]]);
    }));
}

type WithExpiring = (use: (store: ExpiringStore, reopened: () => ExpiringStore) => void) => Promise<void> | void;

function expiringContract(withStore: WithExpiring): void {
  test("an id has its last text until that expires or is deleted", () =>
    withStore((expiring, reopened) => {
      expect(expiring.get("a", 0)).toBeUndefined();
      expiring.delete("a");
      expiring.put("a", "first", 10, 0);
      expiring.put("b", "other", 20, 0);
      expiring.put("a", "second", 15, 0);
      for (const store of [expiring, reopened()]) {
        expect(store.get("a", 14)).toBe("second");
        expect(store.get("a", 15)).toBeUndefined();
        expect(store.get("b", 19)).toBe("other");
      }
      expiring.delete("b");
      expect(reopened().get("b", 0)).toBeUndefined();
    }));

  test("put removes expired texts", () =>
    withStore((expiring) => {
      expiring.put("a", "old", 10, 0);
      expiring.put("b", "new", 20, 10);
      expect(expiring.get("a", 0)).toBeUndefined();
      expect(expiring.get("b", 10)).toBe("new");
    }));
}

function outgoingContract(withStore: WithStore): void {
  test("texts of a receiver stay in the order of their numbers until they are removed", () =>
    withStore(({ outgoing }, reopened) => {
      expect([outgoing.receivers(), outgoing.texts("a")]).toEqual([[], []]);
      outgoing.remove("a", 1);
      outgoing.put("a", 5, "first");
      outgoing.put("a", 1_700_000_000_000_000, HUGE);
      outgoing.put("b", 1, "other");
      for (const store of [outgoing, reopened().outgoing]) {
        expect([...store.receivers()].sort()).toEqual(["a", "b"]);
        expect(store.texts("a").every((text, index) => text === ["first", HUGE][index])).toBe(true);
      }
      outgoing.remove("a", 5);
      expect(outgoing.texts("a")).toHaveLength(1);
      outgoing.remove("b", Number.MAX_SAFE_INTEGER);
      expect(reopened().outgoing.receivers()).toEqual(["a"]);
    }));
}

function parkedContract(withStore: WithStore): void {
  test("[SES-29] a session has the last text of each number, in order", () =>
    withStore(({ parked }, reopened) => {
      expect(parked.owners()).toEqual([]);
      expect(parked.read(1)).toEqual([]);
      parked.remove(1);
      parked.write(1, 0, "record");
      parked.write(1, 10, "last");
      parked.write(1, 2, HUGE);
      parked.write(2 ** 53 - 1, 0, "other");
      parked.write(1, 0, "new record");
      for (const store of [parked, reopened().parked]) {
        expect([...store.owners()].sort((a, b) => a - b)).toEqual([1, 2 ** 53 - 1]);
        const texts = store.read(1);
        expect(texts.map(([entry]) => entry)).toEqual([0, 2, 10]);
        expect(texts.every(([, text], index) => text === ["new record", HUGE, "last"][index])).toBe(true);
        expect(store.read(2 ** 53 - 1)).toEqual([[0, "other"]]);
      }
    }));

  test("[SES-29] remove deletes one text, or all texts of a session", () =>
    withStore(({ parked }, reopened) => {
      parked.write(1, 0, HUGE);
      parked.write(1, 1, "a");
      parked.write(2, 1, "b");
      parked.remove(1, 0);
      expect(reopened().parked.read(1)).toEqual([[1, "a"]]);
      parked.remove(2);
      expect(reopened().parked.owners()).toEqual([1]);
    }));
}
