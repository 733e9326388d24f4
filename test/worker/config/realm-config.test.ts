/** Keys of a realm that only the platform reads. */

import { describe, expect, it } from "vitest";
import { parseRealm } from "./parse-realm.ts";

const HINTS = "wnam, enam, sam, weur, eeur, apac, apac-ne, apac-se, oc, afr, me";
const JURISDICTIONS = '"eu" | "us" | "fedramp" | "fedramp-high"';

it.each([
  [{ location: "weur", jurisdiction: "eu" }, "location: cannot be combined with jurisdiction"],
  [{ jurisdiction: "mars" }, `jurisdiction: must be (${JURISDICTIONS})`],
  [{ jurisdiction: "constructor", relays: { weur: 1 } }, `jurisdiction: must be (${JURISDICTIONS})`],
  [{ relays: [2] }, "relays: must be an object"],
  [{ relays: {} }, "relays: must name at least one region"],
  [{ relays: { mars: 1 } }, `relays.mars: is no region; regions are ${HINTS}`],
  [{ relays: { weur: 0 } }, "relays.weur: must be >=1"],
  [{ relays: { weur: 201 } }, "relays.weur: must be <=200"],
  [{ relays: { weur: 1.5 } }, "relays.weur: must be an integer"],
  [{ relays: { weur: "2" } }, "relays.weur: must be number"],
  [
    { jurisdiction: "eu", relays: { weur: 1, apac: 1 } },
    "relays.apac: is outside the jurisdiction, which has weur and eeur",
  ],
  [
    { jurisdiction: "fedramp-high", relays: { weur: 1 } },
    "relays.weur: is outside the jurisdiction, which has wnam and enam",
  ],
  [
    { relays: { weur: 1 }, limits: { message_bytes: 15_728_641 } },
    "limits.message_bytes: must be at most 15728640 in a realm with relays",
  ],
  [
    {
      relays: { weur: 1 },
      limits: { session_bytes: 15_000_000 },
      options: { resume: { time: 1, buffer: { bytes: 1_000_000 } } },
    },
    "options.resume.buffer.bytes: and limits.session_bytes together must be at most 15728640 in a realm with relays: a session moves in one piece to where it is resumed",
  ],
])("%j is refused", (settings, fault) => {
  const parsed = parseRealm({ name: "realm1", ...settings });
  expect(parsed).toMatchObject({ ok: false });
  expect(parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path}: ${message}`)).toEqual([fault]);
});

describe("relays", () => {
  it.each([
    { relays: { weur: 2, enam: 200, "apac-ne": 1 } },
    { location: "weur", relays: { enam: 1 } },
    { relays: { weur: 1 }, limits: { message_bytes: 15_728_640 }, options: { resume: { time: 1 } } },
    { jurisdiction: "eu", relays: { eeur: 1, weur: 1 } },
    { jurisdiction: "us", relays: { wnam: 1, enam: 1 } },
  ])("%j are accepted, also for the realms of a pattern", (settings) => {
    expect(parseRealm({ name: "tenant-*", ...settings })).toMatchObject({ ok: true, value: settings });
  });

  it("keep the order of their regions", () => {
    const parsed = parseRealm({ name: "realm1", relays: { oc: 1, afr: 1, enam: 1 } });
    expect(parsed.ok && Object.keys(parsed.value.relays!)).toStrictEqual(["oc", "afr", "enam"]);
  });
});

it("no realm can have the name of a relay", () => {
  expect(parseRealm({ name: "world#weur.0" })).toMatchObject({ ok: false, faults: [{ path: "name" }] });
});
