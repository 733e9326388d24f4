/** A link between a relay and the core that is down for long, or slower than what is sent over it. */

import { describe, expect, test } from "vitest";
import { IDS } from "./relay-stores.ts";
import { type RelayedClient, RelayedRealm } from "./relayed-realm.ts";

const PROGRESS = { call_canceling: true, progressive_call_invocations: true, progressive_call_results: true };
const ROLES = { caller: { features: PROGRESS }, callee: { features: PROGRESS } };

/** Nothing arrives between the core and a relay, in both directions. */
function cutOff({ world }: RelayedRealm, relay: number, fate: "lose call" | "lose answer" = "lose call"): void {
  world.network.block(relay, 0, fate);
  world.network.block(0, relay, fate);
}

/** The outage ends, and each side finds that out. */
function reconnect(realm: RelayedRealm): void {
  realm.world.network.unblock();
  realm.advance(70_000);
}

/**
 * A client of the first relay gets ERROR for a REGISTER that has made it a callee. The outage ends, and that relay hears so;
 * what it sends to the core stays on its way.
 */
function registerInVain(realm: RelayedRealm, client: RelayedClient): void {
  const { core, world } = realm;
  cutOff(realm, 1, "lose answer");
  world.network.block(0, 1, "lose call");
  client.send([64, 3, { invoke: "first" }, "com.p"]);
  realm.advance(70_000);
  expect(errorsOf(client)).toStrictEqual([[64, 3, "wamp.error.unavailable"]]);
  world.network.unblock();
  world.time.now = core.due!;
  core.tick();
  // The core asks, hears an answer, and sends REGISTERED.
  for (let step = 0; step < 3; step++) world.network.step(0, 1, "deliver");
}

/** The input of a call goes from the second relay to the first one. */
function sendInput({ world }: RelayedRealm, caller: RelayedClient, options: object): void {
  caller.say([48, 1, options, "com.p"]);
  world.network.step(2, 0, "deliver");
  world.network.step(0, 1, "deliver");
}

function errorsOf(client: RelayedClient): unknown[] {
  return (client.take() as unknown[][]).map(([type, request, id, , uri]) => {
    return type === 8 ? [request, id, uri] : type;
  });
}

/** The rows and tables of the core for relays. */
function heldByCore({ core }: RelayedRealm): unknown {
  const { remote, publications, realm } = core.core;
  const calls = realm.dealer.tables.pending.count() + realm.dealer.registrations.size;
  return [remote.byId.size, core.sessions.rows.size, publications.interest.size, calls, [...core.down.all()]];
}

describe("a relay that cannot reach the core", () => {
  test("fails calls after five seconds and all other requests after a minute, and at once from then on", () => {
    const realm = new RelayedRealm();
    const [ann, ben] = [realm.join(1), realm.join(1)];
    cutOff(realm, 1);
    ann.send([48, 1, {}, "com.p"], [64, 2, {}, "com.q"], [32, 3, {}, "com.t"]);
    realm.advance(8_000);
    expect(errorsOf(ann)).toStrictEqual([[48, 1, "wamp.error.unavailable"]]);
    realm.advance(60_000);
    expect(errorsOf(ann)).toStrictEqual([
      [32, 3, "wamp.error.unavailable"],
      [64, 2, "wamp.error.unavailable"],
    ]);
    ben.send([48, 1, {}, "com.p"], [64, 2, {}, "com.q"], [32, 3, {}, "com.t"], [16, 4, { acknowledge: true }, "com.t"]);
    expect(errorsOf(ben)).toStrictEqual([
      [48, 1, "wamp.error.unavailable"],
      [64, 2, "wamp.error.unavailable"],
      [32, 3, "wamp.error.unavailable"],
      [16, 4, "wamp.error.unavailable"],
    ]);
    reconnect(realm);
    ben.send([64, 5, {}, "com.q"]);
    expect((ben.take() as unknown[][]).map(([type]) => type)).toStrictEqual([65]);
  });

  test("sleeps after a minute, and asks each minute whether the core is back", () => {
    const realm = new RelayedRealm();
    const [relay] = realm.relays;
    const client = realm.join(1);
    client.send([32, 1, {}, "com.a"]);
    cutOff(realm, 1);
    client.send([48, 2, {}, "com.p"]);
    realm.advance(70_000);
    expect([relay!.isIdle, relay!.relay.nextAwakeDeadline()]).toStrictEqual([true, undefined]);
    for (let minute = 0; minute < 3; minute++) {
      relay!.sleepAndWake();
      const { now } = realm.world.time;
      realm.advance(1);
      expect(relay!.isIdle).toBe(true);
      expect(relay!.relay.nextStoredDeadline()! - now).toBe(60_000);
      realm.advance(59_000);
    }
    realm.join(2).send([16, 1, {}, "com.a", ["lost"]]);
    reconnect(realm);
    client.take();
    realm.join(2).send([16, 1, {}, "com.a", ["b"]]);
    expect((client.take() as unknown[][]).map(([, , , , args]) => args)).toStrictEqual([["b"]]);
    expect([...relay!.down.all(), ...realm.core.down.all(), realm.core.due, relay!.due]).toStrictEqual([
      undefined,
      undefined,
    ]);
  });

  test("asks ever less once its last session has left, so that it costs nothing, and again with the next one", () => {
    const realm = new RelayedRealm();
    const [relay] = realm.relays;
    const client = realm.join(1);
    client.send([64, 1, {}, "com.p"], [32, 2, {}, "com.a"]);
    cutOff(realm, 1);
    client.leave();
    const hour = 60 * 60_000;
    realm.advance(3 * hour);
    relay!.sleepAndWake();
    const { now } = realm.world.time;
    expect(relay!.relay.nextStoredDeadline()).toBe(now);
    realm.advance(1);
    expect(relay!.relay.nextStoredDeadline()! - now).toBeGreaterThan(2 * hour);
    realm.advance(24 * hour);
    expect([relay!.due, realm.core.due, relay!.isIdle]).toStrictEqual([undefined, undefined, true]);
    expect(heldByCore(realm)).toStrictEqual([1, 1, 1, 1, []]);
    realm.world.network.unblock();
    const next = realm.join(1);
    realm.advance(60_000);
    expect(heldByCore(realm)).toStrictEqual([0, 0, 0, 0, []]);
    next.leave();
    realm.advance(1_000);
    expect([realm.core.rowsOf(1), [...relay!.down.all()], relay!.due]).toStrictEqual([[], [], undefined]);
  });

  test("is forgotten by the core where the last message of its last session is given up", () => {
    const realm = new RelayedRealm();
    const client = realm.join(1);
    client.send([32, 1, {}, "com.a"], [34, 2, IDS.subscription("exact", "com.a")]);
    realm.advance(40_000);
    cutOff(realm, 1);
    client.send([16, 1, {}, "com.a", ["lost"]]);
    client.leave();
    realm.advance(4_000);
    realm.world.network.unblock();
    realm.advance(2_000);
    expect([realm.core.rowsOf(1), realm.core.due, realm.relays[0]!.due]).toStrictEqual([[], undefined, undefined]);
  });

  test("sends events of its own sessions to its own sessions, and logs a line a second about the others", () => {
    const realm = new RelayedRealm();
    const [ann, ben] = [realm.join(1), realm.join(1)];
    ann.send([32, 1, {}, "com.a"]);
    cutOff(realm, 1);
    ben.send([16, 1, {}, "com.a", [1]], [64, 1, {}, "com.p"]);
    realm.advance(70_000);
    const { logged } = realm.relays[0]!.host;
    logged.length = 0;
    for (let request = 2; request <= 11; request++) ben.send([16, request, {}, "com.a", [request]]);
    realm.advance(1_000);
    ben.send([16, 12, {}, "com.a", [12]]);
    expect((ann.take() as unknown[][]).filter(([type]) => type === 36).length).toBe(12);
    expect(logged.filter(({ event }) => event === "publication.dropped").map(({ dropped }) => dropped)).toStrictEqual([
      1, 10,
    ]);
  });

  test("has the core drop what has ended meanwhile", () => {
    const realm = new RelayedRealm();
    const [ann, ben, caller] = [realm.join(1), realm.join(1), realm.join(2)];
    ann.send([64, 1, {}, "com.ann"], [32, 2, {}, "com.t"]);
    ben.send([64, 1, {}, "com.ben"]);
    caller.send([48, 1, {}, "com.ben"], [48, 2, {}, "com.ann"]);
    caller.take();
    cutOff(realm, 1);
    ann.leave();
    ben.send([70, 1, {}, ["lost"]]);
    realm.advance(100_000);
    reconnect(realm);
    expect(errorsOf(caller)).toStrictEqual([
      [48, 2, "wamp.error.canceled"],
      [48, 1, "wamp.error.canceled"],
    ]);
    ben.leave();
    realm.advance(100_000);
    expect(heldByCore(realm)).toStrictEqual([0, 0, 0, 0, []]);
  });

  test("takes a registration back that the core has made though its REGISTER has failed", () => {
    const realm = new RelayedRealm();
    const [callee, caller] = [realm.join(1), realm.join(2)];
    cutOff(realm, 1, "lose answer");
    realm.world.network.block(0, 1, "lose call");
    callee.send([64, 1, {}, "com.p"]);
    realm.advance(70_000);
    expect(errorsOf(callee)).toStrictEqual([[64, 1, "wamp.error.unavailable"]]);
    expect(realm.core.core.realm.dealer.registrations.size).toBe(1);
    caller.send([48, 1, {}, "com.p"]);
    expect(errorsOf(caller)).toStrictEqual([[48, 1, "wamp.error.unavailable"]]);
    realm.relays[0]!.sleepAndWake();
    reconnect(realm);
    expect([callee.take(), heldByCore(realm)]).toStrictEqual([[], [0, 0, 0, 0, []]]);
  });

  test("passes no later input of a call on for which its callee has not registered", () => {
    const realm = new RelayedRealm();
    const [callee, caller] = [realm.join(1, ROLES), realm.join(2, ROLES)];
    const { network } = realm.world;
    registerInVain(realm, callee);
    sendInput(realm, caller, { progress: true });
    // The core hears that the callee is none before it hears that the invocation has failed.
    while (realm.core.core.realm.dealer.registrations.size > 0) network.step(1, 0, "deliver");
    network.step(0, 1, "deliver");
    sendInput(realm, caller, {});
    realm.deliver();
    expect([callee.take(), errorsOf(caller)]).toStrictEqual([[], [[48, 1, "wamp.error.unavailable"]]]);
  });

  test("passes later input on to a callee that works on the call of a registration that it has given up", () => {
    const realm = new RelayedRealm();
    const [callee, other, caller] = [realm.join(1, ROLES), realm.join(2), realm.join(2, ROLES)];
    for (const client of [callee, other]) client.send([64, 1, { invoke: "first" }, "com.p"]);
    const [[, , id] = []] = callee.take() as unknown[][];
    caller.send([48, 1, { progress: true }, "com.p"]);
    callee.send([66, 2, id]);
    expect(callee.take()).toStrictEqual([
      [68, 1, id, { progress: true }],
      [67, 2],
    ]);
    registerInVain(realm, callee);
    sendInput(realm, caller, {});
    callee.send([70, 1, {}, ["x"]]);
    expect([callee.take(), caller.take()]).toStrictEqual([[[68, 1, id, {}]], [[50, 1, {}, ["x"]]]]);
  });

  test("leaves a session the registration that it has got before a REGISTER that has failed", () => {
    const realm = new RelayedRealm();
    const [callee, caller] = [realm.join(1), realm.join(2)];
    const register = (request: number) => callee.send([64, request, { invoke: "roundrobin" }, "com.p"]);
    register(1);
    callee.take();
    cutOff(realm, 1, "lose answer");
    realm.world.network.block(0, 1, "lose call");
    register(2);
    realm.advance(70_000);
    expect(errorsOf(callee)).toStrictEqual([[64, 2, "wamp.error.unavailable"]]);
    for (const object of [realm.core, realm.relays[0]!]) object.sleepAndWake();
    reconnect(realm);
    caller.send([48, 1, {}, "com.p"]);
    expect((callee.take() as unknown[][]).map(([type]) => type)).toStrictEqual([68]);
  });

  test("leaves a session the registration of a REGISTER that has failed where the next REGISTER gets it", () => {
    const realm = new RelayedRealm();
    const callee = realm.join(1);
    const register = (request: number) => callee.send([64, request, { invoke: "roundrobin" }, "com.p"]);
    cutOff(realm, 1, "lose answer");
    realm.world.network.block(0, 1, "lose call");
    register(1);
    realm.advance(70_000);
    expect(errorsOf(callee)).toStrictEqual([[64, 1, "wamp.error.unavailable"]]);
    // The relay is back before the core's answers are.
    realm.world.network.unblock();
    realm.world.network.block(0, 1, "lose call");
    realm.advance(70_000);
    register(2);
    expect(callee.take()).toStrictEqual([]);
    reconnect(realm);
    const [registration] = realm.core.core.realm.dealer.registrations.values();
    expect(callee.take()).toStrictEqual([[65, 2, registration?.id]]);
  });
});

describe("a core that cannot reach a relay", () => {
  test("fails calls to its callees after five seconds, and at once after a minute", () => {
    const realm = new RelayedRealm();
    const [callee, caller] = [realm.join(1), realm.join(2)];
    callee.send([64, 1, {}, "com.p"]);
    realm.world.network.block(0, 1, "lose call");
    caller.send([48, 1, {}, "com.p"]);
    realm.advance(8_000);
    expect(errorsOf(caller)).toStrictEqual([[48, 1, "wamp.error.unavailable"]]);
    caller.send([48, 2, {}, "com.p"]);
    realm.advance(70_000);
    expect(errorsOf(caller)).toStrictEqual([[48, 2, "wamp.error.unavailable"]]);
    caller.send([48, 3, {}, "com.p"]);
    expect([errorsOf(caller), realm.core.isIdle]).toStrictEqual([[[48, 3, "wamp.error.unavailable"]], true]);
    realm.core.sleepAndWake();
    reconnect(realm);
    callee.take();
    caller.send([48, 4, {}, "com.p"]);
    callee.send([70, 1, {}, ["x"]]);
    expect(caller.take()).toStrictEqual([[50, 4, {}, ["x"]]]);
  });

  test("has a relay that missed it learn that a topic is used again", () => {
    const realm = new RelayedRealm();
    const [publisher, subscriber] = [realm.join(1), realm.join(2)];
    publisher.send([16, 1, {}, "com.a", [1]]);
    realm.world.network.block(0, 1, "lose call");
    subscriber.send([32, 1, {}, "com.a"]);
    realm.advance(8_000);
    expect((subscriber.take() as unknown[][]).map(([type]) => type)).toStrictEqual([33]);
    realm.advance(70_000);
    realm.core.sleepAndWake();
    reconnect(realm);
    publisher.send([16, 2, {}, "com.a", [2]]);
    expect((subscriber.take() as unknown[][]).map(([, , , , args]) => args)).toStrictEqual([[2]]);
  });

  test("forgets it once it has given up what it was sent last", () => {
    const realm = new RelayedRealm();
    const [publisher, subscriber] = [realm.join(1), realm.join(2)];
    subscriber.send([32, 1, {}, "com.a"]);
    subscriber.leave();
    realm.advance(29_900);
    realm.world.network.block(0, 2, "lose answer");
    publisher.send([16, 1, {}, "com.a"]);
    realm.advance(1_000);
    expect(realm.core.rowsOf(2)).not.toStrictEqual([]);
    realm.advance(10_000);
    expect(realm.core.rowsOf(2)).toStrictEqual([]);
  });

  test("ends a call of which a part of the result was lost", () => {
    const realm = new RelayedRealm();
    const caller = realm.join(1, { caller: { features: PROGRESS } });
    const callee = realm.join(2, { callee: { features: PROGRESS } });
    callee.send([64, 1, {}, "com.p"]);
    caller.send([48, 1, { receive_progress: true }, "com.p"]);
    callee.take();
    realm.world.network.block(0, 1, "lose call");
    callee.send([70, 1, { progress: true }, [1]]);
    realm.advance(8_000);
    callee.send([70, 1, { progress: true }, [2]]);
    realm.advance(70_000);
    reconnect(realm);
    expect([callee.take(), errorsOf(caller)]).toStrictEqual([
      [[69, 1, { mode: "killnowait" }]],
      [[48, 1, "wamp.error.canceled"]],
    ]);
  });
});

describe("a full link", () => {
  const limits = { outgoing_bytes: 10_000, realm_outgoing_bytes: 10_000 };
  const long = ["x".repeat(12_000)];

  test("to the core refuses requests and acknowledged publications, and drops others", () => {
    const realm = new RelayedRealm(2, { limits });
    const client = realm.join(1, { caller: {}, callee: {}, publisher: {}, subscriber: {} });
    client.say([16, 1, {}, "com.a", long]);
    client.say([48, 2, {}, "com.p"], [64, 3, {}, "com.p"], [32, 4, {}, "com.a"]);
    client.say([16, 5, { acknowledge: true }, "com.a"], [16, 6, {}, "com.a"]);
    expect(errorsOf(client)).toStrictEqual([
      [48, 2, "wamp.error.unavailable"],
      [64, 3, "wamp.error.unavailable"],
      [32, 4, "wamp.error.unavailable"],
      [16, 5, "wamp.error.unavailable"],
    ]);
    const events = realm.relays[0]!.host.logged.map(({ event, dropped }) => [event, dropped]);
    expect(events).toStrictEqual([["publication.dropped", 1]]);
    realm.deliver();
    client.send([64, 7, {}, "com.p"]);
    expect((client.take() as unknown[][]).map(([type]) => type)).toStrictEqual([65]);
  });

  test("to the core turns a long result into an error", () => {
    const realm = new RelayedRealm(2, { limits });
    const [callee, caller] = [realm.join(1), realm.join(2)];
    callee.send([64, 1, {}, "com.p"]);
    caller.send([48, 1, {}, "com.p"], [48, 2, {}, "com.p"]);
    callee.say([70, 1, {}, long]);
    callee.say([70, 2, {}, long]);
    realm.deliver();
    expect((caller.take() as unknown[][]).map(([type, ...rest]) => [type, ...rest.slice(0, 4)])).toStrictEqual([
      [50, 1, {}, long],
      [8, 48, 2, {}, "wamp.error.unavailable"],
    ]);
  });

  test("to a relay refuses calls, and turns a long result into an error", () => {
    const realm = new RelayedRealm(2, { limits });
    const [far, near] = [realm.join(1), realm.join(0)];
    far.send([64, 1, {}, "com.far"]);
    near.send([64, 1, {}, "com.near"]);
    far.send([48, 2, {}, "com.near"]);
    far.take();
    near.take();
    near.say([48, 2, {}, "com.far", long]);
    near.say([48, 3, {}, "com.far"], [70, 1, {}, long]);
    expect(errorsOf(near)).toStrictEqual([[48, 3, "wamp.error.unavailable"]]);
    realm.deliver();
    expect((far.take() as unknown[][]).map(([type, , request, , uri]) => [type, request, uri])).toStrictEqual([
      [68, expect.any(Number), long],
      [8, 2, "wamp.error.payload_size_exceeded"],
    ]);
  });
});

test("a low limit for each client holds up none of those that share the link", () => {
  const realm = new RelayedRealm(2, { limits: { outgoing_bytes: 10_000 } });
  const [caller, callee] = [realm.join(1), realm.join(2)];
  callee.send([64, 1, {}, "com.p"]);
  const { network } = realm.world;
  caller.say([48, 1, {}, "com.p", ["x".repeat(6_000)]]);
  const loads = [realm.relays[0]!.relay.load];
  network.step(1, 0, "deliver");
  loads.push(realm.core.core.load);
  expect(callee.take()).toStrictEqual([[65, 1, expect.any(Number)]]);
  // From a quarter of what the link takes on, an object pauses, and takes no message of any client.
  expect(Math.max(...loads)).toBeLessThan(0.01);
});
