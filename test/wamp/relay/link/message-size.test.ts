/** The size of a message for another object: clients choose its options and its URI, not only its payload. */

import { describe, expect, test } from "vitest";
import { Payload } from "../../../../src/wamp/protocol/payload.ts";
import type { Dict } from "../../../../src/wamp/protocol/values.ts";
import { isLong, messageSize } from "../../../../src/wamp/relay/link/message-size.ts";
import { json } from "../../../../src/wamp/serializers/json.ts";

/** A JSON message of about so many characters, with the most values that fit in its options. */
const MILLION = 1_200_000;
const OPTIONS: readonly (readonly [name: string, options: Dict])[] = [
  ["a long text", { x_text: "x".repeat(MILLION) }],
  ["many numbers", { exclude: new Array(MILLION / 2).fill(1) }],
  ["many empty lists", { x_lists: new Array(MILLION / 3).fill([]) }],
  ["many keys", { x_keys: Object.fromEntries(Array.from({ length: MILLION / 10 }, (_, index) => [`k${index}`, 0])) }],
];

function call(options: Dict, procedure = "com.p"): Parameters<typeof messageSize>[0] {
  const message = json.decode(JSON.stringify([48, 1, options, procedure, ["x"]]), { depth: 64 });
  const origin = { id: 1, identity: { authid: "", authrole: "", authmethod: "", authprovider: "" }, features: 0 };
  return { kind: "call", origin, permission: {}, message } as unknown as Parameters<typeof messageSize>[0];
}

describe("the estimated size of a message", () => {
  test.each(OPTIONS)("covers options with %s, and is at most five times what the client sent", (_, options) => {
    const size = messageSize(call(options));
    expect(size).toBeGreaterThan(MILLION);
    expect(size).toBeLessThan(5 * JSON.stringify(options).length);
  });

  test("covers a long URI", () => {
    expect(messageSize(call({}, "x".repeat(MILLION)))).toBeGreaterThan(MILLION);
  });

  test("covers topic and options of a publication", () => {
    const publication = { topic: "x".repeat(MILLION), options: { exclude: [1] }, details: {}, payload: Payload.NONE };
    const message = { kind: "publish", publication } as unknown as Parameters<typeof messageSize>[0];
    expect(messageSize(message)).toBeGreaterThan(MILLION);
    const [, options] = OPTIONS[0]!;
    const long = { kind: "publish", publication: { ...publication, topic: "com.t", options } };
    expect(messageSize(long as unknown as typeof message)).toBeGreaterThan(MILLION);
  });
});

test("an answer is long because of its options or its URI, too", () => {
  const answers = [
    [70, 1, { ppt_keyid: "x".repeat(2_000) }, ["x"]],
    [8, 68, 1, {}, "x".repeat(2_000)],
    [70, 1, {}, ["x"]],
  ];
  const decoded = answers.map((answer) => json.decode(JSON.stringify(answer), { depth: 64 }));
  expect(decoded.map((answer) => isLong(answer as never))).toStrictEqual([true, true, false]);
});
