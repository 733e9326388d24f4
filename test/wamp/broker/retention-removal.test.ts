/** Event retention: removal by a procedure and by a time to live. */

import { describe, expect, test } from "vitest";
import { TestRealm } from "../host/test-realm.ts";
import { argsOf, linesOf, receiveRetained, TOPIC, testRealmWithEvents } from "./retained-events.ts";

describe("removal of retained events", () => {
  const remove = (realm: TestRealm, topic: string, name = "remover") => {
    const client = realm.join(name);
    realm.take();
    client.send([48, 1, {}, "wamp.edge.retained.remove", [topic]]);
    const [line] = linesOf(realm);
    return line;
  };

  test.each([
    ["before it was written", false],
    ["after it was written", true],
  ])("wamp.edge.retained.remove deletes a retained event %s", (_, isWritten) => {
    const realm = testRealmWithEvents([
      [{ retain: true }, TOPIC, [1]],
      [{ retain: true }, "com.myapp.other", [2]],
      [{ retain: true, eligible_authrole: ["anonymous"] }, TOPIC, [3]],
    ]);
    if (isWritten) realm.flush();
    expect(remove(realm, TOPIC)).toStrictEqual([50, 1, {}, [true]]);
    expect(argsOf(receiveRetained(realm, "late"))).toStrictEqual([]);
    realm.flush();
    realm.restart();
    expect(argsOf(receiveRetained(realm, "later", "com.myapp.", { match: "prefix" }))).toStrictEqual([[2]]);
    expect(remove(realm, TOPIC)).toStrictEqual([50, 1, {}, [false]]);
  });

  test("an event without payload replaces the retained event and does not delete it", () => {
    const realm = testRealmWithEvents([
      [{ retain: true }, TOPIC, [1]],
      [{ retain: true }, TOPIC],
    ]);
    expect(argsOf(receiveRetained(realm, "late"))).toStrictEqual([undefined]);
  });

  test("wamp.edge.retained.remove is refused to a caller that may not publish on the topic", () => {
    const realm = testRealmWithEvents([[{ retain: true }, TOPIC, [1]]], {
      roles: [
        {
          name: "anonymous",
          permissions: [
            { uri: "", match: "prefix", allow: { call: true, subscribe: true, publish: true } },
            { uri: "com.forbidden", allow: { call: true, subscribe: true } },
          ],
        },
      ],
    });
    expect(remove(realm, "com.forbidden")?.slice(0, 5)).toStrictEqual([8, 48, 1, {}, "wamp.error.not_authorized"]);
    expect(remove(realm, "wamp.session.on_join")?.[4]).toBe("wamp.error.invalid_uri");
    expect(remove(realm, "no uri")?.[4]).toBe("wamp.error.invalid_uri");
    expect(remove(realm, TOPIC)).toStrictEqual([50, 1, {}, [true]]);
  });

  test("a retained event is deleted after _retained_ttl seconds, also during sleep, and no earlier event reappears", () => {
    const realm = testRealmWithEvents([
      [{ retain: true }, TOPIC, [1]],
      [{ retain: true, _retained_ttl: 60 }, TOPIC, [2]],
      [{ retain: true, _retained_ttl: 10 }, "com.myapp.short", [3]],
      [{ retain: true }, "com.myapp.long", [4]],
    ]);
    realm.advance(9_000);
    expect(argsOf(receiveRetained(realm, "a", "com.myapp.", { match: "prefix" }))).toStrictEqual([[2], [3], [4]]);
    realm.sleepAndWake();
    realm.advance(2_000);
    expect(argsOf(receiveRetained(realm, "b", "com.myapp.", { match: "prefix" }))).toStrictEqual([[2], [4]]);
    expect(argsOf(receiveRetained(realm, "c", "com.myapp.short"))).toStrictEqual([]);
    realm.advance(50_000);
    expect(argsOf(receiveRetained(realm, "d"))).toStrictEqual([]);
    expect(remove(realm, TOPIC)).toStrictEqual([50, 1, {}, [false]]);
  });

  test.each([0, -1, 1.5, "60", true])("PUBLISH with _retained_ttl %j breaks the protocol", (ttl) => {
    const realm = new TestRealm();
    realm.join("ann").send([16, 1, { retain: true, _retained_ttl: ttl }, TOPIC]);
    expect(linesOf(realm)[0]?.[1]).toStrictEqual({ message: "PUBLISH: invalid _retained_ttl" });
  });
});
