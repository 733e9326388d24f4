/** SASLprep: the examples of RFC 4013, and each of its tables. */

import { expect, test } from "vitest";
import { saslprep } from "../../../src/wamp/authentication/saslprep.ts";

test.each([
  ["I\u00adX", "IX"],
  ["user", "user"],
  ["USER", "USER"],
  ["\u00aa", "a"],
  ["\u2168", "IX"],
  ["\u0007", undefined],
  ["\u0627\u0031", undefined],
])("[SCR-13] RFC 4013 prepares %j as %j", (text, prepared) => {
  expect(saslprep(text)).toBe(prepared);
});

test.each([
  ["a non-ASCII space", "a\u00a0b", "a b"],
  ["an ideographic space", "a\u3000b", "a b"],
  ["a zero-width space", "a\u200bb", "ab"],
  ["a variation selector", "a\ufe0fb", "ab"],
  ["a soft hyphen alone", "\u00ad", ""],
  ["full-width letters", "\uff21\uff22", "AB"],
  ["a letter and its accent", "e\u0301", "\u00e9"],
  ["Hebrew", "\u05d0\u05d1", "\u05d0\u05d1"],
  ["Hebrew around a digit", "\u05d01\u05d0", "\u05d01\u05d0"],
  ["Hebrew with a Latin letter", "\u05d0a\u05d0", undefined],
  ["Hebrew that ends in a digit", "\u05d01", undefined],
  ["a delete character", "a\u007fb", undefined],
  ["a C1 control", "a\u0085b", undefined],
  ["a private-use character", "a\ue000", undefined],
  ["a non-character", "a\u{1ffff}", undefined],
  ["half of a surrogate pair", "a\ud800", undefined],
  ["an object replacement character", "a\ufffc", undefined],
  ["a right-to-left override", "a\u202eb", undefined],
  ["an ideographic description", "\u2ff0", undefined],
  ["a tag", "a\u{e0041}", undefined],
])("[SCR-13] %s", (_, text, prepared) => {
  expect(saslprep(text)).toBe(prepared);
});
