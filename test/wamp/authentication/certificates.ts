/** Makes and hashes WAMP-Cryptosign certificates independently, so that the example is not tested against itself. */

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import * as secp256k1 from "@noble/secp256k1";

// Its synchronous functions sign by nonces that follow from key and message (RFC 6979).
secp256k1.hashes.sha256 = sha256;
secp256k1.hashes.hmacSha256 = (key, message) => hmac(sha256, key, message);

type Message = Readonly<Record<string, string | number | bigint>>;

/** As it stands in `authextra.certificates`. */
export type SignedCertificate = readonly [certificate: object, signature: string];

/** A key of Ethereum from its 32 bytes in hex. */
export class Account {
  /** In lower case. */
  readonly address: string;
  readonly #secretKey: Buffer;

  constructor(secretKey: string) {
    this.#secretKey = Buffer.from(secretKey, "hex");
    const publicKey = secp256k1.getPublicKey(this.#secretKey, false);
    this.address = `0x${Buffer.from(keccak_256(publicKey.subarray(1)).subarray(12)).toString("hex")}`;
  }

  /** r, s and v of 32 bytes, in hex. */
  sign(hash: Uint8Array): string {
    const signature = secp256k1.sign(hash, this.#secretKey, { prehash: false, format: "recovered" });
    const [recovery = 0, ...rest] = signature;
    return Buffer.from([...rest, 27 + recovery]).toString("hex");
  }
}

/**
 * The accounts of the specification's example: of the trustroot's owner, and of the delegate (first and second of their
 * seed phrase).
 */
export const OWNER = new Account("805f84af7e182359db0610ffb07c801012b699b5610646937704aa5cfc28b15e");
export const DEVICE = new Account("991c8f7609f3236ad5ef6d498b2ec0c9793c2865dd337ddc3033067c1da0e735");
/** Other accounts. */
export const AGENT = new Account("11".repeat(32));
export const STRANGER = new Account("22".repeat(32));

/** The seed of the delegate's cryptosign key in the specification's example. */
export const DEVICE_SEED = "53d1c94c83e7e78f607bb79e79e3c850b4a6f59cf27c9aba91b44346ea329893";
export const DEVICE_KEY = "12ae0184b180e9a9c5e45be4a1afbce3c6491320063701cd9c4011a777d04089";

/** The names of the specification's example. */
export const CONTRACT = "0xf766Dc789CF04CD18aE75af2c5fAf2DA6650Ff57";
export const REALM = "0xA6e693CC4A2b4F1400391a728D26369D9b82ef96";
export const ROOT = "0xf766Dc789CF04CD18aE75af2c5fAf2DA6650Ff57";
export const DELEGATE = "0xf5173a6111B2A6B3C20fceD53B2A8405EC142bF6";
const COMMON = { chainId: 1, verifyingContract: CONTRACT, validFrom: 15212703, meta: "" };

const AUTHORITY_FIELDS =
  "uint256 chainId,address verifyingContract,uint256 validFrom,address issuer,address subject,address realm,uint64 capabilities,string meta";
const DELEGATE_FIELDS =
  "uint256 chainId,address verifyingContract,uint256 validFrom,address delegate,bytes32 csPubKey,uint64 bootedAt,string meta";

/** By default the root of the example: certified by its owner, with all capabilities. */
export function authority(message: Message = {}, signer = OWNER): SignedCertificate {
  const all = { ...COMMON, issuer: ROOT, subject: ROOT, realm: REALM, capabilities: 63, ...message };
  return signed("EIP712AuthorityCertificate", AUTHORITY_FIELDS, all, signer);
}

/** By default the delegate's certificate of the example. */
export function delegate(message: Message = {}, signer = DEVICE): SignedCertificate {
  const all = { ...COMMON, delegate: DELEGATE, csPubKey: DEVICE_KEY, bootedAt: 1658765756680628959n, ...message };
  return signed("EIP712DelegateCertificate", DELEGATE_FIELDS, all, signer);
}

/** The chain of the specification's example 3. Its signatures are in published-certificates.test.ts. */
export function exampleChain(): SignedCertificate[] {
  return [delegate(), authority({ subject: DELEGATE, capabilities: 12 }), authority()];
}

function signed(primaryType: string, fields: string, message: Message, signer: Account): SignedCertificate {
  const types = { EIP712Domain: typed("string name,string version"), [primaryType]: typed(fields) };
  const domain = { name: "WMP", version: "1" };
  const hash = keccak_256(
    Buffer.concat([
      Buffer.from("1901", "hex"),
      structHash("EIP712Domain", "string name,string version", domain),
      structHash(primaryType, fields, message),
    ]),
  );
  return [{ types, primaryType, domain, message }, signer.sign(hash)];
}

function structHash(type: string, fields: string, message: Message): Uint8Array {
  const words = typed(fields).map((field) => word(field.type, message[field.name] ?? ""));
  return keccak_256(Buffer.concat([keccak_256(Buffer.from(`${type}(${fields})`)), ...words]));
}

function word(type: string, value: string | number | bigint): Uint8Array {
  if (type === "string") return keccak_256(Buffer.from(String(value)));
  const digits = typeof value === "string" ? value.replace("0x", "") : value.toString(16);
  return Buffer.from(digits.padStart(64, "0"), "hex");
}

function typed(fields: string): { name: string; type: string }[] {
  return fields.split(",").map((field) => {
    const [type = "", name = ""] = field.split(" ");
    return { name, type };
  });
}
