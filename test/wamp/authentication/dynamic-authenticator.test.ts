/** Dynamic authentication: arguments and responses of the authenticator, and its failures. */

import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ALL_ROLES } from "../host/test-realm.ts";
import { DENIED, type Extra, FAILED, waitForReply } from "./auth-test-realm.ts";
import { AuthenticatorTestRealm, DYNAMIC, FACTS, ROLES } from "./authenticator-test-realm.ts";
import { CLIENT_NONCE, KEY, OTHER_KEY, PENCIL, PENCIL_RECORD, TOKEN_SECRET } from "./methods.ts";
import { craSignature, derivedKey, scramMessage } from "./proofs.ts";

describe("the authenticator", () => {
  test.each([
    ["wampcra", { authmethod: "wampcra", authextra: {} }],
    ["ticket", { authmethod: "ticket", authextra: {}, ticket: "secret!!!" }],
    ["scram", { authmethod: "scram", authextra: { nonce: CLIENT_NONCE } }],
    ["wamp-scram", { authmethod: "wamp-scram", authextra: { nonce: CLIENT_NONCE } }],
    ["cryptosign", { authmethod: "cryptosign", authextra: { pubkey: KEY.publicKey } }],
  ])("[DYN-01][WS-29][AUTH-13] is asked about %s with realm, authid and details", async (method, details) => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await testRealm.startLogin(method, { authrole: "user" });
    const request = testRealm.takeRequest();
    expect(request).toStrictEqual([
      "realm1",
      "joe",
      { session: expect.any(Number), authid: "joe", authrole: "user", transport: FACTS, ...details },
    ]);
    expect(client.peer.state.kind).toBe("authenticating");
  });

  test("[DYN-01][ANON-01] gets the random authid of an anonymous session", async () => {
    const testRealm = new AuthenticatorTestRealm();
    testRealm.lastByte = 0;
    await testRealm.startLogin("anonymous", { authid: "root" });
    expect(testRealm.takeRequest().slice(0, 2)).toStrictEqual(["realm1", "AQEBAQEBAQEBAQEBAQEBAQEB"]);
  });

  test("[DYN-01] gets null if HELLO has no authid", async () => {
    const testRealm = new AuthenticatorTestRealm();
    await testRealm.startLogin("cryptosign", { authid: undefined });
    const [realm, authid, details] = testRealm.takeRequest();
    expect([realm, authid]).toStrictEqual(["realm1", null]);
    expect(details).not.toHaveProperty("authid");
  });

  test("[WS-29] gets transport info from the router, not from HELLO", async () => {
    const testRealm = new AuthenticatorTestRealm();
    await testRealm.startLogin("wampcra", { transport: { peer: "forged", auth: {} } });
    expect(testRealm.takeRequest()[2]).toMatchObject({ transport: FACTS });
  });

  test("[AUTH-15][WS-29] gets transport info also if the realm has slept before AUTHENTICATE", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const client = testRealm.connect("joe", FACTS);
    client.send([1, "realm1", { roles: ALL_ROLES, authid: "joe", authmethods: ["ticket"], authextra: { x: 1 } }]);
    testRealm.sleepAndWake();
    client.send([5, "secret!!!", {}]);
    await setImmediate();
    expect(testRealm.takeRequest()[2]).toMatchObject({ transport: FACTS, authextra: { x: 1 }, ticket: "secret!!!" });
    testRealm.authenticator.send([70, 1, {}, ["user"]]);
    await waitForReply(client);
    expect(testRealm.takeWelcome(client)).toMatchObject({ authid: "joe", authprovider: "dynamic" });
  });
});

test("[AUTH-12] the router keeps little state before AUTHENTICATE", async () => {
  const testRealm = new AuthenticatorTestRealm();
  const client = testRealm.connect("joe", FACTS);
  const authextra = { x: "x".repeat(5000) };
  client.send([1, "realm1", { roles: ALL_ROLES, authid: "joe", authmethods: ["ticket"], authextra }]);
  expect(testRealm.takeReply(client)).toStrictEqual(DENIED);
});

describe("the response of an authenticator", () => {
  test("[DYN-01] may be a role", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await testRealm.startLogin("ticket");
    await testRealm.respond(client, "user");
    const identity = { authid: "joe", authrole: "user", authmethod: "ticket", authprovider: "dynamic" };
    const welcome = testRealm.takeWelcome(client);
    expect(welcome).toMatchObject(identity);
    expect(welcome).not.toHaveProperty("authextra");
  });

  test("[DYN-01][DYN-02][WEL-08] may give another authid, the realm and extra", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await testRealm.startLogin("ticket");
    await testRealm.respond(client, { role: "user", authid: "joe-1", realm: "realm1", extra: { level: 3 } });
    expect(testRealm.takeWelcome(client)).toMatchObject({ realm: "realm1", authid: "joe-1", authextra: { level: 3 } });
  });

  test("[DYN-01] may leave the role to the configuration", async () => {
    const testRealm = new AuthenticatorTestRealm({ "default-role": "user" });
    const client = await testRealm.startLogin("ticket");
    await testRealm.respond(client, {});
    expect(testRealm.takeWelcome(client)).toMatchObject({ authrole: "user" });
  });

  test.each<[string, unknown, string]>([
    ["[AUTH-10] no role", {}, "no_such_role"],
    ["[AUTH-10] a role the realm has not", "root", "no_such_role"],
    ["[AUTH-10] the router's own role", "trusted", "no_such_role"],
    ["another realm", { role: "user", realm: "realm2" }, "no_such_realm"],
    ["an authid that is no text", { role: "user", authid: 7 }, "no_such_principal"],
    ["[AUTH-08] nothing", null, "authentication_failed"],
    ["[AUTH-08] a number", 7, "authentication_failed"],
    ["[AUTH-08] a list", ["user"], "authentication_failed"],
    ["[AUTH-08] false", false, "authentication_failed"],
  ])("%s is refused", async (_, response, reason) => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await testRealm.startLogin("ticket");
    await testRealm.respond(client, response);
    expect(testRealm.takeReply(client)).toMatchObject({ 0: 3, 2: `wamp.error.${reason}` });
    expect(testRealm.realm.sessions.byId.size).toBe(1);
  });

  test("[AUTH-08] without Arguments is refused", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await testRealm.startLogin("ticket");
    testRealm.takeRequest();
    testRealm.authenticator.send([70, 1, {}]);
    await waitForReply(client);
    expect(testRealm.takeReply(client)).toStrictEqual(FAILED);
  });

  test.each([
    ["com.app.error.banned", ["until Monday"], "until Monday"],
    ["wamp.error.no_such_principal", ["unknown"], "unknown"],
    ["wamp.error.authentication_denied", [], "the authenticator refused"],
    ["com.app.error.banned", [{ text: 1 }], "the authenticator refused"],
  ])("[DYN-03] that is the error %s %j is passed on", async (uri, args, message) => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await testRealm.startLogin("ticket");
    await testRealm.respondWithError(client, uri, ...args);
    expect(testRealm.takeReply(client)).toStrictEqual([3, { message }, uri]);
  });

  test.each(["wamp.error.runtime_error", "wamp.error.invalid_argument", "wamp.error.canceled"])(
    "[DYN-03][AUTH-08] that is the technical error %s is not",
    async (uri) => {
      const testRealm = new AuthenticatorTestRealm();
      const client = await testRealm.startLogin("ticket");
      await testRealm.respondWithError(client, uri, "Traceback: password was hunter2");
      expect(testRealm.takeReply(client)).toStrictEqual(FAILED);
    },
  );
});

describe("credentials in the response", () => {
  const right = { role: "user" };

  test.each<[string, Extra]>([
    ["unsalted", { secret: "secret123" }],
    ["salted, in the clear", { secret: "secret123", salt: "salt123", iterations: 100, keylen: 16 }],
    [
      "salted, derived, as Crossbar.io had it first",
      { secret: derivedKey("secret123", "salt123", 100, 16), salt: "salt123", iterations: 100, keylen: 16 },
    ],
    ["salted, derived", { "salted-key": derivedKey("secret123", "salt123", 1000, 32), salt: "salt123" }],
    [
      "derived with more iterations than the platform does",
      { secret: derivedKey("secret123", "s", 100_001, 32), salt: "s", iterations: 100_001 },
    ],
  ])("[DYN-01][CRA-04] of WAMP-CRA: %s", async (_, credentials) => {
    for (const [secret, type] of [
      ["secret123", 2],
      ["secret12", 3],
    ] as const) {
      const testRealm = new AuthenticatorTestRealm();
      const client = await testRealm.startLogin("wampcra");
      await testRealm.respond(client, { ...right, ...credentials });
      const extra = testRealm.takeChallenge(client);
      testRealm.sleepAndWake();
      await testRealm.sendFrom(client, [5, craSignature(secret, extra), {}]);
      expect(testRealm.takeReply(client)[0]).toBe(type);
    }
  });

  test("[DYN-01] of SCRAM", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await testRealm.startLogin("wamp-scram");
    await testRealm.respond(client, { ...right, ...PENCIL_RECORD, colour: "red" });
    const extra = testRealm.takeChallenge(client);
    testRealm.sleepAndWake();
    const message = scramMessage("joe", CLIENT_NONCE, extra, "biws");
    await testRealm.sendFrom(client, [5, PENCIL.proof(message), { nonce: extra.nonce }]);
    expect(testRealm.takeWelcome(client)).toMatchObject({ authextra: { verifier: PENCIL.verifier(message) } });
  });

  test.each([
    ["right", KEY.publicKey.toUpperCase(), 2],
    ["another one", OTHER_KEY.publicKey, 3],
  ])("[DYN-01][CSG-02] of cryptosign: the key is %s", async (_, pubkey, type) => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await testRealm.startLogin("cryptosign");
    await testRealm.respond(client, { ...right, pubkey });
    const extra = testRealm.takeChallenge(client);
    testRealm.sleepAndWake();
    await testRealm.sendFrom(client, [5, KEY.signChallenge(extra), {}]);
    const [answered, , third] = testRealm.takeReply(client);
    expect([answered, answered === 3 && third]).toStrictEqual([type, type === 3 && DENIED[2]]);
  });

  test("[CSG-02] of cryptosign: without any authid the key is one", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await testRealm.startLogin("cryptosign", { authid: undefined });
    await testRealm.respond(client, { ...right, pubkey: KEY.publicKey });
    await testRealm.sendFrom(client, [5, KEY.signChallenge(testRealm.takeChallenge(client)), {}]);
    expect(testRealm.takeWelcome(client)).toMatchObject({ authid: KEY.publicKey });
  });

  test.each<[string, unknown]>([
    ["wampcra", "user"],
    ["wampcra", { role: "user", secret: 7 }],
    ["wampcra", { role: "user", "salted-key": "x" }],
    ["scram", { role: "user", ...PENCIL_RECORD, salt: "zz" }],
    ["cryptosign", "user"],
    ["cryptosign", { role: "user", pubkey: "abc" }],
  ])("[AUTH-08] of %s that are missing or malformed, as in %j, fail the attempt", async (method, response) => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await testRealm.startLogin(method);
    await testRealm.respond(client, response);
    expect(testRealm.takeReply(client)).toStrictEqual(FAILED);
  });
});

describe("no response", () => {
  test.each(["anonymous", "ticket", "wampcra", "scram", "cryptosign"])(
    "[DYN-04][AUTH-08] for %s if the procedure is not registered",
    async (method) => {
      const testRealm = new AuthenticatorTestRealm({}, false);
      const client = await testRealm.startLogin(method);
      testRealm.advance(9_000);
      await waitForReply(client);
      expect(testRealm.takeReply(client)).toStrictEqual(FAILED);
      expect(testRealm.realm.nextDeadline()).toBe(undefined);
    },
  );

  test("[DYN-04][AUTH-08] in time fails the attempt, and a later response is dropped", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await testRealm.startLogin("ticket");
    testRealm.takeRequest();
    testRealm.advance(9_999);
    expect(testRealm.take()).toStrictEqual([]);
    testRealm.advance(1);
    await waitForReply(client);
    expect(testRealm.take()).toStrictEqual([
      ["joe", FAILED],
      ["joe", "closed", 1000],
    ]);
    testRealm.authenticator.send([70, 1, {}, ["user"]]);
    await waitForReply(client);
    expect(testRealm.take()).toStrictEqual([]);
    expect(testRealm.realm.nextDeadline()).toBe(undefined);
  });

  test("[DYN-04][AUTH-08] because the authenticator left", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await testRealm.startLogin("ticket");
    testRealm.takeRequest();
    testRealm.authenticator.disconnect();
    await waitForReply(client);
    expect(testRealm.takeReply(client)).toStrictEqual(FAILED);
  });

  test("[AUTH-15] because the realm slept meanwhile: the attempt fails, and the response is dropped", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await testRealm.startLogin("ticket");
    testRealm.takeRequest();
    testRealm.sleepAndWake();
    expect(testRealm.take()).toStrictEqual([
      ["joe", FAILED],
      ["joe", "closed", 1000],
    ]);
    testRealm.authenticator.send([70, 1, {}, ["user"]]);
    expect(testRealm.take()).toStrictEqual([]);
    expect(client.peer.state.kind).toBe("closed");
  });

  test("[AUTH-12] because the client left: the response is dropped", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await testRealm.startLogin("ticket");
    testRealm.takeRequest();
    client.disconnect();
    testRealm.authenticator.send([70, 1, {}, ["user"]]);
    await setImmediate();
    expect(testRealm.take()).toStrictEqual([]);
    expect(testRealm.realm.sessions.byId.size).toBe(1);
  });

  test("[AUTH-08] where the role of the router's caller may not call the procedure", async () => {
    const permissions = [{ uri: "com.other", allow: { call: true } }];
    const roles = [...ROLES, { name: "clerk", permissions }];
    const testRealm = new AuthenticatorTestRealm({ "authenticator-role": "clerk" }, true, { roles });
    const client = await testRealm.startLogin("ticket");
    await waitForReply(client);
    expect(testRealm.takeReply(client)).toStrictEqual(FAILED);
  });
});

test("[TKT-01] beside tokens, a ticket without an authid is refused without calling the authenticator", async () => {
  const testRealm = new AuthenticatorTestRealm();
  testRealm.configure({ roles: ROLES, auth: { ticket: DYNAMIC, jwt: { type: "static", key: TOKEN_SECRET } } });
  testRealm.sleepAndWake();
  const client = await testRealm.startLogin("ticket", { authid: undefined });
  await waitForReply(client);
  expect(testRealm.take()).toStrictEqual([
    ["joe", DENIED],
    ["joe", "closed", 1000],
  ]);
});

test("[DYN-01][META-03] the router's own session is in no list, and the callee learns its role only if it asks", async () => {
  const testRealm = new AuthenticatorTestRealm({}, false);
  testRealm.authenticator.send([64, 1, { disclose_caller: true }, "com.app.authenticate"]);
  testRealm.take();
  await testRealm.startLogin("ticket");
  const [type, , , details] = testRealm.takeReply(testRealm.authenticator);
  expect([type, (details as Extra).caller_authrole]).toStrictEqual([68, "trusted"]);
  expect(testRealm.realm.sessions.byId.size).toBe(1);
});

describe("what an authenticator says in extra", () => {
  test("is seen in on_join and wamp.session.get, as at Crossbar.io and nexus", async () => {
    const testRealm = new AuthenticatorTestRealm();
    testRealm.authenticator.send([32, 2, {}, "wamp.session.on_join"]);
    const client = await testRealm.startLogin("ticket");
    testRealm.take();
    testRealm.authenticator.send([70, 1, {}, [{ role: "user", extra: { tenant: "t1" } }]]);
    await waitForReply(client);
    const lines = testRealm.take().map(([, line]) => line);
    const session = lines.find(([type]) => type === 2)?.[1];
    const joined = lines.find(([type]) => type === 36)?.[4];
    expect(joined).toMatchObject([{ session, authextra: { tenant: "t1" } }]);
    testRealm.authenticator.send([48, 3, {}, "wamp.session.get", [session]]);
    expect(testRealm.take()[0]?.[1].slice(0, 4)).toStrictEqual([50, 3, {}, joined]);
  });

  test("is no dict where there is nothing of it", async () => {
    const testRealm = new AuthenticatorTestRealm();
    testRealm.authenticator.send([32, 2, {}, "wamp.session.on_join"]);
    const client = await testRealm.startLogin("ticket");
    testRealm.take();
    testRealm.authenticator.send([70, 1, {}, ["user"]]);
    await waitForReply(client);
    const joined = testRealm.take().find(([, [type]]) => type === 36)?.[1][4];
    expect(joined).not.toMatchObject([{ authextra: expect.anything() }]);
  });
});
