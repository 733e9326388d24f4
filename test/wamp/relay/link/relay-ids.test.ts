/** The ids that all objects of a realm compute alike. */

import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../../../src/testing/seeded-random.ts";
import { unpermute } from "../../../../src/wamp/crypto/permutation.ts";
import { idFromRandom, MAX_ID } from "../../../../src/wamp/protocol/id.ts";
import { CORE, MAX_RELAY, RelayIds } from "../../../../src/wamp/relay/link/relay-ids.ts";

const SECRET = Uint8Array.from({ length: 32 }, (_, index) => index * 7);
const ids = new RelayIds(SECRET);

function randomIds(seed: number): () => number {
  const random = new SeededRandom(seed);
  return () => idFromRandom(Uint8Array.from({ length: 8 }, () => random.below(256)));
}

describe("a subscription id", () => {
  test("is the same in every object with the secret, and another with another secret", () => {
    const id = ids.subscription("exact", "com.topic");
    expect(new RelayIds(SECRET.slice()).subscription("exact", "com.topic")).toBe(id);
    expect(new RelayIds(SECRET.toReversed()).subscription("exact", "com.topic")).not.toBe(id);
  });

  test("differs for each match policy and URI, and is in 1..2^53-1", () => {
    const matches = ["exact", "prefix", "wildcard"] as const;
    const all = Array.from({ length: 500 }, (_, n) => matches.map((match) => ids.subscription(match, `com.t${n}`)));
    const flat = all.flat();
    expect(new Set(flat).size).toBe(flat.length);
    expect(flat.every((id) => Number.isSafeInteger(id) && id >= 1 && id < MAX_ID)).toBe(true);
  });
});

describe("a session id", () => {
  test.each([CORE, 1, 257, MAX_RELAY])("tells relay %d from the id alone", (relay) => {
    const random = randomIds(relay);
    const drawn = Array.from({ length: 300 }, () => ids.session(relay, random));
    expect(new Set(drawn).size).toBe(drawn.length);
    expect(drawn.every((id) => Number.isSafeInteger(id) && id >= 1 && id < MAX_ID)).toBe(true);
    expect(new Set(drawn.map((id) => ids.relayOf(id)))).toStrictEqual(new Set([relay]));
  });

  test("of one relay is spread over the whole range: every bit is set in about half of the ids", () => {
    const random = randomIds(5);
    const drawn = Array.from({ length: 2000 }, () => BigInt(ids.session(3, random)));
    for (let bit = 0n; bit < 53n; bit++) {
      const share = drawn.filter((id) => ((id >> bit) & 1n) === 1n).length / drawn.length;
      expect(share, `bit ${bit}`).toBeGreaterThan(0.44);
      expect(share, `bit ${bit}`).toBeLessThan(0.56);
    }
  });

  test("is drawn again where it would be 0", () => {
    const zero = unpermute(SECRET.slice(16, 32), 0);
    const draws = [zero % 2 ** 41, 1];
    expect(ids.session(Math.floor(zero / 2 ** 41), () => draws.shift()!)).toBeGreaterThan(0);
    expect(draws).toStrictEqual([]);
  });

  test("of no relay gives a number in the range of relays", () => {
    for (const id of [1, 2, 4711, MAX_ID - 1, MAX_ID]) {
      expect(ids.relayOf(id)).toBeGreaterThanOrEqual(CORE);
      expect(ids.relayOf(id)).toBeLessThanOrEqual(MAX_RELAY);
    }
  });
});
