/** Keys of JSON Web Tokens: PEM, shared secrets, key sets, and issuers with metadata. */

import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { AuthTestRealm, DENIED, type Extra, FAILED } from "./auth-test-realm.ts";
import { outcome, type Settings, testRealmFor } from "./token-test-realm.ts";

const URL = "https://issuer.example/jwks.json";
const utf8 = new TextEncoder();

describe("keys", () => {
  interface Issuer {
    readonly sign: (head?: Extra, claims?: Extra) => Promise<string>;
    readonly jwk: JWK;
    readonly spki: string;
  }
  const issuers = new Map<string, Issuer>();

  async function issuer(alg: string, kid: string): Promise<Issuer> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const sign = (head: Extra = {}, claims: Extra = {}) => {
      const jwt = new SignJWT({ sub: "joe", role: "user", exp: 3600, ...claims });
      return jwt.setProtectedHeader({ alg, kid, ...head }).sign(privateKey as CryptoKey);
    };
    return { sign, jwk: { ...(await exportJWK(publicKey)), kid, alg }, spki: await exportSPKI(publicKey) };
  }

  beforeAll(async () => {
    for (const alg of ["RS256", "PS256", "ES256", "EdDSA"]) issuers.set(alg, await issuer(alg, alg));
  });

  test.each(["RS256", "PS256", "ES256", "EdDSA"])("[TKT-02] %s, from PEM", async (alg) => {
    const { spki, sign } = issuers.get(alg)!;
    expect(await outcome(testRealmFor({ key: spki }), await sign())).toMatchObject({ authid: "joe" });
  });

  test.each(["HS256", "HS384", "HS512"])("[TKT-02] %s, shared", async (alg) => {
    const key = "0123456789abcdef".repeat(4);
    const text = await new SignJWT({ sub: "joe", role: "user", exp: 3600 })
      .setProtectedHeader({ alg })
      .sign(utf8.encode(key));
    expect(await outcome(testRealmFor({ key }), text)).toMatchObject({ authid: "joe" });
    const others = ["HS256", "HS384", "HS512"].filter((other) => other !== alg);
    expect(await outcome(testRealmFor({ key, algorithms: others }), text)).toStrictEqual(DENIED);
  });

  test("[TKT-03] public ones are no shared secrets", async () => {
    const { spki } = issuers.get("RS256")!;
    const forged = await new SignJWT({ sub: "joe", role: "user", exp: 3600 })
      .setProtectedHeader({ alg: "HS256", kid: "RS256" })
      .sign(utf8.encode(spki));
    expect(await outcome(testRealmFor({ key: spki }), forged)).toStrictEqual(DENIED);
  });

  test("[TKT-03] of another kind than the token's algorithm are refused", async () => {
    expect(
      await outcome(testRealmFor({ key: issuers.get("RS256")!.spki }), await issuers.get("ES256")!.sign()),
    ).toStrictEqual(DENIED);
  });

  class Issuers extends AuthTestRealm {
    readonly fetched: string[] = [];
    keys: JWK[] | undefined;

    override async fetchJson(url: string): Promise<unknown> {
      this.fetched.push(url);
      if (this.keys === undefined) throw new Error("unreachable");
      return { keys: this.keys };
    }
  }

  function withJwks(...algorithms: string[]): Issuers {
    const realm = new Issuers({ jwt: { type: "static", jwks: URL } });
    realm.keys = algorithms.map((alg) => issuers.get(alg)!.jwk);
    return realm;
  }

  test.each(["RS256", "PS256", "ES256", "EdDSA"])("[TKT-02] %s, from a key set", async (alg) => {
    const realm = withJwks("RS256", "PS256", "ES256", "EdDSA");
    expect(await outcome(realm, await issuers.get(alg)!.sign())).toMatchObject({ authid: "joe" });
    expect(realm.fetched).toStrictEqual([URL]);
  });

  describe("without a key id", () => {
    let first: Issuer;
    let second: Issuer;
    beforeAll(async () => {
      first = await issuer("ES256", "first");
      second = await issuer("ES256", "second");
    });
    const unnamed = { kid: undefined };

    test("[TKT-02] are tried one by one where several fit", async () => {
      for (const { sign } of [first, second]) {
        const realm = new Issuers({ jwt: { type: "static", jwks: URL } });
        realm.keys = [first.jwk, issuers.get("RS256")!.jwk, second.jwk];
        expect(await outcome(realm, await sign(unnamed))).toMatchObject({ authid: "joe" });
      }
    });

    test("[TKT-03] refuse a token that none of them has signed, and one that is invalid otherwise", async () => {
      const realm = new Issuers({ jwt: { type: "static", jwks: URL } });
      realm.keys = [first.jwk, second.jwk];
      const stranger = await issuer("ES256", "stranger");
      expect(await outcome(realm, await stranger.sign(unnamed))).toStrictEqual(DENIED);
      expect(await outcome(realm, await second.sign(unnamed, { exp: -60 }))).toStrictEqual(DENIED);
      expect(realm.logged).toMatchObject([
        { event: "login.refused", cause: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" },
        { event: "login.refused", cause: "ERR_JWT_EXPIRED", claim: "exp" },
      ]);
    });
  });

  test("[TKT-02] may stand in the configuration, as a set or a list", async () => {
    const { jwk, sign } = issuers.get("EdDSA")!;
    const others = issuers.get("RS256")!.jwk;
    for (const jwks of [[others, jwk], { keys: [others, jwk] }] as Settings["jwks"][]) {
      const realm = testRealmFor({ jwks: jwks! });
      expect(await outcome(realm, await sign())).toMatchObject({ authid: "joe" });
      expect(await outcome(realm, await issuers.get("ES256")!.sign())).toStrictEqual(DENIED);
    }
  });

  describe("of an issuer with metadata", () => {
    const ISSUER = "https://issuer.example/tenant/";
    const DESCRIPTION = "https://issuer.example/tenant/.well-known/openid-configuration";

    class Provider extends Issuers {
      description: unknown = { issuer: ISSUER, jwks_uri: URL };

      constructor() {
        super({ jwt: { type: "static", issuer: ISSUER } });
        this.keys = [issuers.get("ES256")!.jwk];
      }

      override async fetchJson(url: string): Promise<unknown> {
        if (url === URL) return super.fetchJson(url);
        this.fetched.push(url);
        return this.description;
      }
    }

    const sign = (iss = ISSUER) => issuers.get("ES256")!.sign({}, { iss, exp: 100_000 });

    test("[TKT-02] are found by the name of the issuer, and cached", async () => {
      const realm = new Provider();
      for (let n = 0; n < 3; n++) expect(await outcome(realm, await sign())).toMatchObject({ authid: "joe" });
      expect(realm.fetched).toStrictEqual([DESCRIPTION, URL]);
      expect(await outcome(realm, await sign("https://other.example/"))).toStrictEqual(DENIED);
    });

    test.each<[string, unknown, string]>([
      ["is of another issuer", { issuer: "https://issuer.example/tenant", jwks_uri: URL }, "another issuer"],
      ["names keys that come by http", { issuer: ISSUER, jwks_uri: "http://issuer.example/" }, "no https URL"],
      ["names no keys", { issuer: ISSUER }, "no https URL"],
      ["is no dict", "hello", "no dict"],
    ])("[AUTH-08] fail the attempt where the description %s, and the log says why", async (_, description, cause) => {
      const realm = new Provider();
      realm.description = description;
      expect(await outcome(realm, await sign())).toStrictEqual(FAILED);
      const lines = realm.logged.filter(({ event }) => event === "jwks.failed");
      expect(lines).toMatchObject([{ level: "error", url: DESCRIPTION, cause: expect.stringContaining(cause) }]);
      expect(realm.fetched).toStrictEqual([DESCRIPTION]);
    });
  });

  test("are fetched again when the clock is set back", async () => {
    const realm = withJwks("ES256");
    realm.time = 3_600_000;
    const text = await issuers.get("ES256")!.sign({}, { exp: 100_000 });
    await outcome(realm, text);
    realm.time = 0;
    await outcome(realm, text);
    expect(realm.fetched).toHaveLength(2);
  });

  test("are fetched once for many clients, and again after ten minutes", async () => {
    const realm = withJwks("ES256");
    const long = await issuers.get("ES256")!.sign({}, { exp: 100_000 });
    await Promise.all([outcomeOnly(realm, long, "a"), outcomeOnly(realm, long, "b")]);
    realm.advance(600_000);
    await outcome(realm, long);
    expect(realm.fetched).toHaveLength(1);
    realm.advance(1);
    await outcome(realm, long);
    expect(realm.fetched).toHaveLength(2);
  });

  test("are fetched again for a new key id, but not for each invented one", async () => {
    const realm = withJwks("ES256");
    await outcome(realm, await issuers.get("ES256")!.sign());
    realm.keys = [issuers.get("RS256")!.jwk];
    const rotated = await issuers.get("RS256")!.sign({}, { exp: 100_000 });
    expect(await outcome(realm, rotated)).toStrictEqual(DENIED);
    realm.advance(30_000);
    expect(await outcome(realm, rotated)).toMatchObject({ authid: "joe" });
    for (let i = 0; i < 5; i++) {
      expect(await outcome(realm, await issuers.get("RS256")!.sign({ kid: `made up ${i}` }))).toStrictEqual(DENIED);
    }
    expect(realm.fetched).toHaveLength(2);
    expect(await outcome(realm, await issuers.get("ES256")!.sign())).toStrictEqual(DENIED);
  });

  test("[AUTH-08] that cannot be fetched fail the attempt; cached ones serve for an hour", async () => {
    const realm = withJwks();
    realm.keys = undefined;
    const long = await issuers.get("ES256")!.sign({}, { exp: 100_000 });
    expect(await outcome(realm, long)).toStrictEqual(FAILED);
    realm.advance(30_000);
    realm.keys = [issuers.get("ES256")!.jwk];
    expect(await outcome(realm, long)).toMatchObject({ authid: "joe" });
    realm.keys = undefined;
    realm.advance(3_600_000);
    expect(await outcome(realm, long)).toMatchObject({ authid: "joe" });
    realm.advance(30_001);
    expect(await outcome(realm, long)).toStrictEqual(FAILED);
    const lines = realm.logged.filter(({ event }) => event === "jwks.failed");
    expect(lines[0]).toMatchObject({ level: "error", url: URL, cause: "Error: unreachable" });
    expect(JSON.stringify(realm.logged)).not.toContain(long);
  });

  test("[AUTH-08] that are no key set fail the attempt", async () => {
    const realm = withJwks();
    realm.fetchJson = async () => ({ hello: "world" });
    expect(await outcome(realm, await issuers.get("ES256")!.sign())).toStrictEqual(FAILED);
  });
});

/** Like `outcome`, for clients that come at the same time. */
async function outcomeOnly(realm: AuthTestRealm, text: string, name: string): Promise<void> {
  const client = await realm.sendHello({ authmethods: ["jwt"] }, name);
  await realm.sendFrom(client, [5, text, {}]);
  expect(client.peer.state.kind).toBe("open");
  realm.takeMessages(client);
}
