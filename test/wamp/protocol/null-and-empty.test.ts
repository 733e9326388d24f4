/** What typed clients write for what their user did not set: null and the empty string are absent (MSG-12). */

import { describe, expect, test } from "vitest";
import { cbor } from "../../../src/wamp/serializers/cbor.ts";
import { json } from "../../../src/wamp/serializers/json.ts";
import { msgpack } from "../../../src/wamp/serializers/msgpack.ts";
import type { Serializer } from "../../../src/wamp/serializers/serializer.ts";
import { DecodeFault } from "../../../src/wamp/serializers/serializer.ts";
import type { Client, Entry } from "../host/test-realm.ts";
import { ALL_ROLES, TestRealm } from "../host/test-realm.ts";
import { bytes } from "../serializers/samples.ts";

/** Stands for the encoded form of null or undefined that is under test. */
const NULL = Symbol("null");

/** Every way to write "nothing": one serializer and the encoded item. */
const FORMS: readonly (readonly [name: string, serializer: Serializer, item: string])[] = [
  ["JSON null", json, "null"],
  ["MessagePack nil", msgpack, "c0"],
  ["MessagePack extension 0 (fixext 1)", msgpack, "d40000"],
  ["MessagePack extension 0 (ext 8)", msgpack, "c7010000"],
  ["CBOR null", cbor, "f6"],
  ["CBOR undefined", cbor, "f7"],
];

/** The messages of a session, with NULL wherever a dict or list may be absent, and what they are the same as. */
const MESSAGES: readonly (readonly [written: readonly unknown[], meant: readonly unknown[]])[] = [
  [
    [3, NULL, "com.bye"],
    [3, {}, "com.bye"],
  ],
  [
    [3, {}, "com.bye", NULL],
    [3, {}, "com.bye"],
  ],
  [
    [3, NULL, "com.bye", NULL, NULL],
    [3, {}, "com.bye"],
  ],
  [
    [6, NULL, "com.bye"],
    [6, {}, "com.bye"],
  ],
  [
    [8, 68, 1, NULL, "com.error"],
    [8, 68, 1, {}, "com.error"],
  ],
  [
    [8, 68, 1, {}, "com.error", NULL],
    [8, 68, 1, {}, "com.error"],
  ],
  [
    [8, 68, 1, {}, "com.error", NULL, NULL],
    [8, 68, 1, {}, "com.error"],
  ],
  [
    [8, 68, 1, {}, "com.error", ["x"], NULL],
    [8, 68, 1, {}, "com.error", ["x"]],
  ],
  [
    [8, 68, 1, {}, "com.error", NULL, { a: 1 }],
    [8, 68, 1, {}, "com.error", [], { a: 1 }],
  ],
  [
    [16, 5, NULL, "com.topic"],
    [16, 5, {}, "com.topic"],
  ],
  [
    [16, 5, NULL, "com..topic"],
    [16, 5, {}, "com..topic"],
  ],
  [
    [48, 5, NULL, "com.none"],
    [48, 5, {}, "com.none"],
  ],
  [
    [64, 5, NULL, "com.procedure"],
    [64, 5, {}, "com.procedure"],
  ],
  [
    [16, 5, { acknowledge: true, exclude_me: false }, "com.topic", NULL],
    [16, 5, { acknowledge: true, exclude_me: false }, "com.topic"],
  ],
  [
    [16, 5, { exclude_me: false }, "com.topic", NULL, NULL],
    [16, 5, { exclude_me: false }, "com.topic"],
  ],
  [
    [16, 5, { exclude_me: false }, "com.topic", ["x", 1], NULL],
    [16, 5, { exclude_me: false }, "com.topic", ["x", 1]],
  ],
  [
    [16, 5, { exclude_me: false }, "com.topic", NULL, { a: 1 }],
    [16, 5, { exclude_me: false }, "com.topic", [], { a: 1 }],
  ],
  [
    [32, 5, NULL, "com.topic"],
    [32, 5, {}, "com.topic"],
  ],
  [
    [34, 5, 1, NULL],
    [34, 5, 1],
  ],
  [
    [48, 5, NULL, "com.procedure"],
    [48, 5, {}, "com.procedure"],
  ],
  [
    [48, 5, {}, "com.procedure", NULL],
    [48, 5, {}, "com.procedure"],
  ],
  [
    [48, 5, {}, "com.procedure", NULL, NULL],
    [48, 5, {}, "com.procedure"],
  ],
  [
    [48, 5, {}, "com.procedure", [[]], NULL],
    [48, 5, {}, "com.procedure", [[]]],
  ],
  [
    [48, 5, {}, "com.procedure", NULL, { a: 1 }],
    [48, 5, {}, "com.procedure", [], { a: 1 }],
  ],
  [
    [49, 1, NULL],
    [49, 1, {}],
  ],
  [
    [64, 5, NULL, "com.other"],
    [64, 5, {}, "com.other"],
  ],
  [
    [66, 5, 2, NULL],
    [66, 5, 2],
  ],
  [
    [70, 1, NULL],
    [70, 1, {}],
  ],
  [
    [70, 1, {}, NULL],
    [70, 1, {}],
  ],
  [
    [70, 1, {}, NULL, NULL],
    [70, 1, {}],
  ],
  [
    [70, 1, {}, ["x"], NULL],
    [70, 1, {}, ["x"]],
  ],
  [
    [70, 1, {}, NULL, { a: 1 }],
    [70, 1, {}, [], { a: 1 }],
  ],
];

/** Messages with one option null each. */
const OPTIONS: readonly (readonly [
  message: readonly [number, number, ...unknown[]],
  optionsAt: number,
  options: readonly string[],
])[] = [
  [
    [16, 5, {}, "com.topic"],
    2,
    [
      "acknowledge",
      "exclude_me",
      "disclose_me",
      "retain",
      "exclude",
      "exclude_authid",
      "exclude_authrole",
      "eligible",
      "eligible_authid",
      "eligible_authrole",
      "transaction_hash",
      "rkey",
      "ppt_scheme",
      "ppt_serializer",
      "ppt_cipher",
      "ppt_keyid",
      "enc_algo",
      "enc_key",
      "enc_serializer",
      "forward_for",
    ],
  ],
  [[32, 5, {}, "com.topic"], 2, ["match", "get_retained", "nkey", "forward_for"]],
  [
    [48, 5, {}, "com.procedure"],
    2,
    [
      "timeout",
      "receive_progress",
      "progress",
      "disclose_me",
      "runmode",
      "rkey",
      "ppt_scheme",
      "enc_algo",
      "forward_for",
    ],
  ],
  [[49, 1, {}], 2, ["mode", "forward_for"]],
  [
    [64, 5, {}, "com.other"],
    2,
    ["match", "invoke", "concurrency", "force_reregister", "disclose_caller", "forward_timeout", "forward_for"],
  ],
  [[70, 1, {}], 2, ["progress", "ppt_scheme", "enc_algo", "forward_for"]],
  [[8, 68, 1, {}, "com.error"], 3, ["ppt_scheme", "enc_algo", "forward_for"]],
];

/** Options for which clients fill in the empty string. */
const TEXTS: ReadonlySet<string> = new Set([
  "match",
  "invoke",
  "mode",
  "runmode",
  "transaction_hash",
  "ppt_scheme",
  "ppt_serializer",
  "ppt_cipher",
  "ppt_keyid",
  "enc_algo",
  "enc_key",
  "enc_serializer",
]);

/** HELLO.Details as clients write them, and what they are the same as. */
const HELLOS: readonly (readonly [written: object, meant: object])[] = [
  ...["agent", "authid", "authrole", "authmethods", "authextra", "resumable", "resume-session", "resume-token"].map(
    (name) => [{ roles: ALL_ROLES, [name]: NULL }, { roles: ALL_ROLES }] as const,
  ),
  [{ roles: { publisher: NULL, caller: { features: NULL } } }, { roles: { publisher: {}, caller: {} } }],
  [{ roles: { caller: { features: { call_timeout: NULL } } } }, { roles: { caller: {} } }],
  [{ roles: ALL_ROLES, authid: "", authmethods: [], authrole: "", agent: "" }, { roles: ALL_ROLES }],
];

function frame(serializer: Serializer, message: readonly unknown[], item: string): string | Uint8Array {
  const parts = message.map((element) => encoded(serializer, element, item));
  if (serializer === json) return `[${parts.join(",")}]`;
  const lead = (serializer === msgpack ? 0x90 : 0x80) + message.length;
  return Uint8Array.from([lead, ...(parts as Uint8Array[]).flatMap((part) => [...part])]);
}

/** A value that may be or hold NULL. */
function encoded(serializer: Serializer, value: unknown, item: string): string | Uint8Array {
  if (value === NULL) return serializer === json ? item : bytes(item);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return serializer.encodePayload({ args: value as [] });
  const entries = Object.entries(value).map(
    ([key, entry]) => [encoded(serializer, key, item), encoded(serializer, entry, item)] as const,
  );
  if (serializer === json) return `{${entries.map(([key, entry]) => `${key}:${entry}`).join(",")}}`;
  const lead = (serializer === msgpack ? 0x80 : 0xa0) + entries.length;
  return Uint8Array.from([lead, ...entries.flat().flatMap((part) => [...(part as Uint8Array)])]);
}

function say(
  realm: TestRealm,
  { peer }: Client,
  serializer: Serializer,
  message: readonly unknown[],
  item: string,
): void {
  const elements = serializer.decode(frame(serializer, message, item), { depth: 64 });
  if (elements instanceof DecodeFault) throw new Error(elements.reason);
  realm.realm.receive(peer, elements);
  realm.flushOutput();
}

/** What comes of a message in a session that subscribes, has registered a procedure and waits for its own call. */
function inSession(serializer: Serializer, message: readonly unknown[], item: string): Entry[] {
  const realm = new TestRealm();
  const ann = realm.join("ann", { ...ALL_ROLES, callee: { features: { call_canceling: true } } });
  realm.lastId = 0;
  ann.send([32, 1, {}, "com.topic"], [64, 2, {}, "com.procedure"], [48, 1, {}, "com.procedure"]);
  expect(realm.take().map(([, line]) => line[0])).toStrictEqual([33, 65, 68]);
  say(realm, ann, serializer, message, item);
  return realm.take();
}

describe.each(FORMS)("%s is absent", (_name, serializer, item) => {
  test.each(MESSAGES)("as an element: %j is %j", (written, meant) => {
    const came = inSession(serializer, written, item);
    expect(came).toStrictEqual(inSession(serializer, meant, item));
    if (meant[0] !== 3) expect(came).not.toContainEqual(["ann", "closed", 1002]);
  });

  test.each(OPTIONS)("as any option of %j", (message, optionsAt, options) => {
    const meant = inSession(serializer, message, item);
    for (const option of options) {
      const written = inSession(serializer, message.with(optionsAt, { [option]: NULL }), item);
      expect([option, written]).toStrictEqual([option, meant]);
    }
  });

  test.each(HELLOS)("in HELLO.Details: %j", (written, meant) => {
    const welcomes = [written, meant].map((details) => {
      const realm = new TestRealm();
      say(realm, realm.connect("ann"), serializer, [1, "realm1", details], item);
      return realm.take();
    });
    expect(welcomes[0]).toStrictEqual(welcomes[1]);
    expect(welcomes[0]?.[0]?.[1][0]).toBe(2);
  });

  test("as HELLO.Details and HELLO.Details.roles, which leaves HELLO without a role", () => {
    for (const details of [NULL, { roles: NULL }]) {
      const realm = new TestRealm();
      say(realm, realm.connect("ann"), serializer, [1, "realm1", details], item);
      expect(realm.take()[0]?.[1][1]).toStrictEqual({
        message: "HELLO: roles must name at least one of publisher, subscriber, caller, callee",
      });
    }
  });

  test("as AUTHENTICATE.Extra, which nexus writes for a ticket", async () => {
    const realm = new TestRealm({
      auth: { ticket: { type: "static", principals: { joe: { ticket: "secret", role: "anonymous" } } } },
    });
    const joe = realm.connect("joe");
    joe.send([1, "realm1", { roles: ALL_ROLES, authmethods: ["ticket"], authid: "joe" }]);
    await expect.poll(() => realm.take()[0]?.[1][0]).toBe(4);
    say(realm, joe, serializer, [5, "secret", NULL], item);
    await expect.poll(() => realm.take()[0]?.[1][0]).toBe(2);
  });
});

describe("the empty string is absent", () => {
  test.each(OPTIONS)("as any text among the options of %j", (message, optionsAt, options) => {
    const meant = inSession(json, message, "null");
    for (const option of options.filter((name) => TEXTS.has(name))) {
      const written = inSession(json, message.with(optionsAt, { [option]: "" }), "null");
      expect([option, written]).toStrictEqual([option, meant]);
    }
  });

  test("but an empty list is one: eligible: [] is no session at all", () => {
    const options = { exclude_me: false, eligible: [] };
    expect(inSession(json, [16, 5, options, "com.topic"], "null")).toStrictEqual([]);
  });
});
