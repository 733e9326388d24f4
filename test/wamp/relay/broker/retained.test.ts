/** Retained events and histories for sessions of relays, which the core has. */

import { describe, expect, test } from "vitest";
import { ALL_ROLES } from "../../host/test-realm.ts";
import type { ModelRelay } from "../model/model-objects.ts";
import { idOf } from "../relay-stores.ts";
import { type RelayedClient, RelayedRealm } from "../relayed-realm.ts";

const RETAIN = { retain: true };
const RETAINED = { get_retained: true };

/** The types, details and arguments of what a client has got. */
function eventsOf(client: RelayedClient): unknown[] {
  return (client.take() as unknown[][]).map(([type, , , details, args]) => (type === 36 ? [details, args] : type));
}

/** Lets the next batch of one object arrive at another. */
function deliver(realm: RelayedRealm, from: number, to: number): void {
  realm.world.network.step(from, to, "deliver");
}

describe("a SUBSCRIBE that asks for retained events at a relay", () => {
  test.each([0, 1, 2])(
    "gets those published at object %i: SUBSCRIBED first, then they, then later events",
    (object) => {
      const realm = new RelayedRealm();
      const [publisher, subscriber] = [realm.join(object), realm.join(1)];
      publisher.send([16, 1, RETAIN, "com.a", [1]], [16, 2, RETAIN, "com.b", [2]], [16, 3, {}, "com.a", ["lost"]]);
      subscriber.send([32, 1, { match: "prefix", ...RETAINED }, "com."]);
      publisher.send([16, 4, {}, "com.a", [3]]);
      expect(eventsOf(subscriber)).toStrictEqual([
        33,
        [{ retained: true, topic: "com.a" }, [1]],
        [{ retained: true, topic: "com.b" }, [2]],
        [{ topic: "com.a" }, [3]],
      ]);
    },
  );

  test("gets them also where the relay has a subscriber of the topic, and again with each SUBSCRIBE", () => {
    const realm = new RelayedRealm();
    const [publisher, subscriber, other] = [realm.join(2), realm.join(1), realm.join(1)];
    other.send([32, 1, {}, "com.a"]);
    publisher.send([16, 1, RETAIN, "com.a", [1]]);
    subscriber.send([32, 1, RETAINED, "com.a"], [32, 2, RETAINED, "com.a"]);
    const retained = [{ retained: true }, [1]];
    expect(eventsOf(subscriber)).toStrictEqual([33, retained, 33, retained]);
    expect(other.take().length).toBe(2);
  });

  test("gets those that the options of PUBLISH admit it to", () => {
    const realm = new RelayedRealm();
    const publisher = realm.join(1);
    const [own] = [...realm.relays[0]!.realm.sessions.byId.keys()];
    publisher.send(
      [16, 1, RETAIN, "com.a", ["all"]],
      [16, 2, { ...RETAIN, eligible: [own] }, "com.a", ["eligible"]],
      [16, 3, { ...RETAIN, exclude_authrole: ["anonymous"] }, "com.b", ["role"]],
      [16, 4, { ...RETAIN, eligible: [own], exclude_me: false }, "com.c", ["me"]],
    );
    const other = realm.join(1);
    for (const client of [publisher, other]) client.send([32, 9, { match: "prefix", ...RETAINED }, "com."]);
    expect(eventsOf(publisher)).toStrictEqual([33, [{ retained: true, topic: "com.c" }, ["me"]]]);
    expect(eventsOf(other)).toStrictEqual([33, [{ retained: true, topic: "com.a" }, ["all"]]]);
  });

  test.each([
    ["the first of its relay", false],
    ["not the first of its relay", true],
  ])("misses and repeats no publication of its relay meanwhile, being %s", (_, isKnown) => {
    for (const steps of [0, 1, 2]) {
      const realm = new RelayedRealm();
      const [publisher, subscriber, other] = [realm.join(1), realm.join(1), realm.join(1)];
      if (isKnown) other.send([32, 1, {}, "com.a"]);
      publisher.send([16, 1, RETAIN, "com.a", [1]]);
      publisher.say([16, 2, RETAIN, "com.a", [2]]);
      subscriber.say([32, 1, RETAINED, "com.a"]);
      publisher.say(
        [16, 3, RETAIN, "com.a", [3]],
        [16, 4, { ...RETAIN, exclude_authrole: ["anonymous"] }, "com.a", ["no"]],
      );
      if (steps > 0) deliver(realm, 1, 0);
      publisher.say([16, 5, RETAIN, "com.a", [4]]);
      if (steps > 1) deliver(realm, 1, 0);
      publisher.say([16, 6, {}, "com.a", [5]]);
      realm.deliver();
      publisher.send([16, 7, {}, "com.a", [6]]);
      expect(eventsOf(subscriber), `${steps} batches`).toStrictEqual([33, [{ retained: true }, [4]], [{}, [6]]]);
    }
  });

  test("misses and repeats no publication of another relay meanwhile", () => {
    for (const steps of [0, 1, 2, 3, 4]) {
      const realm = new RelayedRealm();
      const [publisher, subscriber] = [realm.join(2), realm.join(1)];
      publisher.send([16, 1, {}, "com.a"], [16, 2, RETAIN, "com.a", [1]]);
      subscriber.say([32, 1, RETAINED, "com.a"]);
      for (let number = 2; number < 6; number++) {
        publisher.say([16, number + 1, RETAIN, "com.a", [number]]);
        const { network } = realm.world;
        for (const way of network.busyWays().slice(0, steps)) network.step(...way, "deliver");
      }
      realm.deliver();
      const events = eventsOf(subscriber) as [number, ...(readonly [object, [number]])[]];
      const [, [details, [first]]] = events as unknown as [number, [object, [number]]];
      expect(details).toStrictEqual({ retained: true });
      const later = [2, 3, 4, 5].filter((number) => number > first).map((number) => [{}, [number]]);
      expect(events.slice(2), `${steps} steps`).toStrictEqual(later);
    }
  });

  test("of a session that is a subscriber already gets what is retained once more, and nothing older", () => {
    const realm = new RelayedRealm();
    const [publisher, subscriber] = [realm.join(1), realm.join(1)];
    publisher.send([16, 1, RETAIN, "com.a", [1]]);
    subscriber.send([32, 1, {}, "com.a"]);
    subscriber.say([32, 2, RETAINED, "com.a"]);
    publisher.say([16, 2, RETAIN, "com.a", [2]]);
    realm.deliver();
    expect(eventsOf(subscriber)).toStrictEqual([33, [{}, [2]], 33, [{ retained: true }, [2]]]);
  });

  test("is answered once, and without a gap, although the core crashes before or after it has answered", () => {
    for (const steps of [0, 1]) {
      const realm = new RelayedRealm();
      const [publisher, subscriber] = [realm.join(1), realm.join(1)];
      publisher.send([16, 1, { ...RETAIN, acknowledge: true }, "com.a", [1]]);
      subscriber.say([32, 1, RETAINED, "com.a"]);
      if (steps > 0) deliver(realm, 1, 0);
      publisher.say([16, 2, { ...RETAIN, acknowledge: true }, "com.a", [2]]);
      realm.core.crash();
      realm.advance(10_000);
      publisher.send([16, 3, {}, "com.a", [3]]);
      const [first, ...events] = eventsOf(subscriber) as [number, ...[{ retained?: true }, [number]][]];
      expect([first, events.map(([, [number]]) => number)], `${steps} batches`).toStrictEqual([
        33,
        [1, 2, 3].slice(-events.length),
      ]);
      expect(events.filter(([details]) => details.retained)).toHaveLength(1);
    }
  });

  test("is refused where the core cannot be reached, and then leaves nothing at the relay", () => {
    const realm = new RelayedRealm();
    const [subscriber, first] = [realm.join(1), realm.join(1)];
    first.send([32, 1, {}, "com.a"]);
    first.leave();
    realm.cut.add(1);
    subscriber.say([32, 1, RETAINED, "com.a"]);
    const { network, time } = realm.world;
    const [relay] = realm.relays as [ModelRelay];
    for (let turn = 0; turn < 100 && subscriber.transport.received.length === 0; turn++) {
      while (network.busyWays().length > 0) network.step(1, 0, "lose call");
      time.now = relay.due!;
      relay.tick();
    }
    subscriber.say([32, 2, RETAINED, "com.a"]);
    expect((subscriber.take() as unknown[][]).map(([, , request, , uri]) => [request, uri])).toStrictEqual([
      [1, "wamp.error.unavailable"],
      [2, "wamp.error.unavailable"],
    ]);
    realm.cut.clear();
    realm.advance(120_000);
    realm.deliver();
    expect([relay.relay.interest.size, realm.core.core.publications.interest.size]).toStrictEqual([0, 0]);
  });

  test("lets the relay sleep once it is answered, and leaves nothing where the session ends before", () => {
    const realm = new RelayedRealm();
    const subscriber = realm.join(1);
    subscriber.say([32, 1, RETAINED, "com.a"]);
    expect(realm.relays[0]!.isIdle).toBe(false);
    subscriber.leave();
    realm.advance(60_000);
    const [relay] = realm.relays;
    expect([relay!.isIdle, relay!.relay.interest.size, realm.core.core.publications.interest.size]).toStrictEqual([
      true,
      0,
      0,
    ]);
  });
});

describe("a history", () => {
  const STORE = { "event-history": [{ uri: "log.", match: "prefix" as const }] };
  const OPTIONS = { options: { enable_meta_api: true }, store: STORE };

  test("is read by the subscription ids that sessions at relays have, also where the core has no such subscription", () => {
    const realm = new RelayedRealm(2, OPTIONS);
    const [publisher, reader, local] = [realm.join(1), realm.join(2), realm.join(0)];
    publisher.send([16, 1, {}, "log.a", [1]], [16, 2, { exclude_authrole: ["anonymous"] }, "log.a", [2]]);
    publisher.send([16, 3, {}, "log.b", [3]]);
    reader.send([32, 1, {}, "log.a"], [32, 2, { match: "prefix" }, "log."]);
    expect(reader.take()).toStrictEqual([
      [33, 1, idOf("exact", "log.a")],
      [33, 2, idOf("prefix", "log.")],
    ]);
    const event = { timestamp: expect.any(String), publication: expect.any(Number) };
    for (const client of [reader, local]) {
      client.send([48, 3, {}, "wamp.subscription.get_events", [idOf("exact", "log.a")]]);
      const subscription = idOf("exact", "log.a");
      expect(client.take()).toStrictEqual([[50, 3, {}, [{ ...event, subscription, details: {}, args: [1] }]]]);
    }
    reader.send([48, 4, {}, "wamp.subscription.get_events", [idOf("prefix", "log.")], { reverse: true, limit: 1 }]);
    const last = { ...event, subscription: idOf("prefix", "log."), details: { topic: "log.b" }, args: [3] };
    expect(reader.take()).toStrictEqual([[50, 4, {}, [last], { is_limit_reached: true }]]);
  });

  test("is refused for the id of no subscription, and to a session that may not subscribe", () => {
    const allow = { call: true, publish: true, subscribe: true, register: true };
    const realm = new RelayedRealm(1, {
      ...OPTIONS,
      roles: [
        {
          name: "anonymous",
          permissions: [
            { uri: "", match: "prefix", allow },
            { uri: "log.secret", match: "exact", allow: { ...allow, subscribe: false } },
          ],
        },
      ],
    });
    const reader = realm.join(1);
    realm.core.core.publications.announce(1, { match: "exact", uri: "log.secret" }, 1);
    reader.send(
      [48, 1, {}, "wamp.subscription.get_events", [77]],
      [48, 2, {}, "wamp.subscription.get_events", [idOf("exact", "log.secret")]],
    );
    expect((reader.take() as unknown[][]).map(([, , request, , uri]) => [request, uri])).toStrictEqual([
      [1, "wamp.error.no_such_subscription"],
      [2, "wamp.error.not_authorized"],
    ]);
  });

  test("has no retained event of a topic after a session of a relay has removed it", () => {
    const realm = new RelayedRealm(2, OPTIONS);
    const [publisher, other] = [realm.join(1), realm.join(2)];
    publisher.send([16, 1, { ...RETAIN, acknowledge: true }, "com.a", [1]]);
    publisher.take();
    publisher.send([48, 2, {}, "wamp.edge.retained.remove", ["com.a"]]);
    other.send([32, 1, RETAINED, "com.a"]);
    expect([publisher.take(), eventsOf(other)]).toStrictEqual([[[50, 2, {}, [true]]], [33]]);
  });
});

describe("a testament of a relay's session", () => {
  test("is retained by the core, without its owner as a receiver, and disclosed as it asks", () => {
    const realm = new RelayedRealm(2, { options: { enable_meta_api: true } });
    const [owner, heir] = [realm.join(1, ALL_ROLES), realm.join(2)];
    const options = { publish_options: { retain: true, disclose_me: true } };
    owner.send([48, 1, {}, "wamp.session.add_testament", ["com.a", ["gone"], {}], options]);
    const [session] = [...realm.relays[0]!.realm.sessions.byId.keys()];
    owner.leave();
    heir.send([32, 1, RETAINED, "com.a"]);
    const details = { publisher: session, publisher_authid: expect.any(String), publisher_authrole: "anonymous" };
    expect(eventsOf(heir)).toStrictEqual([33, [{ ...details, retained: true }, ["gone"]]]);
  });
});

describe("a session at a relay whose connection is lost", () => {
  test("gets the events of other objects, and PUBLISHED, when its client resumes it", () => {
    const STORE = { "event-history": [{ uri: "log.a" }] };
    const realm = new RelayedRealm(2, { options: { enable_meta_api: false, resume: { time: 60 } }, store: STORE });
    const publisher = realm.join(2);
    const first = realm.connect(1);
    first.send([1, "realm1", { roles: ALL_ROLES, resumable: true }]);
    const [[, session, { resume_token }]] = first.take() as [[number, number, { resume_token: string }]];
    first.send([32, 1, {}, "com.a"]);
    const [[, , subscription]] = first.take() as [[number, number, number]];
    first.say([16, 2, { acknowledge: true }, "log.a"]);
    first.leave();
    publisher.send([16, 1, {}, "com.a", ["missed"]]);
    const again = realm.connect(1);
    const wish = { "resume-session": session, "resume-token": resume_token };
    again.send([1, "realm1", { roles: ALL_ROLES, resumable: true, ...wish }]);
    expect(again.take()).toStrictEqual([
      [2, session, expect.objectContaining({ resumed: true })],
      [17, 2, expect.any(Number)],
      [36, subscription, expect.any(Number), {}, ["missed"]],
    ]);
  });
});

describe("a publication that no session gets", () => {
  test("counts as unheard at a relay once the core has no use for it, and at the core at once", () => {
    const realm = new RelayedRealm();
    const [atRelay, atCore, subscriber] = [realm.join(1), realm.join(0), realm.join(2)];
    subscriber.send([32, 1, {}, "com.heard"]);
    for (const client of [atRelay, atCore]) {
      client.send([16, 1, {}, "com.heard"], [16, 2, {}, "com.none"]);
      client.send([16, 3, {}, "com.none"], [16, 4, RETAIN, "com.kept"]);
    }
    const counts = [realm.relays[0]!, realm.core].map(({ realm: { monitor } }) => {
      return Array.from(monitor.unheard.byAction.publish.values(), ({ uri, count }) => [uri, count]);
    });
    expect(counts).toStrictEqual([[["com.none", 1]], [["com.none", 2]]]);
  });
});
