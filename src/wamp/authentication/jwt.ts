/** JSON Web Tokens as tickets: whom an issuer vouches for may join, as whom and for as long as the token says. */

import { errors, importSPKI, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import type { JwtAuth } from "../config/auth.ts";
import { WampUri } from "../errors.ts";
import type { Dict } from "../message.ts";
import { isDict } from "../parse.ts";
import { utf8 } from "./encoding.ts";
import { JwksCache } from "./jwks.ts";
import type { Answer, Applicant, Fit, Method, Outcome, Surroundings } from "./method.ts";
import { denied, refused } from "./method.ts";

interface Memo {
  readonly authid: string | undefined;
}

/** The method, where the realm has it. */
export function jwt(surroundings: Surroundings): Method | undefined {
  const settings = surroundings.config.auth.jwt;
  return settings && new Jwt(settings, surroundings);
}

class Jwt implements Method {
  readonly #settings: JwtAuth;
  readonly #surroundings: Surroundings;
  readonly #keyFor: JWTVerifyGetKey;

  constructor(settings: JwtAuth, surroundings: Surroundings) {
    this.#settings = settings;
    this.#surroundings = surroundings;
    const { jwks, key = "" } = settings;
    this.#keyFor = jwks === undefined ? keyFrom(key) : new JwksCache(jwks, surroundings.host).keyFor;
  }

  fits(): Fit {
    return "open";
  }

  begin({ authid }: Applicant): Outcome {
    return { kind: "challenged", extra: {}, memo: { authid } satisfies Memo };
  }

  async finish({ memo, method, signature }: Answer): Promise<Outcome> {
    const claims = await this.#verify(signature);
    if (claims === undefined) return denied();
    // Written by `begin`.
    return this.#admit(claims, method, (memo as unknown as Memo).authid);
  }

  /** The claims of a valid token. */
  async #verify(token: string): Promise<JWTPayload | undefined> {
    const { algorithms, issuer, audience, leeway } = this.#settings;
    const options = {
      algorithms: [...algorithms],
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience: [audience].flat() as string[] }),
      clockTolerance: leeway,
      currentDate: new Date(this.#surroundings.host.now()),
      requiredClaims: ["exp"],
    };
    try {
      return (await jwtVerify(token, this.#keyFor, options)).payload;
    } catch (error) {
      // jose's errors, and what WebCrypto says of keys that do not suit the algorithm, are the token's fault.
      if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException) return;
      throw error;
    }
  }

  #admit(claims: JWTPayload, authmethod: string, requestedAuthid: string | undefined): Outcome {
    const settings = this.#settings;
    const authid = claimOf(claims, settings["authid-claim"]);
    if (typeof authid !== "string" || (requestedAuthid ?? authid) !== authid) return denied();
    const realms = settings["realm-claim"] && [claimOf(claims, settings["realm-claim"])].flat();
    if (realms && !realms.includes(this.#surroundings.realm)) return denied();
    const authrole = this.#roleIn(claims) ?? settings["default-role"];
    if (authrole === undefined) return refused(WampUri.NO_SUCH_ROLE, "the token assigns no role");
    const identity = { authid, authrole, authmethod, authprovider: "jwt" };
    const { exp = 0 } = claims;
    return { kind: "admitted", identity, expiresAt: settings["end-session"] ? exp * 1000 : undefined };
  }

  /** Of several roles the first that the realm has. */
  #roleIn(claims: JWTPayload): string | undefined {
    const roles = [claimOf(claims, this.#settings["role-claim"])].flat().filter((role) => typeof role === "string");
    return roles.find((role) => this.#surroundings.authorization.hasRole(role)) ?? roles[0];
  }
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

/** A public key in PEM, or else the shared secret of HMAC. */
function keyFrom(key: string): JWTVerifyGetKey {
  if (!key.startsWith("-----BEGIN")) return () => utf8(key);
  return ({ alg = "" }) => importSPKI(key, alg);
}
