/** `testRealm` in the Workers runtime, as users of `@cloudflare/vitest-plugin` run it. */

import { expect, test } from "vitest";
import { testRealm } from "wamp-edge/testing";
import { CONFIG, components } from "../testing/greeter.ts";

test("a realm in memory runs in the Workers runtime: joins, logins, time and sleep", async () => {
  await using realm = await testRealm(CONFIG, { components });
  const alice = await realm.join({ role: "user" });
  const bob = await realm.login({ method: "ticket", authid: "bob", ticket: "bobs-ticket" });
  const greeted = await alice.subscribe("com.example.greeted");
  expect((await bob.call("com.example.greet", ["Ann"])).args).toEqual(["Hello, Ann!"]);
  expect(greeted.events).toMatchObject([{ args: ["Ann"] }]);
  const timeout = expect(bob.call("com.example.hang", [], {}, { timeout: 1000 })).rejects.toMatchObject({
    uri: "wamp.error.timeout",
  });
  await realm.clock.advance(1000);
  await timeout;
  await realm.sleep();
  expect((await bob.call("com.example.count")).args).toEqual([1]);
});
