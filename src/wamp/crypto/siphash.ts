/** SipHash-2-4: a keyed hash for short inputs that answers at once, unlike the digests of WebCrypto. */

const INITIAL = [0x736f6d6570736575n, 0x646f72616e646f6dn, 0x6c7967656e657261n, 0x7465646279746573n] as const;

/** Bytes of a key. */
export const SIPHASH_KEY_BYTES = 16;

/**
 * Returns the 64 bits of the hash as an unsigned integer. `key` has 16 bytes, of which those that do not know it can
 * predict no output. It takes some microseconds: not for each message.
 */
export function sipHash(key: Uint8Array, data: Uint8Array): bigint {
  const state = initialState(key);
  const end = data.length - (data.length % 8);
  for (let at = 0; at < end; at += 8) absorb(state, word(data, at, 8));
  // The last word ends with the length, so that trailing zero bytes count.
  absorb(state, word(data, end, data.length - end) | (BigInt(data.length & 0xff) << 56n));
  state[2] = state[2] ^ 0xffn;
  for (let round = 0; round < 4; round++) mix(state);
  return state[0] ^ state[1] ^ state[2] ^ state[3];
}

type State = [bigint, bigint, bigint, bigint];

function initialState(key: Uint8Array): State {
  const [low, high] = [word(key, 0, 8), word(key, 8, 8)];
  return [INITIAL[0] ^ low, INITIAL[1] ^ high, INITIAL[2] ^ low, INITIAL[3] ^ high];
}

/** Reads up to eight bytes, the lowest first. */
function word(bytes: Uint8Array, at: number, length: number): bigint {
  let value = 0n;
  for (let index = length - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[at + index]!);
  return value;
}

function absorb(state: State, message: bigint): void {
  state[3] ^= message;
  mix(state);
  mix(state);
  state[0] ^= message;
}

/** One round of the reference description. */
function mix(state: State): void {
  let [a, b, c, d] = state;
  a = BigInt.asUintN(64, a + b);
  b = rotate(b, 13n) ^ a;
  a = rotate(a, 32n);
  c = BigInt.asUintN(64, c + d);
  d = rotate(d, 16n) ^ c;
  a = BigInt.asUintN(64, a + d);
  d = rotate(d, 21n) ^ a;
  c = BigInt.asUintN(64, c + b);
  b = rotate(b, 17n) ^ c;
  c = rotate(c, 32n);
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
}

function rotate(value: bigint, bits: bigint): bigint {
  return BigInt.asUintN(64, (value << bits) | (value >> (64n - bits)));
}
