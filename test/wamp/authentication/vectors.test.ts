/** Worked numbers from the specification and from other implementations. */

import { expect, test } from "vitest";
import { makeAuthMessage } from "../../../src/wamp/authentication/scram.ts";
import { deriveKey, sign } from "../../../src/wamp/authentication/wampcra.ts";
import { hmac, pbkdf2, sha256 } from "../../../src/wamp/crypto/digest.ts";
import { fromBase64, toBase64, utf8 } from "../../../src/wamp/crypto/encoding.ts";
import { AuthTestRealm } from "./auth-test-realm.ts";
import { SigningKey } from "./proofs.ts";

const CHALLENGE =
  '{"authid":"peter","authrole":"user","authmethod":"wampcra","authprovider":"userdb","nonce":"LHRTC9zeOIrt_9U3",' +
  '"timestamp":"2014-06-22T16:36:25.448Z","session":3251278072152162}';

test.each([
  ["secret123", undefined, CHALLENGE, "gzUNiJ8tCk/HtlObQVIKGmTS66MJMepc/ubXxpSHVys="],
  [
    "secret123",
    { salt: "salt123", iterations: 1000, keylen: 32 },
    CHALLENGE,
    "ZjTRXS6ri5Obbrm3Ih+retS0yPh5m/ojH7Wa7hTRyWc=",
  ],
  ["secret2", undefined, '{"authid": "joe"}', "0WU6CfBMPYav6PeQsiirHfuWr+i974YePQmyyy29a5w="],
  [
    "secret2",
    { salt: "salt123", iterations: 100, keylen: 16 },
    '{"authid": "joe"}',
    "jDCY5OxBCeVm9yHZr1dLsSDQiP02PfjZs515cz5soPY=",
  ],
])("[CRA-03][CRA-04] WAMP-CRA: %s with %j signs as expected", async (secret, salting, challenge, signature) => {
  expect(await sign(await deriveKey(secret, salting), challenge)).toBe(signature);
});

test.each([
  ["secret123", "salt123", 1000, 32, "Eu7CQLfR+/Ffb+275A4s9/6H/RGKYxM4s6IMrsNKzC8="],
  ["secret2", "salt123", 100, 16, "LG5/FwnS5WvgmlEyLPk/pQ=="],
  ["secret1", "salt123", 100, 16, "prq7+YkJ1/KlW1X0YczMHw=="],
])(
  "[CRA-04][CRA-05] WAMP-CRA: the key from %s, %s, %d, %d is Base64 text",
  async (secret, salt, iterations, keylen, key) => {
    expect(await deriveKey(secret, { salt, iterations, keylen })).toEqual(utf8(key));
  },
);

interface ScramVector {
  readonly clientNonce: string;
  readonly nonce: string;
  readonly salt: string;
  readonly saltedPassword: string;
  readonly clientKey: string;
  readonly storedKey: string;
  readonly serverKey: string;
  readonly proof: string;
  readonly serverSignature: string;
}

const RFC_7677: ScramVector = {
  clientNonce: "rOprNGfwEbeRWgbNEkqO",
  nonce: "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
  saltedPassword: "xKSVEDI6tPlSysH6mUQZOeeOp01r6B3fcJbodRPcYV0=",
  clientKey: "pg/JI9Z+hkSpLRa5btpe9GVrDHJcSEN0viVTVXaZbos=",
  storedKey: "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=",
  serverKey: "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
  proof: "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
  serverSignature: "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
};

const SPECIFICATION: ScramVector = {
  clientNonce: "egVDf3DMJh0=",
  nonce: "egVDf3DMJh0=SBmkFIh7sSo=",
  salt: "aBc+fx0NAVA=",
  saltedPassword: "QHPwC5uQD7fL4t4Rpyhx9LmBYWyFMpVpx4B/hJrSPjg=",
  clientKey: "swP4tapaG+3KJ/k0i0rSTdvYvzuf/qAnvGABD0M4Jko=",
  storedKey: "0fCr7EYY8YwoS0VQMtES7YBGB7DlELfCsFIeOvlTzkc=",
  serverKey: "aCtxeIoGuHVmsyd50QLzSXZWPgYI9rjZqGZ7ldyNmc4=",
  proof: "L1uwjEEL7BdbtlWMKxNcQ1A/CmNjct+7xdAguB/rpnA=",
  serverSignature: "AyTAljdPHv74Zx+gn+6DqiFnl4XOZUXpC7k/pSkjBOg=",
};

test.each([
  ["RFC 7677", RFC_7677],
  ["the specification's nonces and salt", SPECIFICATION],
])("[SCR-07][SCR-08][SCR-09] SCRAM: every step for user and pencil as with %s", async (_, vector) => {
  const bytes = (text: string) => fromBase64(text)!;
  const saltedPassword = await pbkdf2(utf8("pencil"), bytes(vector.salt), 4096, 32);
  const clientKey = await hmac(saltedPassword, utf8("Client Key"));
  const storedKey = await sha256(clientKey);
  const serverKey = await hmac(saltedPassword, utf8("Server Key"));
  const message = makeAuthMessage("user", vector.clientNonce, vector.nonce, vector.salt, 4096, "biws");
  const clientSignature = await hmac(storedKey, message);
  const proof = clientKey.map((byte, index) => byte ^ clientSignature[index]!);
  const serverSignature = await hmac(serverKey, message);
  expect({
    saltedPassword: toBase64(saltedPassword),
    clientKey: toBase64(clientKey),
    storedKey: toBase64(storedKey),
    serverKey: toBase64(serverKey),
    proof: toBase64(proof),
    serverSignature: toBase64(serverSignature),
  }).toEqual({
    saltedPassword: vector.saltedPassword,
    clientKey: vector.clientKey,
    storedKey: vector.storedKey,
    serverKey: vector.serverKey,
    proof: vector.proof,
    serverSignature: vector.serverSignature,
  });
});

test("[SCR-07] SCRAM: the AuthMessage of the specification's inputs", () => {
  const message = makeAuthMessage("user", "egVDf3DMJh0=", "egVDf3DMJh0=SBmkFIh7sSo=", "aBc+fx0NAVA=", 4096, "biws");
  expect(message).toEqual(
    utf8("n=user,r=egVDf3DMJh0=,r=egVDf3DMJh0=SBmkFIh7sSo=,s=aBc+fx0NAVA=,i=4096,c=biws,r=egVDf3DMJh0=SBmkFIh7sSo="),
  );
});

const SIGNED_CHALLENGES = [
  [
    "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510",
    "1adfc8bfe1d35616e64dffbd900096f23b066f914c8c2ffbb66f6075b96e116d",
    "b32675b221f08593213737bef8240e7c15228b07028e19595294678c90d11c0cae80a357331bfc5cc9fb71081464e6e75013517c2cf067ad566a6b7b728e5d03",
  ],
] as const;

test.each(SIGNED_CHALLENGES)(
  "[CSG-03][CSG-04][CSG-05] cryptosign: the specification's key %s signs 32 bytes ff",
  async (seed, publicKey, signature) => {
    const realm = new AuthTestRealm({
      cryptosign: { type: "static", principals: { eve: { authorized_keys: [publicKey], role: "user" } } },
    });
    realm.lastByte = 254;
    const client = await realm.sendHello({ authmethods: ["cryptosign"], authextra: { pubkey: publicKey } });
    const challenge = "ff".repeat(32);
    expect(realm.takeReply(client)).toStrictEqual([4, "cryptosign", { challenge, channel_binding: null }]);
    expect(new SigningKey(seed).signChallenge({ challenge })).toBe(signature + challenge);
    await realm.sendFrom(client, [5, signature + challenge, {}]);
    expect(realm.takeWelcome(client)).toMatchObject({ authid: "eve" });
  },
);

test.each([
  [
    "d511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd",
    "6ed32739ff04a6074044ff0b0e3bfc7c856bc9d5f1d25efc57363bda0af3a8b0",
  ],
  [
    "6e1fde9cf9e2359a87420b65a87dc0c66136e66945196ba2475990d8a0c3a25b",
    "28e11f427b82b9a625ee7ac89a7d29326b505f2dc11dd88c1245f83b6da79a85",
  ],
])(
  "[CSG-11] cryptosign: the router's private key %s has the public key the specification's has",
  async (seed, publicKey) => {
    const realm = new AuthTestRealm({
      cryptosign: {
        type: "static",
        "router-key": seed,
        principals: { eve: { authorized_keys: [publicKey], role: "user" } },
      },
    });
    const challenge = "0f".repeat(32);
    const client = await realm.sendHello({ authmethods: ["cryptosign"], authextra: { pubkey: publicKey, challenge } });
    const signature = new SigningKey(seed).sign(challenge) + challenge;
    expect(realm.takeChallenge(client)).toMatchObject({ pubkey: publicKey, signature });
  },
);
