/** The regions nearest to a client. */

import { describe, expect, it } from "vitest";
import { LOCATION_HINTS } from "../../../src/worker/platform/location-hints.ts";
import { byDistance, regionOfClient } from "../../../src/worker/routing/client-region.ts";

describe("the region of a client", () => {
  it.each([
    [{ continent: "EU", country: "DE" }, "weur"],
    [{ continent: "EU", country: "PL" }, "eeur"],
    [{ continent: "NA", country: "US", longitude: "-122.40" }, "wnam"],
    [{ continent: "NA", country: "US", longitude: "-74.00" }, "enam"],
    [{ continent: "NA", country: "CA" }, "enam"],
    [{ continent: "SA", country: "BR" }, "sam"],
    [{ continent: "AS", country: "JP" }, "apac-ne"],
    [{ continent: "AS", country: "IN" }, "apac-se"],
    [{ continent: "AS", country: "AE" }, "me"],
    [{ continent: "EU", country: "RU", longitude: "37.6" }, "eeur"],
    [{ continent: "EU", country: "RU", longitude: "131.9" }, "apac-ne"],
    [{ continent: "AF", country: "KE" }, "afr"],
    [{ continent: "AF", country: "TN" }, "weur"],
    [{ continent: "OC", country: "NZ" }, "oc"],
    [{ continent: "AN" }, "oc"],
    [{ country: "T1" }, undefined],
    [{}, undefined],
  ] as const)("%j is %s", (place, region) => {
    expect(regionOfClient(place)).toBe(region);
  });
});

describe("the order of regions", () => {
  it.each(LOCATION_HINTS)("from %s has each region once, itself first", (from) => {
    const order = byDistance(LOCATION_HINTS, from);
    expect(order[0]).toBe(from);
    expect([...order].sort()).toStrictEqual([...LOCATION_HINTS].sort());
  });

  it("has the regions of a realm only, the nearest first", () => {
    expect(byDistance(["wnam", "oc", "weur"], "apac-se")).toStrictEqual(["oc", "wnam", "weur"]);
    expect(byDistance(["apac", "apac-ne", "apac-se"], "apac-ne")).toStrictEqual(["apac-ne", "apac", "apac-se"]);
  });
});
