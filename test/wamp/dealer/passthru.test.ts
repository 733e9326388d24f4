/** Calls and answers whose payload the router does not decode (Payload Passthru Mode). */

import { describe, expect, test } from "vitest";
import { msgpack } from "../../../src/wamp/serializers/msgpack.ts";
import { routerError } from "../host/router-errors.ts";
import type { Entry } from "../host/test-realm.ts";
import { TestRealm, violated } from "../host/test-realm.ts";
import { CALLEE_FEATURES, CALLER_FEATURES, joinCallee, joinCaller } from "./rpc-clients.ts";

/** The JSON form of binary values. */
const BYTES = "\0AAECAwQ=";
const PPT = { ppt_scheme: "wamp", ppt_serializer: "cbor", ppt_cipher: "xsalsa20poly1305", ppt_keyid: "0xabc" };
const REFUSED = "wamp.error.feature_not_supported";
const NOT_BINARY = "payload passthru takes one binary argument";

/**
 * A caller (session 1) and a callee (session 2) of `com.p` (registration 3), with all features; `lacking` did not
 * announce passthru mode.
 */
function testRealmOfTwo(lacking?: "caller" | "callee") {
  const without = (features: readonly string[]) => features.filter((name) => name !== "payload_passthru_mode");
  const realm = new TestRealm();
  const caller = joinCaller(realm, "caller", lacking === "caller" ? without(CALLER_FEATURES) : CALLER_FEATURES);
  const callee = joinCallee(realm, "callee", lacking === "callee" ? without(CALLEE_FEATURES) : CALLEE_FEATURES);
  return { realm, caller, callee };
}

describe("the ppt_* options", () => {
  test("[PPT-01][PPT-02] the ppt_* options are copied from CALL to INVOCATION and from YIELD to RESULT", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    const answer = { ppt_scheme: "x_own", ppt_serializer: "msgpack" };
    caller.send([48, 1, { ...PPT, custom: 1 }, "com.p", [BYTES]]);
    callee.send([70, 1, { ...answer, custom: 1 }, [BYTES]]);
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, PPT, [BYTES]]],
      ["caller", [50, 1, answer, [BYTES]]],
    ]);
  });

  test("[PPT-02][CALL-06] the ppt_* options are copied from the callee's ERROR to the caller's", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    caller.send([48, 1, PPT, "com.p", [BYTES]]);
    realm.take();
    callee.send([8, 68, 1, { ...PPT, custom: 1 }, "com.app.no", [BYTES]]);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, PPT, "com.app.no", [BYTES]]]]);
  });

  test.each([
    [{ ppt_scheme: "mqtt", ppt_serializer: "native" }],
    [{ ppt_scheme: "x_anything", ppt_serializer: "unknown", ppt_cipher: "rot13" }],
    [{ ppt_scheme: "wamp" }],
  ])("[PPT-11] the ppt_* options may have any text: %j", (options) => {
    const { realm, caller } = testRealmOfTwo();
    caller.send([48, 1, options, "com.p", [BYTES]]);
    expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, options, [BYTES]]]]);
  });

  test.each([[{ ppt_scheme: "" }], [{ ppt_scheme: null }], [{ ppt_serializer: "cbor" }]])(
    "[PPT-01] a CALL with the options %j is not in passthru mode",
    (options) => {
      const { realm, caller } = testRealmOfTwo("callee");
      caller.send([48, 1, options, "com.p", ["plain", 1]]);
      expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, {}, ["plain", 1]]]]);
    },
  );

  test.each([
    ["ppt_scheme", 1],
    ["ppt_serializer", true],
    ["ppt_cipher", {}],
    ["ppt_keyid", 7],
  ])("[PPT-01] a CALL whose %s is %j breaks the protocol", (name, value) => {
    const { realm, caller } = testRealmOfTwo();
    caller.send([48, 1, { ...PPT, [name]: value }, "com.p", [BYTES]]);
    expect(realm.take()).toStrictEqual(violated("caller", `CALL: invalid ${name}`));
  });

  test("[PPT-12] the ppt_* options work with progressive input and results; those of the first chunk hold for all", () => {
    const { realm, caller, callee } = testRealmOfTwo();
    const more = { progress: true };
    caller.send([48, 1, { ...PPT, ...more, receive_progress: true }, "com.p", [BYTES]]);
    caller.send([48, 1, { ...more, ppt_scheme: "x_other" }, "com.p", [BYTES]], [48, 1, {}, "com.p", [BYTES]]);
    callee.send([70, 1, { ...PPT, ...more }, [BYTES]], [70, 1, more, ["plain"]], [70, 1, PPT, [BYTES]]);
    const details = { ...PPT, receive_progress: true };
    expect(realm.take()).toStrictEqual([
      ["callee", [68, 1, 3, { ...details, ...more }, [BYTES]]],
      ["callee", [68, 1, 3, { ...details, ...more }, [BYTES]]],
      ["callee", [68, 1, 3, details, [BYTES]]],
      ["caller", [50, 1, { ...PPT, ...more }, [BYTES]]],
      ["caller", [50, 1, more, ["plain"]]],
      ["caller", [50, 1, PPT, [BYTES]]],
    ]);
  });
});

describe("a payload in passthru mode", () => {
  const WRONG = [[[]], [["text"]], [[BYTES, BYTES]], [[[BYTES]]], [[BYTES], { a: 1 }], [[null]]] as const;

  test.each(WRONG)(
    "[PPT-03] the passthru payload of a CALL is one binary element; %j %j breaks the protocol",
    (...payload) => {
      const { realm, caller } = testRealmOfTwo();
      caller.send([48, 1, PPT, "com.p", ...payload]);
      expect(realm.take()).toStrictEqual(violated("caller", NOT_BINARY));
    },
  );

  test("[PPT-03] a passthru payload may be followed by empty ArgumentsKw", () => {
    const { realm, caller } = testRealmOfTwo();
    caller.send([48, 1, PPT, "com.p", [BYTES], {}]);
    expect(realm.take()).toStrictEqual([["callee", [68, 1, 3, PPT, [BYTES]]]]);
  });

  test("[PPT-03][PPT-12] each chunk of a call in passthru mode has one binary element", () => {
    const { realm, caller } = testRealmOfTwo();
    caller.send([48, 1, { ...PPT, progress: true }, "com.p", [BYTES]]);
    realm.take();
    caller.send([48, 1, {}, "com.p", ["text"]]);
    expect(realm.take()).toStrictEqual([
      ...violated("caller", NOT_BINARY).slice(0, 1),
      ["callee", [69, 1, { mode: "killnowait" }]],
      ["caller", "closed", 1002],
    ]);
  });

  test.each([
    ["YIELD", [70, 1, PPT, ["text"]]],
    ["ERROR", [8, 68, 1, PPT, "com.app.no", ["text"]]],
  ])("[PPT-03] the passthru payload of %s is one binary element; another one breaks the protocol", (_, message) => {
    const { realm, caller, callee } = testRealmOfTwo();
    caller.send([48, 1, {}, "com.p"]);
    realm.take();
    callee.send(message);
    expect(realm.take()).toStrictEqual(brokenCallee(NOT_BINARY));
  });

  test("[PPT-04] a passthru payload between clients with the same serializer is forwarded byte for byte", () => {
    const { realm } = testRealmOfTwo();
    // The payload [bin 8 of 2 bytes] as an array 16 with a bin 32: valid, but no encoder writes it so.
    const oddTail = [0xdc, 0, 1, 0xc6, 0, 0, 0, 2, 0xff, 0xc1];
    const head = msgpack.encode([48, 1, PPT, "com.p"] as never) as Uint8Array;
    const frame = Uint8Array.from([head[0]! + 1, ...head.subarray(1), ...oddTail]);
    const elements = msgpack.decode(frame, { depth: 64 }) as readonly unknown[];
    const sent: Uint8Array[] = [];
    const [caller, callee] = [...realm.realm.sessions.byId.values()];
    callee!.transport.send = (message) => {
      sent.push(msgpack.encode(message) as Uint8Array);
      return undefined;
    };
    realm.realm.dealer.call(caller!, elements as never, { allow: true, disclose: undefined });
    expect([...sent[0]!.slice(-oddTail.length)]).toStrictEqual(oddTail);
  });
});

describe("passthru mode that a client did not announce", () => {
  test("[PPT-05] a CALL in passthru mode from a caller that did not announce it breaks the protocol, for every procedure", () => {
    for (const procedure of ["com.p", "com.nothing", "wamp.session.count"]) {
      const { realm, caller } = testRealmOfTwo("caller");
      caller.send([48, 1, PPT, procedure, [BYTES]]);
      expect(realm.take()).toStrictEqual(
        violated("caller", "ppt_scheme from a caller that did not announce payload_passthru_mode"),
      );
    }
  });

  test.each([
    ["YIELD", [70, 1, PPT, [BYTES]]],
    ["ERROR", [8, 68, 1, PPT, "com.app.no", [BYTES]]],
  ])("[PPT-05] a callee that did not announce passthru mode breaks the protocol with its %s", (_, message) => {
    const { realm, caller, callee } = testRealmOfTwo("callee");
    caller.send([48, 1, {}, "com.p"]);
    realm.take();
    callee.send(message);
    expect(realm.take()).toStrictEqual(
      brokenCallee("ppt_scheme from a callee that did not announce payload_passthru_mode"),
    );
  });

  test("[PPT-07] a CALL in passthru mode fails if the callee did not announce it; plain calls succeed", () => {
    const { realm, caller } = testRealmOfTwo("callee");
    caller.send([48, 1, PPT, "com.p", [BYTES]], [48, 2, {}, "com.p", [BYTES]]);
    expect(realm.take()).toStrictEqual([
      ["caller", [8, 48, 1, {}, ...routerError(REFUSED)]],
      ["callee", [68, 1, 3, {}, [BYTES]]],
    ]);
  });

  test("[PPT-07] a CALL in passthru mode of the router's own procedure fails", () => {
    const { realm, caller } = testRealmOfTwo();
    caller.send([48, 1, PPT, "wamp.session.count", [BYTES]]);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, ...routerError(REFUSED)]]]);
  });

  test("[PPT-08] a YIELD in passthru mode fails for both sides if the caller did not announce it", () => {
    const { realm, caller, callee } = testRealmOfTwo("caller");
    caller.send([48, 1, {}, "com.p"]);
    realm.take();
    callee.send([70, 1, PPT, [BYTES]], [70, 1, {}, ["again"]]);
    expect(realm.take()).toStrictEqual([
      ["callee", [8, 70, 1, {}, ...routerError(REFUSED)]],
      ["caller", [8, 48, 1, {}, ...routerError(REFUSED)]],
    ]);
  });

  test("[PPT-08][PPT-12] a progressive YIELD in passthru mode ends the call and interrupts the callee if the caller did not announce it", () => {
    const { realm, caller, callee } = testRealmOfTwo("caller");
    caller.send([48, 1, { receive_progress: true }, "com.p"]);
    realm.take();
    callee.send([70, 1, { ...PPT, progress: true }, [BYTES]], [70, 1, { progress: true }, [2]]);
    expect(realm.take()).toStrictEqual([
      ["callee", [8, 70, 1, {}, ...routerError(REFUSED)]],
      ["callee", [69, 1, { mode: "killnowait" }]],
      ["caller", [8, 48, 1, {}, ...routerError(REFUSED)]],
    ]);
  });

  test("[PPT-08] an ERROR in passthru mode becomes feature_not_supported for a caller that did not announce it", () => {
    const { realm, caller, callee } = testRealmOfTwo("caller");
    caller.send([48, 1, {}, "com.p"]);
    realm.take();
    callee.send([8, 68, 1, PPT, "com.app.no", [BYTES]]);
    expect(realm.take()).toStrictEqual([["caller", [8, 48, 1, {}, ...routerError(REFUSED)]]]);
  });
});

/** Returns the messages that follow when the callee of the only call breaks the protocol. */
function brokenCallee(message: string): Entry[] {
  return [
    ...violated("callee", message).slice(0, 1),
    ["caller", [8, 48, 1, {}, "wamp.error.canceled", ["the callee's session ended"]]],
    ["callee", "closed", 1002],
  ];
}
