/** What logins at different relays share: failures, cookies, and the decoys of unknown principals. */

import { describe, expect, test } from "vitest";
import { FACTS } from "../../authentication/authenticator-test-realm.ts";
import { CASES } from "../../authentication/methods.ts";
import { ALL_ROLES, ANYTHING } from "../../host/test-realm.ts";
import { type RelayedClient, RelayedRealm } from "../relayed-realm.ts";

const ROLES = ["anonymous", "user"].map((name) => ({ name, permissions: [ANYTHING] }));
const TICKETS = {
  anonymous: { type: "static", role: "anonymous" },
  ticket: {
    type: "static",
    principals: { joe: { ticket: "secret!!!", role: "user" }, ann: { ticket: "secret!!!", role: "user" } },
  },
  cookie: {},
} as const;
const LIMITS = { failed_logins: 3, failed_logins_window: 60_000 };
const DENIED = [3, { message: "the credentials were rejected" }, "wamp.error.authentication_denied"];
const FAILED = [3, { message: "authentication failed for a technical reason" }, "wamp.error.authentication_failed"];

function newRealm(relays = 2): RelayedRealm {
  return new RelayedRealm(relays, { roles: ROLES, auth: TICKETS, limits: LIMITS });
}

/** Sends HELLO, and returns the first answer. */
async function hello(realm: RelayedRealm, client: RelayedClient, details: object): Promise<unknown[]> {
  client.send([1, "realm1", { roles: ALL_ROLES, authid: "joe", authmethods: ["ticket"], ...details }]);
  const [answer] = await realm.replyTo(client);
  return answer!;
}

/** Logs in with a ticket, and returns the answer to HELLO or to AUTHENTICATE. */
async function logIn(realm: RelayedRealm, object: number, ticket: string, facts = FACTS): Promise<unknown[]> {
  const client = realm.connect(object, facts);
  const challenge = await hello(realm, client, {});
  if (challenge[0] !== 4) return challenge;
  client.say([5, ticket, {}]);
  const [answer] = await realm.replyTo(client);
  return answer!;
}

describe("failed logins", () => {
  test("at any object count together towards a lockout, which holds at all", async () => {
    const realm = newRealm();
    for (const object of [1, 2, 0]) expect(await logIn(realm, object, "wrong")).toStrictEqual(DENIED);
    for (const object of [1, 2, 0]) expect(await logIn(realm, object, "secret!!!")).toStrictEqual(DENIED);
    const elsewhere = { ...FACTS, peer: "198.51.100.7" };
    expect((await logIn(realm, 2, "secret!!!", elsewhere))[0]).toBe(2);
    realm.advance(LIMITS.failed_logins_window);
    expect((await logIn(realm, 2, "secret!!!"))[0]).toBe(2);
  });

  test("at once are no more than the lockout allows, however many clients try", async () => {
    const realm = newRealm();
    const clients = Array.from({ length: 12 }, (_, index) => realm.connect(1 + (index % 2), FACTS));
    for (const client of clients) expect((await hello(realm, client, {}))[0]).toBe(4);
    for (const client of clients) client.say([5, "wrong", {}]);
    for (const client of clients) expect(await realm.replyTo(client)).toContainEqual(DENIED);
    const refused = [1, 2].flatMap((relay) => realm.relays[relay - 1]!.host.logged);
    const causes = refused.map(({ cause }) => cause);
    expect(causes.filter((cause) => cause === "the ticket is wrong").length).toBe(3);
    expect(causes.filter((cause) => cause === "the authid is locked out").length).toBe(9);
  });

  test("of many clients with the right ticket are none: all get in", async () => {
    const realm = newRealm();
    const clients = Array.from({ length: 12 }, (_, index) => realm.connect(1 + (index % 2), FACTS));
    for (const client of clients) await hello(realm, client, {});
    for (const client of clients) client.say([5, "secret!!!", {}]);
    for (const client of clients) expect((await realm.replyTo(client))[0]![0]).toBe(2);
    expect(realm.core.core.authentication.logins.size).toBe(0);
  });

  test("that a relay never reports do not keep others from logging in for long", async () => {
    const realm = newRealm();
    const clients = Array.from({ length: 3 }, () => realm.connect(1, FACTS));
    for (const client of clients) await hello(realm, client, {});
    for (const client of clients) client.say([5, "secret!!!", {}]);
    realm.deliver();
    realm.relays[0]!.crash();
    realm.relays[0]!.relay.begin();
    expect((await logIn(realm, 2, "secret!!!"))[0]).toBe(2);
  });

  test("cannot be counted without the core: no secret is checked then", async () => {
    const realm = newRealm();
    const client = realm.connect(1, FACTS);
    client.say([1, "realm1", { roles: ALL_ROLES, authid: "joe", authmethods: ["ticket"] }]);
    expect((await realm.replyInOutage(client))[0]).toStrictEqual(FAILED);
  });
});

describe("a tracking cookie", () => {
  test("logs in at every object once its browser has logged in at one", async () => {
    const realm = newRealm();
    const other = { ...FACTS, http_cbtid: "other" };
    await logIn(realm, 1, "secret!!!");
    for (const object of [0, 1, 2]) {
      const welcome = await hello(realm, realm.connect(object, FACTS), { authid: undefined, authmethods: ["cookie"] });
      expect(welcome).toMatchObject([2, expect.any(Number), { authid: "joe", authrole: "user", authmethod: "cookie" }]);
      const refusal = await hello(realm, realm.connect(object, other), { authmethods: ["cookie"] });
      expect(refusal).toMatchObject([3, {}, "wamp.error.no_matching_auth_method"]);
    }
  });

  test.each([0, 1, 2])("is forgotten with the log-out at object %i, which ends its sessions at all", async (at) => {
    const realm = newRealm();
    await logIn(realm, 1, "secret!!!");
    const browsers = [0, 1, 2].map((object) => realm.connect(object, FACTS));
    for (const browser of browsers) await hello(realm, browser, { authmethods: ["cookie"] });
    const stranger = realm.join(2);
    browsers[at]!.send([6, {}, "wamp.close.logout"]);
    await realm.settle();
    for (const [index, browser] of browsers.entries()) {
      const reason = index === at ? "wamp.close.goodbye_and_out" : "wamp.close.logout";
      expect(browser.take()).toStrictEqual([[6, {}, reason]]);
    }
    expect(stranger.take()).toStrictEqual([]);
    const refusal = await hello(realm, realm.connect(2, FACTS), { authmethods: ["cookie"] });
    expect(refusal).toMatchObject([3, {}, "wamp.error.no_matching_auth_method"]);
  });

  test("is forgotten with a log-out at a relay that cannot reach the core for minutes, and sleeps meanwhile", async () => {
    const realm = newRealm();
    const [relay] = realm.relays;
    await logIn(realm, 1, "secret!!!");
    const browsers = [1, 2].map((object) => realm.connect(object, FACTS));
    for (const browser of browsers) await hello(realm, browser, { authmethods: ["cookie"] });
    realm.world.network.block(1, 0, "lose call");
    browsers[0]!.send([6, {}, "wamp.close.logout"]);
    realm.advance(200_000);
    expect([browsers[1]!.take(), relay!.isIdle]).toStrictEqual([[], true]);
    relay!.sleepAndWake();
    realm.world.network.unblock();
    realm.advance(60_000);
    await realm.settle();
    expect(browsers[1]!.take()).toStrictEqual([[6, {}, "wamp.close.logout"]]);
    const refusal = await hello(realm, realm.connect(2, FACTS), { authmethods: ["cookie"] });
    expect(refusal).toMatchObject([3, {}, "wamp.error.no_matching_auth_method"]);
    expect([...relay!.logOuts.all(), ...realm.core.logOuts.all()]).toStrictEqual([]);
  });

  test.each([
    ["cannot reach for minutes", (realm: RelayedRealm) => realm.advance(200_000)],
    ["has not told before it crashes", (realm: RelayedRealm) => void realm.core.crash()],
  ])("is forgotten at a relay that the core %s", async (_, pass) => {
    const realm = newRealm();
    await logIn(realm, 1, "secret!!!");
    const browsers = [1, 2].map((object) => realm.connect(object, FACTS));
    for (const browser of browsers) await hello(realm, browser, { authmethods: ["cookie"] });
    realm.world.network.block(0, 1, "lose call");
    browsers[1]!.send([6, {}, "wamp.close.logout"]);
    pass(realm);
    realm.core.sleepAndWake();
    expect(browsers[0]!.take()).toStrictEqual([]);
    realm.world.network.unblock();
    realm.advance(60_000);
    await realm.settle();
    expect(browsers[0]!.take()[0]).toStrictEqual([6, {}, "wamp.close.logout"]);
    expect([...realm.core.logOuts.all()]).toStrictEqual([]);
  });

  test("of another user is forgotten", async () => {
    const realm = newRealm();
    await logIn(realm, 1, "secret!!!");
    const client = realm.connect(2, FACTS);
    await hello(realm, client, { authid: "ann" });
    client.say([5, "secret!!!", {}]);
    expect((await realm.replyTo(client))[0]![0]).toBe(2);
    await realm.settle();
    const refusal = await hello(realm, realm.connect(1, FACTS), { authmethods: ["cookie"] });
    expect(refusal).toMatchObject([3, {}, "wamp.error.no_matching_auth_method"]);
  });
});

test.each(["wampcra, salted", "scram"])("an unknown principal gets the same salt everywhere: %s", async (name) => {
  const { auth, hello: details } = CASES[name]!;
  const realm = new RelayedRealm(2, { roles: ROLES, auth });
  const salts = [];
  for (const object of [0, 1, 2]) {
    const [type, , extra] = await hello(realm, realm.connect(object, FACTS), { ...details, authid: "unknown" });
    expect(type).toBe(4);
    salts.push((extra as { salt: string }).salt);
  }
  expect(new Set(salts).size).toBe(1);
});
