/**
 * The black-box suite with eviction of the realm's object before every message, and more state that must survive
 * eviction.
 */

import { describe, test } from "vitest";
import { blackBox, useRouter } from "./black-box.ts";
import { ID } from "./raw-client.ts";
import { RouterUnderTest } from "./router-under-test.ts";
import { AUTOBAHN_SEPARATOR } from "./wire.ts";

const router = useRouter();

// One text and one binary subprotocol, one of them batched: eviction does not depend on the serializer.
blackBox(router, ["wamp.2.json", "wamp.2.msgpack.batched"], { evict: true });

describe.concurrent("eviction", () => {
  const underTest = new RouterUnderTest(router, { subprotocol: "wamp.2.json", evict: true });

  test("[SES-30] keeps a session with more subscriptions than its attachment holds", async () => {
    using realm = underTest.newRealm();
    const [publisher, subscriber] = await realm.pair();
    // 400 URIs of about 90 characters: twice what an attachment holds.
    const topics = Array.from({ length: 400 }, (_, i) => `com.app.${"long".repeat(20)}.topic${i}`);
    await subscriber.send(...topics.map((topic, i) => [32, i + 1, {}, topic]));
    const subscriptions: unknown[] = [];
    for (const i of topics.keys()) subscriptions.push((await subscriber.expect([33, i + 1, ID]))[2]);
    for (const i of [0, 200, 399]) {
      await publisher.send([16, i + 1, {}, topics[i], [i]]);
      await subscriber.expect([36, subscriptions[i], ID, {}, [i]]);
    }
    await subscriber.send(...subscriptions.slice(0, 399).map((subscription, i) => [34, 1000 + i, subscription]));
    for (let i = 0; i < 399; i++) await subscriber.expect([35, 1000 + i]);
    await publisher.send([16, 1, {}, topics[0]], [16, 2, {}, topics[399]]);
    await subscriber.expect([36, subscriptions[399], ID, {}]);
    await subscriber.expectNothing();
  });

  test("[SES-30] keeps 100 open calls in both directions", async () => {
    using realm = underTest.newRealm();
    const [one, other] = await realm.pair();
    const sides = [one, other] as const;
    for (const [side, client] of sides.entries()) {
      await client.send([64, 1, {}, `com.app.side${side}`]);
      await client.expect([65, 1, ID]);
    }
    const numbers = Array.from({ length: 50 }, (_, i) => i + 1);
    await one.send(...numbers.map((i) => [48, i, {}, "com.app.side1", [i]]));
    for (const i of numbers) await other.expect([68, i, ID, {}, [i]]);
    await other.send(...numbers.map((i) => [48, i, {}, "com.app.side0", [i]]));
    for (const i of numbers) await one.expect([68, i, ID, {}, [i]]);
    await other.send(...numbers.toReversed().map((i) => [70, i, {}, [i]]));
    for (const i of numbers.toReversed()) await one.expect([50, i, {}, [i]]);
    await one.send(...numbers.map((i) => [70, i, {}, [i]]));
    for (const i of numbers) await other.expect([50, i, {}, [i]]);
  });

  test("[SES-30][WS-26] keeps the terminator of JSON batches", async () => {
    using realm = underTest.newRealm();
    const publisher = await realm.join();
    const subscriber = await realm.connect({ subprotocol: "wamp.2.json.batched", separator: AUTOBAHN_SEPARATOR });
    await subscriber.join(realm.name);
    await subscriber.send([32, 1, {}, "com.app.topic"]);
    const [, , subscription] = await subscriber.expect([33, 1, ID]);
    // The subscriber sends no more messages from which the router could detect the terminator.
    await publisher.send([16, 1, {}, "com.app.topic"]);
    await subscriber.expect([36, subscription, ID, {}]);
  });

  test("[SES-30] keeps the session of a client that is piped from /ws", async () => {
    using realm = underTest.newRealm();
    const direct = await realm.join();
    const piped = await realm.connect({ url: `${router().origin}/ws` });
    await piped.join(realm.name);
    await piped.send([64, 1, {}, "com.app.procedure"]);
    const [, , registration] = await piped.expect([65, 1, ID]);
    await direct.send([48, 1, {}, "com.app.procedure"]);
    await piped.expect([68, 1, registration, {}]);
    await piped.send([70, 1, {}, ["done"]]);
    await direct.expect([50, 1, {}, ["done"]]);
  });
});
