/** JSON of other servers: which answers are accepted. */

import { afterEach, expect, it, vi } from "vitest";
import { fetchJson } from "../../../src/worker/platform/fetch-json.ts";

const URL = "https://issuer.example/jwks.json";

afterEach(() => vi.restoreAllMocks());

it("requests JSON with a time-out, and follows no redirects", async () => {
  const fetch = vi.spyOn(globalThis, "fetch").mockResolvedValue(Response.json({ keys: [] }));
  expect(await fetchJson(URL)).toEqual({ keys: [] });
  const [url, init] = fetch.mock.calls[0]!;
  expect([url, init?.redirect, init?.signal]).toEqual([URL, "manual", expect.any(AbortSignal)]);
});

it.each([
  ["an error", () => new Response("{}", { status: 500 })],
  ["a redirect", () => new Response("{}", { status: 302, headers: { Location: "https://elsewhere.example/" } })],
  ["something else than JSON", () => new Response("<html>")],
  ["nothing", () => new Response(null, { status: 204 })],
])("rejects for %s", async (_, answer) => {
  vi.spyOn(globalThis, "fetch").mockResolvedValue(answer());
  await expect(fetchJson(URL)).rejects.toThrow();
});

it("rejects if no server answers", async () => {
  vi.spyOn(globalThis, "fetch").mockRejectedValue(new Error("unreachable"));
  await expect(fetchJson(URL)).rejects.toThrow("unreachable");
});
