/**
 * Cryptosign by certificates: an authenticator that accepts keys certified by a trusted root (Trustroots and
 * Certificates).
 */

import * as v from "valibot";
import { ApplicationError, type ComponentSession, defineComponent } from "wamp-edge/component";
import {
  type AuthorityCertificate,
  addressSchema,
  authoritySchema,
  certificatesSchema,
  isRoot,
  uintSchema,
} from "./certificate.ts";
import { type AuthorityOf, complete, judge } from "./certificate-chain.ts";
import { type Address, checksummed } from "./eip712.ts";

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));

/** `extra` of the component in the configuration. */
const settingsSchema = v.strictObject({
  /** The role of all clients with a valid chain. */
  role: text,
  chain_id: uintSchema(256n),
  verifying_contract: addressSchema,
  /** The address of the realm in certificates; by default the name of the realm. */
  realm: addressSchema,
  /** The number of the newest block, or a procedure that returns it. */
  block_number: v.union([uintSchema(256n), text], "must be a number or a procedure"),
  /**
   * Trusted roots: addresses, or whole certificates, which clients then need not send; may include other certificates.
   */
  trustroots: v.optional(v.array(v.union([addressSchema, authoritySchema], "must be an address or a certificate")), []),
  /** A procedure that returns the `[certificate, signature]` about an address, or null. */
  lookup: v.exactOptional(text),
});

type Settings = v.InferOutput<typeof settingsSchema>;

/** The part of `authextra` that cryptosign itself ignores. */
const claimSchema = v.object({ trustroot: addressSchema, certificates: certificatesSchema });

export const trustroots = defineComponent({
  onJoin(session) {
    const settings = checked(settingsSchema, { realm: session.realm, ...session.extra }, (text) => new TypeError(text));
    session.register("com.trustroots.authenticate", ([_realm, _authid, details]) =>
      authenticate(session, settings, (details as { readonly authextra: unknown }).authextra),
    );
  },
});

/**
 * Resolves to the principal of the chain and its key; the router then verifies that the client can sign with the key.
 */
async function authenticate(session: ComponentSession, settings: Settings, authextra: unknown): Promise<object> {
  const { trustroot, certificates } = checked(claimSchema, authextra, denied);
  // A root that the client sends must be a known one; a root from the lookup is known.
  if (certificates.length > 1 && !isListed(settings, trustroot)) throw denied("the trustroot is not trusted here");
  const chain = await complete(certificates, authorities(session, settings));
  const verdict = judge(chain, {
    chainId: settings.chain_id,
    verifyingContract: settings.verifying_contract,
    realm: settings.realm,
    blockNumber: await blockNumber(session, settings),
  });
  if (!verdict.ok) throw denied(verdict.reason);
  if (verdict.trustroot !== trustroot) throw denied("the trustroot is not the root of the certificates");
  const { delegate, csPubKey } = verdict.delegate.message;
  return { role: settings.role, authid: checksummed(delegate), pubkey: csPubKey.slice(2) };
}

function isListed({ trustroots }: Settings, address: Address): boolean {
  return trustroots.some((it) =>
    typeof it === "string" ? it === address : isRoot(it) && it.message.subject === address,
  );
}

/** Looks a certificate up in the configuration, then by the procedure. */
function authorities(session: ComponentSession, { trustroots, lookup }: Settings): AuthorityOf {
  const kept = trustroots.filter((it): it is AuthorityCertificate => typeof it !== "string");
  return async (subject) => {
    const found = kept.find(({ message }) => message.subject === subject);
    if (found !== undefined || lookup === undefined) return found;
    const [answer = null] = (await session.call(lookup, [checksummed(subject)])).args;
    return answer === null ? undefined : checked(authoritySchema, answer, (text) => new TypeError(text));
  };
}

async function blockNumber(session: ComponentSession, { block_number: source }: Settings): Promise<bigint> {
  if (typeof source === "bigint") return source;
  const { args } = await session.call(source);
  return checked(uintSchema(256n), args[0], (text) => new TypeError(`${source}: ${text}`));
}

function checked<const S extends v.GenericSchema>(schema: S, value: unknown, error: (text: string) => Error) {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw error(result.issues.map(describe).join("; "));
}

/** An issue as `path must be …`. Valibot's own messages quote the value, which may be a secret. */
function describe({ path, message, expected }: v.BaseIssue<unknown>): string {
  const keys = path?.map(({ key }) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)) ?? [];
  return `${keys.join("").replace(/^\./, "")} ${message.startsWith("Invalid ") ? `must be ${expected}` : message}`;
}

function denied(reason: string): ApplicationError {
  return new ApplicationError("wamp.error.authentication_denied", [reason]);
}
