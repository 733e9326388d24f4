/** Publications of relays' sessions that the core stores: retained events, histories, and what waits for PUBLISHED. */

import { describe, expect, test } from "vitest";
import { STORE_TIMEOUT_MS } from "../../../../src/wamp/relay/link/seen-publications.ts";
import type { ModelRelay } from "../model/model-objects.ts";
import { idOf } from "../relay-stores.ts";
import { RelayedRealm } from "../relayed-realm.ts";

const STORE = { "event-history": [{ uri: "log.", match: "prefix" as const }] };

/** A realm with histories of all topics that begin with `log.`. */
function newRealm(): RelayedRealm {
  return new RelayedRealm(2, { options: { enable_meta_api: false }, store: STORE });
}

/** The publications in the history, oldest first. */
function historyOf({ core }: RelayedRealm): readonly number[] {
  const { broker } = core.realm;
  const log = broker.logOf(broker.subscriptions.get("prefix", "log.")!)!;
  return Array.from(log.events(false), ({ publication }) => publication);
}

/** Lets the first batch of a relay arrive at the core, and nothing else. */
function deliverTo(realm: RelayedRealm, relay: number): void {
  realm.world.network.step(relay, 0, "deliver");
}

describe("a stored publication of a relay's session", () => {
  test("is acknowledged once the core has written it, and reaches local subscribers at once", () => {
    const realm = newRealm();
    const [subscriber, publisher] = [realm.join(1), realm.join(1)];
    subscriber.send([32, 1, {}, "log.a"]);
    subscriber.take();
    publisher.say([16, 1, { acknowledge: true }, "log.a", ["x"]]);
    expect([subscriber.take().length, publisher.take()]).toStrictEqual([1, []]);
    deliverTo(realm, 1);
    const [publication] = historyOf(realm);
    expect(publisher.take()).toStrictEqual([]);
    realm.deliver();
    expect(publisher.take()).toStrictEqual([[17, 1, publication]]);
  });

  test("goes to the core although no other object has a use for the topic", () => {
    const realm = newRealm();
    const [publisher, later] = [realm.join(1), realm.join(0)];
    publisher.send([16, 1, {}, "com.a"], [16, 2, {}, "com.a"]);
    publisher.send([16, 3, { retain: true, disclose_me: true }, "com.a", ["x"]]);
    later.send([32, 1, { get_retained: true }, "com.a"]);
    const [session] = [...realm.relays[0]!.realm.sessions.byId.keys()];
    const details = { publisher: session, publisher_authid: expect.any(String), publisher_authrole: "anonymous" };
    expect(later.take()).toStrictEqual([
      [33, 1, idOf("exact", "com.a")],
      [36, idOf("exact", "com.a"), expect.any(Number), { ...details, retained: true }, ["x"]],
    ]);
  });

  test("is in the history of the core beside those of the core's sessions, in the order of their arrival", () => {
    const realm = newRealm();
    const [first, second, third] = [realm.join(1), realm.join(0), realm.join(2)];
    const publications = [first, second, third].map((client) => {
      client.send([16, 1, { acknowledge: true }, "log.a"]);
      return (client.take() as number[][])[0]![2];
    });
    expect(historyOf(realm)).toStrictEqual(publications);
    expect(realm.relays[0]!.host.store.history.logs()).toStrictEqual([]);
  });

  test("is answered with the error of full storage, and is in no history", () => {
    const realm = newRealm();
    const publisher = realm.join(1);
    realm.core.host.store.isFull = true;
    publisher.send([16, 1, { acknowledge: true }, "log.a"], [16, 2, {}, "log.a"]);
    const uri = "wamp.edge.error.storage_full";
    expect(publisher.take()).toStrictEqual([[8, 16, 1, {}, uri, ["the event could not be stored"]]]);
    realm.core.host.store.isFull = false;
    realm.core.host.store.failsNext = true;
    publisher.send([16, 3, { acknowledge: true }, "log.a"]);
    expect((publisher.take() as unknown[][]).map(([, , request, , error]) => [request, error])).toStrictEqual([
      [3, uri],
    ]);
    publisher.send([16, 4, { acknowledge: true }, "log.a"]);
    expect([(publisher.take() as number[][])[0]![1], historyOf(realm).length]).toStrictEqual([4, 1]);
  });

  test.each([
    ["did not get it", []],
    ["has lost it in a crash", ["deliver", "answer"]],
  ] as const)("fails with unavailable where a core that %s cannot be reached, and is not stored later", (_, fates) => {
    const realm = newRealm();
    realm.core.host.storeDelay = 5;
    const publisher = realm.join(1);
    publisher.say([16, 1, { acknowledge: true }, "log.a"]);
    const { network, time } = realm.world;
    const [relay] = realm.relays as [ModelRelay];
    for (const fate of fates) network.step(1, 0, fate);
    realm.core.crash();
    for (let turn = 0; publisher.transport.received.length === 0; turn++) {
      if (turn > 50) throw new Error("the publisher gets no answer");
      while (network.busyWays().length > 0) network.step(1, 0, "lose call");
      time.now = relay.due!;
      relay.tick();
    }
    realm.advance(STORE_TIMEOUT_MS);
    const text = "the core of the realm could not be reached";
    expect(publisher.take()).toStrictEqual([[8, 16, 1, {}, "wamp.error.unavailable", [text]]]);
    expect([relay.isIdle, relay.due, historyOf(realm)]).toStrictEqual([true, undefined, []]);
  });

  test("is kept through a crash of the core that lost it, with what was published behind it", () => {
    const realm = newRealm();
    realm.core.host.storeDelay = 5;
    const [publisher, other, subscriber] = [realm.join(1), realm.join(1), realm.join(2)];
    subscriber.send([32, 1, {}, "com.b"]);
    subscriber.take();
    publisher.say([16, 1, { acknowledge: true }, "log.a"]);
    deliverTo(realm, 1);
    realm.world.network.step(1, 0, "answer");
    realm.core.crash();
    realm.core.host.storeDelay = 0;
    expect(historyOf(realm)).toStrictEqual([]);
    other.say([16, 1, { acknowledge: true }, "log.b"], [16, 2, {}, "com.b", ["x"]]);
    realm.deliver();
    const answers = [publisher, other].map((client) => (client.take() as number[][])[0]!.slice(0, 2));
    expect([answers, historyOf(realm).length, subscriber.take().length]).toStrictEqual([
      [
        [17, 1],
        [17, 1],
      ],
      2,
      1,
    ]);
  });

  test("is in the history once although the core crashed between the write and the answer", () => {
    const realm = newRealm();
    const publisher = realm.join(1);
    publisher.say([16, 1, { acknowledge: true }, "log.a"], [16, 2, {}, "log.a"]);
    deliverTo(realm, 1);
    realm.core.flush();
    realm.core.crash();
    realm.advance(STORE_TIMEOUT_MS);
    const [publication] = historyOf(realm);
    expect([publisher.take(), historyOf(realm).length]).toStrictEqual([[[17, 1, publication]], 2]);
    expect([realm.core.due, realm.relays[0]!.due]).toStrictEqual([undefined, undefined]);
  });

  test("that could not be stored stays so for a core that crashed before its answer arrived", () => {
    const realm = newRealm();
    const publisher = realm.join(1);
    realm.core.host.store.failsNext = true;
    publisher.say([16, 1, { acknowledge: true }, "log.a"]);
    deliverTo(realm, 1);
    publisher.say([16, 2, { acknowledge: true }, "log.a"]);
    deliverTo(realm, 1);
    realm.core.crash();
    realm.advance(STORE_TIMEOUT_MS);
    expect(
      (publisher.take() as number[][]).map(([type, ...ids]) => [type, type === 8 ? ids[1] : ids[0]]),
    ).toStrictEqual([
      [8, 1],
      [17, 2],
    ]);
    expect(historyOf(realm).length).toBe(1);
  });

  test("is acknowledged before the answer to its publisher's GOODBYE", () => {
    const realm = newRealm();
    const publisher = realm.join(1);
    publisher.say([16, 1, { acknowledge: true }, "log.a"], [6, {}, "wamp.close.close_realm"]);
    expect(publisher.take()).toStrictEqual([]);
    realm.deliver();
    expect((publisher.take() as number[][]).map(([type]) => type)).toStrictEqual([17, 6]);
  });

  test("of a topic with a webhook is acknowledged once the core has saved the webhook's event", () => {
    const realm = new RelayedRealm();
    const saved: string[] = [];
    // The webhook subscribes at the core, as a session of its own.
    const [publisher, webhook] = [realm.join(1), realm.join(0)];
    webhook.send([32, 1, {}, "com.hook"]);
    webhook.take();
    for (const { broker } of [realm.core.realm, realm.relays[0]!.realm]) {
      broker.acknowledgments.addStoredTopics("exact", "com.hook");
    }
    realm.core.realm.broker.acknowledgments.addBuffer({
      savesOnDemand: true,
      get hasUnsaved() {
        return webhook.transport.received.length > saved.length;
      },
      save: () => void saved.push(...webhook.transport.received.map((event) => String((event as unknown[])[4]))),
      onSaved: () => expect(publisher.transport.received).toStrictEqual([]),
      discard: () => {},
    });
    publisher.say([16, 1, { acknowledge: true }, "com.hook", ["x"]]);
    expect([publisher.transport.received, saved]).toStrictEqual([[], []]);
    realm.deliver();
    expect([publisher.take(), saved]).toStrictEqual([[[17, 1, expect.any(Number)]], ["x"]]);
  });
});
