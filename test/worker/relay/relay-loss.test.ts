/** Relays and cores that end with all they have in memory, in the middle of what they do for clients. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { crash, joinAt, sleep, stored, subscribe } from "./objects.ts";

const CANCELED = "wamp.error.canceled";

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
