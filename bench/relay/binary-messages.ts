/**
 * The relay's messages in MessagePack and CBOR. The load generator writes every id as a lead byte and 32 bits, and the
 * first byte tells the two apart: arrays of MessagePack begin with 0x90 to 0x9f, those of CBOR with 0x80 to 0x8f.
 */

import type { Receiver, Relay } from "./relay.ts";

/** The bytes by which the two serializations differ. */
interface Marks {
  /** Head of an empty array. */
  readonly array: number;
  /** An empty map. */
  readonly map: number;
  /** Lead byte of 32 bits. */
  readonly uint32: number;
  /** The type of a message from 24 on has a byte of its own before it in CBOR. */
  readonly typeSize: 1 | 2;
  /** The strings below this lead byte have their length in it. */
  readonly shortString: number;
  readonly encodeText: (text: string) => readonly number[];
}

const MSGPACK: Marks = {
  array: 0x90,
  map: 0x80,
  uint32: 0xce,
  typeSize: 1,
  shortString: 0xc0,
  encodeText: (text) => [0xa0 | text.length, ...bytesOf(text)],
};
const CBOR: Marks = {
  array: 0x80,
  map: 0xa0,
  uint32: 0x1a,
  typeSize: 2,
  shortString: 0x78,
  encodeText: (text) => [...(text.length < 24 ? [0x60 | text.length] : [0x78, text.length]), ...bytesOf(text)],
};

const CBOR_BYTE = 0x18;
/** Bytes of an id. */
const ID_SIZE = 5;
/** Bytes of `{"acknowledge": true}`. */
const ACKNOWLEDGE_SIZE = 14;

/** Takes a binary message; it belongs to the relay from now on. */
export function receiveBinary(relay: Relay, from: Receiver, message: Uint8Array): void {
  const marks = message[0]! >= 0x90 ? MSGPACK : CBOR;
  const typeAt = message[1] === CBOR_BYTE && marks === CBOR ? 2 : 1;
  const idAt = typeAt + 1;
  switch (message[typeAt]) {
    case 48:
      return call(relay, from, message, idAt, marks);
    case 70:
      return yieldResult(relay, message, typeAt, marks);
    case 16:
      return publish(relay, from, message, idAt, marks);
    case 32:
      relay.join("topics", uriOf(message, idAt + ID_SIZE + 1, marks).uri, from);
      return from.send(answer(message, idAt, marks, 33));
    case 64:
      relay.join("procedures", uriOf(message, idAt + ID_SIZE + 1, marks).uri, from);
      return from.send(answer(message, idAt, marks, 65));
    case 1:
      return from.send(welcome(marks));
    case 6:
      return from.send(
        Uint8Array.from([marks.array | 3, 6, marks.map, ...marks.encodeText("wamp.close.goodbye_and_out")]),
      );
  }
}

function call(relay: Relay, caller: Receiver, message: Uint8Array, idAt: number, marks: Marks): void {
  const { uri, end } = uriOf(message, idAt + ID_SIZE + 1, marks);
  const invocation = relay.openInvocation(caller, readId(message, idAt));
  const result = new Uint8Array(headSize(marks) + message.length - end);
  let at = writeType(result, marks, 68);
  at = writeId(result, at, marks, invocation);
  result[at++] = 1;
  result[at++] = marks.map;
  result.set(message.subarray(end), at);
  relay.procedures.get(uri)?.send(result);
}

function yieldResult(relay: Relay, message: Uint8Array, typeAt: number, marks: Marks): void {
  const invocation = readId(message, typeAt + 1);
  message[typeAt] = 50;
  writeId(message, typeAt + 1, marks, relay.requestOf(invocation) as number);
  relay.callerOf(invocation)?.send(message);
}

function publish(relay: Relay, publisher: Receiver, message: Uint8Array, idAt: number, marks: Marks): void {
  const optionsAt = idAt + ID_SIZE;
  const isAcknowledged = message[optionsAt] !== marks.map;
  const { uri, end } = uriOf(message, optionsAt + (isAcknowledged ? ACKNOWLEDGE_SIZE : 1), marks);
  const publication = relay.nextPublication();
  const receivers = relay.topics.get(uri);
  if (receivers !== undefined) {
    const event = new Uint8Array(headSize(marks) + message.length - end);
    let at = writeType(event, marks, 36);
    event[at++] = 1;
    at = writeId(event, at, marks, publication);
    event[at++] = marks.map;
    event.set(message.subarray(end), at);
    for (const receiver of receivers) receiver.send(event);
  }
  if (isAcknowledged) publisher.send(answer(message, idAt, marks, 17));
}

/** Bytes of an array with a type from 24 on, an id, the number 1 and an empty map. */
function headSize({ typeSize }: Marks): number {
  return 1 + typeSize + ID_SIZE + 2;
}

/** Writes the head of an array of five and a type from 24 on; returns where it ends. */
function writeType(target: Uint8Array, { array, typeSize }: Marks, type: number): number {
  target[0] = array | 5;
  if (typeSize === 2) target[1] = CBOR_BYTE;
  target[typeSize] = type;
  return typeSize + 1;
}

/** Writes an id; returns where it ends. */
function writeId(target: Uint8Array, at: number, { uint32 }: Marks, id: number): number {
  target[at] = uint32;
  target[at + 1] = id >>> 24;
  target[at + 2] = id >>> 16;
  target[at + 3] = id >>> 8;
  target[at + 4] = id;
  return at + ID_SIZE;
}

/** `[type, id, 1]` with the id of the message. */
function answer(message: Uint8Array, idAt: number, marks: Marks, type: number): Uint8Array {
  return Uint8Array.from([
    marks.array | 3,
    ...(marks.typeSize === 2 && type > 23 ? [CBOR_BYTE, type] : [type]),
    ...message.subarray(idAt, idAt + ID_SIZE),
    1,
  ]);
}

function welcome(marks: Marks): Uint8Array {
  const roles = ["broker", "dealer"].flatMap((role) => [...marks.encodeText(role), marks.map]);
  return Uint8Array.from([marks.array | 3, 2, 1, marks.map | 1, ...marks.encodeText("roles"), marks.map | 2, ...roles]);
}

function readId(message: Uint8Array, at: number): number {
  return ((message[at + 1]! << 24) | (message[at + 2]! << 16) | (message[at + 3]! << 8) | message[at + 4]!) >>> 0;
}

/** The text at `at` and where it ends. */
function uriOf(
  message: Uint8Array,
  at: number,
  { shortString }: Marks,
): { readonly uri: string; readonly end: number } {
  const lead = message[at]!;
  const start = lead < shortString ? at + 1 : at + 2;
  const end = start + (lead < shortString ? lead & 31 : message[at + 1]!);
  let uri = "";
  for (let index = start; index < end; index++) uri += String.fromCharCode(message[index]!);
  return { uri, end };
}

function bytesOf(text: string): readonly number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}
