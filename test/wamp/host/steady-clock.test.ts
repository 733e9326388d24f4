/** A clock that is set back by an hour: timeouts do not last an hour longer, awake or asleep. */

import { describe, expect, test } from "vitest";
import { SteadyClock } from "../../../src/wamp/host/steady-clock.ts";
import { AuthTestRealm, type Extra } from "../authentication/auth-test-realm.ts";
import { TOKEN_SECRET, token } from "../authentication/methods.ts";
import { TestRealm } from "./test-realm.ts";

const HOUR = 3_600_000;

describe("the steady clock", () => {
  test("equals the wall clock until that is set back, and continues from there", () => {
    let wall = 5_000_000;
    const clock = new SteadyClock(() => wall);
    expect([clock.now(), clock.lead]).toStrictEqual([5_000_000, 0]);
    wall += 10;
    expect(clock.now()).toBe(5_000_010);
    wall -= HOUR;
    expect([clock.now(), clock.lead]).toStrictEqual([5_000_010, HOUR]);
    wall += 5_000;
    expect(clock.now()).toBe(5_005_010);
    wall -= 7;
    expect([clock.now(), clock.lead]).toStrictEqual([5_005_010, HOUR + 7]);
  });

  test("follows the wall clock forward", () => {
    let wall = 0;
    const clock = new SteadyClock(() => wall);
    clock.now();
    wall += HOUR;
    expect([clock.now(), clock.lead]).toStrictEqual([HOUR, 0]);
  });
});

/** A realm that sleeps while its clock is set back. */
function asleep(realm: TestRealm): void {
  realm.flush();
  realm.time -= HOUR;
  realm.alarm = undefined;
  realm.sleepAndWake();
  realm.take();
}

describe("after a sleep in which the clock was set back", () => {
  test("[TMO-02] a call ends after its timeout", () => {
    const realm = new TestRealm();
    realm.time = 2 * HOUR;
    const [caller, callee] = realm.joinAll("caller", "callee");
    callee.send([64, 1, {}, "p"]);
    caller.send([48, 1, { timeout: 5_000 }, "p"]);
    asleep(realm);
    realm.advance(5_000);
    expect(realm.take().map(([name, message]) => [name, message[0]])).toContainEqual(["caller", 8]);
    expect(realm.realm.nextDeadline()).toBe(undefined);
  });

  test.each<[string, (realm: TestRealm) => void, number]>([
    ["before HELLO", (realm) => void realm.connect("late"), 10_000],
    ["after GOODBYE", (realm) => realm.realm.sessions.dismiss(realm.join("late").peer, "com.x"), 5_000],
  ])("[AUTH-11] a socket %s is closed in time", (_, act, limit) => {
    const realm = new TestRealm();
    realm.time = 2 * HOUR;
    act(realm);
    realm.flushOutput();
    asleep(realm);
    realm.advance(limit);
    expect(realm.take()).toMatchObject([["late", "closed", expect.any(Number)]]);
  });

  test("a parked session ends after its time", () => {
    const realm = new TestRealm({ options: { resume: { time: 60 } } });
    realm.time = 2 * HOUR;
    const client = realm.connect("ann");
    client.send([1, "realm1", { roles: { caller: {} }, resumable: true }]);
    client.disconnect();
    asleep(realm);
    expect(realm.realm.sessions.byId.size).toBe(1);
    realm.advance(60_000);
    expect(realm.realm.sessions.byId.size).toBe(0);
  });
});

describe("tokens expire by the wall clock", () => {
  /** A realm whose clock for durations is an hour ahead. */
  class Corrected extends AuthTestRealm {
    override wallTime(): number {
      return this.time - HOUR;
    }
  }

  async function outcome(realm: AuthTestRealm, claims: Extra): Promise<unknown> {
    const client = await realm.sendHello({ authmethods: ["jwt"] });
    realm.take();
    await realm.sendFrom(client, [5, await token(claims), {}]);
    return realm.takeReply(client)[0];
  }

  test("[TKT-03] a token valid for five more minutes is accepted, and its session lasts five minutes", async () => {
    const realm = new Corrected({ jwt: { type: "static", key: TOKEN_SECRET, "end-session": true } });
    realm.time = 2 * HOUR;
    expect(await outcome(realm, { exp: 3_600 - 6 })).toBe(3);
    expect(await outcome(realm, { exp: 3_600 + 300 })).toBe(2);
    realm.advance(299_999);
    expect(realm.take()).toStrictEqual([]);
    realm.advance(1);
    expect(realm.take()).toMatchObject([["joe", [6, {}, "wamp.close.killed"]]]);
  });
});
