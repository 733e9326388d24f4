/** What a router of `startRouter` knows of its configuration. */

import { expect, it } from "vitest";
import { prepareConfig } from "../../../src/testing/router/router-config.ts";

const PROJECT = { folder: import.meta.dirname, settingsFile: "wrangler.toml" };
const role = { name: "user", permissions: [] };

it("evicts the relays of a realm before its own object, which they would wake again", async () => {
  const realms = [
    { name: "world-*", relays: { weur: 2, apac: 1 }, roles: [role], auth: {} },
    { name: "solo", roles: [role], auth: {} },
  ] as const;
  const { objectsOf } = await prepareConfig(PROJECT, { version: 1, realms }, {});
  expect(objectsOf("world-1")).toStrictEqual(["world-1#weur.0", "world-1#weur.1", "world-1#apac.0", "world-1"]);
  expect(objectsOf("solo")).toStrictEqual(["solo"]);
  expect(objectsOf("none")).toStrictEqual(["none"]);
});
