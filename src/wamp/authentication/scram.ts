/** WAMP-SCRAM: both sides prove that they know a password of which the router keeps a record only (RFC 5802, 7677). */

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
import { Authenticator, admit } from "./authenticator.ts";
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

/** What the specification and what Autobahn and Crossbar.io say differently (D-32). */
interface Dialect {
  readonly argon2: string;
  /** `c=`: Base64 of the GS2 header, where the dialect has one; nobody binds channels here. */
  readonly binding: string;
  /** The key in WELCOME.Details.authextra under which the router proves itself. */
  readonly verifier: string;
  /** May `memory` be null? */
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

/** An exchange that was begun, with what tells the right proof from others. */
interface State extends Claim {
  readonly nonce: string;
  /** ClientSignature, in hex. */
  readonly clientSignature: string;
  /** SHA-256 of StoredKey, in hex: the key itself would let who has seen a proof log in. */
  readonly storedKeyDigest: string;
  /** What the client is told of the router's proof. */
  readonly verifier: string;
}

/** Who somebody will be once he has proven it. */
interface Claim extends Pick<Admitted, "identity" | "secondFactor"> {
  readonly isKnown: boolean;
}

/** Bytes of the router's part of the nonce. */
const NONCE_LENGTH = 16;
/** Characters of the client's part, of which sixteen would do. */
const MAX_NONCE = 256;

/** The method, where the realm has it. */
export function scram(context: AuthContext): Method | undefined {
  const settings = context.config.auth.scram;
  if (settings === undefined) return undefined;
  return settings.type === "dynamic" ? new DynamicScram(settings, context) : new Scram(settings, context);
}

/** Principals in the configuration. */
class Scram implements Method {
  readonly #principals: Principals<ScramPrincipal>;
  readonly #host: Host;

  constructor({ principals }: ScramAuth, { host }: AuthContext) {
    this.#principals = new Principals("scram", principals, host);
    this.#host = host;
  }

  canServe({ authid }: AuthRequest): Eligibility {
    return this.#principals.fit(authid);
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

/** Principals whose records a procedure keeps. */
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
    const { identity, secondFactor, says } = grant;
    const record = v.safeParse(scramRecordSchema, says);
    const claim = { identity, secondFactor, isKnown: true };
    return record.success
      ? challenge(first, record.output, claim, this.#host)
      : fail(this.authenticator.fault("the record is none of SCRAM"));
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
  /** The user name as it stands in AuthMessage. */
  readonly user: string;
  readonly nonce: string;
}

function readFirst({ authid, method, authextra }: AuthRequest): First | AuthRefusal {
  const { nonce, channel_binding: binding } = authextra;
  // The TLS connection ends at the edge, where no program sees its keys; there is no falling back (D-34).
  if ((binding ?? "") !== "") return scramDenied("unsupported-channel-binding-type");
  const user = authid === undefined ? undefined : saslprep(authid);
  if (authid === undefined || user === undefined) return scramDenied("invalid-username-encoding");
  if (typeof nonce !== "string" || !isNonce(nonce)) return scramDenied("invalid-encoding");
  const escaped = user.replaceAll("=", "=3D").replaceAll(",", "=2C");
  const dialect = method === "scram" ? AUTOBAHN : SPECIFIED;
  return { kind: "first", dialect, authid, user: dialect === AUTOBAHN ? user : escaped, nonce };
}

/** `word` is one of RFC 5802 (server-error-value), which the client is told. */
function scramDenied(word: string, cause: string = word): AuthRefusal {
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
  const message = authMessage(first.user, first.nonce, nonce, salt, iterations, dialect.binding);
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

/** What both sides sign (RFC 5802 section 3). */
export function authMessage(
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
  if (!isConsistent(extra, nonce, dialect)) return scramDenied("other-error");
  const proof = fromBase64(signature);
  const isRight = await isProof(proof, fromHex(clientSignature)!, fromHex(storedKeyDigest)!);
  if (!isRight || !isKnown) return scramDenied("invalid-proof", isKnown ? "the proof is wrong" : UNKNOWN_PRINCIPAL);
  const authextra = { ...proven.identity.authextra, [dialect.verifier]: verifier };
  return admit({ ...proven, identity: { ...proven.identity, authextra } });
}

/** The same nonce again, and no channel binding. */
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
