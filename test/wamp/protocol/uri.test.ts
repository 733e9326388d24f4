/** The URI rules, as tables of what passes and what does not. */

import { describe, expect, test } from "vitest";
import {
  isReservedUri,
  isValidRealm,
  isValidUri,
  MAX_URI_LENGTH,
  type Match,
  type UriCheck,
} from "../../../src/wamp/protocol/uri.ts";

/** The rules as the specification prints them. */
const SPECIFIED: Record<UriCheck, Record<Match, RegExp>> = {
  loose: {
    exact: /^([^\s.#]+\.)*([^\s.#]+)$/,
    prefix: /^([^\s.#]+\.)*([^\s.#]*)$/,
    wildcard: /^(([^\s.#]+\.)|\.)*([^\s.#]+)?$/,
  },
  strict: {
    exact: /^([0-9a-z_]+\.)*([0-9a-z_]+)$/,
    prefix: /^([\da-z_]+\.)*([\da-z_]*)$/,
    wildcard: /^(([0-9a-z_]+\.)|\.)*([0-9a-z_]+)?$/,
  },
};
const CHECKS: readonly UriCheck[] = ["loose", "strict"];
const MATCHES: readonly Match[] = ["exact", "prefix", "wildcard"];

/** Every code unit that JavaScript's `\s` takes for white space. */
const WHITE_SPACE = [
  ..."\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a",
  ..."\u2028\u2029\u202f\u205f\u3000\ufeff",
];

describe("a URI that names one topic or procedure", () => {
  test.each(["com.myapp.topic1", "a", "wamp.error.no_such_realm", "Com.Foo", "com.é.日本.😀", "a-b@c.d/e:f", "*.*"])(
    "%j is a URI [URI-01]",
    (uri) => expect(isValidUri(uri, "loose")).toBe(true),
  );

  test.each(["", ".", "a.", ".a", "a..b", "a...b", "a#b", "#", "a.#.b", "a b", " a", "a ", "a\n", "a.\tb"])(
    "%j is none: components are not empty and hold no '#' and no white space [URI-01][URI-03][URI-04]",
    (uri) => expect(isValidUri(uri, "loose")).toBe(false),
  );

  test("no white space of any script is allowed, wherever it stands [URI-01][PAT-11]", () => {
    const accepted = WHITE_SPACE.flatMap((space) =>
      [space, `${space}a`, `a${space}`, `a.b${space}c.d`].filter((uri) =>
        MATCHES.some((match) => isValidUri(uri, "loose", match)),
      ),
    );
    expect(accepted).toEqual([]);
  });

  test.each(["Com.Foo", "com.foo-bar", "com.é", "com.f@o", "com.*"])(
    "%j passes loose and fails strict [URI-02]",
    (uri) => {
      expect(isValidUri(uri, "loose")).toBe(true);
      expect(isValidUri(uri, "strict")).toBe(false);
    },
  );

  test.each(["com.foo_1.x", "0", "_"])("%j passes strict too [URI-02]", (uri) => {
    expect(isValidUri(uri, "strict")).toBe(true);
  });
});

describe("a pattern", () => {
  test.each([
    ["", true, true],
    ["com.myapp.", true, true],
    ["com.myapp", true, true],
    ["com..", false, true],
    ["com..x", false, true],
    [".", false, true],
    [".com", false, true],
    ["...", false, true],
    ["com.#", false, false],
    ["com.*\u00a0", false, false],
    ["com. ", false, false],
    ["..#", false, false],
  ])("%j as prefix: %s, as wildcard: %s [URI-05][URI-06][PAT-11]", (uri, prefix, wildcard) => {
    for (const check of CHECKS) {
      expect(isValidUri(uri, check, "prefix")).toBe(prefix);
      expect(isValidUri(uri, check, "wildcard")).toBe(wildcard);
    }
  });

  test.each(["Com.", "com.x-", "É"])("%j passes loose and fails strict [URI-02][URI-05][URI-06]", (uri) => {
    for (const match of ["prefix", "wildcard"] as const) {
      expect(isValidUri(uri, "loose", match)).toBe(true);
      expect(isValidUri(uri, "strict", match)).toBe(false);
    }
  });
});

test("the six rules decide as the specification's expressions, for every string of up to six characters [URI-01][URI-02][URI-05][URI-06]", () => {
  const wrong: string[] = [];
  for (const uri of stringsOf(["a", ".", "#", " ", "Z"], 6)) {
    for (const check of CHECKS) {
      for (const match of MATCHES) {
        if (isValidUri(uri, check, match) !== SPECIFIED[check][match].test(uri))
          wrong.push(`${check} ${match} "${uri}"`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test.each(MATCHES)("a %s URI may have 2048 code units and not one more [URI-16]", (match) => {
  expect(MAX_URI_LENGTH).toBe(2048);
  for (const check of CHECKS) {
    expect(isValidUri("a".repeat(2048), check, match)).toBe(true);
    expect(isValidUri("a".repeat(2049), check, match)).toBe(false);
  }
});

describe("a realm's name", () => {
  test.each([
    "realm1",
    "com.example.realm",
    "tenant-42@example.com",
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "a",
  ])("%j names a realm [URI-07]", (name) => expect(isValidRealm(name)).toBe(true));

  test.each(["", "bad realm", "realm#1", "a..b", "realm.", "realm\n", "a".repeat(2049)])(
    "%j names none [URI-07]",
    (name) => expect(isValidRealm(name)).toBe(false),
  );
});

test.each([
  ["wamp", true],
  ["wamp.", true],
  ["wamp.session.on_join", true],
  ["wamp..x", true],
  ["wampum.x", false],
  ["wampum", false],
  ["wam", false],
  ["", false],
  ["com.wamp.x", false],
  ["Wamp.x", false],
])("%j is reserved: %s, by its whole first component [URI-12][URI-15]", (uri, reserved) => {
  expect(isReservedUri(uri)).toBe(reserved);
});

/** Every string over `alphabet` of at most `length` characters. */
function* stringsOf(alphabet: readonly string[], length: number): Generator<string> {
  yield "";
  if (length === 0) return;
  for (const rest of stringsOf(alphabet, length - 1)) {
    for (const first of alphabet) yield first + rest;
  }
}
