/** What becomes of somebody who guesses: after too many wrong answers no answer for an authid is right for a while. */

import { describe, expect, test } from "vitest";
import { DENIED, Entrance, FAILED } from "./entrance.ts";
import { CASES } from "./methods.ts";

const LIMITS = { failed_logins: 3, failed_logins_window: 10_000 };

/** The methods with a password, as each configures its joe. */
const GUESSABLE = ["ticket", "wampcra", "wampcra, salted", "scram", "wamp-scram"];

class Guessing {
  readonly entrance: Entrance;
  readonly #it: (typeof CASES)[string];

  constructor(method: string, limits: object = LIMITS) {
    this.#it = CASES[method]!;
    this.entrance = new Entrance(this.#it.auth, { limits });
  }

  /** The answer to an attempt: its type and reason, and whether there was a challenge before. */
  async attempt(authid: string, isRight: boolean): Promise<unknown[]> {
    const client = await this.entrance.knock({ ...this.#it.hello, authid });
    const first = this.entrance.answer(client);
    if (first[0] !== 4) return [false, first[0], first[2]];
    const extra = first[2] as never;
    await this.entrance.say(client, await this.#it.answer(extra, isRight, authid));
    const last = this.entrance.answer(client);
    return [true, last[0], last[0] === 2 ? undefined : last[2]];
  }

  async fail(authid: string, times: number): Promise<void> {
    for (let n = 0; n < times; n++) expect(await this.attempt(authid, false)).toStrictEqual([true, 3, DENIED[2]]);
  }
}

const WELCOME = [true, 2, undefined];
const LOCKED = [false, 3, DENIED[2]];

describe.each(GUESSABLE)("%s", (method) => {
  test("[AUTH-07][AUTH-09] too many wrong answers: even the right one is refused at once, with the same reason, for a while", async () => {
    const guessing = new Guessing(method);
    await guessing.fail("joe", 3);
    expect(await guessing.attempt("joe", true)).toStrictEqual(LOCKED);
    guessing.entrance.advance(9_999);
    expect(await guessing.attempt("joe", true)).toStrictEqual(LOCKED);
    guessing.entrance.advance(1);
    expect(await guessing.attempt("joe", true)).toStrictEqual(WELCOME);
  });

  test("[AUTH-09] an unknown authid is treated as a known one", async () => {
    const guessing = new Guessing(method);
    await guessing.fail("nobody", 3);
    expect(await guessing.attempt("nobody", false)).toStrictEqual(LOCKED);
    expect(await guessing.attempt("joe", true)).toStrictEqual(WELCOME);
  });

  test("[AUTH-07] challenges that were open before are of no use", async () => {
    const guessing = new Guessing(method);
    const it = CASES[method]!;
    const client = await guessing.entrance.knock({ ...it.hello, authid: "joe" }, "early");
    const extra = guessing.entrance.challenge(client);
    await guessing.fail("joe", 3);
    await guessing.entrance.say(client, await it.answer(extra, true, "joe"));
    expect(guessing.entrance.answer(client)[2]).toBe(DENIED[2]);
  });
});

test("[AUTH-07] fewer wrong answers, or over a longer time, lock nobody out", async () => {
  const guessing = new Guessing("ticket");
  await guessing.fail("joe", 2);
  expect(await guessing.attempt("joe", true)).toStrictEqual(WELCOME);
  await guessing.fail("joe", 2);
  guessing.entrance.advance(10_000);
  await guessing.fail("joe", 2);
  expect(await guessing.attempt("joe", true)).toStrictEqual(WELCOME);
});

test("[AUTH-15] a lockout outlasts sleep and restarts", async () => {
  const guessing = new Guessing("ticket");
  await guessing.fail("joe", 3);
  guessing.entrance.sleepAndWake();
  expect(await guessing.attempt("joe", true)).toStrictEqual(LOCKED);
  guessing.entrance.restart();
  expect(await guessing.attempt("joe", true)).toStrictEqual(LOCKED);
});

test("[AUTH-07] twenty wrong answers a minute are too many where the configuration does not say", async () => {
  const guessing = new Guessing("ticket", {});
  await guessing.fail("joe", 20);
  expect(await guessing.attempt("joe", true)).toStrictEqual(LOCKED);
  guessing.entrance.advance(60_000);
  expect(await guessing.attempt("joe", true)).toStrictEqual(WELCOME);
});

test("[AUTH-08] that an authenticator is absent is nobody's wrong answer", async () => {
  const auth = { ticket: { type: "dynamic", authenticator: "com.authenticate" } } as const;
  const entrance = new Entrance(auth, { limits: LIMITS });
  for (let n = 0; n < 5; n++) {
    const client = await entrance.knock({ authmethods: ["ticket"], authid: "joe" });
    entrance.challenge(client);
    await entrance.say(client, [5, "secret", {}]);
    expect(entrance.answer(client)).toStrictEqual(FAILED);
  }
});

test("[AUTH-07] keys cannot be guessed, so nobody is locked out for wrong signatures", async () => {
  const guessing = new Guessing("cryptosign");
  await guessing.fail("joe", 5);
  expect(await guessing.attempt("joe", true)).toStrictEqual(WELCOME);
});
