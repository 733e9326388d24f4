/** REGISTER of a procedure that a session of another relay holds, or has held until its relay crashed. */

import { describe, expect, test } from "vitest";
import { ALL_ROLES } from "../../host/test-realm.ts";
import { RelayedRealm } from "../relayed-realm.ts";

const REGISTERED = [65, 1, expect.any(Number)];
const REFUSED = [8, 64, 1, {}, "wamp.error.procedure_already_exists", ["procedure com.p is registered already"]];

/** A realm whose first relay has a callee. */
function withCallee(): RelayedRealm {
  const realm = new RelayedRealm(3);
  realm.join(1).send([64, 1, {}, "com.p"]);
  return realm;
}

describe("a procedure of a relay that has crashed, and that no client has come back to", () => {
  test.each([0, 2])("is free for a session of object %i", (object) => {
    const realm = withCallee();
    realm.relays[0]!.crash();
    const callee = realm.join(object);
    callee.send([64, 1, {}, "com.p"]);
    expect(callee.take()).toStrictEqual([REGISTERED]);
    const caller = realm.join(3);
    caller.send([48, 1, {}, "com.p"]);
    expect(callee.take()).toStrictEqual([[68, 1, expect.any(Number), {}]]);
  });

  test("goes to the first session that asks, and the second one is refused", () => {
    const realm = withCallee();
    realm.relays[0]!.crash();
    const [first, second] = [realm.join(2), realm.join(3)];
    first.say([64, 1, {}, "com.p"]);
    realm.world.network.step(2, 0, "deliver");
    second.send([64, 1, {}, "com.p"]);
    expect([first.take(), second.take()]).toStrictEqual([[REGISTERED], [REFUSED]]);
  });

  test("is free although the core crashes while it asks the relay", () => {
    const realm = withCallee();
    realm.relays[0]!.crash();
    const callee = realm.join(2);
    callee.say([64, 1, {}, "com.p"]);
    realm.world.network.step(2, 0, "deliver");
    realm.core.crash();
    realm.advance(5_000);
    expect(callee.take()).toStrictEqual([REGISTERED]);
  });

  test("is not registered for a session that has left meanwhile", () => {
    const realm = withCallee();
    realm.relays[0]!.crash();
    realm.cut.add(1);
    const callee = realm.join(2);
    callee.send([64, 1, {}, "com.p"]);
    callee.leave();
    realm.cut.clear();
    realm.deliver();
    expect(realm.core.core.remote.byId.size).toBe(0);
    expect([...realm.core.sessions.all()]).toStrictEqual([]);
  });
});

test("a session of the core that is parked meanwhile has its answer, which a crash of the core does not lose", () => {
  const realm = new RelayedRealm(3, { options: { enable_meta_api: false, resume: { time: 60 } } });
  realm.join(1).send([64, 1, {}, "com.p"]);
  realm.cut.add(1);
  const callee = realm.connect(0);
  callee.send([1, "realm1", { roles: ALL_ROLES, resumable: true }]);
  const [[, id, { resume_token: token }]] = callee.take() as [[number, number, { resume_token: string }]];
  callee.send([64, 1, {}, "com.p"]);
  expect(callee.take()).toStrictEqual([]);
  callee.leave();
  realm.core.save();
  realm.core.crash();
  realm.cut.clear();
  const again = realm.connect(2);
  again.send([1, "realm1", { roles: ALL_ROLES, "resume-session": id, "resume-token": token }]);
  realm.advance(10_000);
  expect(again.take().slice(1)).toStrictEqual([REFUSED]);
});

test("a session of the core whose INVOCATION a crash of the core loses is lost with it, and no call stays open", () => {
  const realm = new RelayedRealm(2, { options: { enable_meta_api: false, resume: { time: 60 } } });
  const callee = realm.join(1);
  callee.send([64, 1, {}, "com.p"]);
  realm.cut.add(1);
  const caller = realm.connect(0);
  caller.send([1, "realm1", { roles: ALL_ROLES, resumable: true }]);
  const [[, id, { resume_token: token }]] = caller.take() as [[number, number, { resume_token: string }]];
  caller.send([48, 1, {}, "com.p"]);
  caller.leave();
  realm.core.flush();
  realm.core.crash();
  realm.cut.clear();
  const again = realm.connect(2);
  again.send([1, "realm1", { roles: ALL_ROLES, "resume-session": id, "resume-token": token }]);
  realm.advance(10_000);
  const [[type, newId]] = again.take() as [[number, number]];
  expect([type, newId === id, callee.take()]).toStrictEqual([2, false, [REGISTERED]]);
  expect(realm.core.realm.dealer.tables.pending.count()).toBe(0);
});

describe("a procedure of a callee that is there", () => {
  test.each([0, 2])("is refused to a session of object %i, and nothing of the session is left", (object) => {
    const realm = withCallee();
    const callee = realm.join(object);
    callee.send([64, 1, {}, "com.p"]);
    expect(callee.take()).toStrictEqual([REFUSED]);
    expect(realm.core.core.remote.byId.size).toBe(1);
  });

  test("is refused at once to a session of the same relay", () => {
    const realm = withCallee();
    const callee = realm.join(1);
    callee.say([64, 1, {}, "com.p"]);
    realm.world.network.step(1, 0, "deliver");
    realm.world.network.step(0, 1, "deliver");
    expect(callee.take()).toStrictEqual([REFUSED]);
  });

  test("is refused after five seconds if its relay cannot be reached, and at once later", () => {
    const realm = withCallee();
    realm.world.network.block(0, 1, "lose call");
    const callee = realm.join(2);
    callee.send([64, 1, {}, "com.p"]);
    expect(callee.take()).toStrictEqual([]);
    realm.advance(8_000);
    expect(callee.take()).toStrictEqual([REFUSED]);
    realm.advance(120_000);
    const later = realm.join(2);
    later.send([64, 1, {}, "com.p"]);
    expect(later.take()).toStrictEqual([REFUSED]);
  });
});
