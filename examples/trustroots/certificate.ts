/** The two certificates of WAMP-Cryptosign: what they look like in HELLO, and who has signed them (Certificate Types). */

import { hexToBytes } from "@noble/hashes/utils.js";
import * as v from "valibot";
import { type Address, type Fields, signerOf, typedDataHash } from "./eip712.ts";

/** Longer chains are refused before anybody computes on them. */
export const LONGEST_CHAIN = 8;

const AUTHORITY = "EIP712AuthorityCertificate";
const DELEGATE = "EIP712DelegateCertificate";

/** Type → its fields. What a client calls `types` is not looked at: other types are other hashes. */
const FIELDS = {
  [AUTHORITY]: {
    chainId: "uint256",
    verifyingContract: "address",
    validFrom: "uint256",
    issuer: "address",
    subject: "address",
    realm: "address",
    capabilities: "uint64",
    meta: "string",
  },
  [DELEGATE]: {
    chainId: "uint256",
    verifyingContract: "address",
    validFrom: "uint256",
    delegate: "address",
    csPubKey: "bytes32",
    bootedAt: "uint64",
    meta: "string",
  },
} as const satisfies Record<string, Fields>;

const DOMAIN = {
  type: "EIP712Domain",
  fields: { name: "string", version: "string" },
  values: { name: "WMP", version: "1" },
} as const;

/** An address in HELLO, with or without its checksum. */
export const addressSchema = v.pipe(
  v.string(),
  v.regex(/^0x[\da-fA-F]{40}$/, "must be 0x and 20 bytes in hex"),
  v.transform((address) => address.toLowerCase() as Address),
);

/** A number of `bits` without a sign; beyond 2^53 the serializers give it as a bigint. */
export function uintSchema(bits: bigint) {
  return v.pipe(
    v.union([v.pipe(v.number(), v.integer("must be an integer")), v.bigint()], "must be an integer"),
    v.transform((number) => BigInt(number)),
    v.minValue(0n, "must not be negative"),
    v.maxValue(2n ** bits - 1n, `must have at most ${bits} bits`),
  );
}

const common = { chainId: uintSchema(256n), verifyingContract: addressSchema, validFrom: uintSchema(256n) };

const authority = v.object({
  primaryType: v.literal(AUTHORITY),
  message: v.object({
    ...common,
    issuer: addressSchema,
    subject: addressSchema,
    realm: addressSchema,
    capabilities: uintSchema(64n),
    meta: v.string(),
  }),
});

const delegate = v.object({
  primaryType: v.literal(DELEGATE),
  message: v.object({
    ...common,
    delegate: addressSchema,
    csPubKey: hex(32),
    bootedAt: uintSchema(64n),
    meta: v.string(),
  }),
});

/** `[certificate, signature]`; Autobahn has a hash, or null, before them. */
function signed<const S extends v.GenericSchema<unknown, Unsigned>>(certificate: S) {
  return v.pipe(
    v.array(v.unknown()),
    v.check(({ length }) => length === 2 || length === 3, "must be a certificate and its signature"),
    v.transform((entry) => entry.slice(-2)),
    v.tuple([certificate, hex(65)]),
    v.transform(([unsigned, signature]) => ({ ...unsigned, signature })),
  );
}

/** A stored authority certificate with its signature. */
export const authoritySchema = signed(authority);

/** `authextra.certificates`. */
export const certificatesSchema = v.pipe(
  v.array(signed(v.variant("primaryType", [authority, delegate]))),
  v.nonEmpty("must not be empty"),
  v.maxLength(LONGEST_CHAIN, `must be at most ${LONGEST_CHAIN}`),
);

type Unsigned = v.InferOutput<typeof authority> | v.InferOutput<typeof delegate>;

/** Says that `issuer` vouches for `subject` in a realm. */
export type AuthorityCertificate = v.InferOutput<typeof authoritySchema>;
/** Delegates an account to an Ed25519 key for cryptosign. */
export type DelegateCertificate = v.InferOutput<typeof delegate> & { readonly signature: string };
export type Certificate = AuthorityCertificate | DelegateCertificate;

export function isDelegate(certificate: Certificate): certificate is DelegateCertificate {
  return certificate.primaryType === DELEGATE;
}

/** A trust anchor: it vouches for itself. */
export function isRoot({ message }: AuthorityCertificate): boolean {
  return message.issuer === message.subject;
}

/** Who has signed a certificate, if anybody has. */
export function signerOfCertificate({ primaryType, message, signature }: Certificate): Address | undefined {
  const struct = { type: primaryType, fields: FIELDS[primaryType], values: message };
  return signerOf(typedDataHash(DOMAIN, struct), hexToBytes(signature.slice(2)));
}

/** So many bytes in hex, with `0x` or without; then with it, in lower case. */
function hex(length: number) {
  return v.pipe(
    v.string(),
    v.regex(new RegExp(`^(0x)?[\\da-fA-F]{${2 * length}}$`), `must be ${length} bytes in hex`),
    v.transform((text) => `0x${text.slice(-2 * length).toLowerCase()}`),
  );
}
