/** The relays of the benchmark: a call and an event in each serialization. */

import { decode as decodeMsgpack, encode as encodeMsgpack } from "@msgpack/msgpack";
import { decode as decodeCbor, encode as encodeCbor } from "cborg";
import { describe, expect, it } from "vitest";
import { joinBatch, splitBatch } from "../../bench/relay/batches.ts";
import { receiveBinary } from "../../bench/relay/binary-messages.ts";
import { ParsingRelay } from "../../bench/relay/parsing-relay.ts";
import { type Receiver, Relay } from "../../bench/relay/relay.ts";

/** A socket that keeps what it is sent. */
class Inbox implements Receiver {
  readonly messages: (string | Uint8Array)[] = [];
  send(message: string | Uint8Array): void {
    this.messages.push(typeof message === "string" ? message : message.slice());
  }
}

const URI = "com.example.long.name.of.more.than.31.characters";
/** Ids that take 32 bits, as the load generator writes all of them. */
const [CALL_ID, PUBLISH_ID, JOIN_ID] = [70_001, 70_002, 70_003];

const TEXT = {
  encode: (message: unknown) => JSON.stringify(message),
  decode: (message: string | Uint8Array) => JSON.parse(message as string),
};
const BINARY = {
  msgpack: { encode: encodeMsgpack, decode: (message: string | Uint8Array) => decodeMsgpack(message as Uint8Array) },
  cbor: { encode: encodeCbor, decode: (message: string | Uint8Array) => decodeCbor(message as Uint8Array) },
};

describe.each([
  ["relay in JSON", new Relay(), TEXT],
  ["parsing relay in JSON", new ParsingRelay(), TEXT],
  ["relay in MessagePack", new Relay(), BINARY.msgpack],
  ["relay in CBOR", new Relay(), BINARY.cbor],
])("a %s", (_name, relay, { encode, decode }) => {
  const [near, far] = [new Inbox(), new Inbox()];
  const receive = (from: Receiver, message: unknown): void => {
    const encoded = encode(message);
    if (typeof encoded === "string") relay.receive(from, encoded);
    else receiveBinary(relay, from, encoded);
  };
  const taken = (inbox: Inbox) => inbox.messages.splice(0).map(decode);

  it("welcomes a session", () => {
    receive(near, [1, "realm1", {}]);
    expect(taken(near)).toStrictEqual([[2, 1, { roles: { broker: {}, dealer: {} } }]]);
  });

  it("takes a call to the callee and the result to the caller", () => {
    receive(far, [64, JOIN_ID, {}, URI]);
    receive(near, [48, CALL_ID, {}, URI, ["tea"]]);
    expect(taken(far)).toStrictEqual([
      [65, JOIN_ID, 1],
      [68, 1, 1, {}, ["tea"]],
    ]);
    const invocation = 1;
    if (encode === TEXT.encode) receive(far, [70, invocation, {}, ["cup"]]);
    else receiveBinary(relay, far, withWideId(encode([70, 70_000, {}, ["cup"]]) as Uint8Array, invocation));
    expect(taken(near)).toStrictEqual([[50, CALL_ID, {}, ["cup"]]]);
  });

  it("takes an acknowledged event to the subscriber", () => {
    receive(far, [32, JOIN_ID, {}, URI]);
    receive(near, [16, PUBLISH_ID, { acknowledge: true }, URI, ["tea"]]);
    expect(taken(far)).toStrictEqual([
      [33, JOIN_ID, 1],
      [36, 1, 1, {}, ["tea"]],
    ]);
    expect(taken(near).map((message) => message.slice(0, 2))).toStrictEqual([[17, PUBLISH_ID]]);
  });

  it("says GOODBYE", () => {
    receive(near, [6, {}, "wamp.close.close_realm"]);
    expect(taken(near)).toStrictEqual([[6, {}, "wamp.close.goodbye_and_out"]]);
  });
});

/** Replaces the 32 bits of the id 70,000: the encoders would write a smaller id shorter. */
function withWideId(message: Uint8Array, id: number): Uint8Array {
  const bytes = Buffer.from(message);
  bytes.writeUInt32BE(id, bytes.indexOf(Buffer.of(0, 1, 0x11, 0x70)));
  return bytes;
}

it("batches come apart as they were joined", () => {
  const texts = ["[1]", "[2,3]"];
  expect(splitBatch(joinBatch(texts) as string)).toStrictEqual(texts);
  const parts = [Uint8Array.of(1), Uint8Array.of(2, 3)];
  const { buffer } = joinBatch(parts) as Uint8Array<ArrayBuffer>;
  expect(splitBatch(buffer).map((part) => [...(part as Uint8Array)])).toStrictEqual([[1], [2, 3]]);
});
