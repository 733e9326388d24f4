/** Callees that are HTTP APIs, over the network of workerd. */

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { joinAsCaller } from "../clients/calling-client.ts";
import { anonymousRealm } from "../clients/harness.ts";
import { json, type Receiver, type Route, startReceiver } from "../clients/receiver.ts";
import { Command } from "./command.ts";

const TYPES: Readonly<Record<string, readonly [type: string, body: string | Buffer]>> = {
  "/value": ["application/json", '{"a":[1,"ü"],"kwargs":{}}'],
  "/parts": ["application/problem+json", '{"args":[1,9007199254740993],"kwargs":{"b":"\\u0000AAH/"}}'],
  "/text": ["text/plain; charset=utf-8", "grüezi"],
  "/bytes": ["application/octet-stream", Buffer.from([0, 1, 255])],
  "/broken": ["application/json", "{"],
  "/big": ["text/plain", "x".repeat(5_000)],
  "/lines": ["application/x-ndjson", '1\n{"args":[2],"kwargs":{"half":true}}\n\n"done"'],
};

const ROUTES: Readonly<Record<string, Route>> = {
  "/echo": ({ method, url, headers }, response, body) => {
    const told = Object.entries(headers).filter(([name]) => /^(x-|content-type|authorization)/.test(name));
    json(response, JSON.stringify({ method, url, headers: Object.fromEntries(told), body: body.toString() }));
  },
  "/none": (_request, response) => void response.writeHead(204).end(),
  "/status": ({ url }, response) => {
    const [status, body] = new URL(url!, "http://x").searchParams.values();
    json(response, body!, Number(status));
  },
  "/away": (_request, response) => void response.writeHead(302, { Location: "/echo" }).end(),
  "/cut": ({ socket }) => void socket.destroy(),
  ...Object.fromEntries(
    Object.entries(TYPES).map(([path, [type, body]]): [string, Route] => [
      path,
      (_request, response) => void response.writeHead(200, { "Content-Type": type }).end(body),
    ]),
  ),
};

let receiver: Receiver;
let url: URL;

function configuration(origin: string): object {
  const paths = [...Object.keys(TYPES), "/echo", "/none", "/away", "/cut"];
  const callees = [
    ...paths.map((path) => ({ procedure: `api${path.replace("/", ".")}`, url: origin + path })),
    { procedure: "api.get", url: `${origin}/echo?unit=C`, method: "GET" },
    { procedure: "api.status", url: `${origin}/status`, method: "GET" },
    { procedure: "api.secret", url: `${origin}/echo`, headers: { Authorization: { env: "API_KEY" }, "X-Own": "1" } },
    { procedure: "api.secret.away", url: `${origin}/away`, headers: { "X-Own": "1" } },
    { procedure: "api.gone", url: "http://127.0.0.1:1/" },
    { procedure: "api.any.", match: "prefix", url: `${origin}/echo` },
    ...["b", "c", "d", "e"].map((name) => ({ procedure: `api.wait.${name}`, url: `${origin}/wait/${name}` })),
    { procedure: "api.hasty", url: `${origin}/wait/hasty`, timeout: 300 },
    { procedure: "rest", baseurl: `${origin}/` },
  ];
  return { version: 1, realms: [anonymousRealm("test-*", { limits: { message_bytes: 4_096 }, callees })] };
}

beforeAll(async () => {
  receiver = await startReceiver(ROUTES);
  const env = {
    WAMP_CONFIG: JSON.stringify(configuration(receiver.origin)),
    WAMP_DATA: mkdtempSync(join(tmpdir(), "wamp-edge-")),
    API_KEY: "Bearer sesame",
  };
  const command = new Command([process.execPath, "src/cli/wamp-edge.ts", "serve"], env);
  url = await command.origin();
  return async () => {
    command.process.kill("SIGTERM");
    await command.ended();
    receiver.close();
  };
});

describe("a procedure that is an API", () => {
  it("returns the response of the API by its content type", async () => {
    const { call } = await joinAsCaller(url);
    expect(await call("api.value")).toEqual([1, {}, [{ a: [1, "ü"], kwargs: {} }]]);
    expect(await call("api.text")).toEqual([2, {}, ["grüezi"]]);
    expect(await call("api.none")).toEqual([3, {}]);
    const binary = await joinAsCaller(url, undefined, "wamp.2.msgpack");
    expect(await binary.call("api.bytes")).toEqual([1, {}, [Uint8Array.of(0, 1, 255)]]);
    const parts = [[1, expect.anything()], { b: Uint8Array.of(0, 1, 255) }];
    expect(await binary.call("api.parts")).toEqual([2, {}, ...parts]);
  });

  it("gets args and kwargs as JSON, with the procedure and, if disclosed, the caller in headers", async () => {
    const { call } = await joinAsCaller(url);
    const [, , [echo]] = (await call("api.echo", [1, "a"], { b: null })) as [number, object, [{ body: string }]];
    expect(JSON.parse(echo.body)).toEqual({ args: [1, "a"], kwargs: { b: null } });
    expect(echo).toMatchObject({
      method: "POST",
      headers: { "x-wamp-procedure": "api.echo", "content-type": "application/json" },
    });
    expect(echo).not.toHaveProperty("headers.x-wamp-caller");
    const [, , [shown]] = (await call("api.any.ä", [], {}, { disclose_me: true })) as [number, object, [object]];
    expect(shown).toMatchObject({
      headers: {
        "x-wamp-procedure": "api.any.%C3%A4",
        "x-wamp-caller": expect.stringMatching(/^\d+$/),
        "x-wamp-caller-authrole": "anonymous",
      },
    });
  });

  it("gets kwargs in the query string with GET, and refuses args", async () => {
    const { call } = await joinAsCaller(url);
    const kwargs = { city: "Zürich & Genf", days: [1, 2], exact: true, more: { a: 1 } };
    const expected = "/echo?unit=C&city=Z%C3%BCrich+%26+Genf&days=1&days=2&exact=true&more=%7B%22a%22%3A1%7D";
    expect(await call("api.get", [], kwargs)).toMatchObject([1, {}, [{ method: "GET", url: expected, body: "" }]]);
    expect(await call("api.get", [1])).toEqual([48, 2, {}, "wamp.error.invalid_argument", [expect.any(String)]]);
  });

  it("gets the configured headers, which are sent to no other address", async () => {
    const { call } = await joinAsCaller(url);
    const headers = { authorization: "Bearer sesame", "x-own": "1" };
    expect(await call("api.secret")).toMatchObject([1, {}, [{ headers }]]);
  });

  it("follows no redirect, because it may lead into a private network", async () => {
    const { call } = await joinAsCaller(url);
    for (const procedure of ["api.secret.away", "api.away"]) {
      const [, , , uri, [reason]] = (await call(procedure)) as [48, number, object, string, [string]];
      expect(uri).toBe("wamp.edge.error.http.302");
      expect(reason).toBe("302 Found: redirects are not followed; configure the address that it leads to");
    }
    const asked = await call("rest", [], { method: "GET", url: "away" });
    expect(asked).toMatchObject([3, {}, [{ code: 302, headers: { location: ["/echo"] } }]]);
  });

  it.each([
    [400, "wamp.error.invalid_argument"],
    [401, "wamp.error.not_authorized"],
    [403, "wamp.error.not_authorized"],
    [404, "wamp.edge.error.http.404"],
    [408, "wamp.error.timeout"],
    [429, "wamp.edge.error.limit_exceeded"],
    [500, "wamp.error.runtime_error"],
    [503, "wamp.error.unavailable"],
    [504, "wamp.error.timeout"],
  ])("returns the error for status %i", async (status, uri) => {
    const { call } = await joinAsCaller(url);
    const args = [expect.stringMatching(`^${status}`)];
    const kwargs = { status, body: { detail: "why" } };
    expect(await call("api.status", [], { status, body: '{"detail":"why"}' })).toEqual([48, 1, {}, uri, args, kwargs]);
  });

  it("returns the error that the response body names", async () => {
    const { call } = await joinAsCaller(url);
    const told = (body: object) => call("api.status", [], { status: 404, body: JSON.stringify(body) });
    expect(await told({ error: "com.example.gone", args: [1], kwargs: { a: 2 } })).toEqual([
      48,
      1,
      {},
      "com.example.gone",
      [1],
      { a: 2 },
    ]);
    for (const body of [
      { error: "gone" },
      { error: "com.a b" },
      { error: "com.a", more: 1 },
      { error: "a.b", args: 1 },
    ]) {
      expect((await told(body))[3]).toBe("wamp.edge.error.http.404");
    }
  });

  it("returns an error when the API is unreachable, disconnects or sends an unreadable response", async () => {
    const { call } = await joinAsCaller(url);
    expect((await call("api.gone"))[3]).toBe("wamp.error.network_failure");
    expect((await call("api.cut"))[3]).toBe("wamp.error.network_failure");
    expect((await call("api.broken"))[3]).toBe("wamp.error.runtime_error");
    expect((await call("api.big"))[3]).toBe("wamp.error.payload_size_exceeded");
  });

  it("sends each line as a progressive result to a caller that asks for progress", async () => {
    const { client, call } = await joinAsCaller(url);
    expect(await call("api.lines")).toEqual([1, {}, ["done"]]);
    expect(await call("api.lines", [], {}, { receive_progress: true })).toEqual([2, { progress: true }, [1]]);
    await client.expect([50, 2, { progress: true }, [2], { half: true }]);
    await client.expect([50, 2, {}, ["done"]]);
  });

  it("accepts requests in the format of Crossbar.io, only below its base URL", async () => {
    const { call } = await joinAsCaller(url);
    const asked = { method: "PUT", url: "echo", body: "b", headers: { "X-A": ["1"] }, params: { q: "ü" } };
    const [, , [result]] = (await call("rest", [], asked)) as [number, object, [{ content: string }]];
    expect(result).toMatchObject({ code: 200, headers: { "content-type": ["application/json; charset=utf-8"] } });
    expect(JSON.parse(result.content)).toMatchObject({
      method: "PUT",
      url: "/echo?q=%C3%BC",
      body: "b",
      headers: { "x-a": "1" },
    });
    expect(await call("rest", [], { method: "GET", url: "nowhere" })).toMatchObject([2, {}, [{ code: 404 }]]);
    for (const wrong of [
      {},
      { method: "GET", url: "https://example.com/" },
      { method: "GET", url: "a/..%2f..%2Fadmin" },
      { method: "GET", url: "..%5cadmin" },
      { method: "GET", url: "//x/" },
      { method: "CONNECT" },
    ]) {
      expect((await call("rest", [], wrong))[3]).toBe("wamp.error.invalid_argument");
    }
  });
});

describe("a call of a slow API", () => {
  it("is aborted when the call is canceled", async () => {
    const { client } = await joinAsCaller(url);
    await client.send([48, 1, {}, "api.wait.b"], [48, 2, {}, "api.wait.c"]);
    await Promise.all([receiver.waiting("/wait/b"), receiver.waiting("/wait/c")]);
    await client.send([49, 1, { mode: "kill" }]);
    await client.expectError(48, 1, "wamp.error.canceled");
    await vi.waitFor(() => expect(receiver.abandoned).toContain("/wait/b"));
    await client.send([49, 2, {}]);
    await client.expectError(48, 2, "wamp.error.canceled");
    await vi.waitFor(() => expect(receiver.abandoned).toContain("/wait/c"));
  });

  it("is aborted on the caller's timeout, when the caller leaves, and on the procedure's own timeout", async () => {
    const { client, call } = await joinAsCaller(url);
    expect((await call("api.wait.d", [], {}, { timeout: 300 }))[3]).toBe("wamp.error.timeout");
    expect(await call("api.hasty")).toEqual([48, 2, {}, "wamp.error.timeout", ["no answer in 300 ms"]]);
    await client.send([48, 3, {}, "api.wait.e"]);
    await receiver.waiting("/wait/e");
    client.socket.terminate();
    await vi.waitFor(() => {
      for (const path of ["/wait/d", "/wait/hasty", "/wait/e"]) expect(receiver.abandoned).toContain(path);
    });
  });
});
