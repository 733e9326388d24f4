/** Requests that the HTTP bridge refuses, with the status and text of Crossbar.io. */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/worker/config/load-config.ts";
import { bridgeWith, EVENT, error, OPEN } from "./bridge-client.ts";

const open = bridgeWith(OPEN);

describe("refused with Crossbar.io's status and text:", () => {
  const MALFORMED = "Malformed request to the REST bridge.";
  const headers = (type: string) => ({ headers: { "Content-Type": type } });
  it.each<[string, RequestInit, number, string]>([
    [
      "another method",
      { method: "DELETE" },
      405,
      "Method not accepted by the REST bridge. (DELETE not allowed, only POST, PUT)",
    ],
    ["a GET", { method: "GET" }, 405, "Method not accepted by the REST bridge. (GET not allowed, only POST, PUT)"],
    [
      "another content type",
      headers("text/plain"),
      400,
      "Non-accepted content type. (must be one of 'application/json', not 'text/plain')",
    ],
    [
      "another charset",
      headers("application/json; charset=latin-1"),
      400,
      "Non-accepted request encoding, must be UTF-8.",
    ],
    [
      "a repeated parameter",
      headers("application/json; charset=utf-8; charset=utf8"),
      400,
      "Non-accepted request encoding, must be UTF-8.",
    ],
    [
      "an odd parameter",
      headers("application/json; charset=utf-8=x"),
      400,
      "Non-accepted request encoding, must be UTF-8.",
    ],
    [
      "two lengths",
      { headers: { "Content-Length": "1, 1" } },
      400,
      "Multiple versions of the same header is not allowed.",
    ],
    [
      "a wrong length",
      { headers: { "Content-Length": "7" } },
      400,
      "Body length (32) is different to Content-Length header (7).",
    ],
    ["a body that is not UTF-8", { body: new Uint8Array([0xff]) }, 400, "Non-decodable request body, was not UTF-8."],
    ["no JSON", { body: "{" }, 400, "Request body was invalid JSON."],
    ["no body", { body: "" }, 400, "Request body was invalid JSON."],
    ["two values", { body: "{},{}" }, 400, "Request body was invalid JSON."],
    ["a list", { body: "[1]" }, 400, "Request body was valid JSON, but not well formed (must be a dict)."],
    ["no topic", { body: "{}" }, 400, "Request body was valid JSON, but not well formed (missing key 'topic')."],
    ["a topic that is no text", { body: '{"topic":1}' }, 400, MALFORMED],
    ["args that are no list", { body: '{"topic":"a","args":{}}' }, 400, MALFORMED],
    ["kwargs that are no dict", { body: '{"topic":"a","kwargs":[]}' }, 400, MALFORMED],
  ])("%s", async (_, init, status, text) => {
    const body = init.method === undefined ? { body: EVENT } : {};
    const response = await open("publish", "bridged-0", { ...body, ...init });
    expect([response.status, response.body]).toEqual([status, error(text)]);
  });

  it("a missing procedure", async () => {
    const { status, body } = await open("call", "bridged-0", { body: "{}" });
    const text = "Request body was valid JSON, but not well formed (missing key 'procedure').";
    expect([status, body]).toEqual([400, error(text)]);
  });

  it("a body longer than the bridge's limit, or than the realm's messages", async () => {
    const text = "Request too long. (32 is longer than accepted 31)";
    const small = bridgeWith({ ...OPEN, post_body_limit: 31 });
    expect(await small("publish", "bridged-0", { body: EVENT })).toMatchObject({ status: 413, body: error(text) });
    const narrow = bridgeWith(OPEN, { message_bytes: 31 });
    const declared = { body: EVENT, headers: { "Content-Length": "32" } };
    expect(await narrow("publish", "bridged-0", declared)).toMatchObject({ status: 413, body: error(text) });
    const exact = bridgeWith({ ...OPEN, post_body_limit: 32 });
    expect((await exact("publish", "bridged-0", { body: EVENT })).status).toBe(200);
  });

  it("nesting deeper than the realm's messages may have", async () => {
    const body = `{"topic":"com.a","args":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
    expect((await open("publish", "bridged-0", { body })).body).toEqual(error("Request body was invalid JSON."));
  });

  it.each([
    [["192.0.2.7"], "192.0.2.7", true],
    [["192.0.2.0/24"], "192.0.2.255", true],
    [["192.0.2.0/255.255.255.0"], "192.0.3.0", false],
    [["10.0.0.0/8", "2001:db8::/32"], "2001:db8:1::1", true],
    [["2001:db8::/32"], "2001:db9::1", false],
    [["0.0.0.0/0"], "::1", false],
    [["0.0.0.0/0"], undefined, false],
  ])("with require_ip %j the address %s: %s", async (require_ip, address, isServed) => {
    const local = bridgeWith({ ...OPEN, require_ip });
    const headers = address === undefined ? {} : { "CF-Connecting-IP": address };
    const { status, body } = await local("publish", "bridged-0", { body: EVENT, headers });
    if (isServed) expect(status).toBe(200);
    else expect([status, body]).toEqual([400, error("Request denied based on IP address.")]);
  });

  it("plain HTTP where TLS is required", async () => {
    const secure = bridgeWith({ ...OPEN, require_tls: true });
    expect(await secure("publish", "bridged-0", { body: EVENT })).toMatchObject({
      status: 400,
      body: error(MALFORMED),
    });
    const overTls = await secure("publish", "bridged-0", { body: EVENT }, "", "https://router.test");
    expect(overTls.status).toBe(200);
  });

  it("a realm that does not exist", async () => {
    const { status, body } = await open("publish", "other", { body: EVENT });
    expect([status, body]).toEqual([404, error("wamp.error.no_such_realm")]);
  });
});

it("a fault of the router itself is answered without the name of another router", async () => {
  const { bridge } = await import("../../../src/worker/bridge/bridge.ts");
  const loaded = loadConfig({
    module: { version: 1, realms: [{ name: "r", roles: [{ name: "web" }] }], http: { bridge: OPEN } },
    env: {},
    isDevelopment: false,
  });
  if (!loaded.ok) throw new Error("faulty");
  const request = new Request("http://router.test/realms/r/publish", {
    method: "POST",
    body: new TextEncoder().encode(EVENT),
  });
  const broken = {
    ...env,
    get REALM(): never {
      throw new Error("no objects");
    },
  };
  const route = { action: "publish", realm: "r" } as const;
  const response = await bridge(request, broken, loaded.config, loaded.config.http!.bridge!, route);
  expect([response.status, await response.json()]).toEqual([500, error("Unhandled exception in the router.")]);
});
