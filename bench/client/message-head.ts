/** Reads the head of a message, its type and first id, in each serialization; nothing behind it is decoded. */

/** What the last reader found; one object for all, so that no message allocates. */
export const head = {
  type: 0,
  id: 0,
  /** Where the bytes of the id are in the message's buffer. */
  idStart: 0,
  idEnd: 0,
};

/** Reads the head of the message that `bytes` holds from `start` to `end` into `head`. */
export type HeadReader = (bytes: Buffer, start: number, end: number) => void;

const ZERO = 48;
const NINE = 57;
const COMMA = 44;
const SPACE = 32;
const LEFT_BRACKET = 91;

/** Reads `[type, id, …]` of JSON. */
export function readJsonHead(bytes: Buffer, start: number, end: number): void {
  let at = start;
  while (at < end && (bytes[at] === LEFT_BRACKET || bytes[at]! <= SPACE)) at++;
  let type = 0;
  while (at < end && bytes[at]! >= ZERO && bytes[at]! <= NINE) type = type * 10 + bytes[at++]! - ZERO;
  while (at < end && (bytes[at] === COMMA || bytes[at]! <= SPACE)) at++;
  head.idStart = at;
  let id = 0;
  while (at < end && bytes[at]! >= ZERO && bytes[at]! <= NINE) id = id * 10 + bytes[at++]! - ZERO;
  head.idEnd = at;
  head.type = type;
  head.id = id;
}

/** Reads the array of MessagePack. */
export function readMsgpackHead(bytes: Buffer, start: number): void {
  const lead = bytes[start];
  readMsgpackNumber(bytes, lead === 0xdc ? start + 3 : lead === 0xdd ? start + 5 : start + 1);
  head.type = number.value;
  head.idStart = number.end;
  readMsgpackNumber(bytes, number.end);
  head.id = number.value;
  head.idEnd = number.end;
}

/** Reads the array of CBOR. */
export function readCborHead(bytes: Buffer, start: number): void {
  readCborNumber(bytes, (bytes[start]! & 0x1f) === 24 ? start + 2 : start + 1);
  head.type = number.value;
  head.idStart = number.end;
  readCborNumber(bytes, number.end);
  head.id = number.value;
  head.idEnd = number.end;
}

/** The last number that was read, and where it ends. */
const number = { value: 0, end: 0 };

function readMsgpackNumber(bytes: Buffer, at: number): void {
  const lead = bytes[at]!;
  if (lead < 0x80) return found(lead, at + 1);
  if (lead === 0xca) return found(bytes.readFloatBE(at + 1), at + 5);
  if (lead === 0xcb) return found(bytes.readDoubleBE(at + 1), at + 9);
  // Unsigned integers are 0xcc to 0xcf, signed ones 0xd0 to 0xd3; an id is not negative.
  readInteger(bytes, at, lead >= 0xd0 ? lead - 0xd0 : lead - 0xcc);
}

function readCborNumber(bytes: Buffer, at: number): void {
  const lead = bytes[at]!;
  if (lead < 24) return found(lead, at + 1);
  if (lead === 0xfa) return found(bytes.readFloatBE(at + 1), at + 5);
  if (lead === 0xfb) return found(bytes.readDoubleBE(at + 1), at + 9);
  readInteger(bytes, at, lead - 0x18);
}

/** Reads an integer of 2 ** `power` bytes behind its lead byte; anything else is taken as 0. */
function readInteger(bytes: Buffer, at: number, power: number): void {
  if (power === 0) return found(bytes[at + 1]!, at + 2);
  if (power === 1) return found(bytes[at + 1]! * 256 + bytes[at + 2]!, at + 3);
  if (power === 2) return found(bytes.readUInt32BE(at + 1), at + 5);
  if (power === 3) return found(bytes.readUInt32BE(at + 1) * 2 ** 32 + bytes.readUInt32BE(at + 5), at + 9);
  found(0, at);
}

function found(value: number, end: number): void {
  number.value = value;
  number.end = end;
}
