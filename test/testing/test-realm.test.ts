/** `testRealm`: a realm in memory, its sessions, its clock and its sleep. */

import { describe, expect, test } from "vitest";
import { testRealm } from "wamp-edge/testing";
import { CONFIG, components } from "./greeter.ts";

const start = () => testRealm(CONFIG, { components });

describe("a session that joins", () => {
  test("calls a component", async () => {
    await using realm = await start();
    const alice = await realm.join({ authid: "alice", role: "user" });
    expect(await alice.call("com.example.greet", ["Ann"])).toEqual({ args: ["Hello, Ann!"], kwargs: {} });
  });

  test("gets the error of a component as an ApplicationError", async () => {
    await using realm = await start();
    const alice = await realm.join({ role: "user" });
    await expect(alice.call("com.example.greet")).rejects.toMatchObject({
      name: "ApplicationError",
      uri: "com.example.error.no_name",
      args: ["who?"],
    });
  });

  test("is refused what its role may not do", async () => {
    await using realm = await start();
    const guest = await realm.join({ role: "guest" });
    await expect(guest.subscribe("com.example.greeted")).rejects.toMatchObject({ uri: "wamp.error.not_authorized" });
  });

  test("has the events of a publication before the publisher has its acknowledgment", async () => {
    await using realm = await start();
    const [alice, bob] = [await realm.join({ role: "user" }), await realm.join({ authid: "bob", role: "user" })];
    const taken: unknown[] = [];
    const subscription = await alice.subscribe("com.example.news", ([text]) => void taken.push(text));
    await bob.publish("com.example.news", ["first"], { n: 1 }, { disclose_me: true });
    expect(taken).toEqual(["first"]);
    expect(subscription.events).toMatchObject([
      { args: ["first"], kwargs: { n: 1 }, details: { topic: "com.example.news", publisher_authid: "bob" } },
    ]);
  });

  test("serves the calls of others", async () => {
    await using realm = await start();
    const [alice, bob] = [await realm.join({ role: "user" }), await realm.join({ authid: "bob", role: "user" })];
    const registration = await alice.register("com.example.add", ([a, b], _, { caller_authid }) => [
      (a as number) + (b as number),
      caller_authid,
    ]);
    expect((await bob.call("com.example.add", [1, 2])).args).toEqual([[3, "bob"]]);
    await alice.unregister(registration);
    await expect(bob.call("com.example.add")).rejects.toMatchObject({ uri: "wamp.error.no_such_procedure" });
  });

  test("leaves, and is no longer there", async () => {
    await using realm = await start();
    const alice = await realm.join({ authid: "alice", role: "user" });
    expect((await realm.sessions()).map(({ authid }) => authid)).toEqual(["greeter", "alice"]);
    await alice.leave();
    expect((await realm.sessions()).map(({ authid }) => authid)).toEqual(["greeter"]);
    await expect(alice.call("com.example.greet", ["Ann"])).rejects.toMatchObject({ uri: "wamp.error.no_such_session" });
  });
});

describe("a login", () => {
  test("passes the handshake of the method", async () => {
    await using realm = await start();
    const bob = await realm.login({ method: "ticket", authid: "bob", ticket: "bobs-ticket" });
    expect(bob.details).toMatchObject({ authid: "bob", authrole: "user", authmethod: "ticket" });
    expect((await bob.call("com.example.greet", ["Ann"])).args).toEqual(["Hello, Ann!"]);
  });

  test("rejects with the URI of the ABORT where it is refused", async () => {
    await using realm = await start();
    const login = realm.login({ method: "ticket", authid: "bob", ticket: "wrong" });
    await expect(login).rejects.toMatchObject({ name: "ApplicationError", uri: "wamp.error.authentication_denied" });
    expect(realm.logs).toMatchObject([{ level: "warn", event: "login.refused", authid: "bob" }]);
  });
});

describe("the clock", () => {
  test("ends a call exactly at its timeout", async () => {
    await using realm = await start();
    const alice = await realm.join({ role: "user" });
    let outcome: unknown = "pending";
    alice.call("com.example.hang", [], {}, { timeout: 1000 }).catch(({ uri }) => {
      outcome = uri;
    });
    await realm.clock.advance(999);
    expect(outcome).toBe("pending");
    await realm.clock.advance(1);
    expect(outcome).toBe("wamp.error.timeout");
  });
});

describe("sleep", () => {
  test("runs the components again, and keeps the sessions of clients", async () => {
    await using realm = await start();
    const alice = await realm.join({ role: "user" });
    const subscription = await alice.subscribe("com.example.greeted");
    expect((await alice.call("com.example.count")).args).toEqual([1]);
    expect((await alice.call("com.example.count")).args).toEqual([2]);
    await realm.sleep();
    expect((await alice.call("com.example.count")).args).toEqual([1]);
    await alice.call("com.example.greet", ["Ann"]);
    expect(subscription.events).toMatchObject([{ args: ["Ann"] }]);
  });
});

describe("restart", () => {
  test("ends the sessions", async () => {
    await using realm = await start();
    const alice = await realm.join({ role: "user" });
    await realm.restart();
    expect(await alice.ended).toEqual({ reason: "wamp.error.network_failure", message: "the router restarts" });
    expect((await realm.sessions()).map(({ authid }) => authid)).toEqual(["greeter"]);
  });
});
