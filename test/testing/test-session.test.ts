/** Sessions of `testRealm`: handlers, subscriptions, ends, and what outlives a restart. */

import { describe, expect, test } from "vitest";
import type { ComponentSession } from "wamp-edge/component";
import { ApplicationError, testRealm } from "wamp-edge/testing";
import { CONFIG, components } from "./greeter.ts";

const start = () => testRealm(CONFIG, { components });

describe("a handler of the test", () => {
  test("that throws in an event fails the test when the realm stops", async () => {
    const realm = await start();
    const alice = await realm.join({ authid: "alice", role: "user" });
    await alice.subscribe("com.example.news", () => {
      throw new Error("unexpected");
    });
    await (await realm.join({ role: "user" })).publish("com.example.news");
    expect(realm.logs).toMatchObject([{ event: "handler.failed", authid: "alice", cause: "Error: unexpected" }]);
    await expect(realm.stop()).rejects.toThrow("unexpected");
  });

  test("that throws in a call gives the caller a runtime_error, and the log the error", async () => {
    await using realm = await start();
    const alice = await realm.join({ authid: "alice", role: "user" });
    await alice.register("com.example.fail", () => {
      throw new TypeError("no");
    });
    const call = (await realm.join({ role: "user" })).call("com.example.fail");
    await expect(call).rejects.toMatchObject({ uri: "wamp.error.runtime_error", args: ["no"] });
    expect(realm.logs).toMatchObject([{ event: "handler.failed", authid: "alice", cause: "TypeError: no" }]);
  });

  test("answers with progressive results, and is told when the caller cancels", async () => {
    await using realm = await start();
    const [alice, bob] = [await realm.join({ role: "user" }), await realm.join({ role: "user" })];
    const stopped = Promise.withResolvers<unknown>();
    await alice.register("com.example.stream", (_args, _kwargs, { progress, signal }) => {
      progress?.([1]);
      progress?.([2]);
      signal.addEventListener("abort", () => stopped.resolve(signal.reason));
      return new Promise(() => {});
    });
    const parts: unknown[] = [];
    const stop = new AbortController();
    const call = bob.call("com.example.stream", [], {}, { onProgress: ([n]) => parts.push(n), signal: stop.signal });
    const refused = expect(call).rejects.toMatchObject({ uri: "wamp.error.canceled" });
    await realm.settled();
    expect(parts).toEqual([1, 2]);
    stop.abort();
    await refused;
    expect(await stopped.promise).toMatchObject({ uri: "wamp.error.canceled" });
  });
});

test("an unexpected error of a component is in the log", async () => {
  await using realm = await start();
  const alice = await realm.join({ role: "user" });
  await expect(alice.call("com.example.break")).rejects.toMatchObject({ uri: "wamp.error.runtime_error" });
  expect(realm.logs).toMatchObject([
    { level: "error", realm: "realm1", event: "component.failed", component: "greeter", cause: "Error: broken" },
  ]);
});

test("bytes and large integers arrive as they were sent", async () => {
  await using realm = await start();
  const alice = await realm.join({ role: "user" });
  await alice.register("com.example.echo", (args) => args[0]);
  const value = { bytes: Uint8Array.of(1, 255), large: 2n ** 60n };
  expect((await alice.call("com.example.echo", [value])).args).toEqual([value]);
});

describe("a subscription", () => {
  test("returns its events one after the other, those that are to come, too", async () => {
    await using realm = await start();
    const [alice, bob] = [await realm.join({ role: "user" }), await realm.join({ role: "user" })];
    const news = await alice.subscribe("com.example.news");
    await bob.publish("com.example.news", [1]);
    await bob.publish("com.example.news", [2]);
    expect((await news.next()).args).toEqual([1]);
    const rest: unknown[] = [];
    const reader = (async () => {
      for await (const { args } of news) if (rest.push(args[0]) === 2) break;
    })();
    await bob.publish("com.example.news", [3]);
    await reader;
    expect(rest).toEqual([2, 3]);
  });

  test("rejects what waits for its next event when it ends", async () => {
    await using realm = await start();
    const alice = await realm.join({ role: "user" });
    const [news, more] = [await alice.subscribe("com.example.news"), await alice.subscribe("com.example.more")];
    const unsubscribed = expect(news.next()).rejects.toMatchObject({ uri: "wamp.error.no_such_subscription" });
    await alice.unsubscribe(news);
    await unsubscribed;
    const left = expect(more.next()).rejects.toBeInstanceOf(ApplicationError);
    await alice.leave();
    await left;
  });

  test("rejects what waits for its next event, and what asks later, when the router revokes it", async () => {
    const roles = [
      { name: "user", permissions: [{ uri: "com.example.*", allow: { subscribe: true } }] },
      { name: "admin", permissions: [{ uri: "wamp.*", allow: { call: true } }] },
    ];
    await using realm = await testRealm({ version: 1, realms: [{ name: "realm1", roles, auth: {} }] });
    const [admin, alice] = [await realm.join({ role: "admin" }), await realm.join({ role: "user" })];
    const [news, again] = [await alice.subscribe("com.example.news"), await alice.subscribe("com.example.news")];
    const waiting = [news, again].map((each) =>
      expect(each.next()).rejects.toMatchObject({ uri: "wamp.error.no_such_subscription" }),
    );
    await admin.call("wamp.subscription.remove_subscriber", [news.id, alice.id]);
    await Promise.all(waiting);
    await expect(news.next()).rejects.toMatchObject({ uri: "wamp.error.no_such_subscription" });
  });

  test("of two handlers ends with the last one", async () => {
    await using realm = await start();
    const [alice, bob] = [await realm.join({ role: "user" }), await realm.join({ role: "user" })];
    const [first, second] = [await alice.subscribe("com.example.news"), await alice.subscribe("com.example.news")];
    await alice.unsubscribe(first);
    await bob.publish("com.example.news", [1]);
    expect([first.events.length, second.events.length]).toEqual([0, 1]);
  });
});

describe("the end of a session", () => {
  test("is told with its reason when it is killed", async () => {
    const roles = [{ name: "admin", permissions: [{ uri: "wamp.*", allow: { call: true } }] }] as const;
    const config = { version: 1, realms: [{ name: "realm1", roles, auth: {} }] } as const;
    await using realm = await testRealm(config as never);
    const [admin, victim] = [await realm.join({ role: "admin" }), await realm.join({ role: "admin" })];
    await admin.call("wamp.session.kill", [victim.id], { reason: "com.example.bye", message: "sorry" });
    expect(await victim.ended).toEqual({ reason: "com.example.bye", message: "sorry" });
    expect((await realm.sessions()).map(({ session }) => session)).toEqual([admin.id]);
  });

  test("by a message that breaks the protocol rejects its requests with the ABORT", async () => {
    await using realm = await start();
    const alice = await realm.join({ role: "user" });
    const subscription = alice.subscribe("com.example.news", undefined, { match: 7 });
    await expect(subscription).rejects.toMatchObject({ uri: "wamp.error.protocol_violation" });
    expect(await alice.ended).toMatchObject({ reason: "wamp.error.protocol_violation" });
  });

  test("follows at once when a session that cannot be resumed loses its connection", async () => {
    await using realm = await start();
    const alice = await realm.join({ authid: "alice", role: "user" });
    const call = expect(alice.call("com.example.hang")).rejects.toMatchObject({ uri: "wamp.error.canceled" });
    await alice.disconnect();
    await call;
    expect((await alice.ended).reason).toBe("wamp.error.network_failure");
    expect((await realm.sessions()).map(({ authid }) => authid)).toEqual(["greeter"]);
  });
});

describe("after a restart", () => {
  const login = { method: "ticket", authid: "bob", ticket: "bobs-ticket", resumable: true } as const;

  test("a retained event is still there", async () => {
    await using realm = await start();
    const alice = await realm.join({ role: "user" });
    await alice.publish("com.example.state", ["on"], {}, { retain: true });
    await realm.restart();
    const bob = await realm.join({ role: "user" });
    const state = await bob.subscribe("com.example.state", undefined, { get_retained: true });
    expect((await state.next()).args).toEqual(["on"]);
  });

  test("a session that waited for its client goes on", async () => {
    await using realm = await start();
    const bob = await realm.login(login);
    const news = await bob.subscribe("com.example.news");
    await bob.disconnect();
    await realm.restart();
    await (await realm.join({ role: "user" })).publish("com.example.news", [1]);
    await bob.resume();
    expect((await news.next()).args).toEqual([1]);
  });
});

describe("sleep", () => {
  test("answers a call that a component was working on", async () => {
    await using realm = await start();
    const alice = await realm.join({ role: "user" });
    const call = expect(alice.call("com.example.hang")).rejects.toMatchObject({ uri: "wamp.error.canceled" });
    await realm.sleep();
    await call;
  });

  test("keeps a call between two clients", async () => {
    await using realm = await start();
    const [alice, bob] = [await realm.join({ role: "user" }), await realm.join({ role: "user" })];
    const answer = Promise.withResolvers<string>();
    await alice.register("com.example.ask", () => answer.promise);
    const call = bob.call("com.example.ask");
    await realm.sleep();
    answer.resolve("late");
    expect((await call).args).toEqual(["late"]);
  });

  test("stops all effects of handlers that began before it", async () => {
    const late = Promise.withResolvers<void>();
    let runs = 0;
    const component = {
      onJoin: (session: ComponentSession) =>
        session.register("com.example.slow", async () => {
          runs++;
          await late.promise;
          session.publish("com.example.news", ["from a former life"]).catch(() => {});
          throw new Error("from a former life");
        }),
    };
    await using realm = await testRealm(CONFIG, { components: { greeter: component } });
    const alice = await realm.join({ role: "user" });
    const news = await alice.subscribe("com.example.news");
    const call = expect(alice.call("com.example.slow")).rejects.toMatchObject({ uri: "wamp.error.canceled" });
    await realm.sleep();
    await call;
    late.resolve();
    await realm.settled();
    expect([runs, news.events, realm.logs]).toEqual([1, [], []]);
  });
});

test("a component whose session was ended joins again after a second", async () => {
  await using realm = await start();
  const [former] = await realm.sessions();
  const admin = { name: "admin", permissions: [{ uri: "wamp.*", allow: { call: true } }] } as const;
  const config = { version: 1, realms: [{ ...CONFIG.realms[0], roles: [...CONFIG.realms[0]!.roles!, admin] }] };
  await using other = await testRealm(config as never, { components });
  const session = await other.join({ role: "admin" });
  await session.call("wamp.session.kill", [former!.session]);
  await other.clock.advance(999);
  expect((await other.sessions()).map(({ authid }) => authid)).toEqual(["test-1"]);
  await other.clock.advance(1);
  expect((await other.sessions()).map(({ authid }) => authid)).toEqual(["test-1", "greeter"]);
});

test("ids are the same in every run, and others with another seed", async () => {
  const ids = async (seed: number) => {
    await using realm = await testRealm(CONFIG, { components, seed });
    const alice = await realm.join({ role: "user" });
    return [alice.id, await alice.publish("com.example.news")];
  };
  expect(await ids(1)).toEqual(await ids(1));
  expect(await ids(2)).not.toEqual(await ids(1));
});

test("a hundred tests take less than a second of processor time", async () => {
  const before = process.cpuUsage();
  for (let count = 0; count < 100; count++) {
    await using realm = await start();
    const alice = await realm.join({ role: "user" });
    const greeted = await alice.subscribe("com.example.greeted");
    await alice.call("com.example.greet", ["Ann"]);
    expect(greeted.events).toHaveLength(1);
  }
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1_000_000).toBeLessThan(1);
});
