/** Relays that are deleted, and relays that nothing is left of. */

import { describe, expect, test } from "vitest";
import { ALL_ROLES, ANYTHING } from "../../host/test-realm.ts";
import { RelayedRealm } from "../relayed-realm.ts";

describe("a relay that has lost its storage", () => {
  test("counts its epochs on from the one that the core knows, and its sessions notice nothing", () => {
    const realm = new RelayedRealm();
    const [relay] = realm.relays;
    relay!.crash();
    relay!.relay.begin();
    const lost = realm.join(1);
    lost.send([64, 1, {}, "com.lost"], [32, 2, {}, "com.a"]);
    expect(relay!.epoch).toBe(2);
    relay!.reset();
    const [client, other] = [realm.join(1), realm.join(2)];
    client.send([64, 1, {}, "com.p"], [32, 2, {}, "com.a"]);
    expect(relay!.epoch).toBe(3);
    expect((client.take() as unknown[][]).map(([type]) => type)).toStrictEqual([65, 33]);
    other.send([16, 1, {}, "com.a", ["event"]], [48, 2, {}, "com.p", ["call"]], [48, 3, {}, "com.lost"]);
    expect((client.take() as unknown[][]).map(([type, , , , args]) => [type, args])).toStrictEqual([
      [36, ["event"]],
      [68, ["call"]],
    ]);
    expect((other.take() as unknown[][]).map(([, , request, , uri]) => [request, uri])).toStrictEqual([
      [3, "wamp.error.no_such_procedure"],
    ]);
  });

  test("hears of it from the core, too", () => {
    const realm = new RelayedRealm();
    const [relay] = realm.relays;
    relay!.crash();
    relay!.relay.begin();
    realm.join(1).send([32, 1, {}, "com.a"]);
    relay!.reset();
    const client = realm.join(1);
    realm.join(2).send([16, 1, {}, "com.a"]);
    expect([relay!.epoch, realm.core.core.publications.interest.size]).toStrictEqual([3, 0]);
    client.send([32, 1, {}, "com.a"]);
    expect((client.take() as unknown[][]).map(([type]) => type)).toStrictEqual([33]);
  });
});

test("a relay that has crashed asks anew for a topic of its lost sessions", () => {
  const realm = new RelayedRealm(2, { options: { enable_meta_api: false, resume: { time: 600 } } });
  const [relay] = realm.relays;
  const parked = realm.connect(1);
  parked.send([1, "realm1", { roles: ALL_ROLES, resumable: true }], [32, 1, {}, "com.a"]);
  parked.leave();
  realm.advance(1_000);
  relay!.crash();
  relay!.relay.begin();
  relay!.after();
  realm.deliver();
  const client = realm.join(1);
  client.send([32, 1, {}, "com.a"]);
  realm.join(2).send([16, 1, {}, "com.a"]);
  expect((client.take() as unknown[][]).map(([type]) => type)).toStrictEqual([33, 36]);
});

describe("a relay whose last session has left", () => {
  test("forwards a topic again that the core has said is unused", () => {
    const realm = new RelayedRealm();
    const publisher = realm.join(1);
    publisher.send([16, 1, {}, "com.a", [1]]);
    publisher.leave();
    realm.advance(40_000);
    const subscriber = realm.join(2);
    subscriber.send([32, 1, {}, "com.a"]);
    subscriber.take();
    realm.join(1).send([16, 1, {}, "com.a", [2]]);
    expect((subscriber.take() as unknown[][]).map(([, , , , args]) => args)).toStrictEqual([[2]]);
  });

  test("leaves no row at the core, whether it comes back or not", () => {
    const realm = new RelayedRealm();
    const { core } = realm;
    const client = realm.join(1);
    client.send([16, 1, {}, "com.a"], [64, 2, {}, "com.p"], [32, 3, {}, "com.b"]);
    expect([[...core.told.all()], core.epochRows.get(1)]).toStrictEqual([[1], 1]);
    client.leave();
    realm.advance(40_000);
    expect([[...core.told.all()], core.epochRows.has(1), core.sessions.rows.size]).toStrictEqual([[], false, 0]);
    const next = realm.join(1);
    next.send([32, 1, {}, "com.a"]);
    realm.join(2).send([16, 1, {}, "com.a", ["event"]]);
    expect((next.take() as unknown[][]).map(([type]) => type)).toStrictEqual([33, 36]);
  });

  test("leaves no row where a session ends that holds nothing, and the relay has slept", () => {
    const realm = new RelayedRealm();
    const client = realm.join(1);
    client.send([16, 1, {}, "com.a"]);
    realm.advance(10_000);
    realm.relays[0]!.sleepAndWake();
    expect(realm.core.rowsOf(1)).toStrictEqual(["epoch", "told", "role"]);
    client.leave();
    realm.advance(1_000);
    expect([realm.core.rowsOf(1), realm.relays[0]!.roleVersion]).toStrictEqual([[], undefined]);
  });

  test("leaves no row where a message of the core is on its way to it meanwhile", () => {
    const permissions = [ANYTHING, { uri: "wamp.edge.", match: "prefix", allow: { call: true } } as const];
    const realm = new RelayedRealm(2, { roles: [{ name: "anonymous", permissions }], options: {} });
    const [client, manager] = [realm.join(1), realm.join(0)];
    client.say([16, 1, {}, "com.a"]);
    const { network } = realm.world;
    network.step(1, 0, "deliver");
    network.step(1, 0, "answer");
    manager.say([48, 1, {}, "wamp.edge.role.add", ["extra"]]);
    realm.relays[0]!.disconnect(client.transport);
    realm.relays[0]!.flush();
    network.step(1, 0, "deliver");
    expect(realm.core.rowsOf(1)).toContain("told");
    realm.deliver();
    realm.advance(10_000);
    expect([realm.core.rowsOf(1), realm.relays[0]!.roleVersion]).toStrictEqual([[], undefined]);
    // It has not kept the topic to itself.
    const subscriber = realm.join(2);
    subscriber.send([32, 1, {}, "com.a"]);
    realm.join(1).send([16, 1, {}, "com.a", ["event"]]);
    expect((subscriber.take() as unknown[][]).map(([type]) => type)).toStrictEqual([33, 36]);
  });

  test("leaves no row where it crashes before the core knows that it is unused, and saves before the core answers", () => {
    const realm = new RelayedRealm();
    const [relay] = realm.relays;
    const client = realm.join(1);
    client.send([16, 1, {}, "com.a"]);
    // What it says about its last session is lost.
    relay!.disconnect(client.transport);
    relay!.flush();
    relay!.crash();
    relay!.relay.begin();
    relay!.flush();
    expect(realm.core.rowsOf(1)).toStrictEqual(["epoch", "told", "role"]);
    realm.deliver();
    realm.advance(1_000);
    expect([realm.core.rowsOf(1), relay!.due, relay!.isIdle]).toStrictEqual([[], undefined, true]);
  });

  test("keeps what a new session registers whose message arrives with the news that the last one has left", () => {
    const realm = new RelayedRealm();
    const { network } = realm.world;
    const client = realm.join(1);
    client.send([64, 1, {}, "com.p"]);
    client.leave();
    network.block(1, 0, "lose answer");
    realm.advance(1_000);
    const next = realm.join(1);
    realm.advance(1_000);
    next.say([64, 1, {}, "com.p"]);
    // What is overdue is sent again as one batch.
    realm.advance(10_000);
    network.unblock();
    realm.advance(10_000);
    next.send([32, 2, {}, "com.a"]);
    expect((next.take() as unknown[][]).map(([type]) => type)).toStrictEqual([2, 65, 33]);
    realm.join(2).send([48, 1, {}, "com.p"]);
    expect((next.take() as unknown[][]).map(([type]) => type)).toStrictEqual([68]);
  });

  test("leaves no row of what was stored, so that one without its storage has its next events stored", () => {
    const realm = new RelayedRealm(2, { store: { "event-history": [{ uri: "com.a", limit: 10 }] } });
    const [relay] = realm.relays;
    const publish = (): void => {
      const client = realm.join(1);
      client.send([16, 1, { acknowledge: true }, "com.a"]);
      realm.advance(1_000);
      expect((client.take() as unknown[][]).map(([type]) => type)).toStrictEqual([17]);
      client.leave();
      realm.advance(1_000);
    };
    publish();
    expect(realm.core.rowsOf(1)).toStrictEqual([]);
    relay!.boot = -1;
    relay!.reset();
    publish();
    const { broker } = realm.core.realm;
    expect([...broker.logOf(broker.subscriptions.get("exact", "com.a")!)!.events(false)].length).toBe(2);
  });
});
