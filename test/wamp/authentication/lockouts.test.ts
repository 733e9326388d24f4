/** Lockouts: after too many wrong passwords every login for the authid is refused for a while. */

import { describe, expect, test } from "vitest";
import { AuthTestRealm, DENIED, FAILED, TLS } from "./auth-test-realm.ts";
import { CASES } from "./methods.ts";

const LIMITS = { failed_logins: 3, failed_logins_window: 10_000 };

/** Methods with a password, each with a configuration that has joe. */
const GUESSABLE = ["ticket", "wampcra", "wampcra, salted", "scram", "wamp-scram"];

class Guessing {
  readonly realm: AuthTestRealm;
  readonly #it: (typeof CASES)[string];

  constructor(method: string, limits: object = LIMITS) {
    this.#it = CASES[method]!;
    this.realm = new AuthTestRealm(this.#it.auth, { limits });
  }

  /** The reply to an attempt: its type and reason, and whether there was a challenge before. */
  async attempt(authid: string, isRight: boolean): Promise<unknown[]> {
    const client = await this.realm.sendHello({ ...this.#it.hello, authid });
    const first = this.realm.takeReply(client);
    if (first[0] !== 4) return [false, first[0], first[2]];
    const extra = first[2] as never;
    await this.realm.sendFrom(client, await this.#it.authenticate(extra, isRight, authid));
    const last = this.realm.takeReply(client);
    return [true, last[0], last[0] === 2 ? undefined : last[2]];
  }

  async fail(authid: string, times: number): Promise<void> {
    for (let n = 0; n < times; n++) expect(await this.attempt(authid, false)).toStrictEqual([true, 3, DENIED[2]]);
  }
}

const WELCOME = [true, 2, undefined];
const LOCKED = [false, 3, DENIED[2]];

describe.each(GUESSABLE)("%s", (method) => {
  test("[AUTH-07][AUTH-09] after too many wrong passwords the right one is refused at once, with the same reason, for a while", async () => {
    const guessing = new Guessing(method);
    await guessing.fail("joe", 3);
    expect(await guessing.attempt("joe", true)).toStrictEqual(LOCKED);
    guessing.realm.advance(9_999);
    expect(await guessing.attempt("joe", true)).toStrictEqual(LOCKED);
    guessing.realm.advance(1);
    expect(await guessing.attempt("joe", true)).toStrictEqual(WELCOME);
  });

  test("[AUTH-09] an unknown authid is treated as a known one", async () => {
    const guessing = new Guessing(method);
    await guessing.fail("unknown", 3);
    expect(await guessing.attempt("unknown", false)).toStrictEqual(LOCKED);
    expect(await guessing.attempt("joe", true)).toStrictEqual(WELCOME);
  });

  test("[AUTH-07] open challenges are refused, too", async () => {
    const guessing = new Guessing(method);
    const it = CASES[method]!;
    const client = await guessing.realm.sendHello({ ...it.hello, authid: "joe" }, "early");
    const extra = guessing.realm.takeChallenge(client);
    await guessing.fail("joe", 3);
    await guessing.realm.sendFrom(client, await it.authenticate(extra, true, "joe"));
    expect(guessing.realm.takeReply(client)[2]).toBe(DENIED[2]);
  });
});

test("[AUTH-07] fewer wrong passwords, or in a longer time, cause no lockout", async () => {
  const guessing = new Guessing("ticket");
  await guessing.fail("joe", 2);
  expect(await guessing.attempt("joe", true)).toStrictEqual(WELCOME);
  await guessing.fail("joe", 2);
  guessing.realm.advance(10_000);
  await guessing.fail("joe", 2);
  expect(await guessing.attempt("joe", true)).toStrictEqual(WELCOME);
});

test("[AUTH-15] a lockout outlasts sleep and restarts", async () => {
  const guessing = new Guessing("ticket");
  await guessing.fail("joe", 3);
  guessing.realm.sleepAndWake();
  expect(await guessing.attempt("joe", true)).toStrictEqual(LOCKED);
  guessing.realm.restart();
  expect(await guessing.attempt("joe", true)).toStrictEqual(LOCKED);
});

test("[AUTH-07] twenty wrong passwords in a minute are the default limit", async () => {
  const guessing = new Guessing("ticket", {});
  await guessing.fail("joe", 20);
  expect(await guessing.attempt("joe", true)).toStrictEqual(LOCKED);
  guessing.realm.advance(60_000);
  expect(await guessing.attempt("joe", true)).toStrictEqual(WELCOME);
});

test("[AUTH-08] an absent authenticator does not count as wrong password", async () => {
  const auth = { ticket: { type: "dynamic", authenticator: "com.authenticate" } } as const;
  const realm = new AuthTestRealm(auth, { limits: LIMITS });
  for (let n = 0; n < 5; n++) {
    const client = await realm.sendHello({ authmethods: ["ticket"], authid: "joe" });
    realm.takeChallenge(client);
    await realm.sendUntilTimeout(client, [5, "secret", {}]);
    expect(realm.takeReply(client)).toStrictEqual(FAILED);
  }
});

test("[AUTH-07] wrong signatures cause no lockout, because keys cannot be guessed", async () => {
  const guessing = new Guessing("cryptosign");
  await guessing.fail("joe", 5);
  expect(await guessing.attempt("joe", true)).toStrictEqual(WELCOME);
});

describe("networks", () => {
  const AUTH = { ticket: { type: "static", principals: { joe: { ticket: "secret!!!", role: "user" } } } } as const;
  const HOME = "198.51.100.1";
  const DAY = 86_400_000;

  /** A realm that asks for no facts, and the reason or WELCOME of an attempt from an address. */
  class Town extends AuthTestRealm {
    constructor() {
      super(AUTH, { limits: LIMITS });
    }

    async attempt(peer: string | undefined, ticket: string, authid = "joe", sleeps = false): Promise<unknown> {
      const client = await this.sendHello({ authmethods: ["ticket"], authid }, "joe", {
        ...TLS,
        ...(peer && { peer }),
      });
      const first = this.takeReply(client);
      if (first[0] !== 4) return first[2];
      if (sleeps) this.sleepAndWake();
      expect(client.record).not.toContain("http_headers_received");
      await this.sendFrom(client, [5, ticket, {}]);
      const last = this.takeReply(client);
      client.disconnect();
      return last[0] === 2 ? "welcome" : last[2];
    }

    async guess(times: number, peerOf: (n: number) => string): Promise<void> {
      for (let n = 0; n < times; n++) expect(await this.attempt(peerOf(n), "wrong")).toBe(DENIED[2]);
    }

    get lockouts(): unknown[] {
      return this.logged.filter(({ event }) => event === "lockout.begun");
    }
  }

  test.each([
    ["203.0.113.7", "203.0.113.99"],
    ["2001:db8:1:2::3", "2001:db8:1:ffff::"],
  ])(
    "[AUTH-07] an attacker at %s locks out the own network, and not the owner elsewhere",
    async (stranger, neighbour) => {
      const town = new Town();
      await town.guess(3, () => stranger);
      expect(await town.attempt(neighbour, "secret!!!")).toBe(DENIED[2]);
      expect(await town.attempt(HOME, "secret!!!")).toBe("welcome");
      expect(town.lockouts).toMatchObject([
        { level: "warn", authid: "joe", network: expect.stringMatching(/\/(24|48)$/) },
      ]);
      town.advance(10_000);
      expect(await town.attempt(neighbour, "secret!!!")).toBe("welcome");
    },
  );

  test("[AUTH-15] the network of an attempt survives sleep during the handshake", async () => {
    const town = new Town();
    for (let n = 0; n < 3; n++) await town.attempt("203.0.113.7", "wrong", "joe", n === 0);
    expect(await town.attempt("203.0.113.8", "secret!!!")).toBe(DENIED[2]);
    expect(await town.attempt(HOME, "secret!!!")).toBe("welcome");
  });

  test("[AUTH-07] an attacker with many networks is locked out, and the owner can log in from known networks", async () => {
    const town = new Town();
    expect(await town.attempt(HOME, "secret!!!")).toBe("welcome");
    town.sleepAndWake();
    await town.guess(30, (n) => `203.0.${n}.1`);
    expect(await town.attempt("192.0.2.1", "secret!!!")).toBe(DENIED[2]);
    expect(await town.attempt(undefined, "secret!!!")).toBe(DENIED[2]);
    expect(await town.attempt(HOME, "secret!!!")).toBe("welcome");
    expect(town.lockouts).toStrictEqual([
      expect.objectContaining({ authid: "joe", cause: "too many wrong passwords from all networks together" }),
    ]);
    town.advance(10_000);
    expect(await town.attempt("192.0.2.1", "secret!!!")).toBe("welcome");
  });

  test("[AUTH-07] a network is known for thirty days", async () => {
    const town = new Town();
    await town.attempt(HOME, "secret!!!");
    town.advance(30 * DAY);
    await town.guess(30, (n) => `203.0.${n}.1`);
    expect(await town.attempt(HOME, "secret!!!")).toBe(DENIED[2]);
  });

  test("[AUTH-07] no authid shares the lockout of another one", async () => {
    const town = new Town();
    for (const authid of ["203.0.113.0/24 joe", " joe", "all  joe", "network  joe"]) {
      for (let n = 0; n < 40; n++) await town.attempt(`192.0.${n}.1`, "wrong", authid);
    }
    expect(await town.attempt("203.0.113.1", "secret!!!")).toBe("welcome");
  });

  test("[AUTH-07] a clock that is set back does not prolong a lockout", async () => {
    const later = new Town();
    later.time = 5_000_000;
    await later.guess(3, () => HOME);
    later.time -= 3_600_000;
    expect(await later.attempt(HOME, "secret!!!")).toBe("welcome");
  });
});
