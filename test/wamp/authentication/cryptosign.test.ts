/** Cryptosign: keys and principals, formats of signatures, and the router's own key. */

import { describe, expect, test } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { AuthTestRealm, type Extra } from "./auth-test-realm.ts";
import { KEY, OTHER_KEY } from "./methods.ts";
import { SigningKey } from "./proofs.ts";

const THIRD_KEY = new SigningKey("6e1fde9cf9e2359a87420b65a87dc0c66136e66945196ba2475990d8a0c3a25b");
const CHALLENGE = "0123456789abcdef".repeat(4);
/** A channel id, which the router never sees. */
const CHANNEL_ID = Buffer.from("fedcba9876543210".repeat(4), "hex");

type Principals = Readonly<Record<string, { readonly authorized_keys: readonly string[]; readonly realm?: string }>>;

function testRealmFor(principals: Principals, settings: object = {}, input: Partial<RealmInput> = {}): AuthTestRealm {
  const withRoles = Object.entries(principals).map(([authid, principal]) => [authid, { ...principal, role: "user" }]);
  return new AuthTestRealm(
    { cryptosign: { type: "static", principals: Object.fromEntries(withRoles), ...settings } },
    input,
  );
}

function hello(key: SigningKey, details: Extra = {}, authextra: Extra = {}): Extra {
  return { authmethods: ["cryptosign"], authextra: { pubkey: key.publicKey, ...authextra }, ...details };
}

/** The result for the holder of a key: the authid of the session, or the reason of the refusal. */
async function outcome(testRealm: AuthTestRealm, key: SigningKey, details: Extra = {}): Promise<unknown> {
  const client = await testRealm.sendHello(hello(key, details));
  await testRealm.sendFrom(client, [5, key.signChallenge(testRealm.takeChallenge(client)), {}]);
  const reply = testRealm.takeReply(client);
  return reply[0] === 2 ? (reply[2] as Extra).authid : reply[2];
}

const DENIED = "wamp.error.authentication_denied";

describe("a key", () => {
  test("[CSG-02] identifies its principal without an authid", async () => {
    const testRealm = testRealmFor({
      eve: { authorized_keys: [KEY.publicKey] },
      ann: { authorized_keys: [OTHER_KEY.publicKey] },
    });
    expect(await outcome(testRealm, KEY)).toBe("eve");
    expect(await outcome(testRealm, OTHER_KEY)).toBe("ann");
  });

  test("[CSG-01] is one of several a principal may have", async () => {
    const testRealm = testRealmFor({ eve: { authorized_keys: [KEY.publicKey, OTHER_KEY.publicKey.toUpperCase()] } });
    expect(await outcome(testRealm, KEY, { authid: "eve" })).toBe("eve");
    expect(await outcome(testRealm, OTHER_KEY)).toBe("eve");
  });

  test("[CSG-02] of several principals needs an authid", async () => {
    const keys = { authorized_keys: [KEY.publicKey] };
    const testRealm = testRealmFor({ eve: keys, ann: keys });
    expect(await outcome(testRealm, KEY, { authid: "ann" })).toBe("ann");
    expect(await outcome(testRealm, KEY)).toBe(DENIED);
  });

  test("[CSG-07] that is unknown is refused, with an authid or without", async () => {
    const testRealm = testRealmFor({ eve: { authorized_keys: [KEY.publicKey] } });
    expect(await outcome(testRealm, OTHER_KEY)).toBe(DENIED);
    expect(await outcome(testRealm, OTHER_KEY, { authid: "eve" })).toBe(DENIED);
    expect(await outcome(testRealm, OTHER_KEY, { authid: OTHER_KEY.publicKey })).toBe(DENIED);
  });

  test("[CSG-08] of another principal is refused", async () => {
    const testRealm = testRealmFor({
      eve: { authorized_keys: [KEY.publicKey] },
      ann: { authorized_keys: [OTHER_KEY.publicKey] },
    });
    expect(await outcome(testRealm, KEY, { authid: "ann" })).toBe(DENIED);
  });

  test("[CSG-08] of a principal of another realm is refused", async () => {
    const principals = { eve: { authorized_keys: [KEY.publicKey], realm: "tenant-1" } };
    expect(await outcome(testRealmFor(principals, {}, { name: "tenant-1" }), KEY)).toBe("eve");
    expect(await outcome(testRealmFor(principals, {}, { name: "tenant-2" }), KEY)).toBe(DENIED);
  });

  test.each<[string, Extra]>([
    ["missing", {}],
    ["null", { pubkey: null }],
    ["no text", { pubkey: 7 }],
    ["too short", { pubkey: KEY.publicKey.slice(2) }],
    ["no hex", { pubkey: "x".repeat(64) }],
  ])("[CSG-01] that is %s is refused at once", async (_, authextra) => {
    const testRealm = testRealmFor({ eve: { authorized_keys: [KEY.publicKey] } });
    const client = await testRealm.sendHello({ authid: "eve", authmethods: ["cryptosign"], authextra });
    expect(testRealm.takeReply(client)[2]).toBe(DENIED);
  });

  test("[CSG-07] that is no point of the curve is refused", async () => {
    const testRealm = testRealmFor({ eve: { authorized_keys: [KEY.publicKey] } });
    const client = await testRealm.sendHello(hello(KEY, {}, { pubkey: "ff".repeat(32) }));
    await testRealm.sendFrom(client, [5, KEY.signChallenge(testRealm.takeChallenge(client)), {}]);
    expect(testRealm.takeReply(client)[2]).toBe(DENIED);
  });
});

describe("a signature", () => {
  const replayed = "11".repeat(32);

  test.each<[string, (challenge: string) => string, boolean]>([
    ["[CSG-04] followed by the challenge", (it) => KEY.sign(it) + it, true],
    ["[CSG-04] in upper case", (it) => (KEY.sign(it) + it).toUpperCase(), true],
    ["[CSG-06] alone", (it) => KEY.sign(it), true],
    ["[CSG-05] over other bytes, followed by them", () => KEY.sign(replayed) + replayed, false],
    ["[CSG-05] over other bytes, followed by the challenge", (it) => KEY.sign(replayed) + it, false],
    ["[CSG-05] over other bytes, alone", () => KEY.sign(replayed), false],
    ["[CSG-05] of the challenge, followed by other bytes", (it) => KEY.sign(it) + replayed, false],
    ["[CSG-05] too long", (it) => `${KEY.sign(it) + it}00`, false],
    ["[CSG-05] too short", (it) => KEY.sign(it).slice(2), false],
    ["[CSG-05] in Base64", (it) => Buffer.from(KEY.sign(it) + it, "hex").toString("base64"), false],
    ["[CSG-05] empty", () => "", false],
    ["[CSG-05] of no hex", () => "x".repeat(192), false],
    ["[CSG-05] by another key", (it) => OTHER_KEY.sign(it) + it, false],
  ])("%s", async (_, sign, isRight) => {
    const testRealm = testRealmFor({ eve: { authorized_keys: [KEY.publicKey] } });
    const client = await testRealm.sendHello(hello(KEY));
    await testRealm.sendFrom(client, [5, sign(String(testRealm.takeChallenge(client).challenge)), {}]);
    expect(testRealm.takeReply(client)[0]).toBe(isRight ? 2 : 3);
  });
});

describe("channel binding", () => {
  test.each(["tls-unique", "tls-exporter", null])(
    "[CSG-10] %s is not supported, and the exchange continues without",
    async (channel_binding) => {
      const testRealm = testRealmFor({ eve: { authorized_keys: [KEY.publicKey] } });
      const client = await testRealm.sendHello(hello(KEY, {}, { channel_binding }));
      const extra = testRealm.takeChallenge(client);
      expect(extra).toStrictEqual({ challenge: "01".repeat(32), channel_binding: null });
      await testRealm.sendFrom(client, [5, KEY.signChallenge(extra), {}]);
      expect(testRealm.takeWelcome(client)).toMatchObject({ authid: "eve" });
    },
  );

  test.each(["tls-unique", "tls-exporter"])(
    "[CSG-09] a signature bound to %s against channel_binding: null is refused with an explanation",
    async (channel_binding) => {
      const testRealm = testRealmFor({ eve: { authorized_keys: [KEY.publicKey] } });
      const client = await testRealm.sendHello(hello(KEY, {}, { channel_binding }));
      const challenge = Buffer.from(String(testRealm.takeChallenge(client).challenge), "hex");
      const bound = challenge.map((byte: number, index: number) => byte ^ CHANNEL_ID[index]!).toString("hex");
      await testRealm.sendFrom(client, [5, KEY.signChallenge({ challenge: bound }), {}]);
      const message = "the signature is not of this challenge as it is; there is no channel binding";
      expect(testRealm.takeReply(client)).toStrictEqual([3, { message }, DENIED]);
    },
  );
});

describe("the router's key", () => {
  const settings = { "router-key": "6e1fde9cf9e2359a87420b65a87dc0c66136e66945196ba2475990d8a0c3a25b" };
  const principals = { eve: { authorized_keys: [KEY.publicKey] } };

  test("[CSG-11] signs the client's challenge", async () => {
    const testRealm = testRealmFor(principals, settings);
    const client = await testRealm.sendHello(hello(KEY, {}, { challenge: CHALLENGE }));
    const extra = testRealm.takeChallenge(client);
    const { publicKey: pubkey } = THIRD_KEY;
    const signature = THIRD_KEY.sign(CHALLENGE) + CHALLENGE;
    expect(extra).toStrictEqual({ challenge: "01".repeat(32), channel_binding: null, pubkey, signature });
    await testRealm.sendFrom(client, [5, KEY.signChallenge(extra), {}]);
    expect(testRealm.takeWelcome(client)).toMatchObject({ authid: "eve" });
  });

  test.each<[string, object, Extra]>([
    ["the client does not ask", settings, {}],
    ["the client asks with null, as Autobahn does", settings, { challenge: null }],
    ["there is none", {}, { challenge: CHALLENGE }],
  ])("[CSG-11] is left out where %s", async (_, ownSettings, authextra) => {
    const testRealm = testRealmFor(principals, ownSettings);
    const client = await testRealm.sendHello(hello(KEY, {}, authextra));
    expect(testRealm.takeChallenge(client)).toStrictEqual({ challenge: "01".repeat(32), channel_binding: null });
  });

  test.each(["", "00", 7, "x".repeat(64)])("[CSG-11] signs no %j", async (challenge) => {
    const testRealm = testRealmFor(principals, settings);
    const client = await testRealm.sendHello(hello(KEY, {}, { challenge }));
    expect(testRealm.takeReply(client)[2]).toBe(DENIED);
  });
});
