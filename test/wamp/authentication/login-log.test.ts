/** The log line of a refused login: client, network, method and cause, and no credential. */

import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import type { LogLine } from "../../../src/wamp/host/log-line.ts";
import { type Auth, AuthTestRealm, type Extra, TLS } from "./auth-test-realm.ts";
import { AuthenticatorTestRealm } from "./authenticator-test-realm.ts";
import { TOKEN_SECRET, token } from "./methods.ts";

const FACTS = { ...TLS, peer: "203.0.113.7" };
/** Fields that every line has. */
const WHERE = { event: "login.refused", network: "203.0.113.0/24" };

const TICKETS: Auth = { ticket: { type: "static", principals: { joe: { ticket: "secret!!!", role: "user" } } } };

/** The only line about an attempt. */
async function lineOf(realm: AuthTestRealm, hello: Extra, proof?: string): Promise<LogLine> {
  const client = await realm.sendHello(hello, "joe", FACTS);
  const isUnanswered = client.peer.state.kind !== "closed" && JSON.stringify(hello).includes("absent");
  if (proof !== undefined) await realm[isUnanswered ? "sendUntilTimeout" : "sendFrom"](client, [5, proof, {}]);
  expect(realm.logged).toHaveLength(1);
  expect(JSON.stringify(realm.logged)).not.toContain(proof ?? "secret!!!");
  return realm.logged[0]!;
}

describe("a refused login is one line", () => {
  test.each<[string, Auth, Extra, string | undefined, Extra]>([
    [
      "for a wrong ticket",
      TICKETS,
      { authmethods: ["ticket"], authid: "joe" },
      "wr0ng ticket",
      {
        level: "warn",
        cause: "the ticket is wrong",
        authid: "joe",
        method: "ticket",
        uri: "wamp.error.authentication_denied",
      },
    ],
    [
      "for an unknown principal",
      TICKETS,
      { authmethods: ["ticket"], authid: "eve" },
      "wr0ng ticket",
      { level: "warn", cause: "the principal is unknown", authid: "eve", method: "ticket" },
    ],
    [
      "for methods the realm has not",
      TICKETS,
      { authmethods: ["cryptosign", "scram"], authid: "joe" },
      undefined,
      { level: "warn", authid: "joe", methods: ["cryptosign", "scram"], uri: "wamp.error.no_matching_auth_method" },
    ],
    [
      "for no method where the realm wants one",
      TICKETS,
      {},
      undefined,
      { level: "warn", uri: "wamp.error.authentication_required" },
    ],
    [
      "for an authid that is too long",
      TICKETS,
      { authmethods: ["ticket"], authid: "x".repeat(600) },
      undefined,
      { level: "warn", cause: "the authid is too long" },
    ],
    [
      "for an absent authenticator",
      { ticket: { type: "dynamic", authenticator: "com.absent" } },
      { authmethods: ["ticket"], authid: "absent joe" },
      "right or wrong",
      {
        level: "error",
        cause: "wamp.error.no_such_procedure",
        procedure: "com.absent",
        authid: "absent joe",
        method: "ticket",
        uri: "wamp.error.authentication_failed",
      },
    ],
  ])("%s", async (_, auth, hello, proof, line) => {
    expect(await lineOf(new AuthTestRealm(auth), hello, proof)).toMatchObject({ ...WHERE, ...line });
  });

  test.each<[string, Extra, Extra]>([
    ["that has expired", { exp: -60 }, { cause: "ERR_JWT_EXPIRED", claim: "exp", reason: "check_failed" }],
    ["of another issuer", { iss: "you" }, { cause: "ERR_JWT_CLAIM_VALIDATION_FAILED", claim: "iss" }],
    ["for another audience", { aud: "there" }, { cause: "ERR_JWT_CLAIM_VALIDATION_FAILED", claim: "aud" }],
    ["without a subject", { sub: undefined }, { cause: "the claim is no text", claim: "sub" }],
    ["for another authid", { sub: "ann" }, { cause: "the token is for another authid", claim: "sub" }],
    ["for another realm", { realm: "realm2" }, { cause: "the token does not name the realm", claim: "realm" }],
    ["without a role", { role: undefined }, { cause: "the token assigns no role", claim: "role" }],
    ["with a role the realm has not", { role: "root" }, { role: "root", uri: "wamp.error.no_such_role" }],
  ])("for a token %s", async (_, claims, line) => {
    const settings = { issuer: "me", audience: "here", "realm-claim": "realm" };
    const realm = new AuthTestRealm({ jwt: { type: "static", key: TOKEN_SECRET, ...settings } });
    const text = await token({ iss: "me", aud: "here", realm: "realm1", ...claims });
    expect(await lineOf(realm, { authmethods: ["jwt"], authid: "joe" }, text)).toMatchObject({
      ...WHERE,
      method: expect.stringMatching("jwt"),
      ...line,
    });
  });

  test("for a token that was signed by another", async () => {
    const realm = new AuthTestRealm({ jwt: { type: "static", key: TOKEN_SECRET } });
    const key = new TextEncoder().encode("another secret, of another issuer");
    const text = await new SignJWT({ sub: "joe", exp: 60 }).setProtectedHeader({ alg: "HS256" }).sign(key);
    const line = { ...WHERE, cause: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" };
    expect(await lineOf(realm, { authmethods: ["jwt"] }, text)).toMatchObject(line);
  });

  test("for a challenge without AUTHENTICATE", async () => {
    const realm = new AuthTestRealm(TICKETS);
    await realm.sendHello({ authmethods: ["ticket"], authid: "joe" }, "joe", FACTS);
    realm.advance(10_000);
    const line = { ...WHERE, level: "warn", cause: "no AUTHENTICATE in time", authid: "joe", method: "ticket" };
    expect(realm.logged).toMatchObject([line]);
  });
});

describe("an authenticator", () => {
  test.each<[string, unknown, string]>([
    ["with an invalid response", 7, "the response must be a role or a dict"],
    ["that assigns no role", { authid: "joe" }, "no role was assigned"],
    ["that assigns a role the realm has not", "root", "the role assigned to this session does not exist"],
  ])("%s is told of, with its procedure", async (_, response, cause) => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await testRealm.startLogin("ticket");
    await testRealm.respond(client, response);
    expect(testRealm.logged).toMatchObject([{ ...WHERE, cause, authid: "joe", address: "203.0.113.7" }]);
  });

  test("that is too slow or fails is logged", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const slow = await testRealm.startLogin("ticket");
    testRealm.advance(10_000);
    await new Promise(setImmediate);
    expect(slow.peer.state.kind).toBe("closed");
    const broken = await testRealm.startLogin("ticket");
    const [, request] = testRealm.takeMessages(testRealm.authenticator).findLast(([type]) => type === 68)!;
    testRealm.authenticator.send([8, 68, request, {}, "wamp.error.runtime_error", ["secret!!!"]]);
    await new Promise(setImmediate);
    expect(broken.peer.state.kind).toBe("closed");
    expect(testRealm.logged.map(({ level, event }) => [level, event])).toStrictEqual([
      ["error", "login.refused"],
      ["error", "login.refused"],
    ]);
    expect(testRealm.logged[1]).toMatchObject({ cause: "wamp.error.runtime_error", procedure: "com.app.authenticate" });
    expect(JSON.stringify(testRealm.logged)).not.toContain("secret!!!");
  });

  test("that refuses is logged with its reason", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await testRealm.startLogin("ticket");
    await testRealm.respondWithError(client, "com.app.error.banned", "no entry for joe, whose ticket is secret!!!");
    expect(testRealm.logged).toMatchObject([{ ...WHERE, level: "warn", cause: "com.app.error.banned", authid: "joe" }]);
    expect(JSON.stringify(testRealm.logged)).not.toContain("secret!!!");
  });
});

test("a successful login is not logged", async () => {
  const realm = new AuthTestRealm(TICKETS);
  const client = await realm.sendHello({ authmethods: ["ticket"], authid: "joe" });
  await realm.sendFrom(client, [5, "secret!!!", {}]);
  expect(realm.logged).toStrictEqual([]);
});
