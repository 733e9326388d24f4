/** Admits sessions of a test to a router: adds a key of this process to its configuration, and signs tokens with it. */

import { createPublicKey } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { JwtAuth } from "../../wamp/config/auth.ts";
import type { PublicJwk } from "../../wamp/config/key-set.ts";
import type { ConfigInput } from "../../worker/config/config-schema.ts";

const ALGORITHM = "ES256";
const KEY_ID = "wamp-edge-testing";
const SECRET_ALGORITHM = "HS256";
const PEM = "-----BEGIN";
/** A test session must outlast its test with `end-session`, too. */
const TOKEN_LIFETIME = "1 day";

type RealmInput = ConfigInput["realms"][number];
type JwtInput = NonNullable<NonNullable<RealmInput["auth"]>["jwt"]>;
type Variables = Readonly<Record<string, string | undefined>>;

/** The realm and the session that a token is for. */
export interface TokenRequest {
  readonly realm: string;
  readonly authid: string;
  readonly role: string;
}

/** A key pair whose private half only this process has. */
export class TestKey {
  readonly #privateKey: CryptoKey;
  readonly #publicKey: PublicJwk;

  private constructor(privateKey: CryptoKey, publicKey: PublicJwk) {
    this.#privateKey = privateKey;
    this.#publicKey = publicKey;
  }

  /** Makes a new key pair. */
  static async generate(): Promise<TestKey> {
    const { privateKey, publicKey } = await generateKeyPair(ALGORITHM);
    const jwk = { ...(await exportJWK(publicKey)), kid: KEY_ID, alg: ALGORITHM } as PublicJwk;
    return new TestKey(privateKey, jwk);
  }

  /**
   * Returns a valid configuration with the public key in the `jwt` section of every realm. A section with keys keeps
   * them; one with a shared secret stays as it is, because `sign` then uses the secret. A section that fetches its keys
   * gets this key instead: tests would otherwise need the identity provider. `variables` are the bindings that
   * `{ "env": "NAME" }` refers to.
   */
  addTo(config: ConfigInput, variables: Variables): ConfigInput {
    const realms = config.realms.map((realm) => ({ ...realm, auth: this.#addToAuth(realm.auth, variables) }));
    return { ...config, realms };
  }

  #addToAuth(auth: RealmInput["auth"] = {}, variables: Variables): RealmInput["auth"] {
    const { jwt = { type: "static" } } = auth;
    const { key, jwks, algorithms, ...others } = jwt;
    const keyText = readFirst(key, variables);
    if (keyText !== undefined && !keyText.startsWith(PEM)) return auth;
    const keys = [...publicKeysOf(keyText, jwks), this.#publicKey];
    const accepted = algorithms && { algorithms: [...new Set([...algorithms, ALGORITHM])] };
    return { ...auth, jwt: { ...others, ...accepted, jwks: { keys } } };
  }

  /** Signs a token that `settings` accept, with their first shared secret if they have one. */
  async sign(settings: JwtAuth, { realm, authid, role }: TokenRequest): Promise<string> {
    const { issuer, audience } = settings;
    const claims = {
      ...(issuer !== undefined && { iss: issuer }),
      ...(audience !== undefined && { aud: [audience].flat() as string[] }),
      ...(settings["realm-claim"] !== undefined && { [settings["realm-claim"]]: realm }),
      // The router reads a claim by its whole name before it reads the name as a path.
      [settings["role-claim"]]: role,
      [settings["authid-claim"]]: authid,
    };
    const token = new SignJWT(claims).setExpirationTime(TOKEN_LIFETIME);
    const [secret] = settings.key ?? [];
    if (secret === undefined) {
      return token.setProtectedHeader({ alg: ALGORITHM, kid: KEY_ID }).sign(this.#privateKey);
    }
    const [alg = SECRET_ALGORITHM] = settings.algorithms;
    return token.setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
  }
}

/** Returns the key of a section, or the first of its shared secrets. */
function readFirst(key: JwtInput["key"], variables: Variables): string | undefined {
  const [first] = [key ?? []].flat();
  return typeof first === "object" ? variables[first.env] : first;
}

function publicKeysOf(key: string | undefined, jwks: JwtInput["jwks"]): readonly PublicJwk[] {
  if (key !== undefined) return [createPublicKey(key).export({ format: "jwk" }) as unknown as PublicJwk];
  if (jwks === undefined || typeof jwks === "string") return [];
  // `in` would find the method of a list.
  return Array.isArray(jwks) ? jwks : (jwks as { readonly keys: readonly PublicJwk[] }).keys;
}
