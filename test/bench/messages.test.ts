/** The messages of the benchmark: what its templates send and its readers find in each serialization. */

import { decode as decodeMsgpack, encode as encodeMsgpack } from "@msgpack/msgpack";
import { decode as decodeCbor, encode as encodeCbor } from "cborg";
import { describe, expect, it } from "vitest";
import { clock } from "../../bench/client/clock.ts";
import { mask, maskedFrame, PONG } from "../../bench/client/frame.ts";
import { FrameReader } from "../../bench/client/frame-reader.ts";
import { head } from "../../bench/client/message-head.ts";
import { BLANK_STAMP, readStamp, writeStamp } from "../../bench/client/stamp.ts";
import { messageFrame, Template } from "../../bench/client/template.ts";
import { FORMAT_NAMES, wireFormat } from "../../bench/client/wire-format.ts";
import { DecodeFault } from "../../src/wamp/serializers/serializer.ts";
import { subprotocolByName } from "../../src/wamp/serializers/subprotocols.ts";

const CALL = [{}, "com.example.echo", ["x".repeat(300)]] as const;
const IDS = [1, 9, 10, 99, 12_345, 4_000_000_000];

/** The payloads of masked frames, unmasked. */
function payloadsOf(bytes: Buffer): Buffer[] {
  const payloads: Buffer[] = [];
  const unmasked = Buffer.from(bytes);
  for (let at = 0; at < unmasked.length; ) {
    const size = unmasked[at + 1]! & 127;
    const long = size === 126 ? 2 : size === 127 ? 8 : 0;
    const length = size === 126 ? unmasked.readUInt16BE(at + 2) : size === 127 ? unmasked.readUInt32BE(at + 6) : size;
    const start = at + 2 + long + 4;
    payloads.push(mask(unmasked.subarray(start, start + length)));
    at = start + length;
  }
  return payloads;
}

/** Decodes a WebSocket message as the router does. */
function decode(name: string, payload: Buffer): unknown[] {
  const { serializer, batching } = subprotocolByName.get(`wamp.2.${name}`)!;
  const frame = serializer.isBinary ? new Uint8Array(payload) : payload.toString();
  const batch = batching?.split(frame) ?? { frames: [frame] };
  if (batch instanceof DecodeFault) throw new Error(batch.reason);
  return batch.frames.map((each) => {
    if (serializer.name === "json") return JSON.parse(each as string);
    return serializer.name === "cbor" ? decodeCbor(each as Uint8Array) : decodeMsgpack(each as Uint8Array);
  });
}

describe.each(FORMAT_NAMES)("in %s", (name) => {
  const format = wireFormat(name);
  const isBatched = format.batching !== "none";

  it.each(IDS)("a template becomes a message with the id %d", (id) => {
    const size = format.idSize(id);
    const { bytes, idAt, idPhase } = new Template(format, 48, CALL).stencil(size, 0);
    format.writeId(bytes, idAt, size, id, idPhase);
    const payload = isBatched ? mask(Buffer.from(bytes)) : payloadsOf(bytes)[0]!;
    expect(decode(name, payload)).toStrictEqual([[48, id, ...CALL]]);
  });

  it("a message without an id is one frame", () => {
    const frame = messageFrame(format, [6, {}, "wamp.close.close_realm"]);
    expect(decode(name, payloadsOf(frame)[0]!)).toStrictEqual([[6, {}, "wamp.close.close_realm"]]);
  });

  it.each([1, 127, 128, 300, 70_000, 2 ** 40])("type and id %d of a message are found", (id) => {
    const message = [50, id, {}, ["x"]];
    const encoders = {
      json: (value: unknown) => Buffer.from(JSON.stringify(value)),
      msgpack: encodeMsgpack,
      cbor: encodeCbor,
    };
    const encoded = Buffer.from(encoders[name.split(".")[0] as keyof typeof encoders](message));
    format.readHead(encoded, 0, encoded.length);
    expect([head.type, head.id]).toStrictEqual([50, id]);
  });
});

describe.each(FORMAT_NAMES.filter((name) => name.endsWith(".batched")))("in %s", (name) => {
  it("messages follow each other in one batch, whatever the phase of the mask", () => {
    const format = wireFormat(name);
    let batch = Buffer.alloc(0);
    for (const id of IDS) {
      const size = format.idSize(id);
      const { bytes, idAt, idPhase } = new Template(format, 48, ["a".repeat(id % 7)]).stencil(size, batch.length & 3);
      const copy = Buffer.from(bytes);
      format.writeId(copy, idAt, size, id, idPhase);
      batch = Buffer.concat([batch, copy]);
    }
    expect(decode(name, mask(batch)).map((message) => (message as unknown[])[1])).toStrictEqual(IDS);
  });
});

it("a time stamp is read as it was written", () => {
  const message = Buffer.from(`[36,1,2,{},["${BLANK_STAMP}"]]`);
  clock.now = 12_345.678;
  const at = message.indexOf("@") + 1;
  mask(message);
  writeStamp(message, at, at);
  mask(message);
  expect(readStamp(message, 0, message.length)).toBe(12_345_678);
});

describe("a reader of frames", () => {
  /** Frames of a server, which are not masked. */
  function serverFrame(size: number): Buffer {
    const payload = Buffer.alloc(size, size % 251);
    const frame = maskedFrame(PONG, payload);
    const head = frame.length - size;
    frame[1]! &= 127;
    return Buffer.concat([frame.subarray(0, head - 4), payload]);
  }
  const sizes = [0, 1, 125, 126, 65_535, 65_536];
  const stream = Buffer.concat(sizes.map(serverFrame));

  it.each([1, 3, 7, 1000, stream.length])("finds all frames in reads of %d bytes", (step) => {
    const found: number[] = [];
    const reader = new FrameReader((opcode, bytes, start, end) => {
      const isWhole = opcode === PONG && bytes.subarray(start, end).every((byte) => byte === (end - start) % 251);
      found.push(isWhole ? end - start : -1);
    });
    for (let at = 0; at < stream.length; at += step) reader.read(stream, at, Math.min(at + step, stream.length));
    expect(found).toStrictEqual(sizes);
  });
});
