/** Signed typed data of Ethereum (EIP-712) for certificates: hashes flat structs and recovers their signer. */

import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { Point, recoverPublicKey } from "@noble/secp256k1";

/** An account: `0x` and 20 bytes in lower-case hex. */
export type Address = `0x${string}`;

/** Field name → type, in the order of hashing. */
export type Fields = Readonly<Record<string, "string" | "address" | "bytes32" | "uint64" | "uint256">>;

/** Field values: text, numbers, and bytes as hex with `0x`. */
export type Values = Readonly<Record<string, string | bigint>>;

/** A struct with the name and the types of its fields. */
export interface Struct {
  readonly type: string;
  readonly fields: Fields;
  readonly values: Values;
}

/** The 32 bytes that are signed for a struct of a domain (EIP-712: Definition of the encoding). */
export function typedDataHash(domain: Struct, message: Struct): Uint8Array {
  return keccak_256(concatBytes(Uint8Array.of(0x19, 0x01), structHash(domain), structHash(message)));
}

/**
 * Recovers the signing account of a signature: r, s and v (27 or 28) in 65 bytes. Undefined if the signature is
 * invalid.
 */
export function signerOf(hash: Uint8Array, signature: Uint8Array): Address | undefined {
  const recovery = signature[64]! - 27;
  try {
    const recoverable = concatBytes(Uint8Array.of(recovery), signature.subarray(0, 64));
    return addressOf(recoverPublicKey(recoverable, hash, { prehash: false }));
  } catch {
    return undefined;
  }
}

/** The account of a public key of the curve secp256k1. */
export function addressOf(publicKey: Uint8Array): Address {
  const point = Point.fromBytes(publicKey).toBytes(false);
  return `0x${bytesToHex(keccak_256(point.subarray(1)).subarray(12))}`;
}

/** Formats an address for display, with the checksum in upper-case letters (EIP-55). */
export function checksummed(address: Address): string {
  const hash = bytesToHex(keccak_256(utf8ToBytes(address.slice(2))));
  return address.replace(/[a-f]/g, (letter, index: number) =>
    hash[index - 2]! >= "8" ? letter.toUpperCase() : letter,
  );
}

function structHash({ type, fields, values }: Struct): Uint8Array {
  const names = Object.entries(fields).map(([name, fieldType]) => `${fieldType} ${name}`);
  const words = Object.entries(fields).map(([name, fieldType]) =>
    fieldType === "string" ? keccak_256(utf8ToBytes(String(values[name]))) : word(values[name]!),
  );
  return keccak_256(concatBytes(keccak_256(utf8ToBytes(`${type}(${names.join(",")})`)), ...words));
}

/** Encodes a number, or bytes as hex, as 32 bytes with leading zeros. */
function word(value: string | bigint): Uint8Array {
  return hexToBytes(BigInt(value).toString(16).padStart(64, "0"));
}
