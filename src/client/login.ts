/** The client's side of the authentication methods: what HELLO offers, and the answer to each CHALLENGE. */

import { saslprep } from "../wamp/authentication/saslprep.ts";
import { makeAuthMessage } from "../wamp/authentication/scram.ts";
import { deriveKey, sign } from "../wamp/authentication/wampcra.ts";
import { hmac, pbkdf2, sha256 } from "../wamp/crypto/digest.ts";
import { type Bytes, fromBase64, fromHex, toBase64, toHex, utf8 } from "../wamp/crypto/encoding.ts";
import type { Dict } from "../wamp/protocol/values.ts";

/** What every login may have. */
interface LoginOptions {
  readonly authid?: string;
  /** HELLO.Details.authrole, which the realm's own authenticators see. */
  readonly authrole?: string;
  readonly authextra?: Dict;
  /** Asks for a session that can be resumed; the realm needs `options.resume`. */
  readonly resumable?: boolean;
  /** Answers each CHALLENGE in place of the method, or after it where a second factor asks again. */
  readonly onChallenge?: OnChallenge;
}

/** Returns AUTHENTICATE.Signature, or `[Signature, Extra]`. */
export type OnChallenge = (method: string, extra: Dict) => ChallengeAnswer | Promise<ChallengeAnswer>;
export type ChallengeAnswer = string | readonly [signature: string, extra: Dict];

/** A login by one method, with its credentials. */
export type Login = LoginOptions &
  (
    | { readonly method: "anonymous" | "cookie" }
    | { readonly method: "ticket"; readonly ticket: string }
    | { readonly method: "jwt"; readonly token: string }
    | { readonly method: "wampcra"; readonly secret: string }
    | { readonly method: "scram" | "wamp-scram"; readonly password: string }
    /** The private key: 32 bytes in hex. */
    | { readonly method: "cryptosign"; readonly privateKey: string }
    /** Any other method, or several that are offered in this order. */
    | { readonly methods: readonly string[]; readonly onChallenge?: OnChallenge }
  );

/** The client's part of one handshake. */
export interface ClientHandshake {
  /** HELLO.Details, without roles. */
  readonly details: Dict;
  readonly answer: OnChallenge;
}

/** Makes the client's part of a handshake. Rejects for a private key that is none. */
export async function handshakeOf(login: Login): Promise<ClientHandshake> {
  const own = await methodOf(login);
  const { authid, authrole, authextra, resumable, onChallenge } = login;
  let isAnswered = false;
  return {
    details: {
      authmethods: "methods" in login ? login.methods : [login.method],
      ...(authid !== undefined && { authid }),
      ...(authrole !== undefined && { authrole }),
      ...(resumable === true && { resumable }),
      authextra: { ...own.authextra, ...authextra },
    },
    answer: (method, extra) => {
      const answer = isAnswered || own.answer === undefined ? onChallenge : own.answer;
      isAnswered = true;
      if (answer === undefined) throw new Error(`login needs onChallenge for the CHALLENGE of ${method}`);
      return answer(method, extra);
    },
  };
}

interface OwnPart {
  readonly authextra?: Dict;
  readonly answer?: OnChallenge | undefined;
}

async function methodOf(login: Login): Promise<OwnPart> {
  if ("methods" in login) return {};
  switch (login.method) {
    case "ticket":
      return { answer: () => login.ticket };
    case "jwt":
      return { answer: () => login.token };
    case "wampcra":
      return { answer: (_, extra) => craSignature(login.secret, extra) };
    case "scram":
    case "wamp-scram":
      return scram(login.method, login.authid ?? "", login.password);
    case "cryptosign":
      return cryptosign(login.privateKey);
    case "anonymous":
    case "cookie":
      return {};
  }
}

async function craSignature(secret: string, { challenge, salt, iterations, keylen }: Dict): Promise<string> {
  const salting =
    typeof salt === "string" ? { salt, iterations: Number(iterations), keylen: Number(keylen) } : undefined;
  return sign(await deriveKey(secret, salting), String(challenge));
}

/** Bytes of the client's part of the nonce. */
const NONCE_LENGTH = 16;

/** The dialect of Autobahn and Crossbar.io (`scram`), and that of the specification (`wamp-scram`). */
function scram(method: "scram" | "wamp-scram", authid: string, password: string): OwnPart {
  const isSpecified = method === "wamp-scram";
  const clientNonce = toBase64(crypto.getRandomValues(new Uint8Array(NONCE_LENGTH)));
  const prepared = saslprep(authid) ?? authid;
  const user = isSpecified ? prepared.replaceAll("=", "=3D").replaceAll(",", "=2C") : prepared;
  const answer = async (_: string, { nonce, salt, iterations, kdf }: Dict): Promise<ChallengeAnswer> => {
    if (kdf !== "pbkdf2") throw new Error(`login derives keys of SCRAM by pbkdf2 only, not by ${kdf}`);
    const secret = utf8(saslprep(password) ?? password);
    const salted = await pbkdf2(secret, fromBase64(String(salt))!, Number(iterations), KEY_LENGTH);
    const clientKey = await hmac(salted, utf8("Client Key"));
    const binding = isSpecified ? "biws" : "";
    const message = makeAuthMessage(user, clientNonce, String(nonce), String(salt), Number(iterations), binding);
    const signature = await hmac(await sha256(clientKey), message);
    return [toBase64(clientKey.map((byte, index) => byte ^ signature[index]!)), { nonce }];
  };
  return { authextra: { nonce: clientNonce }, answer };
}

/** Bytes. */
const KEY_LENGTH = 32;
/** PKCS #8 of an Ed25519 key, before its 32 bytes (RFC 8410). */
const PKCS8 = "302e020100300506032b657004220420";

async function cryptosign(privateKey: string): Promise<OwnPart> {
  const seed = fromHex(privateKey);
  if (seed?.length !== KEY_LENGTH) throw new TypeError("privateKey must be 32 bytes in hex");
  const pkcs8 = fromHex(PKCS8 + privateKey)!;
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
  const { x = "" } = (await crypto.subtle.exportKey("jwk", key)) as JsonWebKey;
  const signed = async (message: Bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", key, message));
  return {
    authextra: { pubkey: toHex(fromUrl(x)) },
    answer: async (_, { challenge }) => toHex(await signed(fromHex(String(challenge))!)) + challenge,
  };
}

/** Base64 for URLs without padding → bytes. */
function fromUrl(text: string): Bytes {
  return fromBase64(`${text.replaceAll("-", "+").replaceAll("_", "/")}=`)!;
}
