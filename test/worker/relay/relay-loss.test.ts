/** Relays and cores that end with all they have in memory, in the middle of what they do for clients. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Client } from "../../chaos/client.ts";
import { RELAYS, StoredLoad, startCalls } from "./busy-realm.ts";
import { clientAt, crash, endCoolDown, isAwake, joinAt, sleep, stored, subscribe } from "./objects.ts";

const CANCELED = "wamp.error.canceled";
const UNAVAILABLE = "wamp.error.unavailable";
const NO_SUCH_PROCEDURE = "wamp.error.no_such_procedure";
const WITHIN = { timeout: 20_000, interval: 20 };

beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => {}));
afterEach(() => void vi.restoreAllMocks());

describe("a relay that ends with its sockets", () => {
  it("fails the calls that its callees worked on, once the core hears of it", async () => {
    const realm = "spread-lost-callee";
    const [callee, caller] = [await joinAt(realm, "weur.0"), await joinAt(realm, "apac.0")];
    callee.send([64, 1, {}, "com.add"]);
    await callee.next();
    caller.send([48, 1, {}, "com.add"]);
    await callee.next();
    await crash(realm, "weur.0");
    caller.send([48, 2, {}, "com.add"]);
    const answers = [await caller.next(), await caller.next()].toSorted((a, b) => Number(a[2]) - Number(b[2]));
    expect(answers).toMatchObject([
      [8, 48, 1, {}, CANCELED, [expect.any(String)]],
      [8, 48, 2, {}, CANCELED, [expect.any(String)]],
    ]);
    caller.send([48, 3, {}, "com.add"]);
    expect(await caller.next()).toMatchObject([8, 48, 3, {}, "wamp.error.no_such_procedure", [expect.any(String)]]);
  });

  it("has nothing left at the core when its first client is back", async () => {
    const realm = "spread-lost-relay";
    const lost = await joinAt(realm, "weur.0");
    lost.send([64, 1, {}, "com.add"]);
    await lost.next();
    await subscribe(lost, "com.topic");
    await crash(realm, "weur.0");
    const back = await joinAt(realm, "weur.0");
    back.send([64, 1, {}, "com.add"]);
    expect(await back.next()).toMatchObject([65, 1, expect.any(Number)]);
    await sleep(realm, undefined, "weur.0");
    expect((await stored(realm)).rows).toMatchObject({ relay_interest: 0, remote_session: 1 });
  });
});

describe("a core that ends", () => {
  it("keeps registrations, interest and the calls that callees work on", async () => {
    const realm = "spread-lost-core";
    const [callee, caller] = [await joinAt(realm, "weur.0"), await joinAt(realm, "apac.0")];
    callee.send([64, 1, {}, "com.add"]);
    const [, , registration] = await callee.next();
    const subscription = await subscribe(caller, "com.topic");
    caller.send([48, 2, {}, "com.add", ["slow"]]);
    await callee.next();
    await sleep(realm, undefined);
    await crash(realm);
    callee.send([70, 1, {}, ["done"]]);
    expect(await caller.next()).toStrictEqual([50, 2, {}, ["done"]]);
    callee.send([16, 2, {}, "com.topic", ["still here"]]);
    expect(await caller.next()).toMatchObject([36, subscription, expect.any(Number), {}, ["still here"]]);
    // The core says that it has not taken this call, which its relay sends again.
    caller.send([48, 3, {}, "com.add"]);
    expect(await callee.next()).toStrictEqual([68, 2, registration, {}]);
  });

  it("fails or answers each call once, and keeps no row of them, if it ends again and again under load", async () => {
    const realm = "spread-load";
    const [callee, caller] = [await joinAt(realm, "weur.0"), await joinAt(realm, "apac.0")];
    callee.send([64, 1, {}, "com.echo"]);
    await callee.next();
    const answering = (async () => {
      for (;;) {
        const [type, request, , , args] = await callee.next();
        if (type === 68) callee.send([70, request, {}, args]);
      }
    })();
    const outcomes = new Map<number, string[]>();
    const calls = 200;
    for (let request = 1; request <= calls; request++) {
      caller.send([48, request, {}, "com.echo", [request]]);
      if (request % 50 === 0) await crash(realm);
    }
    for (let answers = 0; answers < calls; answers++) {
      const [type, first, second, , uri] = await caller.next();
      const request = Number(type === 50 ? first : second);
      outcomes.set(request, [...(outcomes.get(request) ?? []), type === 50 ? "result" : String(uri)]);
    }
    expect(outcomes.size).toBe(calls);
    const all = new Set([...outcomes.values()].map(([outcome]) => outcome));
    expect([...all].filter((each) => !["result", CANCELED, "wamp.error.unavailable"].includes(each!))).toStrictEqual(
      [],
    );
    await sleep(realm, undefined, "weur.0", "apac.0");
    expect((await stored(realm)).rows).toMatchObject({ remote_session: 1 });
    void answering;
  });
});

/** Waits until `count` returns so much more than now. */
async function untilMore(count: () => number, more: number): Promise<void> {
  const before = count();
  await vi.waitFor(() => expect(count()).toBeGreaterThanOrEqual(before + more), WITHIN);
}

/** Ends all clients; resolves to the tables that are not empty when the objects are at rest. */
async function leftTables(realm: string, clients: readonly Client[]): Promise<string[]> {
  const open = clients.filter(({ isOpen }) => isOpen);
  // The relays tell the core their counts before it answers, and do so at once again after a sleep: they need not wait.
  await Promise.all(open.map((client) => client.call("wamp.session.count", [])));
  await sleep(realm, undefined, ...RELAYS);
  for (const client of open) client.close();
  await vi.waitFor(() => expect(clients.every(({ isOpen }) => !isOpen)).toBe(true), WITHIN);
  for (const relay of RELAYS) await endCoolDown(realm, relay);
  let left: string[] = [];
  await vi.waitFor(async () => {
    left = [];
    for (const relay of [undefined, ...RELAYS]) {
      await isAwake(realm, relay);
      const { alarm, rows } = await stored(realm, relay);
      if (alarm !== null) left.push(`alarm of ${relay ?? "core"}`);
      for (const [table, count] of Object.entries(rows)) if (count > 0) left.push(`${relay ?? "core"} ${table}`);
    }
    expect(left).not.toContain("core relay_epoch");
  }, WITHIN);
  return left.sort();
}

/** What a realm with a history keeps without sessions. */
const AT_REST = [
  ...["history_batch", "history_log", "link_number", "schema_version"].map((table) => `core ${table}`),
  ...RELAYS.toSorted().flatMap((relay) => [`${relay} link_number`, `${relay} schema_version`]),
].sort();

describe("under a load of calls and stored events", () => {
  it("a core that ends loses nothing acknowledged, answers each call once, and keeps no row of sessions", async () => {
    const realm = "spread-busy-core";
    const [stored, { load, clients }] = await Promise.all([StoredLoad.start(realm), startCalls(realm, 1)]);
    await untilMore(() => load.results, 12);
    load.expectErrors();
    await crash(realm);
    await untilMore(() => load.results, 12);
    await untilMore(() => stored.acknowledged, 6);
    load.stop();
    await load.ended;
    expect([await stored.faults(), load.faults]).toStrictEqual([[], []]);
    expect([...load.errors.keys()].filter((uri) => uri !== CANCELED && uri !== UNAVAILABLE)).toStrictEqual([]);
    expect([...clients, ...stored.clients].every(({ isOpen }) => isOpen)).toBe(true);
    expect(await leftTables(realm, [...clients, ...stored.clients])).toStrictEqual(AT_REST);
  });

  it("a relay that ends takes with it what its clients held, and nothing of the others", async () => {
    const realm = "spread-busy-relay";
    const watcher = await clientAt(realm, RELAYS[1]);
    const topicOf = new Map<unknown, string>();
    for (const topic of [
      "wamp.registration.on_unregister",
      "wamp.registration.on_delete",
      "wamp.subscription.on_delete",
    ]) {
      topicOf.set((await watcher.ask(32, {}, topic))[2], topic);
    }
    const [stored, { load, clients }] = await Promise.all([StoredLoad.start(realm), startCalls(realm, 1)]);
    const [lost] = clients as [Client];
    const silent = await clientAt(realm, RELAYS[0]);
    const [, , subscription] = await silent.ask(32, {}, "com.only.there");
    const [, , registration] = await silent.ask(64, {}, "com.silent");
    const invoked = new Promise((resolve) => {
      silent.onInvocation = resolve;
    });
    const answer = watcher.ask(48, {}, "com.silent");
    await invoked;
    const registrations = await Promise.all(
      ["chaos.echo", "chaos.queued", "chaos.only"].map((uri) => watcher.call("wamp.registration.lookup", [uri])),
    );
    await untilMore(() => load.results, 12);
    load.expectErrors();
    await crash(realm, RELAYS[0]);
    await untilMore(() => load.results, 12);
    await untilMore(() => stored.acknowledged, 6);
    load.stop();
    await load.ended;
    expect([await stored.faults(), load.faults]).toStrictEqual([[], []]);
    expect((await answer)[4]).toBe(CANCELED);
    expect([...load.errors.keys()].filter((uri) => uri !== CANCELED)).toStrictEqual([NO_SUCH_PROCEDURE]);
    const heard = watcher.events.map(([, id, , , args]) => [topicOf.get(id), ...(args as unknown[])]);
    expect(heard).toStrictEqual([
      ["wamp.subscription.on_delete", 0, subscription],
      ...registrations.map(([id]) => ["wamp.registration.on_unregister", lost.session, id]),
      ["wamp.registration.on_delete", lost.session, registrations.at(-1)![0]],
      ["wamp.registration.on_unregister", silent.session, registration],
      ["wamp.registration.on_delete", silent.session, registration],
    ]);
    expect(await leftTables(realm, [watcher, ...clients, ...stored.clients])).toStrictEqual(AT_REST);
  });
});
