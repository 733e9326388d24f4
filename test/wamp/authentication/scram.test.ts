/** WAMP-SCRAM: its two dialects, nonces, user names and the router's proof. */

import { describe, expect, test } from "vitest";
import { type Auth, AuthTestRealm, type Extra } from "./auth-test-realm.ts";
import { CLIENT_NONCE, PENCIL, PENCIL_RECORD, SALT } from "./methods.ts";
import { scramMessage } from "./proofs.ts";

const HELLO = { authid: "joe", authmethods: ["wamp-scram"], authextra: { nonce: CLIENT_NONCE, channel_binding: null } };

function testRealmFor(record: object = {}, authid = "joe"): AuthTestRealm {
  const principals = { [authid]: { ...PENCIL_RECORD, role: "user", ...record } };
  return new AuthTestRealm({ scram: { type: "static", principals } } as Auth);
}

describe("CHALLENGE", () => {
  test("[SCR-01][SCR-04][SCR-05] has the key derivation parameters and a nonce that begins with the client's", async () => {
    const realm = testRealmFor();
    const client = await realm.sendHello(HELLO);
    const nonce = `${CLIENT_NONCE}AQEBAQEBAQEBAQEBAQEBAQ==`;
    const extra = { nonce, salt: "aBc+fx0NAVA=", kdf: "pbkdf2", iterations: 4096, memory: null };
    expect(realm.takeReply(client)).toStrictEqual([4, "wamp-scram", extra]);
  });

  test.each([
    ["wamp-scram", "argon2id13"],
    ["scram", "argon2id-13"],
  ])("[SCR-15] to %s calls Argon2 %s", async (method, kdf) => {
    for (const configured of ["argon2id-13", "argon2id13"]) {
      const realm = testRealmFor({ kdf: configured, iterations: 3, memory: 4096 });
      const client = await realm.sendHello({ ...HELLO, authmethods: [method] });
      expect(realm.takeChallenge(client)).toMatchObject({ kdf, iterations: 3, memory: 4096 });
    }
  });

  test("to scram has a number for memory, which Autobahn reads whatever the kdf", async () => {
    const realm = testRealmFor();
    const client = await realm.sendHello({ ...HELLO, authmethods: ["scram"] });
    expect(realm.takeChallenge(client)).toMatchObject({ kdf: "pbkdf2", memory: 0 });
  });

  test("[SCR-12] to an unknown authid has a salt of the usual length, the same each time and after sleep", async () => {
    const realm = testRealmFor();
    const saltFor = async (authid: string) => realm.takeChallenge(await realm.sendHello({ ...HELLO, authid })).salt;
    const [one, two] = [await saltFor("one"), await saltFor("two")];
    expect(Buffer.from(String(one), "base64")).toHaveLength(SALT.length);
    expect(one).not.toBe(two);
    realm.sleepAndWake();
    expect([await saltFor("one"), await saltFor("two")]).toStrictEqual([one, two]);
  });
});

describe("HELLO", () => {
  test.each<[string, Extra, string]>([
    ["[SCR-02] without a nonce", {}, "invalid-encoding"],
    ["[SCR-02] with an empty nonce", { nonce: "" }, "invalid-encoding"],
    ["[SCR-02] with a nonce over the limit", { nonce: "AAAA".repeat(65) }, "invalid-encoding"],
    ["[SCR-02] with a nonce that is no text", { nonce: 7 }, "invalid-encoding"],
    ["[SCR-02] with a nonce that is no Base64", { nonce: "egVDf3DMJh0!" }, "invalid-encoding"],
    ["[SCR-02] with a nonce that lacks padding", { nonce: "egVDf3DMJh0" }, "invalid-encoding"],
    ["[SCR-02] with a nonce in another spelling", { nonce: "egVDf3DMJh1=" }, "invalid-encoding"],
    ["[SCR-02] with a nonce that holds a comma", { nonce: "a,s=" }, "invalid-encoding"],
    [
      "[SCR-03] with a channel binding",
      { nonce: CLIENT_NONCE, channel_binding: "tls-unique" },
      "unsupported-channel-binding-type",
    ],
    [
      "[SCR-03] with a channel binding of another type",
      { nonce: CLIENT_NONCE, channel_binding: true },
      "unsupported-channel-binding-type",
    ],
  ])("%s is refused", async (_, authextra, scram) => {
    const realm = testRealmFor();
    const client = await realm.sendHello({ ...HELLO, authextra });
    expect(realm.takeReply(client)).toStrictEqual([
      3,
      { message: "the credentials were rejected", scram },
      "wamp.error.authentication_denied",
    ]);
  });

  test("[SCR-13] with a user name that SASLprep prohibits is refused", async () => {
    const realm = testRealmFor();
    const client = await realm.sendHello({ ...HELLO, authid: "joe\u0007" });
    expect(realm.takeReply(client)[1]).toMatchObject({ scram: "invalid-username-encoding" });
  });
});

describe("AUTHENTICATE", () => {
  async function outcome(details: Extra, extraFor: (nonce: unknown) => Extra, user = "joe", binding = "biws") {
    const realm = testRealmFor({}, String(details.authid));
    const client = await realm.sendHello(details);
    const extra = realm.takeChallenge(client);
    const proof = PENCIL.proof(scramMessage(user, CLIENT_NONCE, extra, binding));
    await realm.sendFrom(client, [5, proof, extraFor(extra.nonce)]);
    return realm.takeReply(client);
  }

  test("[SCR-06][SCR-10] with the right proof gets the router's proof", async () => {
    const realm = testRealmFor();
    const client = await realm.sendHello(HELLO);
    const extra = realm.takeChallenge(client);
    const message = scramMessage("joe", CLIENT_NONCE, extra, "biws");
    await realm.sendFrom(client, [
      5,
      PENCIL.proof(message),
      { nonce: extra.nonce, channel_binding: null, cbind_data: null },
    ]);
    expect(realm.takeWelcome(client)).toMatchObject({ authextra: { verifier: PENCIL.verifier(message) } });
  });

  test("[SCR-10] to scram gets a proof with the key of Autobahn, over an empty c=", async () => {
    const realm = testRealmFor();
    const client = await realm.sendHello({ ...HELLO, authmethods: ["scram"] });
    const message = scramMessage("joe", CLIENT_NONCE, realm.takeChallenge(client), "");
    await realm.sendFrom(client, [5, PENCIL.proof(message), {}]);
    expect(realm.takeWelcome(client)).toMatchObject({
      authextra: { scram_server_signature: PENCIL.verifier(message) },
    });
  });

  test.each<[string, (nonce: unknown) => Extra]>([
    ["[SCR-06] without the nonce", () => ({})],
    ["[SCR-06] with another nonce", () => ({ nonce: CLIENT_NONCE })],
    ["[SCR-06] with a channel binding", (nonce) => ({ nonce, channel_binding: "tls-unique" })],
    ["[SCR-06] with data of a channel binding", (nonce) => ({ nonce, cbind_data: "AAAA" })],
  ])("%s is refused, whatever the proof", async (_, extraFor) => {
    const [type, details, reason] = await outcome(HELLO, extraFor);
    expect([type, (details as Extra).scram, reason]).toStrictEqual([
      3,
      "other-error",
      "wamp.error.authentication_denied",
    ]);
  });

  test("[SCR-11] with a wrong proof gets the same error as with an unknown authid", async () => {
    const nonce = (value: unknown) => ({ nonce: value });
    const wrong = await outcome(HELLO, nonce, "jim");
    expect(wrong[1]).toMatchObject({ scram: "invalid-proof" });
    const realm = testRealmFor();
    const client = await realm.sendHello({ ...HELLO, authid: "unknown" });
    const extra = realm.takeChallenge(client);
    await realm.sendFrom(client, [
      5,
      PENCIL.proof(scramMessage("unknown", CLIENT_NONCE, extra, "biws")),
      nonce(extra.nonce),
    ]);
    expect(realm.takeReply(client)).toStrictEqual(wrong);
  });

  test.each(["", "AAAA", "%%", "=".repeat(44)])("[SCR-08][SCR-11] with %j for a proof is refused", async (proof) => {
    const realm = testRealmFor();
    const client = await realm.sendHello(HELLO);
    const { nonce } = realm.takeChallenge(client);
    await realm.sendFrom(client, [5, proof, { nonce }]);
    expect(realm.takeReply(client)[1]).toMatchObject({ scram: "invalid-proof" });
  });

  test.each([
    ["wamp-scram", "a=b,c", "a=3Db=2Cc", "biws"],
    ["scram", "a=b", "a=b", ""],
    ["wamp-scram", "I\u00adX", "IX", "biws"],
    ["wamp-scram", "\u2168", "IX", "biws"],
    ["scram", "\u2168", "IX", ""],
  ])("[SCR-07][SCR-13] of %s signs the user %j as %j", async (method, authid, user, binding) => {
    const details = { ...HELLO, authid, authmethods: [method] };
    const [type, , welcome] = await outcome(details, (nonce) => ({ nonce }), user, binding);
    expect([type, (welcome as Extra).authid]).toStrictEqual([2, authid]);
  });
});
