/** Batches that the platform copies from one object to another. */

import { expect, test } from "vitest";
import { MessageType, NO_DETAILS } from "../../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../../src/wamp/protocol/payload.ts";
import { packBatch, unpackBatch } from "../../../../src/wamp/relay/link/batch-codec.ts";
import type { ToCore, ToRelay } from "../../../../src/wamp/relay/link/messages.ts";
import { cbor } from "../../../../src/wamp/serializers/cbor.ts";
import { json } from "../../../../src/wamp/serializers/json.ts";
import { msgpack } from "../../../../src/wamp/serializers/msgpack.ts";

const HEAD = { seq: 1, stream: 1, attempt: 1, isRetry: false, epoch: 1, boot: 1 };

function copied<M extends ToCore | ToRelay>(message: M): M {
  return unpackBatch<M>(structuredClone(packBatch({ ...HEAD, messages: [message] }))).messages[0]!;
}

const ARGS = [1, "x", { a: [true, null] }];
const YIELD = [MessageType.YIELD, 7, {}, ARGS, { key: 1.5 }];

test.each([json, msgpack, cbor])("a payload stays in the encoding of its sender: %o", (serializer) => {
  const { name } = serializer;
  const encoded = serializer.encode([...YIELD.slice(0, 3), Payload.of(ARGS, { key: 1.5 })] as never);
  const elements = serializer.decode(encoded, { depth: 64 }) as unknown as [70, number, object, Payload];
  const message = { kind: "request", session: 5, message: elements } as unknown as ToCore & { kind: "request" };
  const copy = copied(message).message as unknown as typeof elements;
  expect(copy.slice(0, 3)).toStrictEqual([70, 7, {}]);
  expect([copy[3].codec?.name, copy[3].length, copy[3].argsKind]).toStrictEqual([name, 2, "list"]);
  expect(copy[3].rawFor(serializer)).toStrictEqual(elements[3].rawFor(serializer));
  expect([copy[3].args, copy[3].kwargs]).toStrictEqual([ARGS, { key: 1.5 }]);
});

test("bytes of a frame are copied without the rest of the frame", () => {
  const frame = new Uint8Array(1_000);
  frame[500] = 0x80;
  const payload = Payload.received(1, cbor, frame.subarray(500, 501));
  const message = [MessageType.RESULT, 1, NO_DETAILS, payload] as const;
  const packed = packBatch({ ...HEAD, messages: [{ kind: "send", session: 5, message }] });
  const [, , [, , , [, , raw]]] = packed.messages[0] as [0, 5, [0, 0, 0, ["cbor", 1, Uint8Array]]];
  expect(raw.buffer.byteLength).toBe(1);
});

test("an empty payload stays empty, and one of the router keeps its values", () => {
  const error = [MessageType.ERROR, MessageType.CALL, 1, NO_DETAILS, "com.error"] as const;
  const empty = copied<ToRelay & { kind: "send" }>({ kind: "send", session: 5, message: [...error, Payload.NONE] });
  expect(empty.message[5]).toBe(Payload.NONE);
  const text = copied<ToRelay & { kind: "send" }>({
    kind: "send",
    session: 5,
    message: [...error, Payload.of(["why"])],
  });
  expect((text.message[5] as Payload).args).toStrictEqual(["why"]);
});

test("a publication keeps all that its receivers are chosen by", () => {
  const publication = {
    ...{ id: 9, topic: "com.a", options: { exclude: [1], rkey: "k" }, details: { publisher: 3 }, origin: 2, count: 8 },
    payload: Payload.received(1, json, "[1,2]"),
  };
  const copy = copied<ToRelay & { kind: "publish" }>({ kind: "publish", publication }).publication;
  expect({ ...copy, payload: copy.payload.args }).toStrictEqual({ ...publication, payload: [1, 2] });
});

test("retained events keep their payloads", () => {
  const events = [[MessageType.EVENT, 5, 9, { retained: true }, Payload.received(1, json, "[1,2]")]] as const;
  const copy = copied<ToRelay & { kind: "retained" }>({ kind: "retained", number: 3, count: 8, events });
  expect(copy.events.map(([...event]) => [...event.slice(0, 4), (event[4] as Payload).args])).toStrictEqual([
    [MessageType.EVENT, 5, 9, { retained: true }, [1, 2]],
  ]);
  expect([copy.number, copy.count]).toStrictEqual([3, 8]);
});

test("a confirmation carries the meta event of the creation, if there is one", () => {
  const pattern = { match: "exact", uri: "com.a" } as const;
  const publication = { id: 9, topic: "com.b", options: {}, details: {}, payload: Payload.of([1]) };
  const { publication: copy } = copied<ToRelay & { kind: "confirm" }>({ kind: "confirm", pattern, publication });
  expect({ ...copy, payload: copy!.payload.args }).toStrictEqual({ ...publication, payload: [1] });
  const bare = { kind: "confirm", pattern, publication: undefined } as const;
  expect(copied<ToRelay>(bare)).toStrictEqual(bare);
});

test("messages without a payload pass as they are", () => {
  const announce = { kind: "announce", pattern: { match: "prefix", uri: "com." }, session: 7 } as const;
  expect(copied<ToCore>(announce)).toStrictEqual(announce);
  const registered = { kind: "send", session: 5, message: [MessageType.REGISTERED, 1, 2] } as const;
  expect(copied<ToRelay>(registered)).toStrictEqual(registered);
});
