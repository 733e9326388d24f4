/** `wamp.edge.explain` over relays tells what it tells in a realm of one object. */

import { describe, expect, test } from "vitest";
import { type ComparedClient, type ComparedRealm, compare, inputOf, SpreadRealm } from "./compared-realms.ts";

const ANY = { call: true, register: true, publish: true, subscribe: true } as const;
const INPUT = inputOf({
  roles: [
    { name: "user", permissions: [{ uri: "", match: "prefix", allow: ANY }], console: true },
    {
      name: "guest",
      permissions: [{ uri: "com.", match: "prefix", allow: ANY }],
      rates: { session: { messages: { per_second: 5, burst: 5 } } },
    },
  ],
});

/** A subject at the place, callees and subscribers at all others, and the one that asks. */
function cast(realm: ComparedRealm, place: number) {
  const others = [0, 1, 2].map((each) => realm.join(each, `other ${each}`));
  const subject = realm.join(place, "subject", "guest");
  const asker = realm.join(1, "asker");
  realm.advance(5_000);
  return { others, subject, asker };
}

type Cast = ReturnType<typeof cast>;

const STORIES: readonly (readonly [title: string, story: (cast: Cast) => void])[] = [
  [
    "a publication that sessions of all objects get, and some do not",
    ({ others, subject, asker }) => {
      for (const client of [...others, subject]) client.send([32, 1, {}, "com.a"]);
      others[2]!.send([32, 2, { match: "prefix" }, "com."]);
      const query = { action: "publish", session: subject.id, uri: "com.a" };
      asker.call("wamp.edge.explain", [{ ...query, options: { exclude: [others[0]!.id] } }]);
      asker.call("wamp.edge.explain", [{ ...query, options: { exclude_me: false, retain: true } }]);
    },
  ],
  [
    "a publication without a receiver, whose topic differs little from another",
    ({ others, subject, asker }) => {
      others[2]!.send([32, 1, {}, "com.shop.prices"]);
      asker.call("wamp.edge.explain", [{ action: "publish", session: subject.id, uri: "com.shop.price" }]);
    },
  ],
  [
    "a call, and the callees of a shared registration",
    ({ others, subject, asker }) => {
      for (const client of others) client.send([64, 1, { invoke: "first" }, "com.p"]);
      asker.call("wamp.edge.explain", [{ action: "call", session: subject.id, uri: "com.p" }]);
      asker.call("wamp.edge.explain", [{ action: "call", session: subject.id, uri: "com.q" }]);
      asker.call("wamp.edge.explain", [{ action: "call", session: subject.id, uri: "wamp.session.count" }]);
    },
  ],
  [
    "a registration, and a subscription",
    ({ others, subject, asker }) => {
      for (const client of [others[1]!, subject]) client.send([64, 1, { invoke: "first" }, "com.p"]);
      for (const client of [others[0]!, others[2]!, subject]) client.send([32, 2, {}, "com.a"]);
      for (const action of ["register", "subscribe"]) {
        for (const uri of ["com.p", "com.a", "com.new"]) {
          const options = action === "register" ? { invoke: "first" } : {};
          asker.call("wamp.edge.explain", [{ action, session: subject.id, uri, options }]);
          asker.call("wamp.edge.explain", [{ action, role: "guest", uri }]);
        }
      }
    },
  ],
  [
    "what is refused before its route",
    ({ subject, asker }) => {
      asker.call("wamp.edge.explain", [{ action: "publish", session: subject.id, uri: "org.x" }]);
      asker.call("wamp.edge.explain", [
        { action: "call", session: subject.id, uri: "com.p", options: { progress: 7 } },
      ]);
      asker.call("wamp.edge.explain", [{ action: "publish", session: 5_000_000_000_000_000, uri: "com.a" }]);
      asker.call("wamp.edge.explain", [{ action: "fly", session: subject.id, uri: "com.a" }]);
      asker.call("wamp.edge.explain", [7]);
    },
  ],
  [
    "what a role may do, and a login",
    ({ others, asker }) => {
      others[2]!.send([32, 1, {}, "com.a"]);
      asker.call("wamp.edge.explain", [{ action: "publish", role: "guest", authid: "joe", uri: "com.a" }]);
      asker.call("wamp.edge.explain", [{ action: "login", authmethods: ["ticket"] }]);
    },
  ],
];

describe.each([
  ["the core", 0],
  ["the relay of the asker", 1],
  ["another relay", 2],
] as const)("for a session at %s", (_, place) => {
  test.each(STORIES)("%s", (_, story) => {
    const { solo, spread } = compare((realm) => {
      const all = cast(realm, place);
      story(all);
      return [...all.others, all.subject, all.asker] satisfies ComparedClient[];
    }, INPUT);
    expect(spread).toStrictEqual(solo);
  });
});

test("the rate of a session is that of its relay", () => {
  const realm = new SpreadRealm(2, INPUT);
  const [subject, asker] = [realm.join(2, "subject", "guest"), realm.join(1, "asker")];
  subject.send(...[1, 2, 3, 4, 5].map((request) => [16, request, {}, "com.a"]));
  asker.call("wamp.edge.explain", [{ action: "publish", session: subject.id, uri: "com.a" }]);
  expect(asker.received.at(-1)).toMatchObject([50, 1, {}, [{ step: "rate", refused: { ends_session: false } }]]);
});
