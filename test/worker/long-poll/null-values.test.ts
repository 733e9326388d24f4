/** Messages with null for absent values, over a long-poll transport and, for comparison, a WebSocket. */

import { describe, expect, it } from "vitest";
import { connect } from "../socket.ts";
import { openPoller, type Poller } from "./poller.ts";

/** Returns HELLO with null for optional values. */
function helloWithNull(realm: string): unknown[] {
  const roles = { publisher: {}, subscriber: {}, caller: { features: null }, callee: null };
  return [1, realm, { roles, authid: null, authextra: null }];
}

const ID = expect.any(Number);

/** Messages of a client that writes null for absent values, each with the messages that it receives at once. */
const EXCHANGES: readonly (readonly [sent: readonly unknown[], ...received: (readonly unknown[])[]])[] = [
  [
    [32, 1, null, "t"],
    [33, 1, ID],
  ],
  [
    [16, 2, { acknowledge: true, exclude_me: false }, "t", null, null],
    [17, 2, ID],
    [36, ID, ID, {}],
  ],
  [
    [16, 3, { exclude_me: false, exclude: null, eligible: null }, "t", null, { a: 1 }],
    [36, ID, ID, {}, [], { a: 1 }],
  ],
  [
    [16, 4, { exclude_me: false }, "t", [1], null],
    [36, ID, ID, {}, [1]],
  ],
  [
    [64, 5, null, "p"],
    [65, 5, ID],
  ],
  [
    [48, 6, null, "p", null, null],
    [68, 1, ID, {}],
  ],
  [
    [70, 1, null, null, { r: 1 }],
    [50, 6, {}, [], { r: 1 }],
  ],
  [
    [48, 7, { timeout: null }, "p", [null], null],
    [68, 2, ID, {}, [null]],
  ],
  [
    [8, 68, 2, null, "com.error", null, null],
    [8, 48, 7, {}, "com.error"],
  ],
  [
    [48, 8, null, "p", null, { a: null }],
    [68, 3, ID, {}, [], { a: null }],
  ],
  [
    [70, 3, { progress: null }, null, null],
    [50, 8, {}],
  ],
  [
    [6, null, "wamp.close.close_realm"],
    [6, {}, "wamp.close.goodbye_and_out"],
  ],
];

describe("send", () => {
  it.each([
    ["as a long-poll transport does", "lp-23", openPoller],
    ["as a WebSocket does", "lp-24", connect],
  ])("accepts null for an absent dict or list, %s [MSG-12][LP-07]", async (_, realm, open) => {
    const client: Pick<Poller, "next"> & { send(message: readonly unknown[]): unknown } = await open(realm);
    await client.send(helloWithNull(realm));
    expect((await client.next())[0]).toBe(2);
    for (const [sent, ...received] of EXCHANGES) {
      await client.send(sent);
      for (const message of received) expect(await client.next()).toEqual(message);
    }
  });

  it("accepts null in a batch of messages, too [MSG-12][LP-13]", async () => {
    const poller = await openPoller("lp-25", ["wamp.2.json.batched"]);
    const [subscribe, publish] = EXCHANGES as [(typeof EXCHANGES)[0], (typeof EXCHANGES)[0]];
    const messages = [helloWithNull("lp-25"), subscribe[0], publish[0]];
    const batch = messages.map((message) => `${JSON.stringify(message)}\u001e`).join("");
    expect((await poller.post("send", batch)).status).toBe(204);
    const received: unknown[][] = [];
    while (received.length < 4) {
      const response = await poller.post("receive");
      // A transport that has ended delivers nothing: without this check the loop would not end.
      expect(response.status).toBe(200);
      const text = await response.text();
      received.push(
        ...text
          .split("\u001e")
          .slice(0, -1)
          .map((message) => JSON.parse(message) as unknown[]),
      );
    }
    expect(received.slice(1)).toEqual([...subscribe.slice(1), ...publish.slice(1)]);
  });
});
