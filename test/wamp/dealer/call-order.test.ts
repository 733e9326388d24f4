/** Ordering of one caller's calls to one callee while some of them wait in a queue. */

import { describe, expect, test } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import type { Client } from "../host/test-realm.ts";
import { TestRealm } from "../host/test-realm.ts";
import { call, QUEUE, SHARED, takeReceived, testRealmOfTwo } from "./call-queue-realm.ts";
import { joinCallee, joinCaller } from "./rpc-clients.ts";

describe("[ORD-03] the order of one caller's calls at one callee", () => {
  /** A realm whose callee has a second procedure, `com.q`, without a concurrency limit. */
  function testRealmWithSecond(input: Partial<RealmInput> = QUEUE) {
    const clients = testRealmOfTwo(input);
    clients.callee.send([64, 2, {}, "com.q"]);
    clients.realm.take();
    return clients;
  }

  test("a later call waits for an earlier call to the same callee, even if only the earlier one must wait", () => {
    const { realm, caller, callee } = testRealmWithSecond();
    call(caller, 1);
    call(caller, 2);
    call(caller, 3, "com.q");
    call(caller, 4, "com.q");
    expect(takeReceived(realm)).toStrictEqual(['callee INVOCATION 1 ["caller 1"]']);
    realm.sleepAndWake();
    callee.send([70, 1, {}]);
    expect(takeReceived(realm)).toStrictEqual([
      'callee INVOCATION 2 ["caller 2"]',
      'callee INVOCATION 3 ["caller 3"]',
      'callee INVOCATION 4 ["caller 4"]',
      "caller 50 1 []",
    ]);
  });

  test("a later call waits without a queue of its own", () => {
    const { realm, caller, callee } = testRealmWithSecond({ store: { "call-queue": [{ uri: "com.p", limit: 1 }] } });
    for (const request of [1, 2]) call(caller, request);
    for (const request of [3, 4]) call(caller, request, "com.q");
    callee.send([70, 1, {}]);
    expect(takeReceived(realm)).toStrictEqual([
      'callee INVOCATION 1 ["caller 1"]',
      'callee INVOCATION 2 ["caller 2"]',
      'callee INVOCATION 3 ["caller 3"]',
      'callee INVOCATION 4 ["caller 4"]',
      "caller 50 1 []",
    ]);
  });

  test("a waiting call does not delay other callers or calls to other callees", () => {
    const { realm, caller } = testRealmWithSecond();
    const other = joinCaller(realm, "other");
    joinCallee(realm, "elsewhere", [], {}, "com.elsewhere");
    call(caller, 1);
    call(caller, 2);
    call(other, 1, "com.q");
    call(caller, 3, "com.elsewhere");
    expect(takeReceived(realm)).toStrictEqual([
      'callee INVOCATION 1 ["caller 1"]',
      'callee INVOCATION 2 ["other 1"]',
      'elsewhere INVOCATION 1 ["caller 3"]',
    ]);
  });

  test.each([
    ["is canceled", ({ caller }: ReturnType<typeof testRealmOfTwo>) => caller.send([49, 2, {}]), "canceled"],
    ["times out", ({ realm }: ReturnType<typeof testRealmOfTwo>) => realm.advance(100), "timeout"],
    [
      "has no callee left",
      ({ callee }: ReturnType<typeof testRealmOfTwo>) => callee.send([66, 3, 3]),
      "no_such_procedure",
    ],
  ])("a later call is sent when the earlier one %s", (_, end, error) => {
    const clients = testRealmWithSecond();
    const { realm, caller } = clients;
    call(caller, 1);
    call(caller, 2, "com.p", { timeout: 100 });
    call(caller, 3, "com.q");
    realm.take();
    end(clients);
    expect(takeReceived(realm).filter((line) => !line.includes("67"))).toStrictEqual([
      `caller ERROR 2 wamp.error.${error}`,
      'callee INVOCATION 2 ["caller 3"]',
    ]);
  });

  test("a later call is sent when the callee can no longer receive the earlier one", () => {
    const realm = new TestRealm(QUEUE);
    const caller = joinCaller(realm, "caller");
    const [a] = ["a", "b"].map((name) => joinCallee(realm, name, [], SHARED)) as [Client, Client];
    a.send([64, 2, {}, "com.q"]);
    for (const request of [1, 2, 3]) call(caller, request);
    call(caller, 4, "com.q");
    realm.take();
    a.send([66, 3, 3]);
    expect(takeReceived(realm)).toStrictEqual(["a 67 3 []", 'a INVOCATION 2 ["caller 4"]']);
  });

  test("a waiting call does not keep a shared procedure from using its other callees", () => {
    const { realm, caller, callee } = testRealmWithSecond();
    callee.send([64, 3, { invoke: "roundrobin" }, "com.shared"]);
    joinCallee(realm, "helper", [], { invoke: "roundrobin" }, "com.shared");
    call(caller, 1);
    call(caller, 2);
    for (const request of [3, 4]) call(caller, request, "com.shared");
    expect(takeReceived(realm)).toStrictEqual([
      'callee INVOCATION 1 ["caller 1"]',
      'helper INVOCATION 1 ["caller 3"]',
      'helper INVOCATION 2 ["caller 4"]',
    ]);
  });
});
