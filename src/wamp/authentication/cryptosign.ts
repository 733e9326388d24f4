/** WAMP-Cryptosign: the client signs a challenge with an Ed25519 key of which the router knows the public half. */

import type { CryptosignAuth, DynamicCryptosignAuth } from "../config/auth.ts";
import type { Bytes } from "../crypto/encoding.ts";
import { fromHex, toHex } from "../crypto/encoding.ts";
import type { Host } from "../host/host.ts";
import { WampUri } from "../protocol/errors.ts";
import type { Dict } from "../protocol/values.ts";
import { Authenticator, admitted } from "./dynamic.ts";
import type { Admitted, Answer, Applicant, Fit, Method, Outcome, Surroundings } from "./method.ts";
import { denied, failed, refused, WRONG_SIGNATURE } from "./method.ts";
import { RouterKey } from "./router-key.ts";

/** A challenge that was sent. */
interface Memo extends Claim {
  /** 32 bytes in hex. */
  readonly challenge: string;
  /** The client wished for channel binding, and did not get it. */
  readonly isUnbound: boolean;
}

/** Who somebody will be once he has proven it. */
interface Claim extends Pick<Admitted, "identity" | "secondFactor"> {
  /** 32 bytes in hex. */
  readonly pubkey: string;
  /** False where someone unknown is played along with. */
  readonly isKnown: boolean;
  /** The registers of the client's TPM that its authenticator wants to see (Remote Attestation). */
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

/** The method, where the realm has it. */
export function cryptosign(surroundings: Surroundings): Method | undefined {
  const settings = surroundings.config.auth.cryptosign;
  if (settings === undefined) return undefined;
  return settings.type === "dynamic"
    ? new DynamicCryptosign(settings, surroundings)
    : new Cryptosign(settings, surroundings);
}

/** Principals in the configuration. */
class Cryptosign implements Method {
  readonly #principals: CryptosignAuth["principals"];
  readonly #challenger: Challenger;
  /** public key → those who may use it in this realm */
  readonly #authidsByKey = new Map<string, string[]>();

  constructor(settings: CryptosignAuth, { realm, host }: Surroundings) {
    this.#principals = settings.principals;
    this.#challenger = new Challenger(host, settings["router-key"]);
    for (const [authid, principal] of settings.principals) {
      if (principal.realm !== undefined && principal.realm !== realm) continue;
      for (const key of new Set(principal.authorized_keys.map((it) => it.toLowerCase()))) {
        this.#authidsByKey.set(key, [...(this.#authidsByKey.get(key) ?? []), authid]);
      }
    }
  }

  fits(applicant: Applicant): Fit {
    if (this.#principals.size === 0) return "no";
    return this.#authidOf(applicant) === undefined ? "unknown" : "known";
  }

  begin(applicant: Applicant): Outcome | Promise<Outcome> {
    const pubkey = pubkeyOf(applicant);
    if (pubkey === undefined) return denied(NO_KEY);
    const known = this.#authidOf(applicant);
    const authid = known ?? pubkey;
    const authrole = this.#principals.get(authid)?.role ?? "";
    const identity = { authid, authrole, authmethod: applicant.method, authprovider: "static" };
    return this.#challenger.challenge(applicant, { identity, pubkey, isKnown: known !== undefined });
  }

  finish(answer: Answer): Promise<Outcome> {
    return judge(answer);
  }

  /** The principal the applicant's key is for; a key of several needs an authid. */
  #authidOf(applicant: Applicant): string | undefined {
    const authids = this.#authidsByKey.get(pubkeyOf(applicant) ?? "") ?? [];
    if (applicant.authid === undefined) return authids.length === 1 ? authids[0] : undefined;
    return authids.includes(applicant.authid) ? applicant.authid : undefined;
  }
}

/** Keys that a procedure knows. */
class DynamicCryptosign implements Method {
  readonly authenticator: Authenticator;
  readonly #challenger: Challenger;

  constructor(settings: DynamicCryptosignAuth, surroundings: Surroundings) {
    this.authenticator = new Authenticator(settings, surroundings);
    this.#challenger = new Challenger(surroundings.host, settings["router-key"]);
  }

  fits(): Fit {
    return "open";
  }

  async begin(applicant: Applicant): Promise<Outcome> {
    const pubkey = pubkeyOf(applicant);
    if (pubkey === undefined) return denied(NO_KEY);
    const grant = await this.authenticator.identify(applicant, {}, { authid: pubkey });
    if (grant.kind === "refused") return grant;
    const { identity, secondFactor, says } = grant;
    const { pubkey: expected, attest = null } = says;
    if (typeof expected !== "string" || !HEX_32.test(expected.toLowerCase())) {
      return failed(this.authenticator.fault("pubkey must be 32 bytes in hex"));
    }
    if (attest !== null && !isListOfRegisters(attest)) {
      return failed(this.authenticator.fault("attest must be a list of registers"));
    }
    const isKnown = expected.toLowerCase() === pubkey;
    const claim = { identity, secondFactor, pubkey, isKnown, attest: attest ?? undefined };
    return this.#challenger.challenge(applicant, claim);
  }

  /** The key is judged here; a TPM's quote, which answers the same challenge, by who asked for it. */
  async finish(answer: Answer): Promise<Outcome> {
    const outcome = await judge(answer);
    const { challenge, attest } = answer.memo as unknown as Memo;
    if (outcome.kind !== "admitted" || attest === undefined) return outcome;
    const { quote = null, measurement = null } = answer.extra;
    if (quote === null || measurement === null) return denied("the attestation is missing");
    const more = { challenge, attest, quote, measurement };
    const confirmed = await this.authenticator.confirm(answer, outcome.identity, more);
    if (confirmed.kind === "refused") return confirmed;
    return { ...confirmed, secondFactor: confirmed.secondFactor ?? outcome.secondFactor };
  }
}

/** Sends challenges, and proves the router to a client that sent one itself. */
class Challenger {
  readonly #host: Host;
  readonly #routerKey: RouterKey | undefined;

  constructor(host: Host, seed: string | undefined) {
    this.#host = host;
    if (seed !== undefined) this.#routerKey = new RouterKey(fromHex(seed)!);
  }

  challenge({ authextra }: Applicant, claim: Claim): Outcome | Promise<Outcome> {
    const challenge = toHex(this.#host.randomBytes(CHALLENGE_LENGTH));
    // A wish for channel binding is not granted: the TLS connection ends before the router (D-34).
    const extra = { challenge, channel_binding: null, ...(claim.attest && { attest: claim.attest }) };
    const { challenge: counter = null, channel_binding: binding } = authextra;
    const memo = { ...claim, challenge, isUnbound: (binding ?? "") !== "" } satisfies Memo;
    if (counter === null || this.#routerKey === undefined) return { kind: "challenged", extra, memo };
    const bytes = hex32(counter);
    return bytes === undefined
      ? denied("the challenge of the client is not 32 bytes in hex")
      : this.#sign(this.#routerKey, bytes, extra, memo);
  }

  async #sign(key: RouterKey, counter: Bytes, extra: Dict, memo: Dict): Promise<Outcome> {
    const { publicKey, signature } = await key.sign(counter);
    const proof = { pubkey: toHex(publicKey), signature: toHex(signature) + toHex(counter) };
    return { kind: "challenged", extra: { ...extra, ...proof }, memo };
  }
}

/** The signature, followed by what it signs; a bare signature is as clear (CSG-06). */
async function judge({ memo, signature }: Answer): Promise<Outcome> {
  // Written by `Challenger.challenge`.
  const { challenge, isUnbound, pubkey, isKnown, identity, secondFactor } = memo as unknown as Memo;
  const text = signature.toLowerCase();
  const signed = text.slice(SIGNATURE_DIGITS);
  const bytes = signed === "" || signed === challenge ? fromHex(text.slice(0, SIGNATURE_DIGITS)) : undefined;
  // Autobahn|Python binds what it signs whenever it was told to, and does not look at what CHALLENGE says (CSG-09).
  if (bytes === undefined) return isUnbound ? refused(WampUri.AUTHENTICATION_DENIED, UNBOUND) : denied(WRONG_SIGNATURE);
  const isRight = await isSignature(fromHex(pubkey)!, bytes, fromHex(challenge)!);
  if (!isKnown) return denied("the public key is unknown");
  return isRight ? admitted({ identity, secondFactor }) : denied(WRONG_SIGNATURE);
}

async function isSignature(pubkey: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey("raw", pubkey, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, signature, message);
  } catch {
    // 32 bytes that are no point of the curve are nobody's key.
    return false;
  }
}

function isListOfRegisters(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((it) => Number.isInteger(it) && it >= 0);
}

function pubkeyOf({ authextra }: Applicant): string | undefined {
  const pubkey = typeof authextra.pubkey === "string" ? authextra.pubkey.toLowerCase() : "";
  return HEX_32.test(pubkey) ? pubkey : undefined;
}

function hex32(value: unknown): Bytes | undefined {
  return typeof value === "string" && HEX_32.test(value.toLowerCase()) ? fromHex(value) : undefined;
}
