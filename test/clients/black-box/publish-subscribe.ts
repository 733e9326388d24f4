/** Publish and subscribe, basic profile (Publish and Subscribe). */

import { describe, expect, test } from "vitest";
import { ID, type RawClient } from "../raw-client.ts";
import type { RouterUnderTest } from "../router-under-test.ts";

/** Tests of SUBSCRIBE, UNSUBSCRIBE, PUBLISH and the order of events. */
export function publishSubscribe(underTest: RouterUnderTest): void {
  describe("SUBSCRIBE and UNSUBSCRIBE", () => {
    test("[SUB-01][SUB-02][PUB-06] subscribing twice gives one subscription and one EVENT", async () => {
      using realm = underTest.newRealm();
      const [publisher, subscriber] = await realm.pair();
      const subscription = await subscribe(subscriber, "com.myapp.mytopic1");
      await subscriber.send([32, 2, {}, "com.myapp.mytopic1"]);
      await subscriber.expect([33, 2, subscription]);
      await publisher.send([16, 1, {}, "com.myapp.mytopic1", ["Hello, world!"]]);
      await subscriber.expect([36, subscription, ID, {}, ["Hello, world!"]]);
      await subscriber.expectNothing();
    });

    test("[SUB-03][SUB-06][ORD-10] one UNSUBSCRIBE ends a subscription, however often the client has subscribed", async () => {
      using realm = underTest.newRealm();
      const [publisher, subscriber] = await realm.pair();
      const subscription = await subscribe(subscriber, "com.myapp.mytopic1");
      await subscriber.send([32, 2, {}, "com.myapp.mytopic1"]);
      await subscriber.expect([33, 2, subscription]);
      await subscriber.send([34, 3, subscription]);
      await subscriber.expect([35, 3]);
      await publish(publisher, "com.myapp.mytopic1");
      await subscriber.expectNothing();
      await subscriber.send([34, 4, subscription]);
      await subscriber.expectError(34, 4, "wamp.error.no_such_subscription");
    });

    test("[SUB-04][AZ-03] SUBSCRIBE without permission is refused", async () => {
      using realm = underTest.newRealm("guarded");
      const client = await realm.join();
      await client.send([32, 1, {}, "secret.topic"]);
      await client.expectError(32, 1, "wamp.error.not_authorized");
      await subscribe(client, "open.topic");
    });

    test("[SUB-07] UNSUBSCRIBE with an unknown id is refused", async () => {
      using realm = underTest.newRealm();
      const client = await realm.join();
      await client.send([34, 1, 5512315355]);
      await client.expectError(34, 1, "wamp.error.no_such_subscription");
    });

    test("[SUB-08][AZ-06] UNSUBSCRIBE from a subscription of another session is refused", async () => {
      using realm = underTest.newRealm();
      const [publisher, subscriber] = await realm.pair();
      const stranger = await realm.join();
      const subscription = await subscribe(subscriber, "com.myapp.mytopic1");
      await stranger.send([34, 1, subscription]);
      await stranger.expectError(34, 1, "wamp.error.no_such_subscription");
      const publication = await publish(publisher, "com.myapp.mytopic1");
      await subscriber.expect([36, subscription, publication, {}]);
    });

    test("[SUB-09] a subscription ends with its session, for that subscriber only", async () => {
      using realm = underTest.newRealm();
      const [publisher, subscriber] = await realm.pair();
      const leaver = await realm.join();
      const subscription = await subscribe(subscriber, "com.myapp.mytopic1");
      expect(await subscribe(leaver, "com.myapp.mytopic1")).toBe(subscription);
      await leaver.leave();
      const publication = await publish(publisher, "com.myapp.mytopic1");
      await subscriber.expect([36, subscription, publication, {}]);
      await leaver.join(realm.name);
      await publish(publisher, "com.myapp.mytopic1");
      await leaver.expectNothing();
    });

    test("[SUB-10] a subscription without subscribers is deleted, and the next one has another id", async () => {
      using realm = underTest.newRealm();
      const client = await realm.join();
      const subscription = await subscribe(client, "com.myapp.mytopic1");
      await client.send([34, 2, subscription]);
      await client.expect([35, 2]);
      await client.send([32, 3, {}, "com.myapp.mytopic1"]);
      const [, , next] = await client.expect([33, 3, ID]);
      underTest.expectFresh(next, subscription);
    });
  });

  describe("PUBLISH", () => {
    test("[PUB-01][PUB-05][PUB-06][PUB-07][SER-23][PUB-16] payloads arrive unchanged, and PUBLISH is not answered", async () => {
      using realm = underTest.newRealm();
      const [publisher, subscriber] = await realm.pair();
      const subscription = await subscribe(subscriber, "com.myapp.mytopic1");
      await publisher.send([16, 1, {}, "com.myapp.mytopic1"]);
      await subscriber.expect([36, subscription, ID, {}]);
      await publisher.send([16, 2, {}, "com.myapp.mytopic1", ["Hello, world!"]]);
      await subscriber.expect([36, subscription, ID, {}, ["Hello, world!"]]);
      await publisher.send([16, 3, {}, "com.myapp.mytopic1", [], { color: "orange", sizes: [23, 42, 7] }]);
      await subscriber.expect([36, subscription, ID, {}, [], { color: "orange", sizes: [23, 42, 7] }]);
      await publisher.send([16, 4, {}, "com.myapp.mytopic1", [1], { two: 2 }]);
      await subscriber.expect([36, subscription, ID, {}, [1], { two: 2 }]);
      await publisher.expectNothing();
    });

    test("[PUB-02][PUB-11][PUB-12][ID-10] PUBLISHED carries the publication id, with and without subscribers", async () => {
      using realm = underTest.newRealm();
      const [publisher, subscriber] = await realm.pair();
      const first = await publish(publisher, "com.myapp.mytopic1");
      const subscription = await subscribe(subscriber, "com.myapp.mytopic1");
      await publisher.send([16, 2, { acknowledge: true }, "com.myapp.mytopic1", ["second"]]);
      const [, , second] = await publisher.expect([17, 2, ID]);
      await subscriber.expect([36, subscription, second, {}, ["second"]]);
      expect(second).not.toBe(first);
    });

    test("[PUB-03][PUB-04][AZ-03][AZ-05] PUBLISH without permission is refused, without an answer if not acknowledged", async () => {
      using realm = underTest.newRealm("guarded");
      const client = await realm.join();
      await client.send([16, 1, { acknowledge: true }, "secret.topic"]);
      await client.expectError(16, 1, "wamp.error.not_authorized");
      await client.send([16, 2, {}, "secret.topic"], [16, 3, {}, "bad..topic"]);
      await client.expectNothing();
    });

    test("[PUB-08][EXC-01] a publisher does not receive its own event", async () => {
      using realm = underTest.newRealm();
      const [publisher, subscriber] = await realm.pair();
      await subscribe(publisher, "com.myapp.mytopic1");
      const subscription = await subscribe(subscriber, "com.myapp.mytopic1");
      await publisher.send([16, 2, {}, "com.myapp.mytopic1"]);
      await subscriber.expect([36, subscription, ID, {}]);
      await publisher.expectNothing();
    });

    test("[PUB-10][ID-10] each matching subscription of a session gets an EVENT with the same publication id", async () => {
      using realm = underTest.newRealm();
      const [publisher, subscriber] = await realm.pair();
      const exact = await subscribe(subscriber, "com.myapp.mytopic1");
      await subscriber.send([32, 2, { match: "prefix" }, "com.myapp"]);
      const [, , prefix] = await subscriber.expect([33, 2, ID]);
      await subscriber.send([32, 3, { match: "wildcard" }, "com..mytopic1"]);
      const [, , wildcard] = await subscriber.expect([33, 3, ID]);
      const publication = await publish(publisher, "com.myapp.mytopic1");
      const events = [await subscriber.next(), await subscriber.next(), await subscriber.next()];
      const details = { topic: "com.myapp.mytopic1" };
      expect(new Map(events.map((event) => [event[1], event]))).toStrictEqual(
        new Map<unknown, unknown>([
          [exact, [36, exact, publication, {}]],
          [prefix, [36, prefix, publication, details]],
          [wildcard, [36, wildcard, publication, details]],
        ]),
      );
      await subscriber.expectNothing();
    });

    test("[PUB-13] a later subscriber does not receive the event", async () => {
      using realm = underTest.newRealm();
      const [publisher, subscriber] = await realm.pair();
      await publish(publisher, "com.myapp.mytopic1");
      await subscribe(subscriber, "com.myapp.mytopic1");
      await subscriber.expectNothing();
    });

    test("[PUB-14] a subscriber that does not read does not delay the others", async () => {
      using realm = underTest.newRealm();
      const [publisher, subscriber] = await realm.pair();
      const stalled = await realm.join();
      const subscription = await subscribe(subscriber, "com.myapp.mytopic1");
      await subscribe(stalled, "com.myapp.mytopic1");
      stalled.socket.pause();
      const text = "x".repeat(40_000);
      for (let i = 0; i < 5; i++) {
        await publisher.send([16, i + 1, {}, "com.myapp.mytopic1", [i, text]]);
        await subscriber.expect([36, subscription, ID, {}, [i, text]]);
      }
      stalled.socket.resume();
      for (let i = 0; i < 5; i++) await stalled.expect([36, subscription, ID, {}, [i, text]]);
    });

    test("[PUB-15] options of PUBLISH are not part of EVENT", async () => {
      using realm = underTest.newRealm();
      const [publisher, subscriber] = await realm.pair();
      const subscription = await subscribe(subscriber, "com.myapp.mytopic1");
      const options = { acknowledge: true, exclude_me: true, exclude: [1], foo: "bar" };
      await publisher.send([16, 1, options, "com.myapp.mytopic1"]);
      const [, , publication] = await publisher.expect([17, 1, ID]);
      await subscriber.expect([36, subscription, publication, {}]);
    });
  });

  describe("order of events", () => {
    test("[ORD-01][WS-19] events of one publisher keep their order across topics", async () => {
      using realm = underTest.newRealm();
      const [publisher, subscriber] = await realm.pair();
      const subscriptions = [
        await subscribe(subscriber, "com.myapp.even"),
        await subscribe(subscriber, "com.myapp.odd"),
      ];
      const topics = ["com.myapp.even", "com.myapp.odd"] as const;
      const numbers = Array.from({ length: 100 }, (_, i) => i);
      await publisher.send(...numbers.map((i) => [16, i + 1, {}, topics[i % 2], [i]]));
      for (const i of numbers) await subscriber.expect([36, subscriptions[i % 2], ID, {}, [i]]);
    });

    test("[ORD-02] SUBSCRIBED comes before the first EVENT", async () => {
      using realm = underTest.newRealm();
      const [publisher, subscriber] = await realm.pair();
      const requests = Array.from({ length: 30 }, (_, i) => i + 1);
      await publisher.send(...requests.map((request) => [16, request, {}, "com.myapp.mytopic1", [request]]));
      await subscriber.send([32, 1, {}, "com.myapp.mytopic1"]);
      await publisher.send(...requests.map((request) => [16, 100 + request, {}, "com.myapp.mytopic1", [request]]));
      const [, , subscription] = await subscriber.expect([33, 1, ID]);
      await publisher.send([16, 900, {}, "com.myapp.mytopic1", ["last"]]);
      for (;;) {
        const [, , , , args] = await subscriber.expect([36, subscription, ID, {}, expect.any(Array)]);
        if ((args as unknown[])[0] === "last") break;
      }
    });

    test("[ORD-08][EXC-02] PUBLISHED comes before the publisher's own EVENT", async () => {
      using realm = underTest.newRealm();
      const client = await realm.join();
      const subscription = await subscribe(client, "com.myapp.mytopic1");
      await client.send([16, 2, { acknowledge: true, exclude_me: false }, "com.myapp.mytopic1", ["echo"]]);
      const [, , publication] = await client.expect([17, 2, ID]);
      await client.expect([36, subscription, publication, {}, ["echo"]]);
    });

    test("[ORD-10] no EVENT follows UNSUBSCRIBED, amid publications", async () => {
      using realm = underTest.newRealm();
      const [publisher, subscriber] = await realm.pair();
      const subscription = await subscribe(subscriber, "com.myapp.mytopic1");
      const requests = Array.from({ length: 60 }, (_, i) => i + 1);
      await Promise.all([
        publisher.send(...requests.map((request) => [16, request, {}, "com.myapp.mytopic1", [request]])),
        subscriber.send([34, 2, subscription]),
      ]);
      let message = await subscriber.next();
      while (message[0] === 36) message = await subscriber.next();
      expect(message).toStrictEqual([35, 2]);
      await publisher.expectNothing();
      await subscriber.expectNothing();
    });
  });
}

/** Subscribes with request id 1; returns the subscription id. */
async function subscribe(client: RawClient, topic: string): Promise<unknown> {
  await client.send([32, 1, {}, topic]);
  const [, , subscription] = await client.expect([33, 1, ID]);
  return subscription;
}

/** Publishes with acknowledgement; returns the publication id after the broker has routed the event. */
async function publish(client: RawClient, topic: string): Promise<unknown> {
  await client.send([16, 1, { acknowledge: true }, topic]);
  const [, , publication] = await client.expect([17, 1, ID]);
  return publication;
}
