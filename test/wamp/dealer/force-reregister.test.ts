/** REGISTER with force_reregister, which replaces a registration (Crossbar.io). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { TestRealm } from "../host/test-realm.ts";
import { joinCallee, joinCaller } from "./rpc-clients.ts";

const FORCE = { force_reregister: true };
const REVOCABLE = ["registration_revocation"];

describe("REGISTER with force_reregister", () => {
  test("[FRR-01][FRR-02] force_reregister removes all callees of a procedure; those that announced registration_revocation are notified", () => {
    const realm = new TestRealm();
    joinCallee(realm, "old", REVOCABLE, { invoke: "roundrobin" });
    joinCallee(realm, "older", [], { invoke: "roundrobin" });
    joinCallee(realm, "oldest", REVOCABLE, { invoke: "roundrobin" });
    const caller = joinCaller(realm, "caller");
    realm.join("new").send([64, 1, FORCE, "com.p"]);
    caller.send([48, 1, {}, "com.p"], [48, 2, {}, "com.p"]);
    expect(realm.take()).toStrictEqual([
      ["old", [67, 0, { registration: 2, reason: "wamp.error.unregistered" }]],
      ["oldest", [67, 0, { registration: 2, reason: "wamp.error.unregistered" }]],
      ["new", [65, 1, 7]],
      ["new", [68, 1, 7, {}]],
      ["new", [68, 2, 7, {}]],
    ]);
  });

  test("[FRR-02] an invocation that is under way finishes at the former callee", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    const old = joinCallee(realm, "old", REVOCABLE);
    caller.send([48, 1, {}, "com.p"]);
    realm.join("new").send([64, 1, FORCE, "com.p"]);
    realm.sleepAndWake();
    realm.take();
    old.send([70, 1, {}, ["finished"]]);
    expect(realm.take()).toStrictEqual([["caller", [50, 1, {}, ["finished"]]]]);
  });

  test("[FRR-02] the former callee's registration is removed and does not reappear after sleep", () => {
    const realm = new TestRealm();
    const old = joinCallee(realm, "old", []);
    realm.join("new").send([64, 1, FORCE, "com.p"]);
    realm.sleepAndWake();
    realm.take();
    expect(realm.recordOf(1).registrations).toStrictEqual([]);
    old.send([66, 2, 2], [64, 3, {}, "com.p"]);
    old.disconnect();
    expect(realm.take()).toStrictEqual([
      ["old", [8, 66, 2, {}, ...routerError("wamp.error.no_such_registration")]],
      ["old", [8, 64, 3, {}, ...routerError("wamp.error.procedure_already_exists")]],
    ]);
    expect([...realm.realm.dealer.registrations.values()].map(({ callees }) => callees.length)).toStrictEqual([1]);
  });

  test("[FRR-02][ORD-09] force_reregister publishes meta events after the reply: on_unregister per callee, on_delete, on_create, on_register", () => {
    const realm = new TestRealm();
    const watcher = realm.join("watcher");
    watcher.send([32, 1, { match: "prefix" }, "wamp.registration."]);
    for (const name of ["one", "two"]) joinCallee(realm, name, [], { invoke: "last" });
    realm.join("new").send([64, 1, FORCE, "com.p"]);
    const events = realm.take().map(([name, message]) => {
      if (message[0] !== 36) return [name, message];
      const [, , , details, args] = message as [number, number, number, { topic: string }, unknown[]];
      return [name, details.topic, args];
    });
    const created = expect.objectContaining({ uri: "com.p", invoke: "single" });
    const [, registered] = events[0] as [string, [number, number, number]];
    const id = registered[2];
    expect(events).toStrictEqual([
      ["new", [65, 1, id]],
      ["watcher", "wamp.registration.on_unregister", [3, 4]],
      ["watcher", "wamp.registration.on_unregister", [expect.any(Number), 4]],
      ["watcher", "wamp.registration.on_delete", [expect.any(Number), 4]],
      ["watcher", "wamp.registration.on_create", [expect.any(Number), created]],
      ["watcher", "wamp.registration.on_register", [expect.any(Number), id]],
    ]);
  });

  test("[FRR-01] force_reregister of a free procedure acts like a plain REGISTER, and false like an absent option", () => {
    const realm = new TestRealm();
    const [one, two] = realm.joinAll("one", "two");
    one.send([64, 1, FORCE, "com.p"]);
    two.send([64, 1, { force_reregister: false }, "com.p"]);
    expect(realm.take()).toStrictEqual([
      ["one", [65, 1, 3]],
      ["two", [8, 64, 1, {}, ...routerError("wamp.error.procedure_already_exists")]],
    ]);
  });

  test("[FRR-01] force_reregister replaces only a registration with the same match, and may change the policy", () => {
    const realm = new TestRealm();
    joinCallee(realm, "prefix", REVOCABLE, { match: "prefix", invoke: "first" });
    joinCallee(realm, "exact", REVOCABLE, { invoke: "first" });
    realm.join("new").send([64, 1, { ...FORCE, invoke: "last" }, "com.p"]);
    joinCallee(realm, "last", [], { invoke: "last" });
    const caller = joinCaller(realm, "caller");
    caller.send([48, 1, {}, "com.p"], [48, 2, {}, "com.p.x"]);
    expect(realm.take().map(([name]) => name)).toStrictEqual(["last", "prefix"]);
  });

  test("[FRR-01] force_reregister by the callee itself gives it a new registration", () => {
    const realm = new TestRealm();
    const callee = joinCallee(realm, "callee", REVOCABLE);
    callee.send([64, 2, FORCE, "com.p"]);
    expect(realm.take()).toStrictEqual([
      ["callee", [67, 0, { registration: 2, reason: "wamp.error.unregistered" }]],
      ["callee", [65, 2, 3]],
    ]);
  });

  test("[FRR-01] force_reregister that is not permitted or exceeds a limit changes nothing", () => {
    const permissions = [{ uri: "com.", match: "prefix", allow: { register: true } }] as const;
    const realm = new TestRealm({
      limits: { registrations_per_session: 1 },
      roles: [{ name: "anonymous", permissions }],
    });
    joinCallee(realm, "old", REVOCABLE);
    const other = realm.join("other");
    other.send([64, 1, {}, "com.other"], [64, 2, FORCE, "com.p"], [64, 3, FORCE, "org.p"]);
    expect(realm.take().map(([name, message]) => [name, message[0], message[4]])).toStrictEqual([
      ["other", 65, undefined],
      ["other", 8, "wamp.edge.error.limit_exceeded"],
      ["other", 8, "wamp.error.not_authorized"],
    ]);
    expect(realm.recordOf(1).registrations).toHaveLength(1);
  });

  test("[FRR-01][SHR-13] force_reregister passes the waiting calls to the new callee", () => {
    const realm = new TestRealm({ store: { "call-queue": [{ uri: "com.p" }] } });
    const caller = joinCaller(realm, "caller");
    joinCallee(realm, "old", [], { concurrency: 1 });
    for (const request of [1, 2, 3]) caller.send([48, request, {}, "com.p", [request]]);
    realm.take();
    realm.join("new").send([64, 1, { ...FORCE, concurrency: 1 }, "com.p"]);
    expect(realm.take()).toStrictEqual([
      ["new", [65, 1, 5]],
      ["new", [68, 1, 5, {}, [2]]],
    ]);
  });
});
