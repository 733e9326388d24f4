/** A clock that is set back by an hour: no time-out lasts an hour for that, awake or asleep. */

import { describe, expect, test } from "vitest";
import { SteadyClock } from "../../../src/wamp/host/steady-clock.ts";
import { Entrance, type Extra } from "../authentication/entrance.ts";
import { TOKEN_SECRET, token } from "../authentication/methods.ts";
import { Stage } from "./recording-host.ts";

const HOUR = 3_600_000;

describe("the steady clock", () => {
  test("is the wall clock until that is set back, and goes on from there after that", () => {
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
function asleep(stage: Stage): void {
  stage.settle();
  stage.time -= HOUR;
  stage.alarm = undefined;
  stage.sleepAndWake();
  stage.take();
}

describe("after a sleep in which the clock was set back", () => {
  test("[TMO-02] a call ends after its time-out", () => {
    const stage = new Stage();
    stage.time = 2 * HOUR;
    const [caller, callee] = stage.joinAll("caller", "callee");
    callee.send([64, 1, {}, "p"]);
    caller.send([48, 1, { timeout: 5_000 }, "p"]);
    asleep(stage);
    stage.advance(5_000);
    expect(stage.take().map(([name, message]) => [name, message[0]])).toContainEqual(["caller", 8]);
    expect(stage.realm.nextDeadline()).toBe(undefined);
  });

  test.each<[string, (stage: Stage) => void, number]>([
    ["before HELLO", (stage) => void stage.connect("late"), 10_000],
    ["after GOODBYE", (stage) => stage.realm.dismiss(stage.join("late").peer, "com.x"), 5_000],
  ])("[AUTH-11] a socket %s is closed in time", (_, act, limit) => {
    const stage = new Stage();
    stage.time = 2 * HOUR;
    act(stage);
    stage.endTurn();
    asleep(stage);
    stage.advance(limit);
    expect(stage.take()).toMatchObject([["late", "closed", expect.any(Number)]]);
  });

  test("a session without its client ends when its time is over", () => {
    const stage = new Stage({ options: { resume: { time: 60 } } });
    stage.time = 2 * HOUR;
    const client = stage.connect("ann");
    client.send([1, "realm1", { roles: { caller: {} }, resumable: true }]);
    client.disconnect();
    asleep(stage);
    expect(stage.realm.sessions.size).toBe(1);
    stage.advance(60_000);
    expect(stage.realm.sessions.size).toBe(0);
  });
});

describe("tokens go by the wall clock", () => {
  /** A realm whose clock for durations is an hour ahead. */
  class Corrected extends Entrance {
    override wallTime(): number {
      return this.time - HOUR;
    }
  }

  async function outcome(entrance: Entrance, claims: Extra): Promise<unknown> {
    const client = await entrance.knock({ authmethods: ["jwt"] });
    entrance.take();
    await entrance.say(client, [5, await token(claims), {}]);
    return entrance.answer(client)[0];
  }

  test("[TKT-03] one that is valid for five minutes more is taken, and its session lasts five minutes", async () => {
    const entrance = new Corrected({ jwt: { type: "static", key: TOKEN_SECRET, "end-session": true } });
    entrance.time = 2 * HOUR;
    expect(await outcome(entrance, { exp: 3_600 - 6 })).toBe(3);
    expect(await outcome(entrance, { exp: 3_600 + 300 })).toBe(2);
    entrance.advance(299_999);
    expect(entrance.take()).toStrictEqual([]);
    entrance.advance(1);
    expect(entrance.take()).toMatchObject([["joe", [6, {}, "wamp.close.killed"]]]);
  });
});
