/** Callees that limit the number of calls they handle at once (Crossbar.io's concurrency). */

import { describe, expect, test } from "vitest";
import type { Client } from "../host/test-realm.ts";
import { TestRealm, violated } from "../host/test-realm.ts";
import { BUSY, call, SHARED, takeReceived, testRealmOfTwo } from "./call-queue-realm.ts";
import { joinCallee, joinCaller } from "./rpc-clients.ts";

describe("REGISTER with concurrency", () => {
  test("[SHR-13] a callee gets at most as many calls at once as its concurrency; without a queue the next one is refused", () => {
    const { realm, caller, callee } = testRealmOfTwo({}, { concurrency: 2 });
    for (const request of [1, 2, 3]) call(caller, request);
    callee.send([70, 1, {}]);
    for (const request of [4, 5]) call(caller, request);
    expect(takeReceived(realm)).toStrictEqual([
      'callee INVOCATION 1 ["caller 1"]',
      'callee INVOCATION 2 ["caller 2"]',
      `caller ERROR 3 ${BUSY}`,
      "caller 50 1 []",
      'callee INVOCATION 3 ["caller 4"]',
      `caller ERROR 5 ${BUSY}`,
    ]);
  });

  test("[SHR-13] a concurrency beyond 2^53 is none, and its callee outlasts the sleep of the realm", () => {
    const { realm, caller, callee } = testRealmOfTwo({}, { concurrency: 2 ** 53 });
    realm.sleepAndWake();
    call(caller, 1);
    callee.send([70, 1, {}]);
    expect(takeReceived(realm)).toStrictEqual(['callee INVOCATION 1 ["caller 1"]', "caller 50 1 []"]);
  });

  test("[SHR-13] a callee at its concurrency limit is passed over while other callees are free", () => {
    const realm = new TestRealm();
    const caller = joinCaller(realm, "caller");
    const [a] = ["a", "b"].map((name) => joinCallee(realm, name, [], SHARED)) as [Client, Client];
    joinCallee(realm, "c", [], { concurrency: 2, invoke: "roundrobin" });
    for (const request of [1, 2, 3, 4, 5]) call(caller, request);
    a.send([70, 1, {}]);
    call(caller, 6);
    expect(takeReceived(realm)).toStrictEqual([
      'a INVOCATION 1 ["caller 1"]',
      'b INVOCATION 1 ["caller 2"]',
      'c INVOCATION 1 ["caller 3"]',
      'c INVOCATION 2 ["caller 4"]',
      `caller ERROR 5 ${BUSY}`,
      "caller 50 1 []",
      'a INVOCATION 2 ["caller 6"]',
    ]);
  });

  test.each([
    ["its ERROR", ({ callee }: ReturnType<typeof testRealmOfTwo>) => callee.send([8, 68, 1, {}, "com.app.no"])],
    ["CANCEL", ({ caller }: ReturnType<typeof testRealmOfTwo>) => caller.send([49, 1, {}])],
    ["a timeout", ({ realm }: ReturnType<typeof testRealmOfTwo>) => realm.advance(100)],
  ])("[SHR-13] a callee accepts calls again after %s, and its running calls are counted over sleep", (_, end) => {
    const clients = testRealmOfTwo({});
    call(clients.caller, 1, "com.p", { timeout: 100 });
    clients.realm.sleepAndWake();
    call(clients.caller, 2);
    expect(takeReceived(clients.realm)).toStrictEqual(['callee INVOCATION 1 ["caller 1"]', `caller ERROR 2 ${BUSY}`]);
    end(clients);
    clients.realm.take();
    call(clients.caller, 3);
    expect(takeReceived(clients.realm)).toStrictEqual(['callee INVOCATION 2 ["caller 3"]']);
  });

  test.each([[0], [-1], [1.5], ["1"], [true]])(
    "[SHR-13] REGISTER with concurrency %j breaks the protocol",
    (concurrency) => {
      const realm = new TestRealm();
      realm.join("callee").send([64, 1, { concurrency }, "com.p"]);
      expect(realm.take()).toStrictEqual(violated("callee", "REGISTER: invalid concurrency"));
    },
  );
});
