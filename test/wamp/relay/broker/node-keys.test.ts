/** Sharded subscriptions over relays: each event by key goes to one node of all objects. */

import { describe, expect, test } from "vitest";
import { type RelayedClient, RelayedRealm } from "../relayed-realm.ts";

const KEYS = Array.from({ length: 40 }, (_, index) => `sn${index}`);

/** Nodes a (at the core), b and c (at relay 1), d (at relay 2), and a subscriber without a node key. */
class ShardedRealm {
  readonly realm = new RelayedRealm(3);
  readonly nodes: Record<string, RelayedClient> = {};
  readonly #publisher = this.realm.join(3);

  constructor() {
    for (const [name, object] of Object.entries({ a: 0, b: 1, c: 1, d: 2 })) this.add(name, object);
  }

  add(name: string, object: number): void {
    const client = this.realm.join(object);
    client.send([32, 1, { nkey: `node ${name}` }, "sensors"]);
    client.take();
    this.nodes[name] = client;
  }

  /** The nodes that get the event of each key. */
  owners(): readonly string[] {
    return KEYS.map((rkey, index) => {
      this.#publisher.send([16, index + 1, { rkey }, "sensors"]);
      return Object.keys(this.nodes)
        .filter((name) => this.nodes[name]!.take().length > 0)
        .join();
    });
  }
}

describe("an event with a resource key", () => {
  test("goes to one node, wherever that is, and every node gets some", () => {
    const sharded = new ShardedRealm();
    const owners = sharded.owners();
    expect(new Set(owners)).toStrictEqual(new Set(["a", "b", "c", "d"]));
    expect(sharded.owners()).toStrictEqual(owners);
  });

  test("goes to each subscriber without a node key, and without a resource key to all", () => {
    const { realm, nodes } = new ShardedRealm();
    const others = [0, 1, 2].map((object) => realm.join(object));
    for (const other of others) other.send([32, 1, {}, "sensors"]);
    for (const other of others) other.take();
    const publisher = realm.join(0);
    publisher.send([16, 1, { rkey: "sn1" }, "sensors"], [16, 2, {}, "sensors"]);
    expect(others.map((other) => other.take().length)).toStrictEqual([2, 2, 2]);
    const received = Object.values(nodes).map((node) => node.take().length);
    expect(received.toSorted()).toStrictEqual([1, 1, 1, 2]);
  });

  test.each(["a", "b", "d"])("moves only the keys of node %s when that leaves", (gone) => {
    const sharded = new ShardedRealm();
    const before = sharded.owners();
    sharded.nodes[gone]!.leave();
    delete sharded.nodes[gone];
    const after = sharded.owners();
    for (const [index, owner] of before.entries()) {
      if (owner === gone) expect(after[index]).toMatch(/^[abcd]$/);
      else expect(after[index]).toBe(owner);
    }
  });

  test("keeps its node while relays and core sleep, without a batch", () => {
    const sharded = new ShardedRealm();
    const { realm } = sharded;
    const before = sharded.owners();
    realm.advance(10_000);
    for (const object of [realm.core, ...realm.relays]) object.sleepAndWake();
    expect(realm.deliver()).toBe(0);
    expect(sharded.owners()).toStrictEqual(before);
  });

  test("leaves the nodes of a relay that has lost its connections, and those of a core that has crashed", () => {
    const sharded = new ShardedRealm();
    const { realm, nodes } = sharded;
    realm.relays[1]!.crash();
    realm.relays[1]!.relay.begin();
    realm.deliver();
    delete nodes.d;
    expect(new Set(sharded.owners())).toStrictEqual(new Set(["a", "b", "c"]));
    realm.core.crash();
    realm.deliver();
    delete nodes.a;
    expect(new Set(sharded.owners())).toStrictEqual(new Set(["b", "c"]));
  });

  test("finds no keys where the last node has gone or gives up its key", () => {
    const { realm, nodes } = new ShardedRealm();
    nodes.a!.send([32, 2, {}, "sensors"]);
    for (const name of ["b", "c", "d"]) nodes[name]!.leave();
    expect([...realm.core.nodeKeys.all(), ...realm.relays.flatMap((relay) => [...relay.nodeKeys.all()])]).toStrictEqual(
      [],
    );
  });
});
