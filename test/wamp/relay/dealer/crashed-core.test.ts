/** Calls that are open when the core crashes: each is made once at most, and has one answer. */

import { describe, expect, test } from "vitest";
import { RelayedRealm } from "../relayed-realm.ts";

describe("a call that has waited for a callee", () => {
  test("is not made again by a core that crashes after its callee has got it", () => {
    const realm = new RelayedRealm(2, { store: { "call-queue": [{ uri: "p.queued", match: "exact", limit: 3 }] } });
    const [first, caller, callee] = [realm.join(1), realm.join(1), realm.join(2)];
    callee.send([64, 1, { concurrency: 1 }, "p.queued"]);
    first.send([48, 1, {}, "p.queued", [1]]);
    caller.send([48, 1, {}, "p.queued", [2]]);
    // The core has written a row with the call that waits.
    realm.advance(10_000);
    callee.take();
    callee.say([70, 1, {}]);
    realm.world.network.step(2, 0, "deliver");
    realm.world.network.step(0, 2, "deliver");
    realm.core.crash();
    const calls: unknown[] = [];
    for (let times = 0; times < 3; times++) {
      realm.advance(10_000);
      for (const [type, request, , , args] of callee.take() as unknown[][]) {
        if (type !== 68) continue;
        calls.push(args);
        callee.send([70, request, {}]);
      }
    }
    expect(calls).toStrictEqual([[2]]);
    expect(caller.take()).toHaveLength(1);
  });
});

describe("a registration", () => {
  test("outlives a crash of the core, where it was made when the former callee had gone", () => {
    const realm = new RelayedRealm();
    const [former, callee, caller] = [realm.join(2), realm.join(1), realm.join(2)];
    const { network } = realm.world;
    former.send([64, 1, {}, "com.p"]);
    const [[, , id] = []] = former.take() as unknown[][];
    callee.say([64, 1, {}, "com.p"]);
    network.step(1, 0, "deliver");
    // The core waits for the relay of the former callee, which has nothing else there.
    former.say([66, 2, id]);
    network.step(2, 0, "deliver");
    network.step(0, 1, "deliver");
    expect((callee.take() as unknown[][]).map(([type]) => type)).toStrictEqual([65]);
    realm.core.crash();
    realm.advance(5_000);
    caller.send([48, 1, {}, "com.p"]);
    expect((callee.take() as unknown[][]).map(([type]) => type)).toStrictEqual([68]);
  });

  test("that a callee gives up and takes again while the core crashes is answered in this order", () => {
    const realm = new RelayedRealm();
    const [callee, other] = [realm.join(1), realm.join(2)];
    const { network } = realm.world;
    for (const client of [callee, other]) client.send([64, 1, { invoke: "roundrobin" }, "com.p"]);
    const [[, , id] = []] = callee.take() as unknown[][];
    callee.say([66, 2, id], [64, 3, { invoke: "roundrobin" }, "com.p"]);
    for (let batch = 0; batch < 2; batch++) network.step(1, 0, "deliver");
    realm.core.crash();
    realm.advance(5_000);
    expect(callee.take()).toStrictEqual([
      [67, 2],
      [65, 3, id],
    ]);
    const { registrations } = realm.core.core.realm.dealer;
    expect(registrations.byId(id as number)?.callees.length).toBe(2);
  });

  test("that a callee has given up before the core crashed, and takes again before it hears so, is kept", () => {
    const realm = new RelayedRealm();
    const [callee, other] = [realm.join(1), realm.join(2)];
    const { network } = realm.world;
    for (const client of [callee, other]) client.send([64, 1, { invoke: "roundrobin" }, "com.p"]);
    const [[, , id] = []] = callee.take() as unknown[][];
    callee.say([66, 2, id]);
    network.step(1, 0, "deliver");
    network.step(1, 0, "answer");
    network.step(0, 1, "lose call");
    realm.core.crash();
    callee.send([64, 3, { invoke: "roundrobin" }, "com.p"]);
    realm.advance(5_000);
    expect(callee.take()).toStrictEqual([
      [67, 2],
      [65, 3, id],
    ]);
    expect(realm.core.core.realm.dealer.registrations.byId(id as number)?.callees.length).toBe(2);
  });

  test("that a callee has given up and taken again is not removed by the UNREGISTER, which a crash of the core repeats", () => {
    const realm = new RelayedRealm();
    const [callee, other, caller] = [realm.join(1), realm.join(2), realm.join(2)];
    const { network, time } = realm.world;
    for (const client of [callee, other]) client.send([64, 1, { invoke: "roundrobin" }, "com.p"]);
    const [[, , id] = []] = callee.take() as unknown[][];
    callee.say([66, 2, id], [64, 3, { invoke: "roundrobin" }, "com.p"]);
    for (let batch = 0; batch < 2; batch++) network.step(1, 0, "deliver");
    realm.core.crash();
    realm.cut.add(1);
    other.say([66, 2, id]);
    realm.advance(500);
    realm.cut.clear();
    // The core gets the requests again while its answers, which it had stored, are on their way.
    time.now += 1_000;
    realm.relays[0]!.tick();
    while (network.busyWays().some(([from]) => from === 1)) network.step(1, 0, "deliver");
    realm.advance(5_000);
    expect(callee.take()).toStrictEqual([
      [67, 2],
      [65, 3, id],
    ]);
    caller.send([48, 1, {}, "com.p"]);
    expect(callee.take()).toStrictEqual([[68, expect.any(Number), id, {}]]);
  });
});

describe("a call of which a part of the input was on its way when the core crashed", () => {
  const features = { call_canceling: true, progressive_call_invocations: true, progressive_call_results: true };

  test.each([1, 2])("is canceled, where the call was stored before; %i objects have the part", (objects) => {
    const realm = new RelayedRealm();
    const [caller, callee] = [realm.join(1, { caller: { features } }), realm.join(2, { callee: { features } })];
    callee.send([64, 1, {}, "com.p"]);
    caller.send([48, 1, { progress: true }, "com.p", [1]]);
    realm.advance(10_000);
    callee.take();
    caller.say([48, 1, { progress: true }, "com.p", [2]]);
    realm.world.network.step(1, 0, "deliver");
    realm.world.network.step(1, 0, "answer");
    if (objects === 2) realm.world.network.step(0, 2, "deliver");
    realm.core.crash();
    realm.deliver();
    caller.send([48, 1, {}, "com.p", [3]]);
    realm.advance(10_000);
    const inputs = (callee.take() as unknown[][]).map(([, , , , args]) => args);
    expect(inputs).toStrictEqual(objects === 2 ? [[2]] : []);
    const text = "the router has restarted";
    expect(caller.take()).toStrictEqual([[8, 48, 1, {}, "wamp.error.canceled", [text]]]);
    callee.send([70, 1, {}]);
    expect([caller.take(), realm.core.core.realm.dealer.tables.pending.count()]).toStrictEqual([[], 0]);
  });
});

test("a stored call of which the core has lost a part of the result is canceled, though its caller sends nothing more", () => {
  const features = { progressive_call_results: true };
  const realm = new RelayedRealm();
  const [caller, callee] = [realm.join(1, { caller: { features } }), realm.join(2, { callee: { features } })];
  callee.send([64, 1, {}, "com.p"]);
  caller.send([48, 1, { receive_progress: true }, "com.p"]);
  realm.advance(10_000);
  callee.say([70, 1, { progress: true }, [1]]);
  realm.world.network.step(2, 0, "deliver");
  // The second crash comes before the relay has heard of the first one.
  for (let crashes = 0; crashes < 2; crashes++) realm.core.crash();
  realm.advance(10_000);
  realm.deliver();
  realm.advance(10_000);
  expect(caller.take()).toStrictEqual([[8, 48, 1, {}, "wamp.error.canceled", ["the router has restarted"]]]);
  callee.send([70, 1, {}]);
  expect([caller.take(), realm.core.core.remote.byId.size, realm.core.sessions.rows.size]).toStrictEqual([[], 1, 1]);
});

test("a call is made though the core crashes again, before its relay could say which calls are open", () => {
  const realm = new RelayedRealm();
  const [caller, callee] = [realm.join(1), realm.join(2)];
  callee.send([64, 1, {}, "com.p"]);
  caller.send([48, 1, {}, "com.p", ["first"]]);
  realm.advance(10_000);
  realm.core.crash();
  // The relay hears of the crash by the answer to this.
  caller.say([16, 2, {}, "com.t"]);
  for (const fate of ["deliver", "answer"] as const) realm.world.network.step(1, 0, fate);
  realm.core.crash();
  caller.say([48, 3, {}, "com.p", ["second"]]);
  realm.advance(10_000);
  const calls = (callee.take() as unknown[][]).filter(([type]) => type === 68);
  expect(calls.map(([, , , , args]) => args).at(-1)).toStrictEqual(["second"]);
  for (const [, request, , , args] of calls) callee.send([70, request, {}, args]);
  expect(caller.take()).toStrictEqual([
    [50, 1, {}, ["first"]],
    [50, 3, {}, ["second"]],
  ]);
});

describe("a SUBSCRIBE that the core has taken, and has not answered when it crashes", () => {
  /** The answers at relay 1, where the core crashes before it gives up what it sends to the relay `cut`, which loses it. */
  function answersOf(realm: RelayedRealm, cut: number): unknown[] {
    const client = realm.join(1);
    realm.world.network.block(0, cut, "lose call");
    client.send([32, 1, {}, "com.t"]);
    realm.advance(4_000);
    expect(client.take()).toStrictEqual([]);
    realm.core.crash();
    realm.world.network.unblock();
    realm.advance(10_000);
    return (client.take() as unknown[][]).map(([type, request]) => [type, request]);
  }

  test("is answered, where the answer could not arrive", () => {
    expect(answersOf(new RelayedRealm(), 1)).toStrictEqual([[33, 1]]);
  });

  test("is answered, where it waits until another relay forwards the topic", () => {
    const realm = new RelayedRealm();
    realm.join(2).send([16, 1, {}, "com.t"]);
    expect(answersOf(realm, 2)).toStrictEqual([[33, 1]]);
  });
});
