/** The choice of a subprotocol. */

import { expect, test } from "vitest";
import { negotiate, subprotocolByName } from "../../../src/wamp/serializers/subprotocols.ts";

test.each([
  ["wamp.2.json", "json", false],
  ["wamp.2.msgpack", "msgpack", false],
  ["wamp.2.cbor", "cbor", false],
  ["wamp.2.json.batched", "json", true],
  ["wamp.2.msgpack.batched", "msgpack", true],
  ["wamp.2.cbor.batched", "cbor", true],
])("%s alone gives %s [WS-01][WS-02][WS-03]", (name, serializer, isBatched) => {
  const subprotocol = negotiate(name) ?? expect.fail("nothing chosen");
  expect(subprotocol.name).toBe(name);
  expect(subprotocol.serializer.name).toBe(serializer);
  expect(subprotocol.batching !== undefined).toBe(isBatched);
  expect(subprotocolByName.get(name)).toBe(subprotocol);
});

test.each([
  ["wamp.2.cbor, wamp.2.json", "wamp.2.cbor"],
  ["wamp.2.json,wamp.2.cbor", "wamp.2.json"],
  ["wamp.2.ubjson,  wamp.2.flatbuffers ,\twamp.2.msgpack , wamp.2.json", "wamp.2.msgpack"],
  ["chat, wamp.2.json.batched, wamp.2.json", "wamp.2.json.batched"],
  [",, wamp.2.json,", "wamp.2.json"],
])("the client's order decides: %s gives %s [WS-04]", (offered, name) => {
  expect(negotiate(offered)?.name).toBe(name);
});

test.each(["wamp.2.ubjson", "wamp.1.json", "WAMP.2.JSON", "wamp.2", "wamp.2.json;v=1", "toString", "", " , "])(
  "nothing is chosen from %j [WS-05]",
  (offered) => {
    expect(negotiate(offered)).toBeUndefined();
  },
);

test("nothing is chosen where nothing is offered [WS-06]", () => {
  expect(negotiate(null)).toBeUndefined();
});
