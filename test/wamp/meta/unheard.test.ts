/** `wamp.edge.unheard`: URIs that were published without a receiver or called without a callee. */

import { describe, expect, test } from "vitest";
import { ANYTHING, type Client, TestRealm } from "../host/test-realm.ts";
import { ask } from "./meta-calls.ts";

const ROLE = { name: "anonymous", permissions: [ANYTHING], console: true };

function newRealm(input: ConstructorParameters<typeof TestRealm>[0] = {}): TestRealm {
  return new TestRealm({ roles: [ROLE], ...input });
}

function unheardIn(realm: TestRealm, client: Client, kwargs: object = {}): Readonly<Record<string, unknown>>[] {
  const [[, message] = []] = ask(realm, client, "wamp.edge.unheard", [], kwargs);
  return ((message as unknown[][])[3] as [Record<string, unknown>[]])[0];
}

/** The URI that is suggested for an unheard one. */
function nearest(uri: string, ...topics: string[]): unknown {
  const realm = newRealm();
  const [ann, ben] = realm.joinAll("ann", "ben");
  ben.send(...topics.map((topic, index) => [32, index + 1, {}, topic]));
  ann.send([16, 1, {}, uri]);
  return unheardIn(realm, ann)[0]?.nearest;
}

describe("wamp.edge.unheard", () => {
  test("lists topics without a receiver and procedures without a callee, the latest first", () => {
    const realm = newRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    const { id, identity } = ann.savedSession;
    ben.send([64, 1, {}, "com.example.order"], [32, 2, {}, "com.example.orders"]);
    ann.send([16, 1, {}, "com.example.ordres"], [16, 2, { acknowledge: true }, "com.example.ordres"]);
    realm.time = 1000;
    ann.send([48, 3, {}, "com.example.odrer"]);
    const session = { session: id, authid: identity.authid };
    expect(unheardIn(realm, ann)).toStrictEqual([
      {
        ...{ action: "call", uri: "com.example.odrer", count: 1, ...session },
        ...{ time: "1970-01-01T00:00:01.000Z", nearest: "com.example.order" },
      },
      {
        ...{ action: "publish", uri: "com.example.ordres", count: 2, ...session },
        ...{ time: "1970-01-01T00:00:00.000Z", nearest: "com.example.orders" },
      },
    ]);
    expect(unheardIn(realm, ann, { limit: 1 })).toHaveLength(1);
  });

  test("lists no message that a session gets, and none that is kept", () => {
    const store = { "event-history": [{ uri: "com.history", limit: 10 }] };
    const realm = newRealm({ store });
    const [ann, ben] = realm.joinAll("ann", "ben");
    ben.send([64, 1, {}, "com.proc"], [32, 2, { match: "prefix" }, "com.topic"]);
    ann.send([48, 1, {}, "com.proc"], [16, 2, {}, "com.topic.one"]);
    ben.send([70, 1, {}]);
    ann.send([16, 3, { retain: true }, "com.retained"], [16, 4, {}, "com.history"]);
    expect(unheardIn(realm, ann)).toStrictEqual([]);
  });

  test("lists no message that was refused for another reason", () => {
    const realm = newRealm({ roles: [{ name: "anonymous", console: true }] });
    const ann = realm.join("ann");
    ann.send([48, 1, {}, "com.proc"], [16, 2, {}, "com.topic"]);
    expect(unheardIn(realm, ann)).toStrictEqual([]);
  });

  test("lists no URI of more than 500 characters, because many of them could fill the memory", () => {
    const realm = newRealm();
    const ann = realm.join("ann");
    ann.send([16, 1, {}, `com.${"x".repeat(497)}`], [16, 2, {}, `com.${"x".repeat(496)}`]);
    expect(unheardIn(realm, ann).map(({ uri }) => String(uri).length)).toStrictEqual([500]);
  });

  test("lists a topic whose only subscriber is the publisher", () => {
    const realm = newRealm();
    const ann = realm.join("ann");
    ann.send([32, 1, {}, "com.topic"], [16, 2, {}, "com.topic"]);
    expect(unheardIn(realm, ann)).toMatchObject([{ uri: "com.topic", nearest: "com.topic" }]);
  });

  test("forgets the least recent of more than 200 topics", () => {
    const realm = newRealm();
    const ann = realm.join("ann");
    ann.send([16, 1, {}, "com.topic1"], [16, 2, {}, "com.topic2"], [16, 3, {}, "com.topic1"]);
    for (let topic = 3; topic <= 201; topic++) ann.send([16, topic + 1, {}, `com.topic${topic}`]);
    const uris = unheardIn(realm, ann, { limit: 300 }).map(({ uri }) => uri);
    expect(uris).toHaveLength(200);
    expect(uris).toContain("com.topic1");
    expect(uris).not.toContain("com.topic2");
  });
});

describe("the nearest URI", () => {
  test.each([
    ["a letter too much", "com.example.orderss"],
    ["a letter too few", "com.example.oders"],
    ["another letter", "com.example.orderz"],
    ["two letters in the wrong order", "com.example.odrers"],
    ["a capital letter", "com.example.Orders"],
    ["a part too few", "co.example.orders"],
  ])("is found for %s", (_, uri) => {
    expect(nearest(uri, "com.example.other", "com.example.orders", "com.example.ordinary")).toBe("com.example.orders");
  });

  test("is absent where nothing is near", () => {
    expect(nearest("com.example.orders", "com.example.invoices", "org.example.orders.new")).toBe(undefined);
    expect(nearest("a.b", "c.d")).toBe(undefined);
    expect(nearest("com.example.orders")).toBe(undefined);
  });
});
