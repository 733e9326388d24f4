/** `allowed_origins`: which web pages may connect. */

import { describe, expect, test } from "vitest";
import { isAllowedOrigin } from "../../../src/worker/config/origins.ts";
import { parseRealm } from "./parse-realm.ts";

describe("an Origin header", () => {
  test.each<[string | null, string[] | undefined, boolean]>([
    ["https://a.example", undefined, true],
    [null, [], true],
    ["https://a.example", [], false],
    ["https://a.example", ["*"], true],
    ["null", ["*"], true],
    ["null", ["null"], true],
    ["null", ["https://a.example"], false],
    ["https://a.example", ["https://b.example", "https://a.example"], true],
    ["HTTPS://A.example", ["https://a.EXAMPLE"], true],
    ["http://a.example", ["https://a.example"], false],
    ["https://a.example:8443", ["https://a.example"], false],
    ["https://a.example:8443", ["https://a.example:*"], true],
    ["https://x.a.example", ["https://*.a.example"], true],
    ["https://a.example", ["https://*.a.example"], false],
    ["https://a.example.evil", ["https://a.example"], false],
    ["https://a.example.evil", ["https://*.example"], false],
    ["https://evil-a.example", ["https://*.a.example"], false],
    ["http://localhost:5173", ["*://localhost:*"], true],
  ])("[WS-30] %s with the list %j: %s", (origin, origins, isAllowed) => {
    expect(isAllowedOrigin(origin, origins)).toBe(isAllowed);
  });

  test("[WS-30] of any length is checked in linear time", () => {
    const pattern = "*a".repeat(1_000);
    const start = performance.now();
    expect(isAllowedOrigin("a".repeat(100_000), [`${pattern}b`])).toBe(false);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

test.each(["https://a.example/", "a.example", "https://a.example/path", "", "https://u@a.example"])(
  "[WS-30] %j in the configuration is no origin",
  (origin) => {
    const parsed = parseRealm({ name: "realm1", allowed_origins: [origin] });
    expect(parsed.ok ? [] : parsed.faults.map(({ path }) => path)).toStrictEqual(["allowed_origins[0]"]);
  },
);
