/** Roles that are changed at run time, at the core, and what relays make of them. */

import { describe, expect, test } from "vitest";
import type { RealmInput } from "../../../../src/wamp/config/realm.ts";
import { ANYTHING } from "../../host/test-realm.ts";
import { RelayedRealm } from "../relayed-realm.ts";

const MANAGE = { uri: "wamp.edge.", match: "prefix", allow: { call: true } } as const;
const NOTHING = { uri: "com.a", match: "exact", allow: {} } as const;

function newRealm(relays = 2, role: object = {}): RelayedRealm {
  const roles = [{ name: "anonymous", permissions: [ANYTHING, MANAGE], ...role }];
  return new RelayedRealm(relays, { roles, options: {} });
}

/** The version of the roles that a relay has, and whether it may subscribe to `com.a`. */
function rightsAt(realm: RelayedRealm, relay: number): unknown[] {
  const { roleVersion, realm: at } = realm.relays[relay - 1]!;
  return [roleVersion, at.access.authorization.authorize("anonymous", "subscribe", "com.a", "exact").allow];
}

describe("a change of a role", () => {
  test.each([0, 1])(
    "from object %i is in force at all relays with its RESULT, and revokes what sessions hold",
    (at) => {
      const realm = newRealm();
      const roles = { subscriber: { features: { subscription_revocation: true } } };
      const [manager, ...clients] = [realm.join(at), realm.join(1, roles), realm.join(2, roles)];
      for (const client of clients) {
        client.send([32, 1, {}, "com.a"]);
        client.take();
      }
      manager.say([48, 1, {}, "wamp.edge.permission.add", ["anonymous", NOTHING]]);
      const { network } = realm.world;
      while (manager.transport.received.length === 0) network.step(...network.busyWays()[0]!, "deliver");
      expect([rightsAt(realm, 1), rightsAt(realm, 2)]).toStrictEqual([
        [1, false],
        [1, false],
      ]);
      realm.deliver();
      for (const client of clients) {
        expect(client.take()).toStrictEqual([
          [35, 0, { subscription: expect.any(Number), reason: "wamp.error.not_authorized" }],
        ]);
        client.send([32, 2, {}, "com.a"]);
        expect(client.take()).toMatchObject([[8, 32, 2, {}, "wamp.error.not_authorized", expect.anything()]]);
      }
    },
  );

  test("that is reset gives the role of the configuration back", () => {
    const realm = newRealm();
    const manager = realm.join(0);
    manager.send([48, 1, {}, "wamp.edge.permission.add", ["anonymous", NOTHING]]);
    manager.send([48, 2, {}, "wamp.edge.role.reset", ["anonymous"]]);
    expect(rightsAt(realm, 1)).toStrictEqual([2, true]);
    expect([...realm.relays[0]!.host.store.roles.all()]).toStrictEqual([]);
  });

  test("reaches a relay that sleeps, and a relay that wakes still has it", () => {
    const realm = newRealm();
    const manager = realm.join(0);
    realm.join(1);
    realm.advance(10_000);
    realm.relays[0]!.sleepAndWake();
    manager.send([48, 1, {}, "wamp.edge.permission.add", ["anonymous", NOTHING]]);
    realm.advance(10_000);
    realm.relays[0]!.sleepAndWake();
    expect(rightsAt(realm, 1)).toStrictEqual([1, false]);
  });

  test("waits five seconds for a relay that cannot be reached, which gets it later", () => {
    const realm = newRealm();
    const [manager] = [realm.join(0), realm.join(1)];
    realm.advance(10_000);
    manager.say([48, 1, {}, "wamp.edge.permission.add", ["anonymous", NOTHING]]);
    const { network, time } = realm.world;
    const start = time.now;
    while (manager.transport.received.length === 0) {
      const way = network.busyWays().find(([, to]) => to === 1) ?? network.busyWays()[0];
      if (way !== undefined) network.step(...way, way[1] === 1 ? "lose call" : "deliver");
      else {
        time.now = realm.core.due!;
        realm.core.tick();
      }
    }
    expect(time.now - start).toBeGreaterThanOrEqual(5_000);
    expect([rightsAt(realm, 1), rightsAt(realm, 2)]).toStrictEqual([
      [0, true],
      [1, false],
    ]);
    realm.deliver();
    realm.advance(5_000);
    expect(rightsAt(realm, 1)).toStrictEqual([1, false]);
  });

  test("waits for each relay, also after one has got an earlier change late", () => {
    const realm = newRealm();
    const [manager] = [realm.join(0), realm.join(1), realm.join(2)];
    const { network } = realm.world;
    network.block(0, 1, "lose call");
    manager.send([48, 1, {}, "wamp.edge.role.add", ["one"]]);
    realm.advance(8_000);
    network.unblock();
    realm.advance(8_000);
    expect([manager.take(), rightsAt(realm, 1)[0]]).toStrictEqual([[[50, 1, {}]], 1]);
    realm.cut.add(2);
    manager.send([48, 2, {}, "wamp.edge.role.add", ["two"]]);
    expect(manager.take()).toStrictEqual([]);
    realm.cut.clear();
    realm.deliver();
    expect([manager.take(), rightsAt(realm, 2)[0]]).toStrictEqual([[[50, 2, {}]], 2]);
  });

  test("is sent again by a core that crashes before a relay has acknowledged it", () => {
    const realm = newRealm();
    const manager = realm.join(0);
    manager.say([48, 1, {}, "wamp.edge.permission.add", ["anonymous", NOTHING]]);
    realm.core.crash();
    realm.core.after();
    realm.deliver();
    expect(rightsAt(realm, 2)).toStrictEqual([1, false]);
    expect([...realm.core.roles.all()]).toStrictEqual([1, 2, 0].map((object) => ({ object, version: 1 })));
  });

  test("that a relay has missed makes it ask for all", () => {
    const realm = newRealm();
    const manager = realm.join(0);
    manager.send([48, 1, {}, "wamp.edge.role.add", ["extra"]]);
    realm.relays[0]!.roleVersion = 0;
    manager.send([48, 2, {}, "wamp.edge.permission.add", ["anonymous", NOTHING]]);
    expect(rightsAt(realm, 1)).toStrictEqual([2, false]);
    expect(realm.relays[0]!.realm.access.authorization.hasRole("extra")).toBe(true);
  });

  test("that a relay lost its sockets over reaches it in its next life", () => {
    const realm = newRealm();
    const manager = realm.join(0);
    manager.say([48, 1, {}, "wamp.edge.permission.add", ["anonymous", NOTHING]]);
    realm.relays[0]!.crash();
    realm.relays[0]!.relay.begin();
    realm.relays[0]!.after();
    realm.deliver();
    expect(rightsAt(realm, 1)).toStrictEqual([1, false]);
  });
});

test("a relay that has never had roles opens no session before the core has told them", () => {
  const realm = newRealm();
  realm.join(0).send([48, 1, {}, "wamp.edge.permission.add", ["anonymous", NOTHING]]);
  const [relay] = realm.relays;
  relay!.roleVersion = undefined;
  relay!.realm.access.roles.reset("anonymous");
  const client = realm.connect(1);
  client.say([1, "realm1", { roles: { subscriber: {} } }]);
  expect(client.take()).toStrictEqual([]);
  realm.deliver();
  expect((client.take() as unknown[][])[0]![0]).toBe(2);
  expect(rightsAt(realm, 1)).toStrictEqual([1, false]);
});

describe("messages that a relay gets before the core has told it the roles", () => {
  const HELLO = [1, "realm1", { roles: { publisher: {} } }];

  function coldRealm(limits: RealmInput["limits"] = {}) {
    const realm = new RelayedRealm(1, { limits });
    const [relay] = realm.relays;
    relay!.roleVersion = undefined;
    return { realm, relay: relay! };
  }

  test("are all processed then, in order", () => {
    const { realm } = coldRealm();
    const client = realm.connect(1);
    const requests = Array.from({ length: 150 }, (_, index) => index + 1);
    client.say(HELLO, ...requests.map((request) => [16, request, { acknowledge: true }, "com.a"]));
    realm.deliver();
    const [welcome, ...published] = client.take() as unknown[][];
    expect([welcome![0], published.map(([, request]) => request)]).toStrictEqual([2, requests]);
  });

  test("end the connection beyond limits.undecided_bytes, and no other one", () => {
    const { realm, relay } = coldRealm({ undecided_bytes: 1_000 });
    const [greedy, other] = [realm.connect(1), realm.connect(1)];
    for (const client of [greedy, other]) client.say(HELLO);
    greedy.say([16, 1, {}, "com.a", ["x".repeat(1_000)]], [16, 2, {}, "com.a"]);
    expect(greedy.take()).toStrictEqual([
      [3, { message: "too much waits for the roles of the realm" }, "wamp.edge.error.limit_exceeded"],
      ["closed", 1008],
    ]);
    realm.deliver();
    expect((other.take() as unknown[][]).map(([type]) => type)).toStrictEqual([2]);
    other.leave();
    expect(relay.realm.records.bytes).toBe(0);
  });

  test("keep the relay awake no longer than their connection", () => {
    const { realm, relay } = coldRealm();
    realm.cut.add(0);
    const client = realm.connect(1);
    client.say(HELLO);
    expect(relay.relay.authentication.isWaiting).toBe(true);
    client.leave();
    expect([relay.relay.authentication.isWaiting, relay.realm.records.bytes]).toStrictEqual([false, 0]);
  });
});

test("a relay that has been closed is told nothing, and asks again before its next session", () => {
  const realm = newRealm();
  const manager = realm.join(0);
  const client = realm.join(1);
  client.send([32, 1, {}, "com.b"]);
  client.leave();
  realm.advance(60_000);
  realm.deliver();
  expect([realm.relays[0]!.roleVersion, [...realm.core.roles.all()].map(({ object }) => object)]).toStrictEqual([
    undefined,
    [2],
  ]);
  manager.send([48, 1, {}, "wamp.edge.permission.add", ["anonymous", NOTHING]]);
  realm.join(1);
  expect(rightsAt(realm, 1)).toStrictEqual([1, false]);
});

test("each object grants its part of the rates of a role, and at least one message", () => {
  const rates = {
    role: { messages: { per_second: 4, burst: 4 } },
    session: { messages: { per_second: 100, burst: 100 } },
  };
  const realm = newRealm(2, { rates });
  const clients = [realm.join(1), realm.join(1), realm.join(2)];
  const accepted = clients.map((client) => {
    client.say(...[1, 2, 3].map((request) => [16, request, { acknowledge: true }, "com.b"]));
    return (client.take() as unknown[][]).filter(([type]) => type === 17).length;
  });
  expect(accepted).toStrictEqual([2, 0, 2]);
});
