/** Frames that were cut off, damaged or made up: a serializer answers with a fault or with a list, and never throws. */

import { describe, expect, test } from "vitest";
import type { Message } from "../../../src/wamp/protocol/message.ts";
import { MessageType } from "../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import type { Frame, Serializer } from "../../../src/wamp/serializers/serializer.ts";
import { DecodeFault } from "../../../src/wamp/serializers/serializer.ts";
import { BINARY, bytes, decoded, faultOf, LIMITS, MESSAGES, SERIALIZERS, seeded, VALUES } from "./samples.ts";

const { EVENT, PUBLISH } = MessageType;

/** Bytes that begin or end something in MessagePack or CBOR, so that damage does more than spoil a letter. */
const TELLING_BYTES = bytes(
  "00 1b 3b 5f 7f 80 81 82 90 91 9b 9f a0 a1 a9 bf c0 c1 c2 c3 c4 c7 d4 d8 d9 dd df e0 f7 f8 f9 fb ff",
);
const TELLING_CHARACTERS = '[]{},:"\\u0-9eE.tfn \u0000';

const SHORT_VALUES = VALUES.filter(([name]) => !/70,000|every length/.test(name)).map(([, value]) => value);
const MESSAGE_FRAMES = (serializer: Serializer): Frame[] => [
  ...MESSAGES.map(([, message]) => serializer.encode(message)),
  ...SHORT_VALUES.map((value) => serializer.encode([PUBLISH, 1, {}, "a.b", Payload.of([value], { value })])),
];

describe.each(SERIALIZERS.map((serializer) => [serializer.name, serializer] as const))("%s", (_name, serializer) => {
  test("a frame cut off anywhere is a fault [SER-17]", () => {
    for (const frame of MESSAGE_FRAMES(serializer)) {
      // `faultOf` throws without a fault; an `expect` for each of 20,000 frames would take seconds.
      for (let length = 0; length < frame.length; length++) faultOf(serializer, frame.slice(0, length));
    }
    expect(faultOf(serializer, serializer.isBinary ? bytes("93") : "[33,1")).toMatch(/truncated|JSON/);
  });

  test.each([1, 2, 3, 4])(
    "damaged frames are faults or lists that go on to every serializer [SER-15] (seed %d)",
    (seed) => {
      const random = seeded(seed);
      const counts = { faults: 0, lists: 0 };
      const frames = MESSAGE_FRAMES(serializer);
      for (let round = 0; round < 4000; round++) {
        const frame = damaged(frames[Math.floor(random() * frames.length)] as Frame, random);
        const message = serializer.decode(frame, LIMITS);
        if (message instanceof DecodeFault) counts.faults++;
        else {
          counts.lists++;
          passOn(message);
        }
      }
      // Neither outcome is so rare that the other one alone would be tested.
      expect(counts.faults).toBeGreaterThan(400);
      expect(counts.lists).toBeGreaterThan(400);
    },
  );

  test("values made up at random arrive whole (seed 5)", () => {
    const random = seeded(5);
    for (let round = 0; round < 500; round++) {
      const args = [madeUp(random, 4), madeUp(random, 4)];
      const payload = Payload.of(args, { value: madeUp(random, 4) });
      const message = decoded(serializer, serializer.encode([EVENT, 1, 2, {}, payload]));
      expect((message[4] as Payload).values).toStrictEqual(payload.values);
    }
  });
});

describe.each(BINARY.map((serializer) => [serializer.name, serializer] as const))("%s", (_name, serializer) => {
  test.each([6, 7])("random bytes behind a good head do no harm [SER-15] (seed %d)", (seed) => {
    const random = seeded(seed);
    const head = serializer.encode([PUBLISH, 1, {}, "a.b"] as unknown as Message) as Uint8Array;
    let lists = 0;
    for (let round = 0; round < 20_000; round++) {
      const tail = Array.from({ length: 1 + Math.floor(random() * 12) }, () => randomByte(random));
      const frame = Uint8Array.from([(head[0] as number) + 1, ...head.subarray(1), ...tail]);
      const message = serializer.decode(frame, LIMITS);
      if (message instanceof DecodeFault) continue;
      lists++;
      passOn(message);
    }
    // Enough of them are well-formed to prove something.
    expect(lists).toBeGreaterThan(500);
  });
});

/** What the router may do with a message that decoded, each in its way: throws where one of them goes wrong. */
function passOn(message: readonly unknown[]): void {
  for (const to of SERIALIZERS) {
    to.encode(message as unknown as Message);
    for (const element of message) {
      if (element instanceof Payload && element.length > 0) to.decodePayload(element.rawFor(to));
    }
  }
}

function damaged(frame: Frame, random: () => number): Frame {
  const elements: (string | number)[] = [...frame];
  for (let hits = 1 + Math.floor(random() * 3); hits > 0; hits--) {
    const position = Math.floor(random() * elements.length);
    const element = typeof frame === "string" ? randomCharacter(random) : randomByte(random);
    const kind = random();
    if (kind < 0.6) elements[position] = element;
    else if (kind < 0.8) elements.splice(position, 1);
    else elements.splice(position, 0, element);
  }
  return typeof frame === "string" ? elements.join("") : Uint8Array.from(elements as number[]);
}

function randomByte(random: () => number): number {
  if (random() < 0.5) return Math.floor(random() * 256);
  return TELLING_BYTES[Math.floor(random() * TELLING_BYTES.length)] as number;
}

function randomCharacter(random: () => number): string {
  return TELLING_CHARACTERS.charAt(Math.floor(random() * TELLING_CHARACTERS.length));
}

function madeUp(random: () => number, depth: number): unknown {
  const kinds = depth === 0 ? 6 : 8;
  switch (Math.floor(random() * kinds)) {
    case 0:
      return random() < 0.5 ? null : random() < 0.5;
    case 1:
      return Math.floor((random() - 0.5) * 2 ** Math.floor(random() * 54)) + 0;
    case 2:
      return random() * 10 ** Math.floor(random() * 20 - 10);
    case 3:
      return BigInt(Math.floor(random() * 2 ** 52)) * 1000n + 2n ** 53n + 1n;
    case 4:
      return text(random);
    case 5:
      return Uint8Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256));
    case 6:
      return Array.from({ length: Math.floor(random() * 20) }, () => madeUp(random, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: Math.floor(random() * 20) }, () => [text(random), madeUp(random, depth - 1)]),
      );
  }
}

/** Text of up to 80 characters, of one to four bytes each, none U+0000. */
function text(random: () => number): string {
  const range = [0x7f, 0x7f, 0x7ff, 0xd7ff, 0x10fff][Math.floor(random() * 5)] as number;
  const codes = Array.from({ length: Math.floor(random() * 80) }, () => 1 + Math.floor(random() * (range - 1)));
  return String.fromCodePoint(...codes.map((code) => (code >= 0xd800 && code < 0xe000 ? code + 0x2000 : code)));
}
