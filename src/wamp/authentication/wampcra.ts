/** WAMP Challenge-Response Authentication: the client signs a challenge with a shared secret that it does not send. */

import type { DynamicAuth, WampcraAuth, WampcraUser } from "../config/auth.ts";
import { MOST_ITERATIONS } from "../config/auth.ts";
import { hmac, isEqual, pbkdf2, sha256 } from "../crypto/digest.ts";
import type { Bytes } from "../crypto/encoding.ts";
import { toBase64, utf8 } from "../crypto/encoding.ts";
import type { Clock, Random } from "../host/host.ts";
import type { Dict, Id } from "../protocol/values.ts";
import type { Identity } from "../session/session.ts";
import { Authenticator, admit } from "./dynamic-authenticator.ts";
import type { Admitted, AuthContext, AuthOutcome, AuthRequest, AuthResponse, Eligibility, Method } from "./method.ts";
import { deny, fail, NO_AUTHID, UNKNOWN_PRINCIPAL, WRONG_SIGNATURE } from "./method.ts";
import { decoySalt, Principals } from "./principals.ts";

/** PBKDF2 parameters by which a client derives its key; without them the secret is the key. */
interface Salting {
  readonly salt: string;
  readonly iterations: number;
  /** Bytes. */
  readonly keylen: number;
}

/** Kept from CHALLENGE to AUTHENTICATE. */
interface State extends Pick<Admitted, "identity" | "secondFactor"> {
  /** SHA-256 of each valid signature, in Base64: enough to verify a signature, too little to make one. */
  readonly digests: readonly string[];
  /** False for a decoy (AUTH-09). */
  readonly isKnown: boolean;
}

/** Bytes. */
const NONCE_LENGTH = 16;

/** Makes the method if the realm has it. */
export function createWampcra(context: AuthContext): Method | undefined {
  const settings = context.config.auth.wampcra;
  if (settings === undefined) return undefined;
  return settings.type === "dynamic" ? new DynamicWampcra(settings, context) : new Wampcra(settings, context);
}

/** WAMP-CRA with users in the configuration. */
class Wampcra implements Method {
  readonly #users: Principals<WampcraUser>;
  readonly #host: Clock & Random;
  /** All characters of the configured salts, from which decoys get theirs. */
  readonly #saltAlphabet: string;
  /** user → signing keys, derived once */
  readonly #keys = new Map<WampcraUser, Promise<Bytes[]>>();

  constructor({ users }: WampcraAuth, { host, decoys }: AuthContext) {
    this.#users = new Principals("wampcra", users, decoys ?? host);
    this.#host = host;
    this.#saltAlphabet = Array.from(users.values(), ({ salt }) => salt ?? "").join("");
  }

  canServe({ authid }: AuthRequest): Eligibility {
    return this.#users.canServe(authid);
  }

  async begin({ authid, method, sessionId }: AuthRequest): Promise<AuthOutcome> {
    if (authid === undefined) return deny(NO_AUTHID);
    const { principal: user, isKnown, decoySeed } = await this.#users.find(authid);
    const identity = { authid, authrole: user.role, authmethod: method, authprovider: "static" };
    const challenge = makeChallenge(identity, sessionId, this.#host);
    const digests = await digestsOfSignatures(await this.#keysOf(user), challenge);
    const salting = saltingOf(user);
    const shown =
      salting && !isKnown ? { ...salting, salt: decoySalt(salting.salt, this.#saltAlphabet, decoySeed) } : salting;
    return challengeWith(challenge, shown, { identity, digests, isKnown });
  }

  finish(response: AuthResponse): Promise<AuthOutcome> {
    return verify(response);
  }

  #keysOf(user: WampcraUser): Promise<Bytes[]> {
    let keys = this.#keys.get(user);
    if (keys === undefined) {
      const { secret = [], "salted-key": saltedKeys = [] } = user;
      const salting = saltingOf(user);
      keys = Promise.all([...secret.map((text) => deriveKey(text, salting)), ...saltedKeys.map(utf8)]);
      this.#keys.set(user, keys);
    }
    return keys;
  }
}

/** WAMP-CRA with secrets that an authenticator procedure looks up. */
class DynamicWampcra implements Method {
  readonly authenticator: Authenticator;
  readonly #host: Clock & Random;

  constructor(settings: DynamicAuth, context: AuthContext) {
    this.authenticator = new Authenticator(settings, context);
    this.#host = context.host;
  }

  canServe({ authid }: AuthRequest): Eligibility {
    return authid === undefined ? "unnamed" : "open";
  }

  async begin(request: AuthRequest): Promise<AuthOutcome> {
    if (request.authid === undefined) return deny(NO_AUTHID);
    const grant = await this.authenticator.identify(request);
    if (grant.kind === "refused") return grant;
    const salting = readSalting(grant.response);
    const keys = await readKeys(grant.response, salting);
    if (keys.length === 0) return fail(this.authenticator.describeFault("secret must be text"));
    const { identity, secondFactor } = grant;
    const challenge = makeChallenge(identity, request.sessionId, this.#host);
    const digests = await digestsOfSignatures(keys, challenge);
    return challengeWith(challenge, salting, { identity, secondFactor, digests, isKnown: true });
  }

  finish(response: AuthResponse): Promise<AuthOutcome> {
    return verify(response);
  }
}

/** The signing key: the secret, or with a salt the Base64 text of the derived bytes, not the bytes themselves. */
export async function deriveKey(secret: string, salting: Salting | undefined): Promise<Bytes> {
  if (salting === undefined) return utf8(secret);
  const { salt, iterations, keylen } = salting;
  return utf8(toBase64(await pbkdf2(utf8(secret), utf8(salt), iterations, keylen)));
}

/** Makes AUTHENTICATE.Signature for a challenge. */
export async function sign(key: Bytes, challenge: string): Promise<string> {
  return toBase64(await hmac(key, utf8(challenge)));
}

function makeChallenge(identity: Identity, session: Id, host: Clock & Random): string {
  const { authid, authrole, authmethod, authprovider } = identity;
  const nonce = toBase64(host.randomBytes(NONCE_LENGTH));
  const timestamp = new Date(host.wallTime()).toISOString();
  return JSON.stringify({ authid, authrole, authmethod, authprovider, nonce, timestamp, session });
}

function challengeWith(challenge: string, salting: Salting | undefined, challengeState: State): AuthOutcome {
  return { kind: "challenged", extra: { challenge, ...salting }, challengeState: { ...challengeState } };
}

async function verify({ challengeState, signature }: AuthResponse): Promise<AuthOutcome> {
  // Written by `challengeWith`.
  const { digests, isKnown, ...proven } = challengeState as unknown as State;
  const given = utf8(await digestOf(signature));
  const isRight = digests.some((digest) => isEqual(given, utf8(digest)));
  if (!isKnown) return deny(UNKNOWN_PRINCIPAL);
  return isRight ? admit(proven) : deny(WRONG_SIGNATURE);
}

function digestsOfSignatures(keys: readonly Bytes[], challenge: string): Promise<string[]> {
  return Promise.all(keys.map(async (key) => digestOf(await sign(key, challenge))));
}

async function digestOf(signature: string): Promise<string> {
  return toBase64(await sha256(utf8(signature)));
}

function saltingOf({ salt, iterations, keylen }: WampcraUser): Salting | undefined {
  // The configuration has all three or none.
  return salt === undefined ? undefined : { salt, iterations: iterations!, keylen: keylen! };
}

function readSalting({ salt, iterations = 1000, keylen = 32 }: Dict): Salting | undefined {
  if (typeof salt !== "string" || typeof iterations !== "number" || typeof keylen !== "number") return undefined;
  return { salt, iterations, keylen };
}

/** The keys to try: versions of Crossbar.io differ on whether an authenticator's `secret` is clear or derived. */
async function readKeys({ secret, "salted-key": saltedKey }: Dict, salting: Salting | undefined): Promise<Bytes[]> {
  if (typeof saltedKey === "string") return salting === undefined ? [] : [utf8(saltedKey)];
  if (typeof secret !== "string") return [];
  if (salting === undefined) return [utf8(secret)];
  const derives = salting.iterations <= MOST_ITERATIONS;
  return derives ? [utf8(secret), await deriveKey(secret, salting)] : [utf8(secret)];
}
