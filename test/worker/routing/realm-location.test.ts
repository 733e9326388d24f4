/** What the platform is told about the place of a realm, as docs/realms.md says. Only Cloudflare can place objects. */

import { expect, it } from "vitest";
import type { WorkerRealmConfig } from "../../../src/worker/config/realm-config.ts";
import type { Env } from "../../../src/worker/platform/env.ts";
import { realmObject } from "../../../src/worker/routing/realm-stub.ts";

/** Returns the requests for objects, in place of the objects. */
function namespace(jurisdiction?: string): object {
  return {
    getByName: (name: string, options: unknown) => ({ jurisdiction, name, options }),
    jurisdiction: (other: string) => namespace(other),
  };
}

function objectOf(place: Partial<Pick<WorkerRealmConfig, "location" | "jurisdiction">>): unknown {
  const env = { REALM: namespace() } as unknown as Env;
  return realmObject(env, "realm1", place as WorkerRealmConfig);
}

it.each([
  ["no place", {}, { jurisdiction: undefined, name: "realm1", options: undefined }],
  [
    "a location, which is a hint for the same object",
    { location: "weur" },
    { jurisdiction: undefined, name: "realm1", options: { locationHint: "weur" } },
  ],
  [
    "a jurisdiction, which has objects of its own",
    { jurisdiction: "eu" },
    { jurisdiction: "eu", name: "realm1", options: undefined },
  ],
] as const)("a realm with %s", (_, place, expected) => {
  expect(objectOf(place)).toStrictEqual(expected);
});
