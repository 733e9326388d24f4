/** Meta events reach the subscribers of all objects once, as in a realm of one object. */

import { describe, expect, test } from "vitest";
import { COOL_DOWN_MS } from "../../../../src/wamp/relay/broker/relay-interest.ts";
import { type ComparedClient, type ComparedRealm, compare, SpreadRealm } from "./compared-realms.ts";

const TOPICS = [
  "wamp.session.on_join",
  "wamp.session.on_leave",
  "wamp.subscription.on_create",
  "wamp.subscription.on_subscribe",
  "wamp.subscription.on_unsubscribe",
  "wamp.subscription.on_delete",
  "wamp.registration.on_create",
  "wamp.registration.on_register",
  "wamp.registration.on_unregister",
  "wamp.registration.on_delete",
];

/** A client that hears of everything, but for what happens in its own object out of order. */
function watch(realm: ComparedRealm, place: number, topics: readonly string[] = TOPICS): ComparedClient {
  const watcher = realm.join(place, `watcher ${place}`);
  for (const [index, topic] of topics.entries()) watcher.send([32, index + 1, {}, topic]);
  return watcher;
}

type Story = (place: number, realm: ComparedRealm) => readonly ComparedClient[];

const STORIES: readonly (readonly [title: string, story: Story])[] = [
  [
    "a session joins and leaves",
    (place, realm) => {
      const actor = realm.join(place, "joe", "guest");
      actor.leave();
      const other = realm.join(place, "jim", "guest");
      other.send([6, {}, "wamp.close.normal"]);
      return [actor, other];
    },
  ],
  [
    "sessions subscribe and unsubscribe",
    (place, realm) => {
      const [actor, other] = [realm.join(place, "joe"), realm.join(2, "jim")];
      actor.send([32, 1, {}, "com.a"], [32, 2, {}, "com.a"]);
      other.send([32, 1, {}, "com.a"], [32, 2, { match: "prefix" }, "com."]);
      actor.send([34, 3, actor.lastId]);
      return [actor, other];
    },
  ],
  [
    "the last subscriber goes",
    (place, realm) => {
      const actor = realm.join(place, "joe");
      actor.send([32, 1, {}, "com.a"]);
      actor.send([34, 2, actor.lastId]);
      realm.advance(COOL_DOWN_MS);
      actor.send([32, 3, {}, "com.b"]);
      return [actor];
    },
  ],
  [
    "callees register and unregister",
    (place, realm) => {
      const [actor, other] = [realm.join(place, "joe"), realm.join(2, "jim")];
      for (const callee of [actor, other]) callee.send([64, 1, { invoke: "roundrobin" }, "com.a"]);
      for (const callee of [actor, other]) callee.send([66, 2, callee.lastId]);
      return [actor, other];
    },
  ],
  [
    "a session is killed by one that hears of it",
    (place, realm) => {
      const [actor, other] = [realm.join(place, "joe"), realm.join(2, "jim")];
      actor.send([32, 1, {}, "wamp.session.on_leave"]);
      actor.call("wamp.session.kill", [other.id]);
      return [actor, other];
    },
  ],
  [
    "a session hears of its own subscription after SUBSCRIBED",
    (place, realm) => {
      const actor = realm.join(place, "joe");
      actor.send([32, 1, {}, "wamp.subscription.on_create"], [32, 2, {}, "wamp.subscription.on_subscribe"]);
      actor.send([32, 3, {}, "com.a"]);
      return [actor];
    },
  ],
  [
    "all sessions are killed, of which no session hears",
    (place, realm) => {
      const [actor, other] = [realm.join(place, "joe"), realm.join(2, "jim")];
      actor.call("wamp.session.kill_all");
      return [actor, other];
    },
  ],
];

describe.each([
  ["the core", 0],
  ["a relay", 1],
  ["another relay", 2],
] as const)("watchers everywhere hear what they hear in a realm of one object when at %s", (_, place) => {
  test.each(STORIES)("%s", (_, story) => {
    const { solo, spread } = compare((realm) => {
      const watchers = [0, 1, 2].map((each) => watch(realm, each));
      return [...story(place, realm), ...watchers];
    });
    expect(spread).toStrictEqual(solo);
  });
});

/** Topics of the meta events that a client got, with the first argument. */
function heard({ received }: ComparedClient): unknown[] {
  const events = received as [number, number, number, { topic: string }, unknown[]][];
  return events.filter(([type]) => type === 36).map(([, , , { topic }, args]) => [topic, args[0]]);
}

function watchAll(realm: SpreadRealm, place: number): ComparedClient {
  const watcher = realm.join(place, "watcher");
  watcher.send([32, 1, { match: "prefix" }, "wamp."]);
  return watcher;
}

test("the creation is told once, and before all subscribers, where two relays subscribe at once", () => {
  const realm = new SpreadRealm(2);
  const [one, two] = [realm.join(1), realm.join(2)];
  const watchers = [0, 1, 2].map((place) => watchAll(realm, place));
  for (const { transport } of watchers) transport.received.length = 0;
  one.say([32, 1, {}, "com.a"]);
  two.say([32, 1, {}, "com.a"]);
  realm.deliver();
  const [created, on] = ["wamp.subscription.on_create", "wamp.subscription.on_subscribe"];
  for (const watcher of watchers) {
    const [first, ...others] = heard(watcher);
    expect(first).toStrictEqual([created, one.id]);
    expect(others).toHaveLength(2);
    expect(others).toEqual(
      expect.arrayContaining([
        [on, one.id],
        [on, two.id],
      ]),
    );
  }
});

test("a relay sends no meta events once the core has said that none are heard", () => {
  const realm = new SpreadRealm(2);
  const [first, second] = [realm.join(1), realm.join(1)];
  first.send([32, 1, {}, "com.a"]);
  first.send([34, 2, first.lastId]);
  first.leave();
  const third = realm.join(1);
  realm.advance(60_000);
  third.say([32, 1, {}, "com.b"]);
  realm.deliver();
  second.say([32, 1, {}, "com.b"]);
  second.say([34, 2, second.lastId]);
  expect(realm.deliver()).toBe(0);
});

test("a relay that has lost its sessions: what they held is deleted, with the session 0, and none of them leaves", () => {
  const realm = new SpreadRealm(2);
  const [lost, kept] = [realm.join(2), realm.join(1)];
  lost.send([32, 1, {}, "com.a"], [32, 2, {}, "com.b"], [64, 3, {}, "com.p"]);
  kept.send([32, 1, {}, "com.b"]);
  const watcher = watchAll(realm, 1);
  watcher.transport.received.length = 0;
  realm.relays[1]!.crash();
  watcher.call("wamp.session.list");
  expect(heard(watcher)).toStrictEqual([
    ["wamp.subscription.on_delete", 0],
    ["wamp.registration.on_unregister", lost.id],
    ["wamp.registration.on_delete", lost.id],
  ]);
});
