/** Sessions that are resumed at another object than the one that has parked them. */

import { describe, expect, test } from "vitest";
import { ALL_ROLES } from "../../host/test-realm.ts";
import { IDS, idOf } from "../relay-stores.ts";
import { type RelayedClient, RelayedRealm } from "../relayed-realm.ts";

const TIME = 60_000;
const FEATURES = { features: { progressive_call_results: true, call_canceling: true } };
const ROLES = { ...ALL_ROLES, caller: FEATURES, callee: FEATURES };

interface Offer {
  readonly id: number;
  readonly token: string;
}

function newRealm(relays = 3, options: object = {}): RelayedRealm {
  return new RelayedRealm(relays, { options: { enable_meta_api: false, resume: { time: TIME / 1000 }, ...options } });
}

function helloOf(details: object): unknown[] {
  return [1, "realm1", { roles: ROLES, resumable: true, ...details }];
}

function takeWelcome(client: RelayedClient): Offer & { readonly resumed: unknown; readonly rest: unknown[] } {
  const [[type, id, details], ...rest] = client.take() as [[number, number, Record<string, unknown>]];
  expect(type).toBe(2);
  return { id, token: details.resume_token as string, resumed: details.resumed, rest };
}

/** Opens a session that can be resumed. */
function join(realm: RelayedRealm, object: number): { client: RelayedClient; offer: Offer } {
  const client = realm.connect(object);
  client.send(helloOf({}));
  return { client, offer: takeWelcome(client) };
}

/** Asks for a session at an object; the messages stay on their way. */
function ask(realm: RelayedRealm, object: number, { id, token }: Offer): RelayedClient {
  const client = realm.connect(object);
  client.say(helloOf({ "resume-session": id, "resume-token": token }));
  return client;
}

/** Resumes a session at an object. */
function resume(realm: RelayedRealm, object: number, offer: Offer) {
  const client = ask(realm, object, offer);
  realm.deliver();
  return { client, welcome: takeWelcome(client) };
}

/** Where sessions with the id are. */
function objectsWith(realm: RelayedRealm, id: number): number[] {
  return [realm.core, ...realm.relays].flatMap(({ realm: at, number }) => (at.sessions.byId.has(id) ? [number] : []));
}

const WAYS = [
  [1, 2],
  [0, 1],
  [1, 0],
] as const;

describe.each(WAYS)("a session that object %i has parked and object %i resumes", (from, to) => {
  test("goes on with its id, a new token, its subscriptions and what it has missed", () => {
    const realm = newRealm();
    const { client, offer } = join(realm, from);
    client.send([32, 1, {}, "com.a"], [32, 2, { match: "prefix" }, "com."]);
    const publisher = realm.join(3);
    client.leave();
    publisher.send([16, 1, {}, "com.a", ["missed"]]);
    const { client: again, welcome } = resume(realm, to, offer);
    expect([welcome.id, welcome.resumed, welcome.token === offer.token]).toStrictEqual([offer.id, true, false]);
    publisher.send([16, 2, {}, "com.a", ["later"]]);
    const events = [...welcome.rest, ...again.take()] as unknown[][];
    expect(events.map(([type, subscription, , , args]) => [type, subscription, args])).toStrictEqual([
      [36, idOf("exact", "com.a"), ["missed"]],
      [36, idOf("prefix", "com."), ["missed"]],
      [36, idOf("exact", "com.a"), ["later"]],
      [36, idOf("prefix", "com."), ["later"]],
    ]);
    expect(objectsWith(realm, offer.id)).toStrictEqual([to]);
  });

  test("gets each event once that is published while it moves, whatever has happened by then", () => {
    for (let steps = 0; steps < 14; steps++) {
      const realm = newRealm();
      const { client, offer } = join(realm, from);
      client.send([32, 1, {}, "com.a"]);
      const publishers = [0, 1, 2, 3].map((object) => realm.join(object));
      client.leave();
      const again = ask(realm, to, offer);
      const { network } = realm.world;
      for (let step = 0; step < steps && network.size > 0; step++) network.step(...network.busyWays()[0]!, "deliver");
      for (const [index, publisher] of publishers.entries()) publisher.say([16, 1, {}, "com.a", [index]]);
      realm.deliver();
      const { resumed, rest } = takeWelcome(again);
      const events = (rest as unknown[][]).map(([, , , , args]) => (args as number[])[0]);
      expect([steps, resumed, events.toSorted()]).toStrictEqual([steps, true, [0, 1, 2, 3]]);
    }
  });

  test("gets no event again that a crashed core gets again, whenever that is", () => {
    for (let steps = 0; steps < 14; steps++) {
      // The record of the session does not say that it has got the first event.
      const realm = newRealm(3, { resume: { time: TIME / 1000, buffer: { messages: 1 } } });
      const { client, offer } = join(realm, from);
      client.send([32, 1, {}, "com.a"]);
      const [publisher, other] = [realm.join(3), realm.join(from)];
      const { network, time } = realm.world;
      publisher.say([16, 1, {}, "com.a", ["first"]]);
      network.step(3, 0, "deliver");
      realm.cut.add(3);
      realm.deliver();
      other.send([16, 1, {}, "com.a", ["second"]]);
      client.leave();
      // A session at the core does not outlive the crash.
      if (from !== 0) realm.core.crash();
      const again = ask(realm, to, offer);
      const nextWay = () => network.busyWays().find((ends) => !ends.includes(3));
      for (let step = 0; step < steps && nextWay() !== undefined; step++) network.step(...nextWay()!, "deliver");
      if (from === 0) {
        realm.deliver();
        realm.core.crash();
      }
      realm.cut.clear();
      time.now += 1_000;
      realm.relays[2]!.tick();
      const wayOfPublisher = () => network.busyWays().find((ends) => ends.includes(3));
      while (wayOfPublisher() !== undefined) network.step(...wayOfPublisher()!, "deliver");
      realm.deliver();
      const { resumed, rest } = takeWelcome(again);
      const events = ([...client.take(), ...rest, ...again.take()] as unknown[][]).filter(([type]) => type === 36);
      const numbers = events.map(([, , , , args]) => args);
      expect([steps, resumed, numbers]).toStrictEqual([steps, true, [["first"], ["second"]]]);
    }
  });

  test("is found again wherever its client comes next", () => {
    const realm = newRealm();
    const { client, offer } = join(realm, from);
    client.leave();
    let last = resume(realm, to, offer);
    for (const object of [3, from, 2, 1, 0, 3]) {
      last.client.leave();
      last = resume(realm, object, last.welcome);
      expect([object, last.welcome.resumed, objectsWith(realm, offer.id)]).toStrictEqual([object, true, [object]]);
    }
    last.client.leave();
    realm.advance(TIME + 1_000);
    realm.deliver();
    expect([objectsWith(realm, offer.id), [...realm.core.moved.all()]]).toStrictEqual([[], []]);
  });

  test("keeps its testaments, which are published at its end and not before", () => {
    const realm = newRealm(3, { enable_meta_api: true });
    const { client, offer } = join(realm, from);
    const subscriber = realm.join(3);
    subscriber.send([32, 1, {}, "com.will"], [32, 2, {}, "wamp.session.on_leave"]);
    subscriber.take();
    client.send([48, 1, {}, "wamp.session.add_testament", ["com.will", ["bye"], {}]]);
    client.leave();
    const { client: again } = resume(realm, to, offer);
    expect(subscriber.take()).toStrictEqual([]);
    again.send([6, {}, "wamp.close.normal"]);
    expect((subscriber.take() as unknown[][]).map(([, id]) => id)).toStrictEqual([
      idOf("exact", "com.will"),
      idOf("exact", "wamp.session.on_leave"),
    ]);
  });

  test("stays callee and caller, without a gap", () => {
    for (let steps = 0; steps < 12; steps++) {
      const realm = newRealm();
      const [{ client, offer }, other] = [join(realm, from), realm.join(3, ROLES)];
      client.send([64, 1, {}, "com.p"]);
      other.send([64, 1, {}, "com.q"]);
      client.send([48, 2, {}, "com.q", ["open"]]);
      other.send([48, 2, {}, "com.p", ["open"]]);
      client.take();
      other.take();
      client.leave();
      const again = ask(realm, to, offer);
      const { network } = realm.world;
      for (let step = 0; step < steps && network.size > 0; step++) network.step(...network.busyWays()[0]!, "deliver");
      other.say([48, 3, {}, "com.p", ["moving"]], [70, 1, {}, ["result"]]);
      realm.deliver();
      const { resumed, rest } = takeWelcome(again);
      const heads = (rest as unknown[][]).map(([type, request, , , args]) => [type, request, args]);
      expect([steps, resumed]).toStrictEqual([steps, true]);
      expect(heads.filter(([type]) => type === 68)).toStrictEqual([[68, 2, ["moving"]]]);
      expect((rest as unknown[][]).filter(([type]) => type === 50)).toStrictEqual([[50, 2, {}, ["result"]]]);
      again.send([70, 1, {}, ["first"]], [70, 2, {}, ["second"]]);
      expect(other.take()).toStrictEqual([
        [50, 2, {}, ["first"]],
        [50, 3, {}, ["second"]],
      ]);
      again.send([67, 3, 0], [6, {}, "wamp.close.normal"]);
      expect([realm.core.core.remote.byId.size, realm.core.core.moves.size]).toStrictEqual([1, 0]);
    }
  });

  test("gets the answers to its SUBSCRIBE and REGISTER that were under way", () => {
    for (let steps = 0; steps < 10; steps++) {
      const realm = newRealm();
      const { client, offer } = join(realm, from);
      client.say([64, 1, {}, "com.p"], [32, 2, {}, "com.a"]);
      const { realm: relay, peers } = from === 0 ? realm.core : realm.relays[from - 1]!;
      relay.sessions.disconnect(peers.get(client.transport)!);
      peers.delete(client.transport);
      const again = ask(realm, to, offer);
      const { network } = realm.world;
      const ways = network.busyWays();
      for (let step = 0; step < steps && ways.length > 0; step++) {
        const busy = network.busyWays();
        if (busy.length > 0) network.step(...busy[step % busy.length]!, step % 3 === 0 ? "answer" : "deliver");
      }
      realm.deliver();
      const { resumed, rest } = takeWelcome(again);
      // The core answers at once, before the connection is lost.
      const types = ([...client.take(), ...rest] as number[][]).map(([type, request]) => [type, request]).toSorted();
      expect([steps, resumed, types]).toStrictEqual([
        steps,
        true,
        [
          [33, 2],
          [65, 1],
        ],
      ]);
    }
  });

  test("is killed where it is, by its id, also while it moves", () => {
    for (let steps = 0; steps < 80; steps++) {
      const realm = newRealm(3, { enable_meta_api: true });
      const { client, offer } = join(realm, from);
      client.send([64, 1, {}, "com.p"]);
      client.leave();
      const killer = realm.join(3);
      killer.send([32, 1, {}, "wamp.session.on_leave"]);
      killer.take();
      ask(realm, to, offer);
      const { network, random } = realm.world;
      for (let draw = 0; draw < steps; draw++) random.next();
      for (let step = 0; step < 30 && network.size > 0; step++) {
        if (step === steps % 10) killer.say([48, 2, {}, "wamp.session.kill", [offer.id]]);
        network.step(...random.pick(network.busyWays()), "deliver");
      }
      realm.deliver();
      const answers = killer.take() as unknown[][];
      expect([steps, answers.find(([type]) => type === 50 || type === 8)]).toStrictEqual([steps, [50, 2, {}]]);
      const left = answers.filter(([type]) => type === 36).map(([, , , , args]) => (args as number[])[0]);
      expect([left, objectsWith(realm, offer.id)]).toStrictEqual([[offer.id], []]);
      expect([realm.core.core.remote.byId.size, [...realm.core.moved.all()]]).toStrictEqual([0, []]);
    }
  });

  test("survives the sleep of all objects before and after", () => {
    const realm = newRealm();
    const { client, offer } = join(realm, from);
    client.send([32, 1, {}, "com.a"], [64, 2, {}, "com.p"]);
    client.leave();
    const sleep = (): void => {
      realm.advance(10_000);
      for (const object of [realm.core, ...realm.relays]) object.sleepAndWake();
    };
    sleep();
    const { client: again, welcome } = resume(realm, to, offer);
    again.leave();
    sleep();
    const caller = realm.join(3);
    caller.send([48, 1, {}, "com.p", ["x"]], [16, 2, {}, "com.a", ["y"]]);
    const { welcome: next } = resume(realm, from, welcome);
    expect((next.rest as unknown[][]).map(([type, , , , args]) => [type, args]).toSorted()).toStrictEqual([
      [36, ["y"]],
      [68, ["x"]],
    ]);
  });
});

describe("a session that moves between relays", () => {
  test("is taken by one of two clients", () => {
    for (let steps = 0; steps < 12; steps++) {
      const realm = newRealm();
      const { client, offer } = join(realm, 1);
      client.send([64, 1, {}, "com.p"]);
      client.leave();
      const first = ask(realm, 2, offer);
      const { network } = realm.world;
      for (let step = 0; step < steps && network.size > 0; step++) network.step(...network.busyWays()[0]!, "deliver");
      const second = ask(realm, 3, offer);
      realm.deliver();
      const welcomes = [takeWelcome(first), takeWelcome(second)];
      expect(welcomes.map(({ resumed }) => resumed).toSorted()).toStrictEqual([false, true]);
      expect(new Set(welcomes.map(({ id }) => id)).size).toBe(2);
      expect(objectsWith(realm, offer.id).length).toBe(1);
      const caller = realm.join(1);
      caller.say([48, 1, {}, "com.p"]);
      realm.deliver();
      const winner = welcomes[0]!.resumed === true ? first : second;
      expect((winner.take() as number[][]).map(([type]) => type)).toStrictEqual([68]);
    }
  });

  test("is taken from a connection that its relay does not know to be dead", () => {
    const realm = newRealm();
    const { client, offer } = join(realm, 1);
    const { welcome } = resume(realm, 2, offer);
    expect([welcome.resumed, client.take()]).toStrictEqual([true, [["closed", 1000]]]);
  });

  test("takes along that the core is to remove what it has made for a REGISTER that has failed", () => {
    const realm = newRealm();
    const [{ client, offer }, holder, caller] = [join(realm, 1), realm.join(3), realm.join(2)];
    const { network } = realm.world;
    holder.send([64, 1, {}, "com.q"]);
    network.block(1, 0, "lose answer");
    network.block(0, 1, "lose call");
    client.send([64, 1, {}, "com.p"]);
    realm.advance(70_000);
    network.unblock();
    network.block(0, 1, "lose call");
    realm.advance(70_000);
    // The core cannot ask the other relay whether this procedure is taken, so that the answer waits.
    realm.cut.add(3);
    client.send([64, 2, {}, "com.q"]);
    network.unblock();
    realm.advance(70_000);
    client.leave();
    const { client: again, welcome } = resume(realm, 2, offer);
    realm.cut.clear();
    realm.deliver();
    const errors = [...(client.take() as unknown[][]), ...(again.take() as unknown[][])];
    expect(errors.map(([, , request, , uri]) => [request, uri])).toStrictEqual([
      [1, "wamp.error.unavailable"],
      [2, "wamp.error.procedure_already_exists"],
    ]);
    caller.send([48, 1, {}, "com.p"]);
    const [[, , , , uri] = []] = caller.take() as unknown[][];
    expect([welcome.resumed, uri]).toStrictEqual([true, "wamp.error.no_such_procedure"]);
  });

  test("keeps its registrations, where its former relay states once more what it has after an outage", () => {
    const realm = newRealm();
    const [{ client, offer }, other, caller] = [join(realm, 1), realm.join(1), realm.join(3)];
    const { network } = realm.world;
    client.send([64, 1, {}, "com.p"]);
    network.block(1, 0, "lose call");
    network.block(0, 1, "lose call");
    other.send([48, 1, {}, "com.q"]);
    realm.advance(70_000);
    network.unblock();
    // The core hears the relay, which learns of that too late.
    network.block(1, 0, "lose answer");
    caller.send([48, 1, {}, "com.p"]);
    realm.advance(2_000);
    client.leave();
    const again = ask(realm, 2, offer);
    realm.advance(20_000);
    const { resumed } = takeWelcome(again);
    again.send([70, 1, {}, ["done"]]);
    expect([resumed, caller.take()]).toStrictEqual([true, [[50, 1, {}, ["done"]]]]);
  });

  test("keeps its registrations, where its next relay states after an outage what it has, and gets the session then", () => {
    const realm = newRealm(3, { resume: { time: 600 } });
    const { client, offer } = join(realm, 1);
    client.send([64, 1, {}, "com.p"]);
    client.leave();
    ask(realm, 2, offer);
    const { network } = realm.world;
    while (realm.relays[0]!.realm.sessions.byId.has(offer.id)) network.step(...network.busyWays()[0]!, "deliver");
    realm.cut.add(1);
    network.block(2, 0, "lose answer");
    realm.advance(80_000);
    network.unblock();
    realm.cut.delete(1);
    network.block(0, 2, "lose call");
    realm.advance(45_000);
    expect(objectsWith(realm, offer.id)).toStrictEqual([]);
    network.unblock();
    realm.advance(5_000);
    expect(objectsWith(realm, offer.id)).toStrictEqual([2]);
    const { client: again } = resume(realm, 2, offer);
    realm.join(3).send([48, 1, {}, "com.p"]);
    expect((again.take() as unknown[][]).map(([type]) => type)).toStrictEqual([68]);
  });

  test("is sent again by its former relay, where the core crashes long before its next relay has got it", () => {
    const realm = newRealm();
    const { client, offer } = join(realm, 1);
    client.leave();
    ask(realm, 2, offer);
    const { network } = realm.world;
    while (realm.relays[0]!.realm.sessions.byId.has(offer.id)) network.step(...network.busyWays()[0]!, "deliver");
    realm.cut.add(2);
    realm.deliver();
    realm.advance(4_000);
    realm.core.crash();
    realm.cut.clear();
    realm.advance(4_000);
    expect([objectsWith(realm, offer.id), realm.relays[0]!.relay.isIdle]).toStrictEqual([[2], true]);
  });

  test("ends at its former relay without a trace", () => {
    const realm = newRealm();
    const { client, offer } = join(realm, 1);
    client.send([32, 1, {}, "com.a"]);
    client.leave();
    resume(realm, 2, offer);
    realm.advance(40_000);
    realm.deliver();
    const { relay, host } = realm.relays[0]!;
    expect([relay.interest.size, host.store.parked.owners(), relay.realm.records.bytes]).toStrictEqual([0, [], 0]);
    const interest = [...realm.core.interest.all()].map(({ relay: at, uri }) => [at, uri]);
    expect(interest).toStrictEqual([[2, "com.a"]]);
  });

  test("lets its former relay sleep, though the core does not hear of its new one for long", () => {
    const realm = newRealm();
    const { client, offer } = join(realm, 1);
    client.leave();
    ask(realm, 2, offer);
    const { network } = realm.world;
    const [giver, taker] = realm.relays;
    while (!taker!.realm.sessions.byId.has(offer.id)) network.step(...network.busyWays()[0]!, "deliver");
    network.block(2, 0, "lose call");
    realm.deliver();
    realm.advance(10_000);
    expect(giver!.isIdle).toBe(true);
    realm.advance(70_000);
    network.unblock();
    realm.advance(70_000);
    expect([objectsWith(realm, offer.id), realm.core.due]).toStrictEqual([[2], undefined]);
  });
});

test("a session that moves gets events in order, also where its former object has lost one of them in a crash of the core", () => {
  const realm = newRealm();
  const { client, offer } = join(realm, 1);
  client.send([32, 1, {}, "com.a"]);
  const publisher = realm.join(2);
  client.leave();
  const again = ask(realm, 2, offer);
  const { network } = realm.world;
  // Its new object has asked for it, and got to know its subscriptions.
  network.step(2, 0, "deliver");
  network.step(0, 1, "deliver");
  network.step(1, 0, "deliver");
  network.step(0, 2, "deliver");
  publisher.say([16, 1, {}, "com.a", ["first"]]);
  while (network.busyWays().some(([from]) => from === 2)) network.step(2, 0, "deliver");
  realm.core.crash();
  publisher.say([16, 2, {}, "com.a", ["second"]]);
  realm.deliver();
  realm.advance(1_000);
  const { resumed, rest } = takeWelcome(again);
  const events = [...rest, ...again.take()] as unknown[][];
  expect([resumed, events.map(([, , , , args]) => args)]).toStrictEqual([true, [["second"]]]);
});

test("a session that leaves the core gets the answer to its SUBSCRIBE, for which a relay is still asked", () => {
  const realm = newRealm();
  const { client, offer } = join(realm, 0);
  const publisher = realm.join(3);
  // The relay of the publisher believes now that the topic is unused.
  publisher.send([16, 1, {}, "com.a"]);
  realm.cut.add(3);
  client.say([32, 1, {}, "com.a"]);
  client.leave();
  const again = ask(realm, 1, offer);
  realm.deliver();
  expect(again.take()).toStrictEqual([]);
  realm.cut.clear();
  realm.deliver();
  const { resumed, rest } = takeWelcome(again);
  expect([resumed, rest]).toStrictEqual([true, [[33, 1, idOf("exact", "com.a")]]]);
  publisher.send([16, 2, {}, "com.a", ["later"]]);
  expect(again.take()).toStrictEqual([[36, idOf("exact", "com.a"), expect.any(Number), {}, ["later"]]]);
});

describe("a client gets a new session", () => {
  test.each<[string, (offer: Offer) => object]>([
    ["with a wrong token", ({ id }) => ({ "resume-session": id, "resume-token": "wrong" })],
    ["without a token", ({ id }) => ({ "resume-session": id })],
    ["for a session that no object has made", ({ token }) => ({ "resume-session": 77, "resume-token": token })],
    [
      "for a session of a relay that has never been heard of",
      ({ token }) => ({ "resume-session": IDS.session(9, () => 5), "resume-token": token }),
    ],
    [
      "if it has missed messages that are not kept",
      ({ id, token }) => ({ "resume-session": id, "resume-token": token, _resume_received: 5 }),
    ],
  ])("%s", (_, detailsOf) => {
    const realm = newRealm();
    const { client, offer } = join(realm, 1);
    client.leave();
    const other = realm.connect(2);
    other.send(helloOf(detailsOf(offer)));
    const { id, resumed } = takeWelcome(other);
    expect([resumed, id === offer.id]).toStrictEqual([false, false]);
    expect(realm.relays[1]!.relay.isIdle).toBe(true);
  });

  test("if the session has expired", () => {
    const realm = newRealm();
    const { client, offer } = join(realm, 1);
    client.leave();
    realm.advance(TIME + 1_000);
    expect(resume(realm, 2, offer).welcome.resumed).toBe(false);
  });

  test.each([
    ["the relay that has the session", 1, 0],
    ["the core", 0, 2],
  ] as const)("within five seconds if %s cannot be reached", (_, to, from) => {
    const realm = newRealm();
    const { client, offer } = join(realm, 1);
    client.leave();
    const other = ask(realm, 2, offer);
    const { network } = realm.world;
    const start = realm.world.time.now;
    while (other.transport.received.length === 0) {
      const [way] = network.busyWays();
      if (way !== undefined) network.step(...way, way[0] === from && way[1] === to ? "lose call" : "deliver");
      else {
        const objects = [realm.core, ...realm.relays];
        realm.world.time.now = Math.min(...objects.flatMap(({ due }) => due ?? []));
        for (const object of objects) object.tick();
      }
    }
    expect(takeWelcome(other).resumed).toBe(false);
    expect(realm.world.time.now - start).toBeLessThanOrEqual(5_000);
  });

  test.each<[string, (realm: RelayedRealm, other: RelayedClient) => void]>([
    ["", () => {}],
    [
      ", and again before the relay can say that it has not got the session",
      (realm, other) => {
        other.send([48, 1, {}, "com.q"]);
        realm.advance(70_000);
      },
    ],
    [", and the core loses its memory", ({ core }) => void core.crash()],
  ])("if the link goes down with the session on its way, which then ends%s", (_, goOn) => {
    const realm = newRealm();
    const { client, offer } = join(realm, 1);
    client.send([64, 1, {}, "com.p"]);
    client.leave();
    const other = ask(realm, 2, offer);
    const { network } = realm.world;
    while (realm.relays[0]!.realm.sessions.byId.has(offer.id)) network.step(...network.busyWays()[0]!, "deliver");
    network.block(0, 2, "lose call");
    realm.advance(70_000);
    goOn(realm, other);
    network.unblock();
    realm.advance(70_000);
    expect(takeWelcome(other).resumed).toBe(false);
    const { core, moved } = realm.core;
    expect([core.remote.byId.size, core.realm.dealer.registrations.size, [...moved.all()]]).toStrictEqual([0, 0, []]);
  });

  test("if the relay loses its memory with the session on its way", () => {
    const realm = newRealm();
    const { client, offer } = join(realm, 1);
    client.send([64, 1, {}, "com.p"]);
    client.leave();
    const other = ask(realm, 2, offer);
    const { network } = realm.world;
    while (realm.relays[0]!.realm.sessions.byId.has(offer.id)) network.step(...network.busyWays()[0]!, "deliver");
    realm.relays[0]!.crash();
    realm.relays[0]!.relay.begin();
    realm.relays[0]!.after();
    realm.deliver();
    realm.advance(6_000);
    expect(takeWelcome(other).resumed).toBe(false);
    expect(realm.core.core.remote.byId.size).toBe(0);
  });
});

describe.each<[string, (realm: RelayedRealm) => void]>([
  [
    "loses its memory",
    ({ relays: [former] }) => {
      former!.crash();
      former!.relay.begin();
    },
  ],
  [
    "cannot reach the core for a minute",
    (realm) => {
      const { network } = realm.world;
      const block = (from: number, to: number) => network.block(from, to, "lose call");
      block(0, 1);
      block(1, 0);
      block(2, 0);
      realm.advance(70_000);
      network.unblock();
      // What the next relay says comes later.
      block(2, 0);
      realm.advance(70_000);
      network.unblock();
      realm.advance(70_000);
    },
  ],
])("a callee that moves while the core loses its memory, and then its former relay %s", (_, fail) => {
  function crashWhen(isTime: (realm: RelayedRealm, id: number) => boolean) {
    const realm = newRealm();
    const { network } = realm.world;
    const { client, offer } = join(realm, 1);
    client.send([64, 1, {}, "com.p"]);
    client.leave();
    const again = ask(realm, 2, offer);
    while (!isTime(realm, offer.id)) network.step(...network.busyWays()[0]!, "deliver");
    realm.core.crash();
    fail(realm);
    realm.advance(10_000);
    return { realm, welcome: takeWelcome(again), again, offer };
  }

  test("stays registered, where its new relay has got it", () => {
    const { realm, welcome, again, offer } = crashWhen((world, id) => objectsWith(world, id).includes(2));
    expect(welcome.id).toBe(offer.id);
    realm.join(3).send([48, 1, {}, "com.p"]);
    expect((again.take() as unknown[][]).map(([type]) => type)).toStrictEqual([68]);
  });

  test("is registered no more, where its new relay has not got it", () => {
    const isPassed = ({ core }: RelayedRealm, id: number) => core.sessions.rows.get(id)?.taker === 2;
    const { realm, welcome } = crashWhen(isPassed);
    expect([welcome.resumed, realm.core.realm.dealer.registrations.size, realm.core.sessions.rows.size]).toStrictEqual([
      ...[false, 0, 0],
    ]);
  });
});

describe.each([
  ["that the core has made", 0],
  ["that has been at the relay before", 2],
])("a callee, %s, that moves from the core to a relay while the core loses its memory", (_, home) => {
  function leaveCore() {
    const realm = newRealm();
    const { network } = realm.world;
    const first = join(realm, home);
    first.client.send([64, 1, {}, "com.p"]);
    first.client.leave();
    const { client, welcome } = resume(realm, 0, first.offer);
    client.leave();
    const again = ask(realm, 2, welcome);
    while (objectsWith(realm, welcome.id).includes(0)) network.step(...network.busyWays()[0]!, "deliver");
    return { realm, network, again, offer: welcome };
  }

  test("stays registered, where the relay has got it", () => {
    const { realm, network, again, offer } = leaveCore();
    while (!objectsWith(realm, offer.id).includes(2)) network.step(...network.busyWays()[0]!, "deliver");
    realm.core.crash();
    realm.join(3).send([48, 1, {}, "com.p"]);
    const { resumed, rest } = takeWelcome(again);
    expect([resumed, (rest as unknown[][]).map(([type]) => type)]).toStrictEqual([true, [68]]);
  });

  test("is registered no more, where the relay has not got it", () => {
    const { realm, network, again } = leaveCore();
    network.block(0, 2, "lose call");
    realm.advance(6_000);
    realm.core.crash();
    network.unblock();
    realm.join(0);
    expect([takeWelcome(again).resumed, realm.core.realm.dealer.registrations.size]).toStrictEqual([false, 0]);
    expect([realm.core.sessions.rows.size, [...realm.core.moved.all()]]).toStrictEqual([0, []]);
  });
});

test("a callee that moves while the core loses its memory keeps no invocation that ends meanwhile", () => {
  const realm = newRealm();
  const { network } = realm.world;
  const { client, offer } = join(realm, 1);
  client.send([64, 1, {}, "com.p"]);
  client.leave();
  const again = ask(realm, 2, offer);
  while (objectsWith(realm, offer.id).includes(1)) network.step(...network.busyWays()[0]!, "deliver");
  realm.core.crash();
  // Relay 1 has yet to send the session again.
  realm.join(0).send([48, 1, {}, "com.p"], [49, 1, { mode: "killnowait" }]);
  realm.advance(10_000);
  const { resumed, rest } = takeWelcome(again);
  expect([resumed, (rest as unknown[][]).map(([type]) => type)]).toStrictEqual([true, [68, 69]]);
  const { dealer, sessions } = realm.relays[1]!.realm;
  expect(dealer.tables.remote!.recordOf(sessions.byId.get(offer.id)!)!.invocations).toStrictEqual([]);
});
