/** The order of candidates for a key. */

import { expect, test } from "vitest";
import { nodeOf, ranked } from "../../../src/wamp/matching/rendezvous.ts";

const NODES = Array.from({ length: 12 }, (_, index) => `node.${index}`);
const KEYS = Array.from({ length: 200 }, (_, index) => `key ${index}`);
const rank = (key: string, nodes: readonly string[]) => ranked(key, nodes, (node) => node);

test("the owner of a key is the first of its candidates", () => {
  for (const key of KEYS) expect(rank(key, NODES)[0]).toBe(nodeOf(key, NODES));
});

test("the candidates keep their order when one leaves, so that the second becomes the owner", () => {
  for (const key of KEYS) {
    const [owner, ...others] = rank(key, NODES);
    expect(
      rank(
        key,
        NODES.filter((node) => node !== owner),
      ),
    ).toStrictEqual(others);
  }
});
