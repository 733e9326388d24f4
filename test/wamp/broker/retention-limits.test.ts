/** Event retention: limits by number, size and age, and topics that the configuration excludes. */

import { describe, expect, test } from "vitest";
import { TestRealm } from "../host/test-realm.ts";
import { receiveRetained, TOPIC, testRealmWithEvents } from "./retained-events.ts";

describe("limits of retained events", () => {
  const topics = (realm: TestRealm) => {
    const events = receiveRetained(realm, "subscriber", "", { match: "prefix" });
    return events.map(([, , , details]) => (details as { topic: string }).topic);
  };
  const some = (count: number, payload: unknown = 1) =>
    Array.from({ length: count }, (_, i) => [{ retain: true }, `t${i}`, [payload]] as const);

  test("[RET-09] when the number of topics exceeds the limit, the oldest tenth of the retained events is deleted", () => {
    const realm = testRealmWithEvents(some(10), { store: { retain: { limit: 10 } } });
    realm.flush();
    expect(topics(realm)).toHaveLength(10);
    realm.join("other").send([16, 1, { retain: true }, "one.more"]);
    realm.flush();
    expect(topics(realm)).toStrictEqual(["t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9", "one.more"]);
  });

  test("[RET-09] when the bytes exceed max_bytes, the oldest retained events are deleted", () => {
    const realm = testRealmWithEvents(some(10, "x".repeat(1000)), { store: { retain: { max_bytes: 5_000 } } });
    realm.flush();
    expect(topics(realm)).toStrictEqual(["t6", "t7", "t8", "t9"]);
  });

  test("[RET-09] an event older than max_age is not sent, to the millisecond, and is deleted later", () => {
    const realm = testRealmWithEvents([[{ retain: true }, "old"]], { store: { retain: { max_age: 60 } } });
    realm.flush();
    realm.time = 50_000;
    realm.join("other").send([16, 1, { retain: true }, "new"]);
    realm.flush();
    realm.time = 60_000;
    expect(topics(realm)).toStrictEqual(["old", "new"]);
    realm.time = 60_001;
    expect(topics(realm)).toStrictEqual(["new"]);
    expect(receiveRetained(realm, "exact", "old")).toStrictEqual([]);
    expect(realm.store.retained.size().rows).toBe(2);
    realm.join("another").send([16, 1, { retain: true }, "newer"]);
    realm.flush();
    expect(realm.store.retained.size().rows).toBe(2);
  });

  test("[RET-08] an event on a topic that the configuration declines is delivered and not retained, without an error", () => {
    const decline = [
      { uri: "com.app.", match: "prefix" },
      { uri: "exactly" },
      { uri: "a..c", match: "wildcard" },
    ] as const;
    const realm = new TestRealm({ store: { retain: { decline } } });
    const [publisher, subscriber] = realm.joinAll("publisher", "subscriber");
    subscriber.send([32, 1, { match: "prefix" }, ""]);
    realm.take();
    const names = ["com.app.one", "exactly", "a.b.c", "exactly.not", "com.ap"];
    publisher.send(...names.map((topic, i) => [16, i + 1, { retain: true, acknowledge: true }, topic]));
    const received = realm.take();
    expect(received.filter(([, [type]]) => type === 17)).toHaveLength(5);
    expect(received.filter(([, [type]]) => type === 36)).toHaveLength(5);
    expect(topics(realm)).toStrictEqual(["exactly.not", "com.ap"]);
  });

  test("[RET-09] retained events are written at once when a large amount waits in memory", () => {
    const realm = testRealmWithEvents(some(2, "x".repeat(600_000)));
    expect(realm.store.retained.size().rows).toBe(2);
  });

  test("an event of a refused PUBLISH is not retained", () => {
    const realm = new TestRealm({
      roles: [{ name: "anonymous", permissions: [{ uri: "", match: "prefix", allow: { subscribe: true } }] }],
    });
    realm.join("publisher").send([16, 1, { retain: true, acknowledge: true }, TOPIC]);
    expect(realm.take()[0]?.[1][4]).toBe("wamp.error.not_authorized");
    expect(receiveRetained(realm, "subscriber")).toStrictEqual([]);
  });
});
