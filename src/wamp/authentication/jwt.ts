/** JSON Web Tokens as tickets: whom an issuer vouches for may join, as whom and for as long as the token says. */

import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  importSPKI,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from "jose";
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

/** The method, where the realm has it. */
export function jwt(context: AuthContext): Method | undefined {
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
    this.#keyFor = keysOf(settings, context.host);
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

  /** The claims of a valid token, or why it is none. */
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
      // jose's errors, and what WebCrypto says of keys that do not suit the algorithm, are the token's fault.
      if (error instanceof errors.JOSEError) return deny(reasonOf(error));
      if (error instanceof TypeError || error instanceof DOMException)
        return deny("the key does not suit the algorithm");
      throw error;
    }
  }

  /** Where the token names no key and several fit, each of them is tried. */
  async #claimsIn(token: string, options: JWTVerifyOptions): Promise<JWTPayload> {
    try {
      return (await jwtVerify(token, this.#keyFor, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      let tries = 0;
      for await (const key of error) {
        if (++tries > MOST_TRIES) break;
        const payload = await claimsBy(key, token, options);
        if (payload !== undefined) return payload;
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  }

  #admit(claims: JWTPayload, authmethod: string, requestedAuthid: string | undefined): AuthOutcome {
    const settings = this.#settings;
    const authid = claimOf(claims, settings["authid-claim"]);
    if (typeof authid !== "string") return deny({ cause: "the claim is no text", claim: settings["authid-claim"] });
    if ((requestedAuthid ?? authid) !== authid) {
      return deny({ cause: "the token is for another authid", claim: settings["authid-claim"] });
    }
    const realms = settings["realm-claim"] && [claimOf(claims, settings["realm-claim"])].flat();
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
    // Sessions end by the clock of durations, tokens by the wall clock.
    const lead = host.now() - host.wallTime();
    return { kind: "admitted", identity, expiresAt: settings["end-session"] ? exp * 1000 + lead : undefined };
  }

  /** Of several roles the first that the realm has. */
  #roleIn(claims: JWTPayload): string | undefined {
    const roles = [claimOf(claims, this.#settings["role-claim"])].flat().filter((role) => typeof role === "string");
    return roles.find((role) => this.#context.authorization.hasRole(role)) ?? roles[0];
  }
}

/** A token that is valid. */
interface Verified {
  readonly kind: "verified";
  readonly payload: JWTPayload;
}

/** What is wrong with a token: jose's code, and the claim it is about; never the token. */
function reasonOf(error: errors.JOSEError): Reason {
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) {
    return { cause: error.code, claim: error.claim, reason: error.reason };
  }
  return { cause: error.code };
}

/** Does the text look like a signed token, and not like a ticket of any other kind? */
export function isToken(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}

/** A claim by its name, or by a path of names with dots, as Keycloak's `realm_access.roles`. */
function claimOf(claims: Dict, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const key of name.split(".")) value = isDict(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

/** Keys that are tried on one token: what it costs to refuse one. */
const MOST_TRIES = 16;

/** The claims of a token that this key has signed; undefined if another one has. */
async function claimsBy(key: CryptoKey, token: string, options: JWTVerifyOptions): Promise<JWTPayload | undefined> {
  try {
    return (await jwtVerify(token, key, options)).payload;
  } catch (error) {
    const isOther = error instanceof errors.JWSSignatureVerificationFailed || error instanceof TypeError;
    if (isOther) return undefined;
    throw error;
  }
}

/** Where the keys are that tokens are signed with. The configuration has a key, keys, or an issuer. */
function keysOf({ jwks, key, issuer = "" }: JwtAuth, host: Clock & Log & Pick<Host, "fetchJson">): JWTVerifyGetKey {
  if (key !== undefined) return keyFrom(key);
  if (jwks === undefined) return new JwksCache({ issuer }, host).keyFor;
  if (typeof jwks === "string") return new JwksCache({ jwks }, host).keyFor;
  return createLocalJWKSet({ keys: jwks.map((it) => ({ ...it })) });
}

/** A public key in PEM, or else the shared secret of HMAC. */
function keyFrom(key: string): JWTVerifyGetKey {
  if (!key.startsWith("-----BEGIN")) return () => utf8(key);
  return ({ alg = "" }) => importSPKI(key, alg);
}
