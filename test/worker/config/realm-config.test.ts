/** Keys of a realm that only the platform reads. */

import { expect, it } from "vitest";
import { parseRealm } from "./parse-realm.ts";

it.each([
  [{ location: "weur", jurisdiction: "eu" }, "location: cannot be combined with jurisdiction"],
  [{ jurisdiction: "mars" }, 'jurisdiction: must be ("eu" | "us" | "fedramp" | "fedramp-high")'],
])("%j is refused", (settings, fault) => {
  const parsed = parseRealm({ name: "realm1", ...settings });
  expect(parsed).toMatchObject({ ok: false });
  expect(parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path}: ${message}`)).toEqual([fault]);
});
