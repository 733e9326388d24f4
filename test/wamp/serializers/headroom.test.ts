/** A binary frame is used again for the message that its payload is sent on in. */

import { describe, expect, it } from "vitest";
import type { RouterMessage } from "../../../src/wamp/protocol/message.ts";
import type { Payload } from "../../../src/wamp/protocol/payload.ts";
import { cbor } from "../../../src/wamp/serializers/cbor.ts";
import { msgpack } from "../../../src/wamp/serializers/msgpack.ts";
import type { Serializer } from "../../../src/wamp/serializers/serializer.ts";

const LIMITS = { depth: 10 };
const ARGS = ["x".repeat(100), [1, 2.5, null]];

describe.each([msgpack, cbor])("$name", (serializer) => {
  it("writes the first head over that of the frame, and copies the payload for others", () => {
    const frame = publication(serializer);
    const payload = payloadOf(serializer, frame);
    const first = serializer.encode(event(1, payload)) as Uint8Array;
    const second = serializer.encode(event(2, payload)) as Uint8Array;
    expect(first.buffer).toBe(frame.buffer);
    expect(second.buffer).not.toBe(frame.buffer);
    expect([first, second].map((each) => eventOf(serializer, each.slice()))).toEqual([
      [1, ARGS],
      [2, ARGS],
    ]);
    expect(payload.args).toEqual(ARGS);
  });

  it("copies the payload where the new head is longer", () => {
    const frame = publication(serializer);
    const before = frame.slice();
    const payload = payloadOf(serializer, frame);
    const uri = "com.example.".padEnd(100, "x");
    const encoded = serializer.encode([8, 48, 1, {}, uri, payload]) as Uint8Array;
    expect(frame).toEqual(before);
    expect(serializer.decode(encoded, LIMITS)).toMatchObject([8, 48, 1, {}, uri, { args: ARGS }]);
  });

  it("leaves a frame in a batch as it is, because other frames precede it", () => {
    const frame = publication(serializer);
    const batch = Uint8Array.from([...frame, ...frame]);
    const payload = payloadOf(serializer, batch.subarray(frame.length));
    serializer.encode(event(1, payload));
    expect(batch).toEqual(Uint8Array.from([...frame, ...frame]));
  });
});

/** A frame in a buffer of its own, as the platform hands it over. */
function publication(serializer: Serializer): Uint8Array {
  const head = serializer.encodePayload({ args: [16, 7, {}, "com.example.topic"] }) as Uint8Array;
  const args = serializer.encodePayload({ args: ARGS }) as Uint8Array;
  // The first byte says how many elements follow: one more with Arguments.
  return Uint8Array.from([head[0]! + 1, ...head.subarray(1), ...args]);
}

function payloadOf(serializer: Serializer, frame: Uint8Array): Payload {
  return (serializer.decode(frame, LIMITS) as readonly unknown[])[4] as Payload;
}

function event(subscription: number, payload: Payload): RouterMessage {
  return [36, subscription, 1, {}, payload];
}

function eventOf(serializer: Serializer, frame: Uint8Array): unknown {
  const [, subscription, , , payload] = serializer.decode(frame, LIMITS) as [36, number, number, object, Payload];
  return [subscription, payload.args];
}
