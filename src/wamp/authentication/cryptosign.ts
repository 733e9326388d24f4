/** WAMP-Cryptosign: the client signs a challenge with its Ed25519 key; the router verifies with the public key. */

import type { CryptosignAuth, DynamicCryptosignAuth } from "../config/auth.ts";
import type { Bytes } from "../crypto/encoding.ts";
import { fromHex, toHex } from "../crypto/encoding.ts";
import type { Random } from "../host/host.ts";
import { WampUri } from "../protocol/errors.ts";
import type { Dict } from "../protocol/values.ts";
import { Authenticator, admit } from "./dynamic-authenticator.ts";
import type { Admitted, AuthContext, AuthOutcome, AuthRequest, AuthResponse, Eligibility, Method } from "./method.ts";
import { deny, fail, refuse, WRONG_SIGNATURE } from "./method.ts";
import { RouterKey } from "./router-key.ts";

/** Kept from CHALLENGE to AUTHENTICATE. */
interface State extends Claim {
  /** 32 bytes in hex. */
  readonly challenge: string;
  /** True if the client asked for channel binding, which the router does not support. */
  readonly isUnbound: boolean;
}

/** The identity that a valid signature proves. */
interface Claim extends Pick<Admitted, "identity" | "secondFactor"> {
  /** 32 bytes in hex. */
  readonly pubkey: string;
  /** False for an unknown principal, which gets a CHALLENGE all the same (AUTH-09). */
  readonly isKnown: boolean;
  /** TPM registers that the authenticator wants in the quote (Remote Attestation). */
  readonly attest?: readonly number[] | undefined;
}

/** Bytes. */
const CHALLENGE_LENGTH = 32;
/** 32 bytes in hex. */
const HEX_32 = /^[\da-f]{64}$/;
/** Hex digits of a signature. */
const SIGNATURE_DIGITS = 128;

const NO_KEY = "authextra.pubkey is not 32 bytes in hex";
const UNBOUND = "the signature is not of this challenge as it is; there is no channel binding";

/** Makes the method if the realm has it. */
export function createCryptosign(context: AuthContext): Method | undefined {
  const settings = context.config.auth.cryptosign;
  if (settings === undefined) return undefined;
  return settings.type === "dynamic" ? new DynamicCryptosign(settings, context) : new Cryptosign(settings, context);
}

/** Cryptosign with principals in the configuration. */
class Cryptosign implements Method {
  readonly #principals: CryptosignAuth["principals"];
  readonly #challenger: Challenger;
  /** public key in lower-case hex → authids that may use it in this realm */
  readonly #authidsByKey = new Map<string, string[]>();

  constructor(settings: CryptosignAuth, { realm, host }: AuthContext) {
    this.#principals = settings.principals;
    this.#challenger = new Challenger(host, settings["router-key"]);
    for (const [authid, principal] of settings.principals) {
      if (principal.realm !== undefined && principal.realm !== realm) continue;
      for (const key of new Set(principal.authorized_keys.map((it) => it.toLowerCase()))) {
        this.#authidsByKey.set(key, [...(this.#authidsByKey.get(key) ?? []), authid]);
      }
    }
  }

  canServe(request: AuthRequest): Eligibility {
    if (this.#principals.size === 0) return "no";
    return this.#authidOf(request) === undefined ? "unknown" : "known";
  }

  begin(request: AuthRequest): AuthOutcome | Promise<AuthOutcome> {
    const pubkey = pubkeyOf(request);
    if (pubkey === undefined) return deny(NO_KEY);
    const known = this.#authidOf(request);
    const authid = known ?? pubkey;
    const authrole = this.#principals.get(authid)?.role ?? "";
    const identity = { authid, authrole, authmethod: request.method, authprovider: "static" };
    return this.#challenger.challenge(request, { identity, pubkey, isKnown: known !== undefined });
  }

  finish(response: AuthResponse): Promise<AuthOutcome> {
    return verify(response);
  }

  /** The authid that the key belongs to; where it belongs to several, the client must name one of them. */
  #authidOf(request: AuthRequest): string | undefined {
    const authids = this.#authidsByKey.get(pubkeyOf(request) ?? "") ?? [];
    if (request.authid === undefined) return authids.length === 1 ? authids[0] : undefined;
    return authids.includes(request.authid) ? request.authid : undefined;
  }
}

/** Cryptosign with keys that an authenticator procedure looks up. */
class DynamicCryptosign implements Method {
  readonly authenticator: Authenticator;
  readonly #challenger: Challenger;

  constructor(settings: DynamicCryptosignAuth, context: AuthContext) {
    this.authenticator = new Authenticator(settings, context);
    this.#challenger = new Challenger(context.host, settings["router-key"]);
  }

  canServe(): Eligibility {
    return "open";
  }

  async begin(request: AuthRequest): Promise<AuthOutcome> {
    const pubkey = pubkeyOf(request);
    if (pubkey === undefined) return deny(NO_KEY);
    const grant = await this.authenticator.identify(request, {}, { authid: pubkey });
    if (grant.kind === "refused") return grant;
    const { identity, secondFactor, response } = grant;
    const { pubkey: expected, attest = null } = response;
    if (typeof expected !== "string" || !HEX_32.test(expected.toLowerCase())) {
      return fail(this.authenticator.describeFault("pubkey must be 32 bytes in hex"));
    }
    if (attest !== null && !isListOfRegisters(attest)) {
      return fail(this.authenticator.describeFault("attest must be a list of registers"));
    }
    const isKnown = expected.toLowerCase() === pubkey;
    const claim = { identity, secondFactor, pubkey, isKnown, attest: attest ?? undefined };
    return this.#challenger.challenge(request, claim);
  }

  /** The router verifies the signature, the authenticator the TPM quote over the same challenge. */
  async finish(response: AuthResponse): Promise<AuthOutcome> {
    const outcome = await verify(response);
    const { challenge, attest } = response.challengeState as unknown as State;
    if (outcome.kind !== "admitted" || attest === undefined) return outcome;
    const { quote = null, measurement = null } = response.extra;
    if (quote === null || measurement === null) return deny("the attestation is missing");
    const more = { challenge, attest, quote, measurement };
    const confirmed = await this.authenticator.confirm(response, outcome.identity, more);
    if (confirmed.kind === "refused") return confirmed;
    return { ...confirmed, secondFactor: confirmed.secondFactor ?? outcome.secondFactor };
  }
}

/** Makes challenges, and signs the challenge of a client that wants to authenticate the router. */
class Challenger {
  readonly #host: Random;
  readonly #routerKey: RouterKey | undefined;

  constructor(host: Random, seed: string | undefined) {
    this.#host = host;
    if (seed !== undefined) this.#routerKey = new RouterKey(fromHex(seed)!);
  }

  /** Makes the CHALLENGE, with the router's signature if the client sent a challenge of its own. */
  challenge({ authextra }: AuthRequest, claim: Claim): AuthOutcome | Promise<AuthOutcome> {
    const challenge = toHex(this.#host.randomBytes(CHALLENGE_LENGTH));
    // Channel binding is impossible: TLS ends at the edge, before the router.
    const extra = { challenge, channel_binding: null, ...(claim.attest && { attest: claim.attest }) };
    const { challenge: counter = null, channel_binding: binding } = authextra;
    const challengeState = { ...claim, challenge, isUnbound: (binding ?? "") !== "" } satisfies State;
    if (counter === null || this.#routerKey === undefined) return { kind: "challenged", extra, challengeState };
    const bytes = hex32(counter);
    return bytes === undefined
      ? deny("the challenge of the client is not 32 bytes in hex")
      : this.#sign(this.#routerKey, bytes, extra, challengeState);
  }

  async #sign(key: RouterKey, counter: Bytes, extra: Dict, challengeState: Dict): Promise<AuthOutcome> {
    const { publicKey, signature } = await key.sign(counter);
    const proof = { pubkey: toHex(publicKey), signature: toHex(signature) + toHex(counter) };
    return { kind: "challenged", extra: { ...extra, ...proof }, challengeState };
  }
}

/** Verifies a signature, with or without the signed challenge appended (CSG-06). */
async function verify({ challengeState, signature }: AuthResponse): Promise<AuthOutcome> {
  // Written by `Challenger.challenge`.
  const { challenge, isUnbound, pubkey, isKnown, identity, secondFactor } = challengeState as unknown as State;
  const text = signature.toLowerCase();
  const signed = text.slice(SIGNATURE_DIGITS);
  const bytes = signed === "" || signed === challenge ? fromHex(text.slice(0, SIGNATURE_DIGITS)) : undefined;
  // Autobahn|Python with channel binding on ignores `channel_binding: null` in CHALLENGE: tell its user why (CSG-09).
  if (bytes === undefined) return isUnbound ? refuse(WampUri.AUTHENTICATION_DENIED, UNBOUND) : deny(WRONG_SIGNATURE);
  const isRight = await isSignature(fromHex(pubkey)!, bytes, fromHex(challenge)!);
  if (!isKnown) return deny("the public key is unknown");
  return isRight ? admit({ identity, secondFactor }) : deny(WRONG_SIGNATURE);
}

async function isSignature(pubkey: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey("raw", pubkey, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, signature, message);
  } catch {
    // importKey rejects 32 bytes that are no point of the curve.
    return false;
  }
}

function isListOfRegisters(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((it) => Number.isInteger(it) && it >= 0);
}

function pubkeyOf({ authextra }: AuthRequest): string | undefined {
  const pubkey = typeof authextra.pubkey === "string" ? authextra.pubkey.toLowerCase() : "";
  return HEX_32.test(pubkey) ? pubkey : undefined;
}

function hex32(value: unknown): Bytes | undefined {
  return typeof value === "string" && HEX_32.test(value.toLowerCase()) ? fromHex(value) : undefined;
}
