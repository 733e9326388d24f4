/** Authenticates clients by JSON Web Tokens, which they send as tickets. */

import {
  type CryptoKey,
  createLocalJWKSet,
  importSPKI,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from "jose";
import {
  JOSEError,
  JWKSMultipleMatchingKeys,
  JWSSignatureVerificationFailed,
  JWTClaimValidationFailed,
  JWTExpired,
} from "jose/errors";
import type { JwtAuth } from "../config/auth.ts";
import { utf8 } from "../crypto/encoding.ts";
import type { Clock, Host, Log } from "../host/host.ts";
import { WampUri } from "../protocol/errors.ts";
import { type Dict, isDict } from "../protocol/values.ts";
import { JwksCache } from "./jwks.ts";
import type {
  AuthContext,
  AuthOutcome,
  AuthRefusal,
  AuthRequest,
  AuthResponse,
  Eligibility,
  Method,
  Reason,
} from "./method.ts";
import { deny, refuse } from "./method.ts";

interface State {
  readonly authid: string | undefined;
}

/** Makes the method if the realm has it. */
export function createJwt(context: AuthContext): Method | undefined {
  const settings = context.config.auth.jwt;
  return settings && new Jwt(settings, context);
}

class Jwt implements Method {
  readonly #settings: JwtAuth;
  readonly #context: AuthContext;
  readonly #keyFor: JWTVerifyGetKey;

  constructor(settings: JwtAuth, context: AuthContext) {
    this.#settings = settings;
    this.#context = context;
    this.#keyFor = findKeys(settings, context.host);
  }

  canServe(): Eligibility {
    return "open";
  }

  begin({ authid }: AuthRequest): AuthOutcome {
    return { kind: "challenged", extra: {}, challengeState: { authid } satisfies State };
  }

  async finish({ challengeState, method, signature }: AuthResponse): Promise<AuthOutcome> {
    const claims = await this.#verify(signature);
    // Written by `begin`.
    return claims.kind === "refused"
      ? claims
      : this.#admit(claims.payload, method, (challengeState as unknown as State).authid);
  }

  /** The claims of a valid token, or the refusal. */
  async #verify(token: string): Promise<Verified | AuthRefusal> {
    const { algorithms, issuer, audience, leeway } = this.#settings;
    const options = {
      algorithms: [...algorithms],
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience: [audience].flat() as string[] }),
      clockTolerance: leeway,
      currentDate: new Date(this.#context.host.wallTime()),
      requiredClaims: ["exp"],
    };
    try {
      return { kind: "verified", payload: await this.#claimsIn(token, options) };
    } catch (error) {
      // Errors of jose, and WebCrypto's errors about keys of another algorithm, mean that the token is invalid.
      if (error instanceof JOSEError) return deny(describeError(error));
      if (error instanceof TypeError || error instanceof DOMException)
        return deny("the key does not suit the algorithm");
      throw error;
    }
  }

  /** Tries each key that fits if the token names none. */
  async #claimsIn(token: string, options: JWTVerifyOptions): Promise<JWTPayload> {
    try {
      return (await jwtVerify(token, this.#keyFor, options)).payload;
    } catch (error) {
      if (!(error instanceof JWKSMultipleMatchingKeys)) throw error;
      let tries = 0;
      for await (const key of error) {
        if (++tries > MOST_TRIES) break;
        const payload = await verifyWith(key, token, options);
        if (payload !== undefined) return payload;
      }
      throw new JWSSignatureVerificationFailed();
    }
  }

  #admit(claims: JWTPayload, authmethod: string, requestedAuthid: string | undefined): AuthOutcome {
    const settings = this.#settings;
    const authid = readClaim(claims, settings["authid-claim"]);
    if (typeof authid !== "string") return deny({ cause: "the claim is no text", claim: settings["authid-claim"] });
    if ((requestedAuthid ?? authid) !== authid) {
      return deny({ cause: "the token is for another authid", claim: settings["authid-claim"] });
    }
    const realms = settings["realm-claim"] && [readClaim(claims, settings["realm-claim"])].flat();
    if (realms && !realms.includes(this.#context.realm)) {
      return deny({ cause: "the token does not name the realm", claim: settings["realm-claim"] });
    }
    const authrole = this.#roleIn(claims) ?? settings["default-role"];
    if (authrole === undefined) {
      const message = "the token assigns no role";
      return refuse(WampUri.NO_SUCH_ROLE, message, { cause: message, claim: settings["role-claim"] });
    }
    const identity = { authid, authrole, authmethod, authprovider: "jwt" };
    const { exp = 0 } = claims;
    const { host } = this.#context;
    // Sessions expire by `now`, tokens by `wallTime`.
    const lead = host.now() - host.wallTime();
    return { kind: "admitted", identity, expiresAt: settings["end-session"] ? exp * 1000 + lead : undefined };
  }

  /** The first role that the realm has. */
  #roleIn(claims: JWTPayload): string | undefined {
    const roles = [readClaim(claims, this.#settings["role-claim"])].flat().filter((role) => typeof role === "string");
    return roles.find((role) => this.#context.authorization.hasRole(role)) ?? roles[0];
  }
}

/** The result of a valid token. */
interface Verified {
  readonly kind: "verified";
  readonly payload: JWTPayload;
}

/** Describes an invalid token for the log: jose's code and the claim, never the token. */
function describeError(error: JOSEError): Reason {
  if (error instanceof JWTClaimValidationFailed || error instanceof JWTExpired) {
    return { cause: error.code, claim: error.claim, reason: error.reason };
  }
  return { cause: error.code };
}

/** Has the text the form of a signed token? A ticket in the configuration has another. */
export function isToken(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}

/** A claim by its name, or by a path of names with dots, as Keycloak's `realm_access.roles`. */
function readClaim(claims: Dict, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const key of name.split(".")) value = isDict(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

/** Keys that the router tries on one token: bounds the cost of an invalid one. */
const MOST_TRIES = 16;

/** The claims of a token that was signed with this key; undefined if it was signed with another. */
async function verifyWith(key: CryptoKey, token: string, options: JWTVerifyOptions): Promise<JWTPayload | undefined> {
  try {
    return (await jwtVerify(token, key, options)).payload;
  } catch (error) {
    const isOther = error instanceof JWSSignatureVerificationFailed || error instanceof TypeError;
    if (isOther) return undefined;
    throw error;
  }
}

/** The source of public keys: the configuration has a key, a list of keys, a URL or an issuer. */
function findKeys({ jwks, key, issuer = "" }: JwtAuth, host: Clock & Log & Pick<Host, "fetchJson">): JWTVerifyGetKey {
  if (key !== undefined) return readKey(key);
  if (jwks === undefined) return new JwksCache({ issuer }, host).keyFor;
  if (typeof jwks === "string") return new JwksCache({ jwks }, host).keyFor;
  return createLocalJWKSet({ keys: jwks.map((it) => ({ ...it })) });
}

/** Reads a public key in PEM, or else takes the texts as shared secrets of HMAC. */
function readKey([key = "", ...others]: readonly string[]): JWTVerifyGetKey {
  if (key.startsWith("-----BEGIN")) return ({ alg = "" }) => importSPKI(key, alg);
  if (others.length === 0) return () => utf8(key);
  return () => {
    throw new SeveralSecrets([key, ...others]);
  };
}

/** Has each secret tried, as jose has the keys of a set tried that a token may have been signed with. */
class SeveralSecrets extends JWKSMultipleMatchingKeys {
  constructor(secrets: readonly string[]) {
    super();
    this[Symbol.asyncIterator] = async function* () {
      // A cast, because jose's own keys are objects; it verifies with bytes as well.
      yield* secrets.map(utf8) as unknown as CryptoKey[];
    };
  }
}
