/** `callees` of a realm: defaults, and the fault of each mistake. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseRealm } from "./parse-realm.ts";

const API = "https://api.example/weather";

function parsed(callees: unknown) {
  return parseRealm({ name: "realm1", callees });
}

/** Faults as `path: message`. */
function faultsOf(callee: object): string[] {
  const result = parsed([{ procedure: "com.example.weather", ...callee }]);
  return result.ok ? [] : result.faults.map(({ path, message }) => `${path}: ${message}`);
}

describe("a callee", () => {
  it("needs a procedure and a URL or binding; other keys have defaults", () => {
    const result = parsed([{ procedure: "com.example.weather", url: API }]);
    if (!result.ok) throw new Error(JSON.stringify(result.faults));
    expect(result.value.callees).toEqual([
      { procedure: "com.example.weather", match: "exact", url: API, timeout: 10_000 },
    ]);
  });

  it.each([
    { url: API, method: "GET", headers: { Authorization: "Bearer x" }, timeout: 25_000 },
    { url: "http://localhost:8080/" },
    { url: "http://127.0.0.1/" },
    { url: "http://[::1]:1/" },
    { baseurl: API, headers: { "X-Key": "x" } },
    { binding: "WEATHER", timeout: 1 },
    { procedure: "com.", match: "prefix", url: API },
    { procedure: "com..weather", match: "wildcard", url: API },
  ])("accepts %j", (callee) => {
    expect(faultsOf(callee)).toEqual([]);
  });

  it.each([
    "http://api.example/",
    "ftp://api.example/",
    "https://joe:secret@api.example/",
    "https://joe@api.example/",
    "http://127.0.0.1.example/",
    "weather",
  ])("refuses the URL %s", (url) => {
    const message = "must be an https URL, or an http URL of this machine, without credentials";
    expect(faultsOf({ url })).toEqual([`callees[0].url: ${message}`]);
    expect(faultsOf({ baseurl: url })).toEqual([`callees[0].baseurl: ${message}`]);
  });

  it.each([
    [{}, "callees[0]: needs one of url, baseurl and binding"],
    [{ url: API, binding: "X" }, "callees[0]: needs one of url, baseurl and binding"],
    [{ binding: "X", method: "GET" }, "callees[0]: has method, which goes with url only"],
    [{ baseurl: API, method: "GET" }, "callees[0]: has method, which goes with url only"],
    [{ binding: "X", headers: {} }, "callees[0]: has headers, but no URL"],
    [{ url: `${API}#top` }, "callees[0].url: must have no fragment"],
    [{ baseurl: `${API}#top` }, "callees[0].baseurl: must have no fragment"],
    [{ url: API, headers: { "a b": "c" } }, "callees[0].headers: must have names of headers as keys"],
    [{ url: API, headers: { a: "b\r\nc: d" } }, "callees[0].headers.a: must be one line of Latin-1"],
    [{ url: API, timeout: 25_001 }, "callees[0].timeout: must be <=25000"],
    [{ url: API, procedure: "com.a b" }, "callees[0].procedure: must be a valid URI"],
    [{ url: API, procedure: "com." }, "callees[0].procedure: must be a valid URI"],
    [{ url: API, procedure: "wamp.weather" }, "callees[0].procedure: must not begin with wamp, which is reserved"],
    [{ url: API, invoke: "single" }, "callees[0].invoke: is not a known key"],
  ])("refuses %j", (callee, fault) => {
    expect(faultsOf(callee)).toEqual([fault]);
  });

  it("cannot have the procedure and match of another one", () => {
    const [one, two] = [
      { procedure: "com.a", url: API },
      { procedure: "com.a", match: "prefix", url: API },
    ];
    expect(parsed([one, two]).ok).toBe(true);
    expect(parsed([one, two, { ...one, match: "exact" }])).toEqual({
      ok: false,
      faults: [{ path: "callees[2].procedure", message: "is the same as that of entry 0" }],
    });
  });
});

it("the documentation's configurations have no faults", () => {
  const text = readFileSync(join(import.meta.dirname, "../../../docs/callees.md"), "utf8");
  // Replaces the secret's binding by text, as `loadConfig` does.
  const snippets = [...text.matchAll(/^```json\n(.*?)^```/gms)].map(([, json]) =>
    JSON.parse(json!.replace(/\{ "env": "\w+" \}/, '"Bearer x"')),
  );
  expect(snippets).toHaveLength(2);
  for (const snippet of snippets) expect(parseRealm({ name: "realm1", ...snippet })).toHaveProperty("ok", true);
});
