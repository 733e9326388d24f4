/** Floats stay floats and integers stay integers, between all serializers and in what the router keeps (SER-14). */

import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../../src/testing/seeded-random.ts";
import { Float } from "../../../src/wamp/protocol/float.ts";
import type { RouterMessage } from "../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import { cbor } from "../../../src/wamp/serializers/cbor.ts";
import { json } from "../../../src/wamp/serializers/json.ts";
import { msgpack } from "../../../src/wamp/serializers/msgpack.ts";
import type { Serializer } from "../../../src/wamp/serializers/serializer.ts";
import { storedPayload } from "../../../src/wamp/stored-records/stored-payload.ts";
import { TestRealm } from "../host/test-realm.ts";
import { BINARY, bytes, hex, PAIRS, payloadOf, SERIALIZERS } from "./samples.ts";

/** A number as each serializer writes it. */
interface Spelling {
  readonly name: string;
  readonly json: string;
  readonly msgpack: string;
  readonly cbor: string;
}

const NUMBERS: readonly Spelling[] = [
  { name: "21.0", json: "21.0", msgpack: "cb4035000000000000", cbor: "fb4035000000000000" },
  { name: "0.0", json: "0.0", msgpack: "cb0000000000000000", cbor: "fb0000000000000000" },
  { name: "-0.0", json: "-0.0", msgpack: "cb8000000000000000", cbor: "fb8000000000000000" },
  { name: "-7.0", json: "-7.0", msgpack: "cbc01c000000000000", cbor: "fbc01c000000000000" },
  { name: "2^53 as a float", json: "9007199254740992.0", msgpack: "cb4340000000000000", cbor: "fb4340000000000000" },
  { name: "2^60 as a float", json: "1152921504606847000.0", msgpack: "cb43b0000000000000", cbor: "fb43b0000000000000" },
  { name: "1e300", json: "1e+300", msgpack: "cb7e37e43c8800759c", cbor: "fb7e37e43c8800759c" },
  { name: "21.5", json: "21.5", msgpack: "cb4035800000000000", cbor: "fb4035800000000000" },
  { name: "21", json: "21", msgpack: "15", cbor: "15" },
  { name: "0", json: "0", msgpack: "00", cbor: "00" },
  { name: "-7", json: "-7", msgpack: "f9", cbor: "26" },
  { name: "2^53", json: "9007199254740992", msgpack: "cf0020000000000000", cbor: "1b0020000000000000" },
  { name: "2^53 + 1", json: "9007199254740993", msgpack: "cf0020000000000001", cbor: "1b0020000000000001" },
  { name: "2^64 - 1", json: "18446744073709551615", msgpack: "cfffffffffffffffff", cbor: "1bffffffffffffffff" },
];

/** The payload that comes back from storage. */
function stored(payload: Payload): Payload {
  return storedPayload.read(JSON.parse(JSON.stringify(storedPayload.write(payload))), "payload");
}

/** A raw payload of one number, and one of it in a dict beside other values. */
function payloads(serializer: Serializer, number: Spelling): readonly Payload[] {
  const item = number[serializer.name];
  if (serializer.name === "json") {
    return [
      Payload.received(1, json, `[${item}]`),
      Payload.received(2, json, `[[ ${item} ,"1.0"]],{"t":${item},"n":[null,{"u": ${item}}]}`),
    ];
  }
  const [list, dict, nil] = serializer.name === "msgpack" ? [0x90, 0x80, "c0"] : [0x80, 0xa0, "f6"];
  const text = (value: string) => hex(serializer.encodePayload({ args: value }));
  const lead = (base: number, size: number) => (base + size).toString(16);
  return [
    Payload.received(1, serializer, bytes(`${lead(list, 1)}${item}`)),
    Payload.received(
      2,
      serializer,
      bytes(
        `${lead(list, 1)}${lead(list, 2)}${item}${text("1.0")}` +
          `${lead(dict, 2)}${text("t")}${item}${text("n")}${lead(list, 2)}${nil}${lead(dict, 1)}${text("u")}${item}`,
      ),
    ),
  ];
}

/** Arguments around a number N, and how many other values stand before it. */
const AROUND: readonly (readonly [text: string, before: number])[] = [
  ["[N]", 0],
  ["[1,N]", 1],
  ["[ N ]", 0],
  ["[[N],2]", 0],
  ['["a.0",\tN]', 1],
  ['[{"a":N}]', 0],
  ['[{"a": N,"b":1}]', 0],
  ["[\nN\n]", 0],
];

/** The single values in lists and dicts, in their order. */
function leaves(value: unknown): unknown[] {
  const isLeaf = typeof value !== "object" || value === null || value instanceof Float;
  return isLeaf ? [value] : Object.values(value).flatMap(leaves);
}

const NAMED_PAIRS = PAIRS.map(([from, to]) => ({ from, to }));

/** JSON without white space, or hex. */
function textOf(raw: string | Uint8Array): string {
  return typeof raw === "string" ? raw.replaceAll(" ", "") : hex(raw);
}

describe.each(NAMED_PAIRS)("from $from.name to $to.name", ({ from, to }) => {
  test.each(NUMBERS)("$name is unchanged", (number) => {
    const written = payloads(from, number).map((payload) => textOf(payload.rawFor(to)));
    expect(written).toStrictEqual(payloads(to, number).map((payload) => textOf(payload.rawFor(to))));
  });

  test.each(NUMBERS)("$name is unchanged after storage", (number) => {
    const written = payloads(from, number).map((payload) => textOf(stored(payload).rawFor(to)));
    expect(written).toStrictEqual(payloads(to, number).map((payload) => textOf(payload.rawFor(to))));
  });
});

describe.each(SERIALIZERS)("what the router itself sees of $name", (serializer) => {
  test.each(NUMBERS)("$name is a plain number", (number) => {
    for (const { values } of payloads(serializer, number)) {
      const { args, kwargs } = values as { args: unknown[]; kwargs?: { t: unknown } };
      for (const value of [args.flat()[0], kwargs?.t ?? 0]) expect(typeof value).toMatch(/number|bigint/);
    }
  });
});

describe.each(BINARY)("$name", (serializer) => {
  test("writes floats of two and four bytes as floats of eight", () => {
    const raw = serializer === msgpack ? "92ca41a80000cabf800000" : "82f94d40fabf800000";
    const payload = Payload.received(1, serializer, bytes(raw));
    expect(payload.rawFor(json)).toBe("[21.0,-1.0]");
    const other = serializer === msgpack ? cbor : msgpack;
    expect(payload.rawFor(other)).toStrictEqual(
      bytes(
        serializer === msgpack ? "82fb4035000000000000fbbff0000000000000" : "92cb4035000000000000cbbff0000000000000",
      ),
    );
  });

  test("a dict key that is a float is the text it always was", () => {
    const raw = serializer === msgpack ? "90 81cb403500000000000001" : "80 a1fb403500000000000001";
    expect(Payload.received(2, serializer, bytes(raw)).rawFor(json)).toBe('[],{"21":1}');
  });
});

describe("a JSON number", () => {
  test.each([
    "1e2",
    "1E2",
    "10e-1",
    "1.5e1",
    "-2e0",
    "100.000",
    "0e5",
    "1e-400",
    "0.0e0",
    "123456789012345.99999",
    "999999999999999.96875",
    "9007199254740992.5",
    "0.00000000000000000000000000000000",
    "1e22",
  ])("%s is a float", (text) => {
    const written = hex(Payload.received(1, json, `[${text}]`).rawFor(msgpack));
    expect(written.slice(0, 4)).toBe("91cb");
    expect(hex(Payload.received(1, json, `["x", ${text}]`).rawFor(cbor))).toContain("fb");
  });

  test.each(["1", "-1", "-0", "100", "1234567890123456", "-9007199254740993"])("%s is an integer", (text) => {
    expect(hex(Payload.received(1, json, `[${text}]`).rawFor(msgpack)).slice(2, 4)).not.toBe("cb");
  });

  test("is judged by its spelling, whatever it is and whatever stands around it (seeded)", () => {
    const seed = new SeededRandom(9);
    const random = () => seed.next();
    const digits = (most: number) =>
      Array.from({ length: 1 + Math.floor(random() * most) }, () => Math.floor(random() * 10)).join("");
    for (let i = 0; i < 5_000; i++) {
      const integer = random() < 0.3 ? "0" : String(Number(digits(18)));
      const fraction =
        random() < 0.5 ? "" : `.${random() < 0.5 ? "0".repeat(1 + Math.floor(random() * 5)) : digits(20)}`;
      const exponent = random() < 0.7 ? "" : `e${random() < 0.5 ? "-" : ""}${digits(2)}`;
      const number = `${random() < 0.3 ? "-" : ""}${integer}${fraction}${exponent}`;
      const [around, before] = AROUND[i % AROUND.length]!;
      const raw = around.replace("N", number);
      const isFloat = fraction + exponent !== "";
      const read = Payload.received(1, msgpack, Payload.received(1, json, raw).rawFor(msgpack)).exact.args;
      const written = leaves(read)[before];
      const isWritten = written instanceof Float || !Number.isInteger(Number(written));
      // Beyond 64 bits MessagePack has no integers.
      expect([raw, isWritten]).toStrictEqual([raw, isFloat || Math.abs(Number(number)) >= 2 ** 64]);
    }
  });
});

describe("an unchanged payload", () => {
  test("goes to its own serializer byte for byte, whatever else was made of it", () => {
    for (const serializer of SERIALIZERS) {
      const [payload] = payloads(serializer, NUMBERS[0]!) as [Payload];
      const raw = payload.rawFor(serializer);
      for (const other of SERIALIZERS) payload.rawFor(other);
      expect(payload.values.args).toStrictEqual([21]);
      expect(payload.rawFor(serializer)).toBe(raw);
    }
  });

  test("of the router's own JavaScript numbers has integers where they are whole", () => {
    const payload = Payload.of([21, 21.5]);
    expect(payload.rawFor(json)).toBe("[21,21.5]");
    expect(hex(payload.rawFor(cbor))).toBe("8215fb4035800000000000");
  });
});

describe.each(NAMED_PAIRS)("of a realm where $from.name is written and $to.name is read", ({ from, to }) => {
  const ROLES = { publisher: {}, subscriber: {}, caller: {}, callee: {} };

  /** A client that keeps the frames it is sent. */
  function join(realm: TestRealm, serializer: Serializer) {
    const messages: RouterMessage[] = [];
    const peer = realm.realm.sessions.connect({
      send: (message) => void messages.push(message),
      close: () => {},
      save: () => {},
    });
    const send = (...message: unknown[]): void => {
      const elements = serializer.decode(serializer.encode(message as never), { depth: 64 });
      realm.realm.receive(peer, elements as readonly unknown[]);
    };
    send(1, "realm1", { roles: ROLES });
    /** The payload of the last message, in the client's encoding. */
    const heard = () => textOf(payloadOf(messages.at(-1) as RouterMessage).rawFor(serializer));
    return { send, heard, peer, messages };
  }

  const written = () => payloads(from, NUMBERS[0]!)[1] as Payload;
  const expected = (serializer: Serializer) => textOf(payloads(serializer, NUMBERS[0]!)[1]!.rawFor(serializer));

  test("a testament has the floats it was left with", () => {
    const realm = new TestRealm();
    const [owner, other] = [join(realm, from), join(realm, to)];
    other.send(32, 1, {}, "com.last.will");
    const { args, kwargs } = written().exact;
    owner.send(48, 1, {}, "wamp.session.add_testament", Payload.of(["com.last.will", args, kwargs]));
    realm.realm.sessions.disconnect(owner.peer);
    expect(other.messages.at(-1)?.[0]).toBe(36);
    expect(other.heard()).toBe(expected(to));
  });

  test("the history has the floats that were published, before and after it was written", () => {
    const realm = new TestRealm({ store: { "event-history": [{ uri: "com.log" }] } });
    const [publisher, caller] = [join(realm, from), join(realm, to)];
    publisher.send(16, 1, {}, "com.log", written());
    for (const request of [1, 3]) {
      caller.send(48, request, {}, "wamp.subscription.lookup", Payload.of(["com.log"]));
      const [subscription] = payloadOf(caller.messages.at(-1) as RouterMessage).args;
      caller.send(48, request + 1, {}, "wamp.subscription.get_events", Payload.of([subscription]));
      expect(caller.messages.at(-1)?.[0]).toBe(50);
      const kept =
        to === json ? '"args":[[21.0,"1.0"]],"kwargs":{"t":21.0,"n":[null,{"u":21.0}]}' : NUMBERS[0]![to.name];
      expect(caller.heard()).toContain(kept);
      realm.realm.flush();
    }
  });

  test("a retained event has the floats that were published", () => {
    const realm = new TestRealm();
    const [publisher, other] = [join(realm, from), join(realm, to)];
    publisher.send(16, 1, { retain: true }, "com.value", written());
    realm.realm.flush();
    other.send(32, 1, { get_retained: true }, "com.value");
    expect(other.heard()).toBe(expected(to));
  });

  test("what the router reads as a number is one, however it was written", () => {
    const realm = new TestRealm();
    const caller = join(realm, from);
    caller.send(48, 1, {}, "wamp.session.list", Payload.of([null], { limit: new Float(1) }));
    expect(caller.messages.at(-1)?.[0]).toBe(50);
    expect(payloadOf(caller.messages.at(-1) as RouterMessage).args).toHaveLength(1);
  });
});
