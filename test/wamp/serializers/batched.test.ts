/** Batches of messages in one WebSocket message. */

import { describe, expect, test } from "vitest";
import { MessageType } from "../../../src/wamp/protocol/message.ts";
import type { Batch, Batching } from "../../../src/wamp/serializers/batched.ts";
import { binaryBatching, textBatching } from "../../../src/wamp/serializers/batched.ts";
import type { Frame } from "../../../src/wamp/serializers/serializer.ts";
import { DecodeFault } from "../../../src/wamp/serializers/serializer.ts";
import { subprotocolByName } from "../../../src/wamp/serializers/subprotocols.ts";
import { bytes, decoded, hex } from "./samples.ts";

const RS = "\u001e";
const CAN = "\u0018";

function split(batching: Batching, batch: Frame): Batch {
  const result = batching.split(batch);
  if (result instanceof DecodeFault) throw new Error(`not split: ${result.reason}`);
  return result;
}

function fault(batching: Batching, batch: Frame): string {
  const result = batching.split(batch);
  if (result instanceof DecodeFault) return result.reason;
  throw new Error(`split into ${result.frames.length}`);
}

describe("JSON", () => {
  test("each message is followed by a terminator [WS-21]", () => {
    expect(textBatching.join(["[33,1,2]", "[35,1]"])).toBe(`[33,1,2]${RS}[35,1]${RS}`);
    expect(split(textBatching, `[33,1,2]${RS}[35,1]${RS}`).frames).toStrictEqual(["[33,1,2]", "[35,1]"]);
  });

  test("a single message is a batch of one [WS-24]", () => {
    expect(textBatching.join(["[35,1]"])).toBe(`[35,1]${RS}`);
    expect(split(textBatching, `[35,1]${RS}`).frames).toStrictEqual(["[35,1]"]);
  });

  test("0x1e and 0x18 are read alike, and the answers can use the one the client used [WS-26]", () => {
    for (const terminator of [RS, CAN] as const) {
      const batch = split(textBatching, `[33,1,2]${terminator}[35,1]${terminator}`);
      expect(batch).toStrictEqual({ frames: ["[33,1,2]", "[35,1]"], terminator });
      expect(textBatching.join(["[35,1]"], batch.terminator)).toBe(`[35,1]${terminator}`);
    }
    expect(split(textBatching, `[35,1]${CAN}[35,2]${RS}`)).toStrictEqual({
      frames: ["[35,1]", "[35,2]"],
      terminator: CAN,
    });
  });

  test("an empty batch is a fault [WS-25]", () => {
    expect(fault(textBatching, "")).toMatch(/empty/);
  });

  test("bytes after the last terminator are a fault [WS-27]", () => {
    expect(fault(textBatching, `[35,1]${RS}[35,2]`)).toMatch(/not terminated/);
    expect(fault(textBatching, "[35,1]")).toMatch(/not terminated/);
    expect(fault(textBatching, `[35,1]${RS}\n`)).toMatch(/not terminated/);
  });

  test("a binary frame is a fault [WS-08]", () => {
    expect(fault(textBatching, bytes("1e"))).toMatch(/text/);
  });
});

describe("MessagePack and CBOR", () => {
  test("each message is preceded by its length, 32 bits, big-endian [WS-22]", () => {
    expect(hex(binaryBatching.join([bytes("93210102"), bytes("922301")]))).toBe("000000049321010200000003922301");
    const { frames } = split(binaryBatching, bytes("00000004 93210102 00000003 922301"));
    expect(frames).toStrictEqual([bytes("93210102"), bytes("922301")]);
    const long = binaryBatching.join([new Uint8Array(70_000)]) as Uint8Array;
    expect(hex(long.subarray(0, 4))).toBe("00011170");
    expect(split(binaryBatching, long).frames).toStrictEqual([new Uint8Array(70_000)]);
  });

  test("a single message is a batch of one [WS-24]", () => {
    expect(hex(binaryBatching.join([bytes("922301")]))).toBe("00000003922301");
    expect(split(binaryBatching, bytes("00000003 922301")).frames).toHaveLength(1);
  });

  test("a batch may be part of a larger buffer", () => {
    const buffer = bytes("ffff 00000003 922301 ffff");
    expect(split(binaryBatching, buffer.subarray(2, 9)).frames).toStrictEqual([bytes("922301")]);
  });

  test("an empty batch is a fault [WS-25]", () => {
    expect(fault(binaryBatching, new Uint8Array(0))).toMatch(/empty/);
  });

  test("a truncated length, or one that runs past the end, is a fault [WS-27]", () => {
    for (const batch of ["00", "000000", "00000003 922301 00", "00000003 922301 000000"]) {
      expect(fault(binaryBatching, bytes(batch))).toMatch(/length/);
    }
    for (const batch of ["00000001", "00000004 922301", "00000003 922301 00000001", "ffffffff 922301"]) {
      expect(fault(binaryBatching, bytes(batch))).toMatch(/message/);
    }
  });

  test("a text frame is a fault [WS-09]", () => {
    expect(fault(binaryBatching, "[35,1]")).toMatch(/binary/);
  });
});

test.each([
  ["wamp.2.json.batched", textBatching],
  ["wamp.2.msgpack.batched", binaryBatching],
  ["wamp.2.cbor.batched", binaryBatching],
])("%s carries messages of its serializer [WS-21][WS-22][WS-23]", (name, expected) => {
  const { serializer, batching } = subprotocolByName.get(name) ?? expect.fail(`${name} is not spoken`);
  expect(batching).toBe(expected);
  const messages = [
    [MessageType.SUBSCRIBED, 1, 2],
    [MessageType.UNSUBSCRIBED, 3],
  ] as const;
  const { frames } = split(expected, expected.join(messages.map((message) => serializer.encode(message))));
  expect(frames.map((frame) => decoded(serializer, frame))).toStrictEqual(messages);
});
