/** The names and numbers of a realm's relays, which stored ids depend on. */

import { describe, expect, it } from "vitest";
import { MAX_RELAY } from "../../../src/wamp/relay/link/relay-ids.ts";
import { LOCATION_HINTS } from "../../../src/worker/platform/location-hints.ts";
import {
  readObjectName,
  relayName,
  relayNumber,
  relayOfNumber,
  relaysOf,
} from "../../../src/worker/routing/relay-names.ts";

describe("the name of an object", () => {
  it("is that of the realm for its core", () => {
    expect(readObjectName("com.world-1")).toStrictEqual({ realm: "com.world-1", relay: undefined });
  });

  it("has the region and index of a relay", () => {
    const relay = { region: "apac-ne", index: 10 } as const;
    expect(relayName("world", relay)).toBe("world#apac-ne.10");
    expect(readObjectName("world#apac-ne.10")).toStrictEqual({ realm: "world", relay });
  });

  it.each(["#metrics", "#weur.0", "world#mars.0", "world#weur", "world#weur.256", "world#weur.01", "a#weur.0#weur.0"])(
    "%s is no name of a realm's object",
    (name) => {
      expect(readObjectName(name)).toBeUndefined();
    },
  );
});

describe("the number of a relay", () => {
  it("is fixed by its region and index", () => {
    const numbers = [
      { region: "wnam", index: 0 },
      { region: "wnam", index: 255 },
      { region: "enam", index: 0 },
      { region: "weur", index: 3 },
      { region: "me", index: 199 },
    ] as const;
    expect(numbers.map(relayNumber)).toStrictEqual([1, 256, 257, 772, 2760]);
  });

  it("leads back to its relay, and fits into session ids", () => {
    for (const region of LOCATION_HINTS) {
      for (const index of [0, 199]) {
        const number = relayNumber({ region, index });
        expect(relayOfNumber(number)).toStrictEqual({ region, index });
        expect(number).toBeLessThanOrEqual(MAX_RELAY);
      }
    }
  });

  it.each([0, 1 + 256 * LOCATION_HINTS.length, MAX_RELAY])("%d is the number of no relay", (number) => {
    expect(relayOfNumber(number)).toBeUndefined();
  });
});

it("the relays of a realm are those of its configuration", () => {
  expect(relaysOf({ weur: 2, apac: 1 }).map((relay) => relayName("world", relay))).toStrictEqual([
    "world#weur.0",
    "world#weur.1",
    "world#apac.0",
  ]);
});
