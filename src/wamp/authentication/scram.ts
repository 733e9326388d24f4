/** WAMP-SCRAM: client and router prove to each other that they know a password or its record (RFC 5802, 7677). */

import * as v from "valibot";
import {
  type DynamicAuth,
  type ScramAuth,
  type ScramPrincipal,
  type ScramRecord,
  scramRecordSchema,
} from "../config/auth.ts";
import { hmac, isEqual, sha256 } from "../crypto/digest.ts";
import type { Bytes } from "../crypto/encoding.ts";
import { fromBase64, fromHex, toBase64, toHex, utf8 } from "../crypto/encoding.ts";
import type { Host } from "../host/host.ts";
import type { Dict } from "../protocol/values.ts";
import { Authenticator, admit } from "./dynamic-authenticator.ts";
import type {
  Admitted,
  AuthContext,
  AuthOutcome,
  AuthRefusal,
  AuthRequest,
  AuthResponse,
  Eligibility,
  Method,
} from "./method.ts";
import { deny, fail, UNKNOWN_PRINCIPAL } from "./method.ts";
import { Principals } from "./principals.ts";
import { saslprep } from "./saslprep.ts";

/** Where the dialects of the specification (`wamp-scram`) and of Autobahn and Crossbar.io (`scram`) differ. */
interface Dialect {
  readonly argon2: string;
  /** `c=`: Base64 of the GS2 header without channel binding, or empty if the dialect has none. */
  readonly binding: string;
  /** The key of the router's proof in WELCOME.Details.authextra. */
  readonly verifier: string;
  /** Is `memory` null for PBKDF2? */
  readonly hasNull: boolean;
  /** Does AUTHENTICATE.Extra repeat the nonce? */
  readonly repeatsNonce: boolean;
}

const SPECIFIED: Dialect = {
  argon2: "argon2id13",
  binding: "biws",
  verifier: "verifier",
  hasNull: true,
  repeatsNonce: true,
};
const AUTOBAHN: Dialect = {
  argon2: "argon2id-13",
  binding: "",
  verifier: "scram_server_signature",
  hasNull: false,
  repeatsNonce: false,
};

/** Kept from CHALLENGE to AUTHENTICATE. */
interface State extends Claim {
  readonly nonce: string;
  /** ClientSignature, in hex. */
  readonly clientSignature: string;
  /** SHA-256 of StoredKey, in hex. StoredKey itself, together with an observed proof, would suffice to log in. */
  readonly storedKeyDigest: string;
  /** ServerSignature, in Base64. */
  readonly verifier: string;
}

/** The identity that a valid proof establishes. */
interface Claim extends Pick<Admitted, "identity" | "secondFactor"> {
  /** False for a decoy (AUTH-09). */
  readonly isKnown: boolean;
}

/** Bytes of the router's part of the nonce. */
const NONCE_LENGTH = 16;
/** Characters of the client's part; clients send about 24. */
const MAX_NONCE = 256;

/** Makes the method if the realm has it. */
export function createScram(context: AuthContext): Method | undefined {
  const settings = context.config.auth.scram;
  if (settings === undefined) return undefined;
  return settings.type === "dynamic" ? new DynamicScram(settings, context) : new Scram(settings, context);
}

/** SCRAM with principals in the configuration. */
class Scram implements Method {
  readonly #principals: Principals<ScramPrincipal>;
  readonly #host: Host;

  constructor({ principals }: ScramAuth, { host, decoys }: AuthContext) {
    this.#principals = new Principals("scram", principals, decoys ?? host);
    this.#host = host;
  }

  canServe({ authid }: AuthRequest): Eligibility {
    return this.#principals.canServe(authid);
  }

  async begin(request: AuthRequest): Promise<AuthOutcome> {
    const first = readFirst(request);
    if (first.kind === "refused") return first;
    const { principal, isKnown, decoySeed } = await this.#principals.find(first.authid);
    const salt = fromHex(principal.salt)!;
    const record = isKnown
      ? principal
      : { ...principal, salt: toHex(salt.map((_, i) => decoySeed[i % decoySeed.length]!)) };
    const { authid } = first;
    const identity = { authid, authrole: principal.role, authmethod: request.method, authprovider: "static" };
    return challenge(first, record, { identity, isKnown }, this.#host);
  }

  finish(response: AuthResponse): Promise<AuthOutcome> {
    return verify(response);
  }
}

/** SCRAM with records that an authenticator procedure looks up. */
class DynamicScram implements Method {
  readonly authenticator: Authenticator;
  readonly #host: Host;

  constructor(settings: DynamicAuth, context: AuthContext) {
    this.authenticator = new Authenticator(settings, context);
    this.#host = context.host;
  }

  canServe({ authid }: AuthRequest): Eligibility {
    return authid === undefined ? "unnamed" : "open";
  }

  async begin(request: AuthRequest): Promise<AuthOutcome> {
    const first = readFirst(request);
    if (first.kind === "refused") return first;
    const grant = await this.authenticator.identify(request);
    if (grant.kind === "refused") return grant;
    const { identity, secondFactor, response } = grant;
    const record = v.safeParse(scramRecordSchema, response);
    const claim = { identity, secondFactor, isKnown: true };
    return record.success
      ? challenge(first, record.output, claim, this.#host)
      : fail(this.authenticator.describeFault("the record is none of SCRAM"));
  }

  finish(response: AuthResponse): Promise<AuthOutcome> {
    return verify(response);
  }
}

/** The client's first message, checked. */
interface First {
  readonly kind: "first";
  readonly dialect: Dialect;
  readonly authid: string;
  /** The user name in AuthMessage: prepared, and escaped where the dialect escapes. */
  readonly user: string;
  readonly nonce: string;
}

function readFirst({ authid, method, authextra }: AuthRequest): First | AuthRefusal {
  const { nonce, channel_binding: binding } = authextra;
  // Channel binding is impossible, because TLS ends at the edge; a client that asks for it must not continue without.
  if ((binding ?? "") !== "") return denyScram("unsupported-channel-binding-type");
  const user = authid === undefined ? undefined : saslprep(authid);
  if (authid === undefined || user === undefined) return denyScram("invalid-username-encoding");
  if (typeof nonce !== "string" || !isNonce(nonce)) return denyScram("invalid-encoding");
  const escaped = user.replaceAll("=", "=3D").replaceAll(",", "=2C");
  const dialect = method === "scram" ? AUTOBAHN : SPECIFIED;
  return { kind: "first", dialect, authid, user: dialect === AUTOBAHN ? user : escaped, nonce };
}

/** Refuses with a server-error-value of RFC 5802 in ABORT.Details. */
function denyScram(word: string, cause: string = word): AuthRefusal {
  return deny(cause, { scram: word });
}

function isNonce(text: string): boolean {
  return text !== "" && text.length <= MAX_NONCE && fromBase64(text) !== undefined;
}

async function challenge(first: First, record: ScramRecord, claim: Claim, host: Host): Promise<AuthOutcome> {
  const { dialect } = first;
  const { kdf, iterations, memory } = record;
  const nonce = first.nonce + toBase64(host.randomBytes(NONCE_LENGTH));
  const salt = toBase64(fromHex(record.salt)!);
  const message = makeAuthMessage(first.user, first.nonce, nonce, salt, iterations, dialect.binding);
  const storedKey = fromHex(record["stored-key"])!;
  const challengeState: State = {
    ...claim,
    nonce,
    clientSignature: toHex(await hmac(storedKey, message)),
    storedKeyDigest: toHex(await sha256(storedKey)),
    verifier: toBase64(await hmac(fromHex(record["server-key"])!, message)),
  };
  const isPbkdf2 = kdf === "pbkdf2";
  const extra: Dict = {
    nonce,
    salt,
    kdf: isPbkdf2 ? kdf : dialect.argon2,
    iterations,
    memory: isPbkdf2 && dialect.hasNull ? null : memory,
  };
  return { kind: "challenged", extra, challengeState: { ...challengeState } };
}

/** Makes AuthMessage, which both sides sign (RFC 5802 section 3). */
export function makeAuthMessage(
  user: string,
  clientNonce: string,
  nonce: string,
  salt: string,
  iterations: number,
  binding: string,
): Bytes {
  return utf8(`n=${user},r=${clientNonce},r=${nonce},s=${salt},i=${iterations},c=${binding},r=${nonce}`);
}

async function verify({ challengeState, method, signature, extra }: AuthResponse): Promise<AuthOutcome> {
  // Written by `challenge`.
  const { nonce, clientSignature, storedKeyDigest, verifier, isKnown, ...proven } = challengeState as unknown as State;
  const dialect = method === "scram" ? AUTOBAHN : SPECIFIED;
  if (!isConsistent(extra, nonce, dialect)) return denyScram("other-error");
  const proof = fromBase64(signature);
  const isRight = await isProof(proof, fromHex(clientSignature)!, fromHex(storedKeyDigest)!);
  if (!isRight || !isKnown) return denyScram("invalid-proof", isKnown ? "the proof is wrong" : UNKNOWN_PRINCIPAL);
  const authextra = { ...proven.identity.authextra, [dialect.verifier]: verifier };
  return admit({ ...proven, identity: { ...proven.identity, authextra } });
}

/** Does AUTHENTICATE repeat the nonce where the dialect does, and ask for no channel binding? */
function isConsistent(extra: Dict, nonce: string, { repeatsNonce }: Dialect): boolean {
  const { channel_binding: binding = null, cbind_data: bindingData = null } = extra;
  const hasNonce = extra.nonce === nonce || (!repeatsNonce && (extra.nonce ?? null) === null);
  return hasNonce && binding === null && bindingData === null;
}

/** ClientProof XOR ClientSignature is ClientKey, whose hash is StoredKey (RFC 5802 section 3). */
async function isProof(proof: Bytes | undefined, clientSignature: Bytes, storedKeyDigest: Bytes): Promise<boolean> {
  const clientKey = clientSignature.map((byte, index) => byte ^ (proof?.[index] ?? 0));
  const digest = await sha256(await sha256(clientKey));
  return proof?.length === clientKey.length && isEqual(digest, storedKeyDigest);
}
