/** JSON Web Tokens as tickets: validity and claims. */

import { describe, expect, test } from "vitest";
import { type Auth, DENIED, type Extra } from "./auth-test-realm.ts";
import { TOKEN_SECRET, token } from "./methods.ts";
import { outcome, testRealmFor } from "./token-test-realm.ts";

describe("a token", () => {
  const realm = () => testRealmFor({ key: TOKEN_SECRET });

  test.each(["jwt", "ticket"])(
    "[TKT-02][WEL-06][WEL-07] is accepted by the method %s, with the authid or without",
    async (method) => {
      const identity = { authid: "joe", authrole: "user", authmethod: method, authprovider: "jwt" };
      for (const details of [{}, { authid: "joe" }]) {
        expect(await outcome(realm(), await token(), { authmethods: [method], ...details })).toMatchObject(identity);
      }
    },
  );

  test.each<[string, Extra]>([
    ["has expired", { exp: -6 }],
    ["expires never", { exp: undefined }],
    ["is not valid yet", { nbf: 10 }],
    ["has no subject", { sub: undefined }],
    ["has a subject that is no text", { sub: 7 }],
  ])("[TKT-03] that %s is refused", async (_, claims) => {
    expect(await outcome(realm(), await token(claims))).toStrictEqual(DENIED);
  });

  test("[TKT-03] is valid for the leeway longer, and no longer", async () => {
    for (const leeway of [0, 5, 300]) {
      const tolerant = testRealmFor({ key: TOKEN_SECRET, leeway });
      tolerant.time = 1_000_000;
      expect(await outcome(tolerant, await token({ exp: 1000 - leeway + 1 }))).toMatchObject({ authid: "joe" });
      expect(await outcome(tolerant, await token({ exp: 1000 - leeway }))).toStrictEqual(DENIED);
    }
  });

  test("[TKT-03] for another authid than that of HELLO is refused", async () => {
    expect(await outcome(realm(), await token(), { authid: "ann" })).toStrictEqual(DENIED);
  });

  test.each([
    ["is no token", "secret!!!"],
    ["is empty", ""],
    [
      "is not signed",
      `${btoa('{"alg":"none"}')}.${btoa('{"sub":"joe","role":"user","exp":3600}')}.`.replaceAll("=", ""),
    ],
    ["has a broken header", "e30.e30.e30"],
  ])("[TKT-03] that %s is refused", async (_, text) => {
    expect(await outcome(realm(), text)).toStrictEqual(DENIED);
  });

  test("[TKT-03] that was altered is refused", async () => {
    const [head, , signature] = (await token()).split(".");
    const payload = btoa('{"sub":"joe","role":"admin","exp":3600}').replaceAll("=", "");
    expect(await outcome(realm(), `${head}.${payload}.${signature}`)).toStrictEqual(DENIED);
  });

  test("[TKT-03] must come from the issuer, for the audience", async () => {
    const strict = () => testRealmFor({ key: TOKEN_SECRET, issuer: "me", audience: ["here", "there"] });
    expect(await outcome(strict(), await token({ iss: "me", aud: "there" }))).toMatchObject({ authid: "joe" });
    expect(await outcome(strict(), await token({ iss: "me", aud: ["x", "here"] }))).toMatchObject({ authid: "joe" });
    for (const claims of [
      { iss: "you", aud: "here" },
      { iss: "me", aud: "elsewhere" },
      { iss: "me" },
      { aud: "here" },
    ]) {
      expect(await outcome(strict(), await token(claims))).toStrictEqual(DENIED);
    }
  });
});

describe("claims", () => {
  test("[AUTH-13] name the principal under the configured names", async () => {
    const settings = { key: TOKEN_SECRET, "authid-claim": "email", "role-claim": "https://example.com/role" };
    const text = await token({ email: "joe@example.com", "https://example.com/role": "admin" });
    expect(await outcome(testRealmFor(settings), text)).toMatchObject({ authid: "joe@example.com", authrole: "admin" });
  });

  test("[AUTH-13] may be nested, and hold several roles; the first that the realm has counts", async () => {
    const settings = { key: TOKEN_SECRET, "role-claim": "realm_access.roles" };
    const text = await token({ realm_access: { roles: ["offline_access", "admin", "user"] } });
    expect(await outcome(testRealmFor(settings), text)).toMatchObject({ authrole: "admin" });
  });

  test("[AUTH-13] without a role give the default role", async () => {
    const text = await token({ role: undefined });
    expect(await outcome(testRealmFor({ key: TOKEN_SECRET, "default-role": "user" }), text)).toMatchObject({
      authrole: "user",
    });
  });

  test.each<[string, Extra]>([
    ["none", { role: undefined }],
    ["one the realm has not", { role: "root" }],
    ["the router's own", { role: "trusted" }],
    ["no text", { role: 7 }],
  ])("[AUTH-10] with a role that is %s are refused", async (_, claims) => {
    const reply = await outcome(testRealmFor({ key: TOKEN_SECRET }), await token(claims));
    expect(reply).toMatchObject({ 0: 3, 2: "wamp.error.no_such_role" });
  });

  test("[TKT-03] must name the realm if the configuration requires that", async () => {
    const settings = { key: TOKEN_SECRET, "realm-claim": "realms" };
    for (const realms of ["realm1", ["realm0", "realm1"]]) {
      expect(await outcome(testRealmFor(settings), await token({ realms }))).toMatchObject({ authid: "joe" });
    }
    for (const realms of ["realm10", ["realm0"], undefined, [], { realm1: true }]) {
      expect(await outcome(testRealmFor(settings), await token({ realms }))).toStrictEqual(DENIED);
    }
  });
});

describe("a session", () => {
  test("[AUTH-11] outlives its token, unless the configuration ends it", async () => {
    const realm = testRealmFor({ key: TOKEN_SECRET });
    await outcome(realm, await token({ exp: 60 }));
    realm.sleepAndWake();
    realm.advance(100_000);
    expect(realm.take()).toStrictEqual([]);
    expect(realm.realm.nextDeadline()).toBe(undefined);
  });

  test("[AUTH-11][SES-17] ends with its token if the configuration requires that, asleep or not", async () => {
    const realm = testRealmFor({ key: TOKEN_SECRET, "end-session": true });
    await outcome(realm, await token({ exp: 60 }));
    realm.sleepAndWake();
    expect(realm.realm.nextDeadline()).toBe(60_000);
    realm.advance(59_999);
    expect(realm.take()).toStrictEqual([]);
    realm.advance(1);
    expect(realm.take()).toStrictEqual([
      ["joe", [6, { message: "the credentials have expired" }, "wamp.close.killed"]],
    ]);
    expect(realm.realm.sessions.byId.size).toBe(0);
  });
});

describe("beside static tickets", () => {
  const ticket: Auth = { ticket: { type: "static", principals: { ann: { ticket: "secret!!!", role: "admin" } } } };
  const realm = () => testRealmFor({ key: TOKEN_SECRET }, ticket);

  test.each<[string, Extra, () => string | Promise<string>, string]>([
    ["a ticket of the realm", { authid: "ann" }, () => "secret!!!", "admin"],
    ["a token", { authid: "joe" }, () => token(), "user"],
    ["a token without an authid", {}, () => token(), "user"],
    ["a token of a principal that has a ticket, too", { authid: "ann" }, () => token({ sub: "ann" }), "user"],
  ])("[TKT-02] %s is taken", async (_, details, text, authrole) => {
    expect(await outcome(realm(), await text(), { authmethods: ["ticket"], ...details })).toMatchObject({
      authrole,
    });
  });

  test.each<[string, Extra, () => string | Promise<string>]>([
    ["a wrong ticket", { authid: "ann" }, () => "secret"],
    ["a ticket of another principal", { authid: "joe" }, () => "secret!!!"],
    ["a ticket without an authid", {}, () => "secret!!!"],
    ["a token of another principal", { authid: "ann" }, () => token()],
  ])("[TKT-03] %s is refused", async (_, details, text) => {
    expect(await outcome(realm(), await text(), { authmethods: ["ticket"], ...details })).toStrictEqual(DENIED);
  });
});
