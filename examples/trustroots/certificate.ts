/**
 * The two types of WAMP-Cryptosign certificates: parsing from HELLO, and recovery of the signer (Certificate Types).
 */

import { hexToBytes } from "@noble/hashes/utils.js";
import * as v from "valibot";
import { type Address, type Fields, signerOf, typedDataHash } from "./eip712.ts";

/** Longer chains are refused before any signature is verified. */
export const LONGEST_CHAIN = 8;

const AUTHORITY = "EIP712AuthorityCertificate";
const DELEGATE = "EIP712DelegateCertificate";

/** Type → fields. The client's own `types` are ignored: other types would give another hash. */
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

/** An address in HELLO, with or without checksum. */
export const addressSchema = v.pipe(
  v.string(),
  v.regex(/^0x[\da-fA-F]{40}$/, "must be 0x and 20 bytes in hex"),
  v.transform((address) => address.toLowerCase() as Address),
);

/** An unsigned number of `bits`; beyond 2^53 the serializers decode it as bigint. */
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

/** `[certificate, signature]`; Autobahn puts a hash or null first. */
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

/** `issuer` certifies `subject` for a realm. */
export type AuthorityCertificate = v.InferOutput<typeof authoritySchema>;
/** Delegates an account to an Ed25519 key for cryptosign. */
export type DelegateCertificate = v.InferOutput<typeof delegate> & { readonly signature: string };
export type Certificate = AuthorityCertificate | DelegateCertificate;

export function isDelegate(certificate: Certificate): certificate is DelegateCertificate {
  return certificate.primaryType === DELEGATE;
}

/** Is it a trust anchor, which certifies itself? */
export function isRoot({ message }: AuthorityCertificate): boolean {
  return message.issuer === message.subject;
}

/** Recovers the account that has signed a certificate; undefined if the signature is invalid. */
export function signerOfCertificate({ primaryType, message, signature }: Certificate): Address | undefined {
  const struct = { type: primaryType, fields: FIELDS[primaryType], values: message };
  return signerOf(typedDataHash(DOMAIN, struct), hexToBytes(signature.slice(2)));
}

/** Hex of so many bytes, with `0x` or without; the output has `0x` and lower case. */
function hex(length: number) {
  return v.pipe(
    v.string(),
    v.regex(new RegExp(`^(0x)?[\\da-fA-F]{${2 * length}}$`), `must be ${length} bytes in hex`),
    v.transform((text) => `0x${text.slice(-2 * length).toLowerCase()}`),
  );
}
