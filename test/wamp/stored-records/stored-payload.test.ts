/** Stored payloads keep their values and their encoding. */

import { describe, expect, test } from "vitest";
import type { PayloadCodec } from "../../../src/wamp/protocol/payload.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import { cbor } from "../../../src/wamp/serializers/cbor.ts";
import { json } from "../../../src/wamp/serializers/json.ts";
import { msgpack } from "../../../src/wamp/serializers/msgpack.ts";
import { storedPayload } from "../../../src/wamp/stored-records/stored-payload.ts";

const ARGS = ["text", 1, 2 ** 53, 2n ** 63n, 1.5, true, null, [new Uint8Array([0, 1, 255])], { deep: { er: [] } }];

/** Through JSON text, as in storage. */
const kept = (payload: Payload) =>
  storedPayload.read(JSON.parse(JSON.stringify(storedPayload.write(payload))), "payload");

describe.each([json, msgpack, cbor] as PayloadCodec[])("a payload in $name", (codec) => {
  test.each([
    [1, { args: ARGS }],
    [2, { args: [], kwargs: { a: ARGS } }],
  ] as const)("of %i elements keeps its encoding, unread", (length, values) => {
    const raw = codec.encodePayload(values);
    const payload = kept(Payload.received(length, codec, raw));
    expect(payload.length).toBe(length);
    expect(payload.codec).toBe(codec);
    expect(payload.rawFor(codec)).toEqual(raw);
    expect(payload.values).toEqual(codec.decodePayload(raw));
  });
});

test("JSON text stays as written", () => {
  const raw = '[1.0, 1e3,"\\u00fc",{"a":1,"a":2}]';
  expect(kept(Payload.received(1, json, raw)).rawFor(json)).toBe(raw);
});

test("a payload of the router keeps its values, also those that JSON cannot express", () => {
  const args = [...ARGS, Number.NaN, Number.NEGATIVE_INFINITY, "\u0000AAEC"];
  expect(kept(Payload.of(args, { a: 1 })).values).toEqual({ args, kwargs: { a: 1 } });
});

test("an empty payload stays empty", () => expect(kept(Payload.NONE)).toBe(Payload.NONE));
