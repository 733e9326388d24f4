/** Logins at a relay: every method, and procedures of the realm that decide on them. */

import { describe, expect, test } from "vitest";
import type { Auth, Extra } from "../../authentication/auth-test-realm.ts";
import { FACTS } from "../../authentication/authenticator-test-realm.ts";
import { CASES } from "../../authentication/methods.ts";
import { ALL_ROLES, ANYTHING } from "../../host/test-realm.ts";
import { type RelayedClient, RelayedRealm } from "../relayed-realm.ts";

const ROLES = ["anonymous", "user"].map((name) => ({ name, permissions: [ANYTHING] }));
const ANONYMOUS = { anonymous: { type: "static", role: "anonymous" } } as const;
const AUTHENTICATE = "com.authenticate";
const DYNAMIC: Auth = { ...ANONYMOUS, ticket: { type: "dynamic", authenticator: AUTHENTICATE } };
const FAILED = [
  [3, { message: "authentication failed for a technical reason" }, "wamp.error.authentication_failed"],
  ["closed", 1000],
];

function realmWith(auth: Auth): RelayedRealm {
  return new RelayedRealm(2, { roles: ROLES, auth: { ...ANONYMOUS, ...auth } });
}

/** Sends HELLO, and returns what the client gets. */
async function hello(realm: RelayedRealm, client: RelayedClient, details: Extra): Promise<unknown[][]> {
  client.send([1, "realm1", { roles: ALL_ROLES, authid: "joe", ...details }]);
  return realm.replyTo(client);
}

/** Logs in with a ticket; the client waits for its authenticator then. */
async function sendTicket(realm: RelayedRealm, client: RelayedClient): Promise<void> {
  await hello(realm, client, { authmethods: ["ticket"] });
  client.say([5, "secret!!!", {}]);
}

describe.each(Object.entries(CASES))("the method %s", (_, it) => {
  test.each([
    ["right", true],
    ["wrong", false],
  ])("answers %s credentials at a relay as at the core", async (_, isRight) => {
    const realm = realmWith(it.auth);
    const answers = [];
    for (const object of [0, 1]) {
      const client = realm.connect(object, FACTS);
      const [[type, , extra]] = (await hello(realm, client, it.hello)) as [[number, string, Extra]];
      expect(type).toBe(4);
      client.say(await it.authenticate(extra, isRight, "joe"));
      const [[kind, session, details]] = (await realm.replyTo(client)) as [[number, unknown, Extra]];
      answers.push(kind === 2 ? { ...details, authextra: {} } : [kind, session]);
    }
    expect(answers[1]).toStrictEqual(answers[0]);
  });
});

describe("an authenticator at another relay", () => {
  test("is asked with the facts of the relay's client, and its answer opens the session", async () => {
    const realm = realmWith(DYNAMIC);
    const authenticator = realm.join(2);
    authenticator.send([64, 1, {}, AUTHENTICATE]);
    authenticator.take();
    const client = realm.connect(1, FACTS);
    await sendTicket(realm, client);
    await realm.settle();
    const [[, request, , , args]] = authenticator.take() as [[number, number, number, object, unknown[]]];
    const details = { authmethod: "ticket", authextra: {}, authid: "joe", ticket: "secret!!!", transport: FACTS };
    expect(args).toStrictEqual(["realm1", "joe", { session: expect.any(Number), ...details }]);
    authenticator.say([70, request, {}, [{ role: "user", extra: { level: 3 } }]]);
    await realm.settle();
    const identity = { authid: "joe", authrole: "user", authprovider: "dynamic", authextra: { level: 3 } };
    expect(client.take()).toMatchObject([[2, (args[2] as Extra).session, identity]]);
    expect([...realm.core.core.remote.byId.values()].length).toBe(1);
  });

  test.each<[string, readonly [string, readonly unknown[]], unknown]>([
    ["its own refusal", ["com.error.blocked", ["go away"]], [3, { message: "go away" }, "com.error.blocked"]],
    ["a technical error", ["wamp.error.runtime_error", ["bug"]], FAILED[0]],
  ])("refuses with %s", async (_, [uri, args], answer) => {
    const realm = realmWith(DYNAMIC);
    const authenticator = realm.join(2);
    authenticator.send([64, 1, {}, AUTHENTICATE]);
    const client = realm.connect(1, FACTS);
    await sendTicket(realm, client);
    await realm.settle();
    authenticator.say([8, 68, 1, {}, uri, args]);
    await realm.settle();
    expect(client.take()).toStrictEqual([answer, ["closed", 1000]]);
  });

  test("may register while the login waits", async () => {
    const realm = realmWith(DYNAMIC);
    const client = realm.connect(1, FACTS);
    await sendTicket(realm, client);
    await realm.settle();
    const authenticator = realm.join(2);
    authenticator.send([64, 1, {}, AUTHENTICATE]);
    await realm.settle();
    authenticator.say([70, 1, {}, ["user"]]);
    await realm.settle();
    expect(client.take()).toMatchObject([[2, expect.any(Number), { authrole: "user" }]]);
  });
});

describe("a login at a relay fails closed", () => {
  test("if no authenticator registers within the time of the login", async () => {
    const realm = realmWith(DYNAMIC);
    const client = realm.connect(1, FACTS);
    await sendTicket(realm, client);
    await realm.settle();
    realm.advance(9_000);
    await realm.settle();
    expect(client.take()).toStrictEqual(FAILED);
  });

  test("if the authenticator does not answer", async () => {
    const realm = realmWith(DYNAMIC);
    realm.join(2).send([64, 1, {}, AUTHENTICATE]);
    const client = realm.connect(1, FACTS);
    await sendTicket(realm, client);
    realm.advance(10_000);
    await realm.settle();
    expect(client.take()).toStrictEqual(FAILED);
  });

  test("if the core restarts, and asks no second time", async () => {
    const realm = realmWith(DYNAMIC);
    const authenticator = realm.join(2);
    authenticator.send([64, 1, {}, AUTHENTICATE]);
    const client = realm.connect(1, FACTS);
    await sendTicket(realm, client);
    await realm.settle();
    realm.core.crash();
    realm.advance(6_000);
    await realm.settle();
    expect(client.take()).toStrictEqual(FAILED);
    expect((authenticator.take() as unknown[][]).filter(([type]) => type === 68).length).toBe(1);
  });

  test("if the core cannot be reached", async () => {
    const realm = realmWith(DYNAMIC);
    const client = realm.connect(1, FACTS);
    await sendTicket(realm, client);
    expect(await realm.replyInOutage(client)).toStrictEqual(FAILED);
  });
});
