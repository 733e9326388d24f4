/** The realm and its components, in memory: no server, no network. */

import { expect, test } from "vitest";
import { testRealm } from "wamp-edge/testing";
import components from "../src/components.ts";
import config from "../src/realm.ts";

test("greet answers with the name and tells the subscribers", async () => {
  await using realm = await testRealm(config, { components });
  const alice = await realm.join({ authid: "alice", role: "anonymous" });
  const bob = await realm.join({ authid: "bob", role: "anonymous" });
  const greeted = await bob.subscribe("com.example.greeted");
  const { args } = await alice.call("com.example.greet", ["Ann"]);
  expect(args).toEqual(["Hello, Ann!"]);
  expect((await greeted.next()).args).toEqual(["Ann"]);
});

test("greet without a name is refused", async () => {
  await using realm = await testRealm(config, { components });
  const alice = await realm.join({ authid: "alice", role: "anonymous" });
  await expect(alice.call("com.example.greet")).rejects.toMatchObject({ uri: "com.example.error.no_name" });
});

test("clients may not publish", async () => {
  await using realm = await testRealm(config, { components });
  const alice = await realm.join({ authid: "alice", role: "anonymous" });
  await expect(alice.publish("com.example.greeted", ["Ann"])).rejects.toMatchObject({
    uri: "wamp.error.not_authorized",
  });
});
