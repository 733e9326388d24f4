/** Tests common to all methods: right, wrong, unknown, replayed and late credentials, with sleep at each step. */

import { afterEach, describe, expect, test, vi } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { ALL_ROLES, type Client, type Line } from "../host/test-realm.ts";
import { AuthTestRealm, DENIED, type Extra, waitForReply } from "./auth-test-realm.ts";
import { CASES, type Case } from "./methods.ts";

const NAMES = Object.keys(CASES);
const SLEEPS = [
  ["awake", []],
  ["asleep before HELLO", ["hello"]],
  ["asleep before AUTHENTICATE", ["authenticate"]],
  ["asleep before both, and after", ["hello", "authenticate", "welcome"]],
] as const;
type Step = (typeof SLEEPS)[number][1][number];

afterEach(() => vi.restoreAllMocks());

describe.each(NAMES)("%s", (name) => {
  const it = CASES[name]!;

  test.each(SLEEPS)(
    "[AUTH-05][AUTH-15][CRA-07][SES-04][WEL-03][WEL-04][WEL-05][WEL-06][WEL-07] right, %s",
    async (_, sleeps) => {
      const attempt = new Attempt(it, sleeps);
      const welcome = await attempt.make("joe", true);
      const { roles, agent } = (welcome[2] ?? {}) as Extra;
      const identity = { realm: "realm1", authid: "joe", authrole: "user", ...it.welcome };
      expect(welcome).toStrictEqual([2, 1, { ...identity, roles, agent }]);
      expect([...attempt.testRealm.realm.sessions.byId.keys()]).toStrictEqual([1]);
      attempt.client.send([48, 1, {}, "com.unknown"]);
      expect(attempt.testRealm.takeReply(attempt.client)).toStrictEqual([
        8,
        48,
        1,
        {},
        ...routerError("wamp.error.no_such_procedure"),
      ]);
    },
  );

  test.each(SLEEPS)("[AUTH-07][TKT-03][CRA-08][SCR-11][CSG-05] wrong, %s", async (_, sleeps) => {
    const attempt = new Attempt(it, sleeps);
    expect(withoutDetails(await attempt.make("joe", false))).toStrictEqual(DENIED);
    expect(attempt.leavesNothing()).toBe(true);
  });

  test.each(SLEEPS)(
    "[AUTH-09][CRA-09][SCR-12][CSG-08] unknown, with someone else's credentials, %s",
    async (_, sleeps) => {
      const attempt = new Attempt(it, sleeps);
      expect(withoutDetails(await attempt.make("unknown", true))).toStrictEqual(DENIED);
      expect(attempt.leavesNothing()).toBe(true);
    },
  );

  test("[AUTH-09] unknown gets the same messages as wrong", async () => {
    const wrong = new Attempt(it);
    const unknown = new Attempt(it);
    expect(await unknown.make("unknown", false)).toStrictEqual(await wrong.make("joe", false));
    expect(shapeOf(unknown.challenged)).toStrictEqual(shapeOf(wrong.challenged));
  });

  test("[AUTH-09][AUTH-14] unknown takes the same cryptographic operations as wrong", async () => {
    const known = await operations(() => new Attempt(it).make("joe", false));
    const unknown = await operations(() => new Attempt(it).make("unknown", false));
    expect(known.length).toBeGreaterThan(0);
    expect(unknown).toStrictEqual(known);
  });

  test("[AUTH-11] late is refused after the timeout, and not before", async () => {
    const attempt = new Attempt(it);
    await attempt.hello("joe");
    attempt.testRealm.sleepAndWake();
    attempt.testRealm.advance(9_999);
    expect(attempt.testRealm.take()).toStrictEqual([]);
    attempt.testRealm.advance(1);
    expect(attempt.testRealm.take()).toStrictEqual([
      ["joe", [3, { message: "no AUTHENTICATE in time" }, "wamp.error.authentication_denied"]],
      ["joe", "closed", 1000],
    ]);
    expect(attempt.leavesNothing()).toBe(true);
  });

  test("[AUTH-14] is single use: a second AUTHENTICATE is ignored", async () => {
    const attempt = new Attempt(it);
    const extra = await attempt.hello("joe");
    attempt.client.send(await it.authenticate(extra, false, "joe"), await it.authenticate(extra, true, "joe"));
    await waitForReply(attempt.client);
    expect(attempt.testRealm.takeReply(attempt.client)[2]).toBe("wamp.error.protocol_violation");
    expect(attempt.leavesNothing()).toBe(true);
  });

  test.each<[string, Line]>([
    ["[SES-12] HELLO", [1, "realm1", { roles: ALL_ROLES }]],
    ["[SES-14] GOODBYE", [6, {}, "wamp.close.close_realm"]],
    ["[SES-01] CALL", [48, 1, {}, "com.app"]],
  ])("%s instead of AUTHENTICATE breaks the protocol", async (_, message) => {
    const attempt = new Attempt(it);
    await attempt.hello("joe");
    attempt.client.send(message);
    const [type, details, reason] = attempt.testRealm.takeReply(attempt.client);
    expect([type, details, reason]).toStrictEqual([
      3,
      { message: "the challenge must be answered first" },
      "wamp.error.protocol_violation",
    ]);
    expect(attempt.leavesNothing()).toBe(true);
  });

  test.each<[string, (client: Client) => void]>([
    ["ABORT", (client) => client.send([3, {}, "com.app.giving_up"])],
    ["loss of the transport", (client) => client.disconnect()],
  ])("[AUTH-12] %s while challenged leaves nothing", async (_, end) => {
    const attempt = new Attempt(it);
    await attempt.hello("joe");
    end(attempt.client);
    expect(attempt.testRealm.takeMessages(attempt.client)).toStrictEqual([]);
    expect(attempt.leavesNothing()).toBe(true);
  });

  test.each<[string, (client: Client) => void]>([
    ["ABORT", (client) => client.send([3, {}, "com.app.giving_up"])],
    ["loss of the transport", (client) => client.disconnect()],
  ])("[AUTH-12] %s while the router thinks leaves nothing, and what it then finds is not sent", async (_, end) => {
    const attempt = new Attempt(it);
    const authenticate = await it.authenticate(await attempt.hello("joe"), true, "joe");
    attempt.client.send(authenticate);
    expect(attempt.client.peer.state.kind).toBe("authenticating");
    end(attempt.client);
    // The same work, begun later, has ended; so that of the attempt has ended, too.
    await new Attempt(it).make("joe", true);
    expect(attempt.testRealm.takeMessages(attempt.client)).toStrictEqual([]);
    expect(attempt.leavesNothing()).toBe(true);
  });

  test("[AUTH-15] when the realm sleeps during the verification, the attempt fails", async () => {
    const attempt = new Attempt(it);
    const authenticate = await it.authenticate(await attempt.hello("joe"), true, "joe");
    attempt.client.send(authenticate);
    attempt.testRealm.sleepAndWake();
    // The same work, begun later, has ended; so that of the attempt has ended, too.
    await new Attempt(it).make("joe", true);
    expect(attempt.testRealm.takeReply(attempt.client).slice(2)).toStrictEqual(["wamp.error.authentication_failed"]);
    expect(attempt.leavesNothing()).toBe(true);
  });

  test("[AUTH-14] is logged without credentials if wrong, and not at all if right", async () => {
    const logs = (["log", "info", "warn", "error", "debug"] as const).map((level) => vi.spyOn(console, level));
    const right = new Attempt(it);
    await right.make("joe", true);
    expect(right.testRealm.logged).toStrictEqual([]);
    for (const authid of ["joe", "unknown"]) {
      const wrong = new Attempt(it);
      await wrong.make(authid, false);
      const [line, ...others] = wrong.testRealm.logged;
      expect(others).toStrictEqual([]);
      expect(line).toMatchObject({ level: "warn", event: "login.refused", uri: DENIED[2], authid: expect.any(String) });
      const text = JSON.stringify(line);
      for (const secret of [...it.secrets, ...wrong.signatures]) expect(text).not.toContain(secret);
    }
    expect(logs.flatMap(({ mock }) => mock.calls)).toStrictEqual([]);
  });

  test("[AUTH-14] keeps no secret in the challenge state", async () => {
    const attempt = new Attempt(it);
    await attempt.hello("joe");
    for (const secret of it.secrets) expect(attempt.client.record).not.toContain(secret);
    expect(attempt.client.saved.kind).toBe("challenged");
  });
});

describe.each(NAMES.filter((name) => CASES[name]!.isBound))("%s", (name) => {
  const it = CASES[name]!;

  test("[AUTH-14][CRA-06][CSG-05] replayed in another attempt is wrong", async () => {
    const testRealm = new AuthTestRealm(it.auth);
    const first = new Attempt(it, [], testRealm);
    const authenticate = await it.authenticate(await first.hello("joe"), true, "joe");
    await testRealm.sendFrom(first.client, authenticate);
    expect(testRealm.takeReply(first.client)[0]).toBe(2);
    const second = new Attempt(it, [], testRealm);
    await second.hello("joe");
    await testRealm.sendFrom(second.client, authenticate);
    expect(withoutDetails(testRealm.takeReply(second.client))).toStrictEqual(DENIED);
  });
});

/** One client's attempt. */
class Attempt {
  readonly testRealm: AuthTestRealm;
  readonly client: Client;
  /** CHALLENGE.Extra. */
  challenged: Extra = {};
  /** The signatures the client gave. */
  readonly signatures: string[] = [];
  readonly #case: Case;
  readonly #sleeps: readonly Step[];

  constructor(it: Case, sleeps: readonly Step[] = [], testRealm = new AuthTestRealm(it.auth)) {
    this.#case = it;
    this.#sleeps = sleeps;
    this.testRealm = testRealm;
    this.client = testRealm.connect("joe");
  }

  /** Sends HELLO and returns CHALLENGE.Extra. */
  async hello(authid: string): Promise<Extra> {
    this.#sleepBefore("hello");
    const details = { roles: ALL_ROLES, authid, ...this.#case.hello };
    await this.testRealm.sendFrom(this.client, [1, "realm1", details]);
    this.challenged = this.testRealm.takeChallenge(this.client);
    return this.challenged;
  }

  /** Runs the whole handshake; returns WELCOME or ABORT. */
  async make(authid: string, isRight: boolean): Promise<Line> {
    const authenticate = await this.#case.authenticate(await this.hello(authid), isRight, authid);
    this.signatures.push(authenticate[1]);
    this.#sleepBefore("authenticate");
    await this.testRealm.sendFrom(this.client, authenticate);
    const outcome = this.testRealm.takeReply(this.client);
    this.#sleepBefore("welcome");
    return outcome;
  }

  leavesNothing(): boolean {
    this.testRealm.sleepAndWake();
    return this.testRealm.realm.sessions.byId.size === 0 && this.testRealm.realm.nextDeadline() === undefined;
  }

  #sleepBefore(step: Step): void {
    if (this.#sleeps.includes(step)) this.testRealm.sleepAndWake();
  }
}

/** SCRAM has further ABORT.Details. */
function withoutDetails([type, details, ...others]: Line): Line {
  const { message } = details as Extra;
  return [type, { message }, ...others];
}

/** Keys with the types of their values, and how long these are. */
function shapeOf(extra: Extra): Extra {
  return Object.fromEntries(
    Object.entries(extra).map(([key, value]) => [
      key,
      key === "challenge" ? typeof value : [typeof value, String(value).length],
    ]),
  );
}

/** The WebCrypto calls of a function, sorted by name. */
async function operations(work: () => Promise<unknown>): Promise<string[]> {
  const names = ["digest", "importKey", "sign", "verify", "deriveBits", "exportKey"] as const;
  const calls: string[] = [];
  for (const name of names) {
    const original = crypto.subtle[name].bind(crypto.subtle) as (...args: unknown[]) => Promise<never>;
    vi.spyOn(crypto.subtle, name).mockImplementation((...args: unknown[]) => {
      calls.push(`${name} ${JSON.stringify(args[0])} ${args.map(sizeOf)}`);
      return original(...args);
    });
  }
  await work();
  vi.restoreAllMocks();
  return calls.sort();
}

/** Hash blocks of an input: the finest difference that timing can show. */
function sizeOf(value: unknown): number {
  return value instanceof Uint8Array ? Math.ceil((value.length + 9) / 64) : 0;
}
