/** Every method over real sockets, with the realm's object evicted at every step of the handshake. */

import { beforeAll, describe, expect, type TestContext, test } from "vitest";
import { CASES, type Case, token } from "../wamp/authentication/methods.ts";
import { craSignature } from "../wamp/authentication/proofs.ts";
import { freshRealm, type Router, startRouter } from "./harness.ts";
import { ALL_ROLES, ID, RawClient } from "./raw-client.ts";
import type { WireMessage } from "./wire.ts";

const EVERYTHING = { uri: "", match: "prefix", allow: { call: true, register: true, publish: true, subscribe: true } };
const DENIED = "wamp.error.authentication_denied";

const EVICTIONS = [
  ["never", []],
  ["before HELLO", ["HELLO"]],
  ["before AUTHENTICATE", ["AUTHENTICATE"]],
  ["after WELCOME", ["WELCOME"]],
  ["at every step", ["HELLO", "AUTHENTICATE", "WELCOME"]],
] as const;
type Step = (typeof EVICTIONS)[number][1][number];

/** Tokens with today's date; those of the core tests are of 1970. */
async function timely(): Promise<Case["authenticate"]> {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const [right, wrong] = await Promise.all([token({ exp }), token({ exp }, "another secret, of another issuer")]);
  return async (_, isRight) => [5, isRight ? right : wrong, {}];
}

/** Realm pattern → method */
const METHODS = new Map(Object.entries(CASES).map(([name, it]) => [name.replaceAll(/[^a-z]+/g, "-"), it]));

let router: Router;

beforeAll(async () => {
  const jwt = METHODS.get("jwt-as-ticket")!;
  METHODS.set("jwt-as-ticket", { ...jwt, authenticate: await timely() });
  const dynamic = {
    wampcra: { type: "dynamic", authenticator: "com.app.authenticate" },
    anonymous: { type: "static", role: "user" },
  };
  const auths = [...METHODS].map(([family, { auth }]) => [family, auth] as const);
  const realms = [...auths, ["two-factor", dynamic] as const].map(([family, auth]) => ({
    name: `${family}-*`,
    roles: [{ name: "user", permissions: [EVERYTHING] }],
    auth,
  }));
  router = await startRouter({ version: 1, realms });
  return () => router.close();
});

// Evictions take a while in which nothing happens, so they go on side by side.
describe.concurrent.each([...METHODS.keys()])("%s", (family) => {
  test.for(EVICTIONS)("[AUTH-05][AUTH-15][WEL-03] lets the right one in, evicted %s", async ([, steps], context) => {
    const { client, evictBefore, outcome } = await attempt(context, family, steps, true);
    const { welcome } = METHODS.get(family)!;
    const details = { authid: "joe", authrole: "user", ...welcome };
    expect(outcome).toStrictEqual([2, ID, expect.objectContaining(details)]);
    await evictBefore("WELCOME");
    await client.expectNothing();
  });

  test.for(EVICTIONS.slice(0, 3))(
    "[AUTH-07][AUTH-15] keeps the wrong one out, evicted %s",
    async ([, steps], context) => {
      const { client, outcome } = await attempt(context, family, steps, false);
      expect([outcome[0], outcome[2]]).toStrictEqual([3, DENIED]);
      expect((await client.closed).code).toBe(1000);
      expect(client.unread).toStrictEqual([]);
    },
  );
});

test.concurrent.for([
  ["never", []],
  ["before the first AUTHENTICATE", [1]],
  ["before the second AUTHENTICATE", [2]],
  ["before either", [1, 2]],
] as const)("[AUTH-06][AUTH-15] a second factor is asked for and judged, evicted %s", async ([, rounds], context) => {
  const realm = freshRealm("two-factor");
  const evictBefore = async (round: 1 | 2) => {
    if ((rounds as readonly number[]).includes(round)) await router.evict(realm);
  };
  const authenticator = await connect(context, realm);
  await authenticator.join(realm);
  await authenticator.send([64, 1, {}, "com.app.authenticate"]);
  await authenticator.expect([65, 1, ID]);
  const decide = async (response: object): Promise<WireMessage> => {
    const [, request, , , args] = await authenticator.next();
    await authenticator.send([70, request, {}, [response]]);
    return args as WireMessage;
  };
  const client = await connect(context, realm);
  await client.send([1, realm, { roles: ALL_ROLES, authid: "joe", authmethods: ["wampcra"] }]);
  await decide({ role: "user", secret: "secret123", "second-factor": { factor: "totp" } });
  const [, , extra] = await client.expect([4, "wampcra", { challenge: expect.any(String) }]);
  await evictBefore(1);
  await client.send([5, craSignature("secret123", extra as Record<string, unknown>), {}]);
  await client.expect([4, "ticket", { factor: "totp" }]);
  await evictBefore(2);
  await client.send([5, "123456", {}]);
  const question = await decide({});
  expect(question.slice(0, 2)).toStrictEqual([realm, "joe"]);
  expect(question[2]).toMatchObject({ authmethod: "wampcra", "second-factor": "123456" });
  await client.expect([2, ID, expect.objectContaining({ authid: "joe", authrole: "user", authmethod: "wampcra" })]);
  await client.expectNothing();
});

async function connect({ onTestFinished }: TestContext, realm: string): Promise<RawClient> {
  const client = await RawClient.connect(router.realmUrl(realm), "wamp.2.json");
  onTestFinished(() => client.socket.terminate());
  return client;
}

/** A handshake with joe's credentials, or wrong ones, up to WELCOME or ABORT. */
async function attempt(context: TestContext, family: string, steps: readonly Step[], isRight: boolean) {
  const { hello, authenticate } = METHODS.get(family)!;
  const realm = freshRealm(family);
  const client = await connect(context, realm);
  const evictBefore = async (step: Step) => {
    if (steps.includes(step)) await router.evict(realm);
  };
  await evictBefore("HELLO");
  await client.send([1, realm, { roles: ALL_ROLES, authid: "joe", ...hello }]);
  const [, , extra] = await client.expect([4, expect.any(String), expect.any(Object)]);
  await evictBefore("AUTHENTICATE");
  await client.send(await authenticate(extra as Record<string, unknown>, isRight, "joe"));
  return { client, evictBefore, outcome: await client.next() };
}
