/** Messages that the platform could not carry from one object to another. */

import { describe, expect, test } from "vitest";
import { MessageType, NO_DETAILS } from "../../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../../src/wamp/protocol/payload.ts";
import { RemoteTransport } from "../../../../src/wamp/relay/dealer/remote-transport.ts";
import { isTooLong, LONGEST_MESSAGE_BYTES, mayBeTooLong } from "../../../../src/wamp/relay/link/message-size.ts";
import { json } from "../../../../src/wamp/serializers/json.ts";
import { ALL_ROLES } from "../../host/test-realm.ts";
import { RelayedRealm } from "../relayed-realm.ts";

describe("a message of a client", () => {
  test("ends its session if options of many small values make it too long for other objects", () => {
    const realm = new RelayedRealm(2, { limits: { message_bytes: LONGEST_MESSAGE_BYTES } });
    const [client, other] = [realm.join(1), realm.join(1, ALL_ROLES)];
    const options = { x: Array.from({ length: 2_200_000 }, () => []) };
    client.send([16, 1, options, "com.a"]);
    expect(client.take()).toStrictEqual([
      [3, { message: "the message is too large" }, "wamp.error.payload_size_exceeded"],
      ["closed", 1009],
    ]);
    other.send([64, 1, {}, "com.p"]);
    expect((other.take() as unknown[][]).map(([type]) => type)).toStrictEqual([65]);
  });

  test("is never too long by its payload alone, nor in a realm with the default limits", () => {
    const text = JSON.stringify([16, 1, { acknowledge: true }, "com.a", ["x".repeat(LONGEST_MESSAGE_BYTES - 50)]]);
    expect(text.length).toBeLessThanOrEqual(LONGEST_MESSAGE_BYTES);
    expect(isTooLong(json.decode(text, { depth: 64 }) as readonly unknown[])).toBe(false);
    expect(mayBeTooLong(1_048_576)).toBe(false);
  });
});

test("a result that a component of the core has made too long does not leave for its caller", () => {
  const sent: unknown[] = [];
  const sender = { send: (...message: unknown[]) => void sent.push(message), isFull: () => false, save: () => {} };
  const transport = new RemoteTransport(1, 1, sender);
  const result = (bytes: number) => {
    return transport.send([MessageType.RESULT, 1, NO_DETAILS, Payload.of([new Uint8Array(bytes)])]);
  };
  expect([result(32 * 2 ** 20), result(1_000), sent.length]).toStrictEqual(["too large", undefined, 1]);
});
