/** WAMP-CRA: the challenge, salts and decoys. */

import { describe, expect, test, vi } from "vitest";
import { type Auth, AuthTestRealm, type Extra } from "./auth-test-realm.ts";
import { craSignature, derivedKey } from "./proofs.ts";

const HELLO = { authid: "joe", authmethods: ["wampcra"] };

function testRealmFor(...users: [string, object][]): AuthTestRealm {
  const auth = { wampcra: { type: "static", users: Object.fromEntries(users) } } as Auth;
  return new AuthTestRealm(auth);
}

async function challengeOf(realm: AuthTestRealm, authid: string): Promise<Extra> {
  return realm.takeChallenge(await realm.sendHello({ ...HELLO, authid }));
}

describe("the challenge", () => {
  test("[CRA-01][CRA-02][CRA-10] holds all that a third party needs to sign it, as JSON text", async () => {
    const realm = testRealmFor(["joe", { secret: "s", role: "user" }]);
    realm.time = Date.UTC(2014, 5, 22, 16, 36, 25, 448);
    const client = await realm.sendHello(HELLO);
    const [type, method, extra] = realm.takeReply(client);
    expect([type, method, Object.keys(extra as Extra)]).toStrictEqual([4, "wampcra", ["challenge"]]);
    expect(JSON.parse((extra as { challenge: string }).challenge)).toStrictEqual({
      authid: "joe",
      authrole: "user",
      authmethod: "wampcra",
      authprovider: "static",
      nonce: "AQEBAQEBAQEBAQEBAQEBAQ==",
      timestamp: "2014-06-22T16:36:25.448Z",
      session: 1,
    });
  });

  test("[CRA-06] has a fresh nonce and session id each time", async () => {
    const realm = testRealmFor(["joe", { secret: "s", role: "user" }]);
    const texts = [await challengeOf(realm, "joe"), await challengeOf(realm, "joe")];
    const [first, second] = texts.map(({ challenge }) => JSON.parse(String(challenge)));
    expect(second.nonce).not.toBe(first.nonce);
    expect(second.session).not.toBe(first.session);
  });

  test("[CRA-07][SES-04] names the session that WELCOME names", async () => {
    const realm = testRealmFor(["joe", { secret: "s", role: "user" }]);
    realm.lastId = 3251278072152161;
    const client = await realm.sendHello(HELLO);
    const extra = realm.takeChallenge(client);
    expect(JSON.parse(String(extra.challenge)).session).toBe(3251278072152162);
    realm.sleepAndWake();
    await realm.sendFrom(client, [5, craSignature("s", extra), {}]);
    expect(realm.takeReply(client).slice(0, 2)).toStrictEqual([2, 3251278072152162]);
  });

  test("[CRA-04] tells the salt of a salted user", async () => {
    const realm = testRealmFor(["joe", { secret: "s", salt: "salt123", iterations: 1000, keylen: 32, role: "user" }]);
    const { challenge: _, ...salting } = await challengeOf(realm, "joe");
    expect(salting).toStrictEqual({ salt: "salt123", iterations: 1000, keylen: 32 });
  });

  test("[CRA-03] may hold characters beyond ASCII; they are signed as UTF-8", async () => {
    const realm = testRealmFor(["jö🙂", { secret: "geheimnis ü", role: "user" }]);
    const client = await realm.sendHello({ ...HELLO, authid: "jö🙂" });
    await realm.sendFrom(client, [5, craSignature("geheimnis ü", realm.takeChallenge(client)), {}]);
    expect(realm.takeWelcome(client)).toMatchObject({ authid: "jö🙂" });
  });
});

describe("the signature", () => {
  const salted = { salt: "salt123", iterations: 1000, keylen: 32 };
  const key = derivedKey("secret123", "salt123", 1000, 32);

  test.each<[string, (extra: Extra) => string]>([
    ["[CRA-08] no Base64", () => "%%%"],
    ["[CRA-08] empty", () => ""],
    ["[CRA-08] in hex", (extra) => Buffer.from(craSignature("secret123", extra), "base64").toString("hex")],
    ["[CRA-08] without padding", (extra) => craSignature("secret123", extra).replace("=", "")],
    ["[CRA-08] of another challenge", (extra) => craSignature("secret123", { ...extra, challenge: "{}" })],
    ["[CRA-04] by the password, unsalted", ({ challenge }) => craSignature("secret123", { challenge })],
    [
      "[CRA-04] by the bytes of the key",
      ({ challenge }) => craSignature(Buffer.from(key, "base64") as never, { challenge }),
    ],
  ])("%s is refused", async (_, sign) => {
    const realm = testRealmFor(["joe", { secret: "secret123", ...salted, role: "user" }]);
    const client = await realm.sendHello(HELLO);
    await realm.sendFrom(client, [5, sign(realm.takeChallenge(client)), {}]);
    expect(realm.takeReply(client)[2]).toBe("wamp.error.authentication_denied");
  });

  test("[CRA-05] is checked without the password where the derived key is stored", async () => {
    const realm = testRealmFor(["joe", { "salted-key": key, ...salted, role: "user" }]);
    const client = await realm.sendHello(HELLO);
    await realm.sendFrom(client, [5, craSignature("secret123", realm.takeChallenge(client)), {}]);
    expect(realm.takeWelcome(client)).toMatchObject({ authid: "joe" });
  });

  test("[CRA-05] costs one key derivation per user", async () => {
    const realm = testRealmFor(["joe", { secret: "secret123", ...salted, role: "user" }]);
    const deriveBits = vi.spyOn(crypto.subtle, "deriveBits");
    for (let i = 0; i < 3; i++) await challengeOf(realm, "joe");
    expect(deriveBits).toHaveBeenCalledTimes(1);
    await challengeOf(realm, "unknown");
    expect(deriveBits).toHaveBeenCalledTimes(1);
  });
});

describe("an unknown authid", () => {
  const users = Array.from({ length: 5 }, (_, index): [string, object] => [
    `user${index}`,
    {
      "salted-key": "x",
      salt: `5a17${index}`,
      iterations: 100 + index,
      keylen: 32,
      role: index < 2 ? "admin" : "user",
    },
  ]);

  test("[CRA-09] gets the salting of one of the users, always the same", async () => {
    const realm = testRealmFor(...users);
    const seen = new Set<unknown>();
    for (let i = 0; i < 40; i++) {
      const { challenge, ...salting } = await challengeOf(realm, `unknown${i}`);
      seen.add(salting.iterations);
      const { challenge: again, ...sameSalting } = await challengeOf(realm, `unknown${i}`);
      expect(sameSalting).toStrictEqual(salting);
      const [role, sameRole] = [challenge, again].map((text) => JSON.parse(String(text)).authrole);
      expect(sameRole).toBe(role);
    }
    expect([...seen].sort()).toStrictEqual([100, 101, 102, 103, 104]);
  });

  test("[CRA-09][AUTH-15] gets a salt of its own that stays, made of the characters of the configured salts", async () => {
    const realm = testRealmFor(...users);
    const salts = [];
    for (let i = 0; i < 20; i++) salts.push((await challengeOf(realm, `unknown${i}`)).salt);
    for (const salt of salts) expect(salt).toMatch(/^[5a170-4]{5}$/);
    expect(new Set(salts).size).toBeGreaterThan(15);
    realm.sleepAndWake();
    expect((await challengeOf(realm, "unknown0")).salt).toBe(salts[0]);
  });

  test("[CRA-09] cannot log in with the secret of the user whose salting it gets", async () => {
    const realm = testRealmFor(["joe", { secret: "secret123", role: "user" }]);
    const client = await realm.sendHello({ ...HELLO, authid: "unknown" });
    await realm.sendFrom(client, [5, craSignature("secret123", realm.takeChallenge(client)), {}]);
    expect(realm.takeReply(client)[2]).toBe("wamp.error.authentication_denied");
  });
});
