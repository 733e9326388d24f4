/** Second factors after a first proof, and TPM quotes beside a key. */

import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Client, Line } from "../host/test-realm.ts";
import { DENIED, type Extra, FAILED, waitForReply } from "./auth-test-realm.ts";
import { AuthenticatorTestRealm, DYNAMIC, FACTS, ROLES } from "./authenticator-test-realm.ts";
import { CLIENT_NONCE, KEY, OTHER_KEY, PENCIL, PENCIL_RECORD, TOKEN_SECRET, token } from "./methods.ts";
import { craSignature, scramMessage } from "./proofs.ts";

const PROMPT = { factor: "totp", digits: 6 };

/** A first round: further keys of the authenticator's response, and the AUTHENTICATE of the client. */
interface First {
  readonly settings?: Extra;
  readonly proof?: (extra: Extra) => Line;
  /** Details of the first round that WELCOME keeps. */
  readonly authextra?: Extra;
}

const FIRST: Readonly<Record<string, First>> = {
  anonymous: {},
  ticket: {},
  wampcra: { settings: { secret: "secret123" }, proof: (extra) => [5, craSignature("secret123", extra), {}] },
  scram: scram("", "scram_server_signature"),
  "wamp-scram": scram("biws", "verifier"),
  cryptosign: { settings: { pubkey: KEY.publicKey }, proof: (extra) => [5, KEY.signChallenge(extra), {}] },
};

function scram(binding: string, verifier: string): First {
  return {
    settings: PENCIL_RECORD,
    proof: (extra) => {
      const message = scramMessage("joe", CLIENT_NONCE, extra, binding);
      return [5, PENCIL.proof(message), { nonce: extra.nonce }];
    },
    authextra: { [verifier]: expect.any(String) },
  };
}

/** A client with a valid first proof that must send the second. */
async function startSecondRound(
  testRealm: AuthenticatorTestRealm,
  method: string,
  settings: Extra = {},
): Promise<Client> {
  const first = FIRST[method]!;
  const client = await testRealm.startLogin(method);
  await testRealm.respond(client, { role: "user", ...first.settings, "second-factor": PROMPT, ...settings });
  if (first.proof !== undefined) await testRealm.sendFrom(client, first.proof(testRealm.takeChallenge(client)));
  return client;
}

/** Sends the code; resolves when the authenticator has been called. */
async function sendCode(client: Client, code = "123456", extra: Extra = {}): Promise<void> {
  client.send([5, code, extra]);
  await nextTurn();
}

describe.each(Object.keys(FIRST))("a second factor after %s", (method) => {
  const { authextra } = FIRST[method]!;

  test("[AUTH-06][AUTH-15] is asked for after a valid first one, and the session opens after both, over sleep between the rounds", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await startSecondRound(testRealm, method, { extra: { plan: "free" } });
    expect(testRealm.takeReply(client)).toStrictEqual([4, "ticket", PROMPT]);
    testRealm.sleepAndWake();
    await sendCode(client, "123456", { remember: true });
    const [realm, authid, details] = testRealm.takeRequest();
    expect([realm, authid]).toStrictEqual(["realm1", method === "anonymous" ? expect.any(String) : "joe"]);
    expect(details).toStrictEqual({
      session: expect.any(Number),
      authmethod: method,
      authid,
      authrole: "user",
      authextra: { plan: "free", ...authextra },
      transport: FACTS,
      "second-factor": "123456",
      extra: { remember: true },
    });
    testRealm.authenticator.send([70, 2, {}, [{ extra: { checked: true } }]]);
    await waitForReply(client);
    const welcome = testRealm.takeWelcome(client) as Extra;
    expect(welcome).toMatchObject({ authid, authrole: "user", authmethod: method, authprovider: "dynamic" });
    expect(welcome.authextra).toStrictEqual({ plan: "free", checked: true, ...authextra });
  });

  test("[AUTH-06][DYN-03] that is wrong is refused as the authenticator says", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await startSecondRound(testRealm, method);
    testRealm.take();
    await sendCode(client);
    await testRealm.respondWithError(client, "wamp.error.authentication_denied", "wrong code");
    expect(testRealm.takeReply(client)).toStrictEqual([
      3,
      { message: "wrong code" },
      "wamp.error.authentication_denied",
    ]);
    expect(testRealm.realm.sessions.byId.size).toBe(1);
  });

  test("[AUTH-06][AUTH-11] that is late is refused", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await startSecondRound(testRealm, method);
    testRealm.take();
    testRealm.sleepAndWake();
    testRealm.advance(9_999);
    expect(testRealm.take()).toStrictEqual([]);
    testRealm.advance(1);
    expect(testRealm.takeReply(client)).toMatchObject([3, {}, "wamp.error.authentication_denied"]);
    expect(testRealm.realm.nextDeadline()).toBe(undefined);
  });

  test("[AUTH-06][AUTH-08] fails if the authenticator is gone", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await startSecondRound(testRealm, method);
    testRealm.authenticator.disconnect();
    testRealm.take();
    await sendCode(client);
    testRealm.advance(9_000);
    await waitForReply(client);
    expect(testRealm.takeReply(client)).toStrictEqual(FAILED);
  });
});

test.each(["wampcra", "wamp-scram", "cryptosign"])(
  "[AUTH-06] a client with a wrong %s is not asked for the second factor",
  async (method) => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await testRealm.startLogin(method);
    await testRealm.respond(client, { role: "user", ...FIRST[method]!.settings, "second-factor": true });
    const { nonce } = testRealm.takeChallenge(client);
    await testRealm.sendFrom(client, [5, "wrong", { nonce }]);
    expect(testRealm.takeReply(client)[2]).toBe(DENIED[2]);
  },
);

describe("the key second-factor in a response", () => {
  test("[AUTH-06] may be true, and may come again", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await startSecondRound(testRealm, "ticket", { "second-factor": true });
    expect(testRealm.takeReply(client)).toStrictEqual([4, "ticket", {}]);
    await sendCode(client, "first");
    await testRealm.respond(client, { "second-factor": { again: 1 } });
    expect(testRealm.takeReply(client)).toStrictEqual([4, "ticket", { again: 1 }]);
    await sendCode(client, "second");
    await testRealm.respond(client, "user");
    expect(testRealm.takeWelcome(client)).toMatchObject({ authid: "joe" });
  });

  test.each([false, null])("set to %s asks for none", async (factor) => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await startSecondRound(testRealm, "ticket", { "second-factor": factor });
    expect(testRealm.takeWelcome(client)).toMatchObject({ authid: "joe" });
  });

  test.each([["totp"], [1], [["totp"]]])("[AUTH-08] set to %j fails the attempt", async (factor) => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await startSecondRound(testRealm, "ticket", { "second-factor": factor });
    expect(testRealm.takeReply(client)).toStrictEqual(FAILED);
  });

  test("[AUTH-10] may lead to another role, if the realm has it", async () => {
    const testRealm = new AuthenticatorTestRealm();
    for (const [response, type] of [
      ["anonymous", 2],
      ["root", 3],
    ] as const) {
      const client = await startSecondRound(testRealm, "ticket");
      testRealm.take();
      await sendCode(client);
      await testRealm.respond(client, response);
      expect(testRealm.takeReply(client)[0]).toBe(type);
    }
  });

  test("[AUTH-06][AUTH-08] leads to a failure if the method or its authenticator was removed", async () => {
    for (const auth of [
      {},
      { ticket: { type: "static", principals: { joe: { ticket: "t", role: "user" } } } },
    ] as const) {
      const testRealm = new AuthenticatorTestRealm();
      const client = await startSecondRound(testRealm, "ticket");
      testRealm.take();
      testRealm.configure({ roles: ROLES, auth });
      testRealm.sleepAndWake();
      await sendCode(client);
      await waitForReply(client);
      expect(testRealm.takeReply(client)).toStrictEqual(FAILED);
    }
  });
});

test("[AUTH-06] a ticket beside tokens can have a second factor, too", async () => {
  const testRealm = new AuthenticatorTestRealm();
  testRealm.configure({ roles: ROLES, auth: { ticket: DYNAMIC, jwt: { type: "static", key: TOKEN_SECRET } } });
  testRealm.sleepAndWake();
  const client = await startSecondRound(testRealm, "ticket");
  testRealm.take();
  // A code in the form of a token is not taken for one.
  await sendCode(client, await token());
  await testRealm.respond(client, {});
  expect(testRealm.takeWelcome(client)).toMatchObject({ authid: "joe", authprovider: "dynamic" });
});

test("[AUTH-06][AUTH-08] a request without HELLO cannot bring a second factor, and is refused", async () => {
  const testRealm = new AuthenticatorTestRealm();
  const identified = testRealm.realm.identify({ authid: "joe", ticket: "secret!!!", facts: FACTS });
  await nextTurn();
  testRealm.takeRequest();
  testRealm.authenticator.send([70, 1, {}, [{ role: "user", "second-factor": true }]]);
  expect(await identified).toMatchObject({ kind: "refused", uri: FAILED[2] });
});

test("[AUTH-06] wrong second factors count towards a lockout, and a valid first one does not reset the count", async () => {
  for (const method of ["wampcra", "cryptosign"]) {
    const testRealm = new AuthenticatorTestRealm({}, true, { limits: { failed_logins: 2 } });
    for (const _ of [1, 2]) {
      const client = await startSecondRound(testRealm, method);
      testRealm.take();
      await sendCode(client);
      await testRealm.respondWithError(client, "wamp.error.authentication_denied", "wrong code");
      testRealm.take();
    }
    const other = await testRealm.startLogin("wampcra");
    await waitForReply(other);
    expect(testRealm.takeReply(other)).toStrictEqual(DENIED);
  }
});

describe("a TPM", () => {
  const settings = { role: "user", pubkey: KEY.publicKey, attest: [0, 1, 7] };
  const EVIDENCE = { quote: "quoted", measurement: "measured" };

  async function challenged(testRealm: AuthenticatorTestRealm, more: Extra = {}): Promise<readonly [Client, Extra]> {
    const client = await testRealm.startLogin("cryptosign");
    await testRealm.respond(client, { ...settings, ...more });
    return [client, testRealm.takeChallenge(client)];
  }

  test("[CSG-15] is asked for the registers that its authenticator names, which verifies the quote", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const [client, extra] = await challenged(testRealm, { extra: { device: 7 } });
    expect(extra).toStrictEqual({ challenge: expect.any(String), channel_binding: null, attest: [0, 1, 7] });
    testRealm.sleepAndWake();
    client.send([5, KEY.signChallenge(extra), EVIDENCE]);
    await until(() => testRealm.recording.length > 0);
    expect(testRealm.takeRequest()).toStrictEqual([
      "realm1",
      "joe",
      {
        session: expect.any(Number),
        authmethod: "cryptosign",
        authid: "joe",
        authrole: "user",
        authextra: { device: 7 },
        transport: FACTS,
        challenge: extra.challenge,
        attest: [0, 1, 7],
        ...EVIDENCE,
      },
    ]);
    testRealm.authenticator.send([70, 2, {}, [{}]]);
    await waitForReply(client);
    expect(testRealm.takeWelcome(client)).toMatchObject({ authid: "joe", authrole: "user", authmethod: "cryptosign" });
  });

  test("[CSG-15] that its authenticator does not trust is refused", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const [client, extra] = await challenged(testRealm);
    client.send([5, KEY.signChallenge(extra), EVIDENCE]);
    await until(() => testRealm.recording.length > 0);
    await testRealm.respondWithError(client, "com.app.error.tampered", "register 7");
    expect(testRealm.takeReply(client)).toStrictEqual([3, { message: "register 7" }, "com.app.error.tampered"]);
  });

  test.each<[string, (extra: Extra) => Line]>([
    ["no quote", (extra) => [5, KEY.signChallenge(extra), { measurement: "measured" }]],
    ["no measurement", (extra) => [5, KEY.signChallenge(extra), { quote: "quoted", measurement: null }]],
    ["another key", (extra) => [5, OTHER_KEY.signChallenge(extra), EVIDENCE]],
  ])("[CSG-15] with %s is refused without calling the authenticator", async (_, authenticate) => {
    const testRealm = new AuthenticatorTestRealm();
    const [client, extra] = await challenged(testRealm);
    await testRealm.sendFrom(client, authenticate(extra));
    expect(testRealm.take()).toStrictEqual([
      ["joe", DENIED],
      ["joe", "closed", 1000],
    ]);
  });

  test.each([[7], ["0"], [[-1]], [[0.5]], [["0"]]])("[CSG-15][AUTH-08] is not asked for %j", async (attest) => {
    const testRealm = new AuthenticatorTestRealm();
    const client = await testRealm.startLogin("cryptosign");
    await testRealm.respond(client, { ...settings, attest });
    expect(testRealm.takeReply(client)).toStrictEqual(FAILED);
  });

  test("[CSG-15][AUTH-06] does not stand for the second factor that was asked for with it", async () => {
    const testRealm = new AuthenticatorTestRealm();
    const [client, extra] = await challenged(testRealm, { "second-factor": PROMPT });
    client.send([5, KEY.signChallenge(extra), EVIDENCE]);
    await until(() => testRealm.recording.length > 0);
    await testRealm.respond(client, {});
    expect(testRealm.takeReply(client)).toStrictEqual([4, "ticket", PROMPT]);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await nextTurn();
}
