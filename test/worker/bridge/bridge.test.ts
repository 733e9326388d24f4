/** The HTTP bridge: requests and responses of Crossbar.io's clients, and the extensions of this router. */

import { evictDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/worker/config/load-config.ts";
import { join, type TestClient } from "../socket.ts";
import { bridgeWith, freshRealm, send, sendSigned, signedQuery } from "./bridge-client.ts";

const OPEN = { role: "web", open: true };
const SIGNED = { role: "web", key: "bazapp", secret: "foobar" };
const open = bridgeWith(OPEN);
const EVENT = JSON.stringify({ topic: "com.topic", args: [1] });
const error = (text: string, args: unknown[] = [], kwargs = {}) => ({ error: text, args, kwargs });

/** Arguments of the error about an action that is denied. */
const WORDS = [expect.stringMatching(/ (not authorized|needs a grant) to (call procedure|publish to topic) '.+'$/)];

/** A client that has registered a procedure, or subscribed to a topic. */
async function joined(realm: string, type: 32 | 64, uri: string): Promise<TestClient> {
  const client = await join(realm);
  client.send([type, 1, {}, uri]);
  await client.next();
  return client;
}

/** Answers the next INVOCATION. */
async function answer(callee: TestClient, ...payload: unknown[]): Promise<unknown[]> {
  const [, request, , details, ...given] = await callee.next();
  callee.send([70, request, {}, ...payload]);
  return [details, ...given];
}

describe("publish", () => {
  it("answers with the publication id that subscribers see", async () => {
    const realm = freshRealm();
    const subscriber = await joined(realm, 32, "com.topic");
    const { status, body } = await sendSigned(`/realms/${realm}/publish`, {
      topic: "com.topic",
      args: [1],
      kwargs: { a: 2 },
    });
    const event = await subscriber.next();
    expect([status, body]).toEqual([200, { id: event[2] }]);
    expect(event).toEqual([36, expect.any(Number), expect.any(Number), {}, [1], { a: 2 }]);
  });

  it("is served on Crossbar.io's path, and by PUT", async () => {
    const realm = freshRealm();
    const query = await signedQuery(EVENT);
    expect(await send(`/publish/${realm}?${query}`, { method: "PUT", body: EVENT })).toMatchObject({
      status: 200,
      body: { id: expect.any(Number) },
    });
  });

  it("passes options on", async () => {
    const realm = freshRealm();
    const [left, right] = [await joined(realm, 32, "com.topic"), await joined(realm, 32, "com.topic")];
    await sendSigned(`/realms/${realm}/publish`, { topic: "com.topic", options: { eligible_authrole: ["nobody"] } });
    await sendSigned(`/realms/${realm}/publish`, { topic: "com.topic", args: ["to all"] });
    for (const client of [left, right]) expect((await client.next())[4]).toEqual(["to all"]);
  });

  it("without the permission is an error with status 200", async () => {
    const { status, body } = await sendSigned(`/realms/${freshRealm()}/publish`, { topic: "org.topic" });
    expect([status, body]).toEqual([200, error("wamp.error.not_authorized", WORDS)]);
  });

  it("with options of the wrong type is an error, too", async () => {
    const { status, body } = await sendSigned(`/realms/${freshRealm()}/publish`, {
      topic: "com.a",
      options: { exclude: 1 },
    });
    expect([status, body]).toEqual([200, error("wamp.error.protocol_violation", ["PUBLISH: invalid exclude"])]);
  });
});

describe("call", () => {
  it.each([
    ["nothing", [], { args: [null] }],
    ["one value", [[23]], { args: [23] }],
    ["several values", [[1, 2]], { args: [1, 2] }],
    ["keywords alone", [[], { a: 1 }], { kwargs: { a: 1 } }],
    ["both", [[1], { a: 1 }], { args: [1], kwargs: { a: 1 } }],
  ])("that yields %s", async (_, payload, expected) => {
    const realm = freshRealm();
    const callee = await joined(realm, 64, "com.add");
    const [response] = await Promise.all([
      sendSigned(`/realms/${realm}/call`, { procedure: "com.add", args: [2, 3] }),
      answer(callee, ...payload),
    ]);
    expect([response.status, response.body]).toEqual([200, expected]);
  });

  it("carries binary strings and integers beyond 2^53 both ways", async () => {
    const realm = freshRealm();
    const callee = await joined(realm, 64, "com.echo");
    const args = '["\\u0000AQID",1152921504606846977]';
    const query = await signedQuery(`{"procedure":"com.echo","args":${args}}`);
    const response = exports.default.fetch(`http://router.test/call/${realm}?${query}`, {
      method: "POST",
      body: new TextEncoder().encode(`{"procedure":"com.echo","args":${args}}`),
    });
    const frame = new Promise<string>((resolve) => {
      callee.socket.addEventListener("message", ({ data }) => resolve(String(data)), { once: true });
    });
    expect(await frame).toContain(args);
    callee.socket.send(`[70,1,{},${args}]`);
    expect(await (await response).text()).toBe(`{"args":${args}}`);
  });

  it("that fails is answered with the callee's error and status 200", async () => {
    const realm = freshRealm();
    const callee = await joined(realm, 64, "com.fail");
    const response = sendSigned(`/realms/${realm}/call`, { procedure: "com.fail" });
    callee.send([8, 68, (await callee.next())[1], {}, "com.error", ["why"], { code: 7 }]);
    expect(await response).toMatchObject({ status: 200, body: error("com.error", ["why"], { code: 7 }) });
  });

  it("ends with a timeout of its own or the configuration's, whichever is shorter", async () => {
    const realm = freshRealm();
    await joined(realm, 64, "com.slow");
    const body = JSON.stringify({ procedure: "com.slow" });
    const short = bridgeWith({ ...OPEN, call_timeout: 20 });
    expect((await short("call", realm, { body })).body).toEqual(
      error("wamp.error.timeout", ["the call of com.slow took too long"]),
    );
    const patient = JSON.stringify({ procedure: "com.slow", options: { timeout: 3_600_000 } });
    expect((await short("call", realm, { body: patient })).body).toEqual(
      error("wamp.error.timeout", ["the call of com.slow took too long"]),
    );
    const hasty = JSON.stringify({ procedure: "com.slow", options: { timeout: 20 } });
    expect((await open("call", realm, { body: hasty })).body).toEqual(
      error("wamp.error.timeout", ["the call of com.slow took too long"]),
    );
  });

  it("streams progressive results as lines of JSON to clients that accept them", async () => {
    const realm = freshRealm();
    const callee = await join(realm);
    callee.send([64, 1, {}, "com.count"]);
    await callee.next();
    const response = sendSigned(
      `/realms/${realm}/call`,
      { procedure: "com.count" },
      { Accept: "application/x-ndjson" },
    );
    const [, request] = await callee.next();
    callee.send([70, request, { progress: true }, [1]]);
    callee.send([70, request, { progress: true }, [2], { half: true }]);
    callee.send([70, request, {}, [3]]);
    const { status, headers, body } = await response;
    expect([status, headers.get("Content-Type")]).toEqual([200, "application/x-ndjson"]);
    expect(headers.get("Cache-Control")).toBe("no-store, no-transform");
    expect(headers.get("X-Accel-Buffering")).toBe("no");
    expect(body).toBe(
      '{"args":[1],"progress":true}\n{"args":[2],"kwargs":{"half":true},"progress":true}\n{"args":[3]}\n',
    );
  });

  it("sends an error as the last line, too", async () => {
    const headers = { Accept: "application/x-ndjson" };
    const { status, body } = await sendSigned(`/realms/${freshRealm()}/call`, { procedure: "com.none" }, headers);
    expect([status, body]).toEqual([
      200,
      error("wamp.error.no_such_procedure", [expect.stringMatching(/^no callee is registered for procedure \S+$/)]),
    ]);
  });

  it("to an object that is aborted is answered with 503", async () => {
    const realm = freshRealm();
    const callee = await joined(realm, 64, "com.slow");
    const response = sendSigned(`/realms/${realm}/call`, { procedure: "com.slow" });
    await callee.next();
    const { abortAllDurableObjects } = await import("cloudflare:test");
    await abortAllDurableObjects();
    expect(await response).toMatchObject({
      status: 503,
      body: error("wamp.error.unavailable", ["the realm could not answer"]),
    });
  });

  it("keeps the object awake no longer than it takes", async () => {
    const realm = freshRealm();
    const callee = await joined(realm, 64, "com.add");
    await Promise.all([sendSigned(`/realms/${realm}/call`, { procedure: "com.add" }), answer(callee, [1])]);
    await evictDurableObject(env.REALM.getByName(realm));
    const [response] = await Promise.all([
      sendSigned(`/realms/${realm}/call`, { procedure: "com.add" }),
      answer(callee, [2]),
    ]);
    expect(response.body).toEqual({ args: [2] });
  });
});

describe("what is refused, with Crossbar.io's status and text:", () => {
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

describe("a signed request", () => {
  const signed = bridgeWith(SIGNED);
  const publish = (query: URLSearchParams, realm = freshRealm()) =>
    signed("publish", realm, { body: EVENT }, `?${query}`);
  const MISSING = "REST bridge signature was invalid (missing mandatory field - ";
  const WANTED = "wanted is URL-safe Base64 of HMAC-SHA-256, with the secret, over key, timestamp, seq, nonce and body";
  const now = () => new Date().toISOString();

  it.each([
    ["key", "'key' field missing"],
    ["timestamp", "signed request required, but mandatory 'timestamp' field missing"],
    ["seq", "'seq' field missing"],
    ["nonce", "'nonce' field missing"],
    ["signature", "'signature' field missing"],
  ])("needs %s", async (field, reason) => {
    const query = await signedQuery(EVENT);
    query.delete(field);
    expect(await publish(query)).toMatchObject({ status: 400, body: error(`${MISSING}${reason}).`) });
  });

  it.each(["2026-01-02T03:04:05", "2026-01-02 03:04:05.678Z", "2026-02-30T03:04:05.678Z", "now"])(
    "has no timestamp like %s",
    async (timestamp) => {
      const text = `invalid timestamp '${timestamp}' (must be UTC/ISO-8601, e.g. '2011-10-14T16:59:51.123Z')`;
      const { status, body } = await publish(await signedQuery(EVENT, { timestamp }));
      expect([status, body]).toEqual([400, error(`REST bridge signature was invalid (${text}).`)]);
    },
  );

  it("may have a timestamp without a fraction", async () => {
    expect((await publish(await signedQuery(EVENT, { timestamp: now().replace(/\.\d+/, "") }))).status).toBe(200);
  });

  it("is good for one action in one realm, where these are signed, too", async () => {
    const strict = bridgeWith({ ...SIGNED, sign_route: true });
    const [realm, other] = [freshRealm(), freshRealm()];
    const body = JSON.stringify({ topic: "com.topic", procedure: "com.topic" });
    const query = `?${await signedQuery(body, {}, `publish ${realm}\n`)}`;
    expect((await strict("publish", other, { body }, query)).status).toBe(401);
    expect((await strict("call", realm, { body }, query)).status).toBe(401);
    expect((await strict("publish", realm, { body }, query)).status).toBe(200);
    expect((await strict("publish", realm, { body }, query)).status).toBe(400);
    const plain = await strict("publish", realm, { body }, `?${await signedQuery(body)}`);
    expect(plain).toMatchObject({ status: 401, body: { args: [expect.stringContaining("over the action, a space")] } });
  });

  it("is from within the limit, before or after now", async () => {
    const at = (seconds: number) => ({ timestamp: new Date(Date.now() + seconds * 1000).toISOString() });
    for (const seconds of [-310, 310]) {
      const late = await publish(await signedQuery(EVENT, at(seconds)));
      expect([late.status, late.body]).toEqual([400, error("Request expired, too old timestamp.")]);
    }
    for (const seconds of [-290, 290]) expect((await publish(await signedQuery(EVENT, at(seconds)))).status).toBe(200);
    const patient = bridgeWith({ ...SIGNED, timestamp_delta_limit: 0 });
    const query = await signedQuery(EVENT, at(-1_000_000));
    expect((await patient("publish", freshRealm(), { body: EVENT }, `?${query}`)).status).toBe(200);
  });

  it.each([
    ["seq", "sequence number"],
    ["nonce", "nonce"],
  ])("has an integer as %s", async (field, name) => {
    const { status, body } = await publish(await signedQuery(EVENT, { [field]: "1.5" }));
    const text = `REST bridge signature was invalid (invalid ${name} '1.5' (must be an integer)).`;
    expect([status, body]).toEqual([400, error(text)]);
  });

  it("has the configured key, and is signed with its secret", async () => {
    const other = await publish(await signedQuery(EVENT, { key: "other" }));
    expect([other.status, other.body]).toEqual([401, error("REST bridge signature key not valid.")]);
    const forged = await publish(await signedQuery(`${EVENT} `));
    expect([forged.status, forged.body]).toEqual([401, error("REST bridge signature secret not valid.", [WANTED])]);
  });

  it("of which the fields are checked where nothing has to be signed, too", async () => {
    const stale = await open("publish", "bridged-0", { body: EVENT }, `?timestamp=${now().replace(/^\d+/, "2020")}`);
    expect(stale.body).toEqual(error("Request expired, too old timestamp."));
    expect((await open("publish", "bridged-0", { body: EVENT }, "?seq=x")).status).toBe(400);
    expect((await open("publish", "bridged-0", { body: EVENT }, "?key=any&signature=any")).status).toBe(200);
  });

  it("is accepted once per realm, also by an object that has slept meanwhile", async () => {
    const realm = freshRealm();
    const query = await signedQuery(EVENT);
    expect((await publish(query, realm)).status).toBe(200);
    const replayed = { status: 400, body: error("Request was received before.") };
    expect(await publish(query, realm)).toMatchObject(replayed);
    await evictDurableObject(env.REALM.getByName(realm));
    expect(await publish(query, realm)).toMatchObject(replayed);
    expect((await publish(query)).status).toBe(200);
  });
});

describe("instead of a signature", () => {
  const TICKET = { Authorization: "Bearer joes-ticket", "X-WAMP-Authid": "joe" };
  const KEY = new TextEncoder().encode("a key of thirty-two bytes, or so.");
  const DENIED = { status: 401, body: error("wamp.error.authentication_denied", ["the credentials were rejected"]) };
  // The role of the bridge may not do this.
  const publish = (headers: HeadersInit) =>
    send(`/realms/${freshRealm()}/publish`, { body: '{"topic":"org.topic"}', headers });

  it("a ticket of the realm makes the request that of its owner", async () => {
    expect(await publish(TICKET)).toMatchObject({ status: 200, body: { id: expect.any(Number) } });
    expect(await publish({ ...TICKET, Authorization: "Bearer wrong" })).toMatchObject(DENIED);
    expect(await publish({ ...TICKET, "X-WAMP-Authid": "ann" })).toMatchObject(DENIED);
    const { headers } = await publish({ Authorization: "Bearer joes-ticket" });
    expect(headers.get("WWW-Authenticate")).toBe("Bearer");
  });

  it("so does a token", async () => {
    const token = (exp: number) => new SignJWT({ sub: "ann", exp }).setProtectedHeader({ alg: "HS256" }).sign(KEY);
    const now = Date.now() / 1000;
    expect(await publish({ Authorization: `Bearer ${await token(now + 60)}` })).toMatchObject({
      status: 200,
      body: { id: expect.any(Number) },
    });
    expect(await publish({ Authorization: `Bearer ${await token(now - 600)}` })).toMatchObject(DENIED);
  });

  it("a bridge that neither has a key nor is open takes nothing else", async () => {
    const bridge = bridgeWith({});
    const { status, body } = await bridge("publish", "bridged-0", { body: EVENT });
    expect([status, body]).toEqual([401, error("wamp.error.authentication_required", ["send a token or ticket"])]);
    const response = await bridge("publish", "bridged-0", { body: EVENT, headers: TICKET });
    expect(response.status).toBe(200);
  });
});

describe("Idempotency-Key", () => {
  const publish = (realm: string, key: string, body: object = { topic: "com.topic", args: [1] }) =>
    sendSigned(`/realms/${realm}/publish`, body, { "Idempotency-Key": key });

  it("gets the same response again without a second event, also after sleep", async () => {
    const realm = freshRealm();
    const subscriber = await joined(realm, 32, "com.topic");
    const [first, together] = await Promise.all([publish(realm, "a"), publish(realm, "a")]);
    await evictDurableObject(env.REALM.getByName(realm));
    const later = await publish(realm, "a");
    expect([together.body, later.body]).toEqual([first.body, first.body]);
    const other = await publish(realm, "b");
    expect(other.body).not.toEqual(first.body);
    const events = [await subscriber.next(), await subscriber.next()];
    expect(events.map(([, , id]) => ({ id }))).toEqual([first.body, other.body]);
  });

  it("is for one request only", async () => {
    const realm = freshRealm();
    await publish(realm, "a");
    const { status, body } = await publish(realm, "a", { topic: "com.topic", args: [2] });
    expect([status, body]).toEqual([422, error("Idempotency-Key was used for another request.")]);
    expect((await publish(realm, "k".repeat(256))).status).toBe(400);
  });

  it("is not kept for a failed request", async () => {
    const realm = freshRealm();
    const denied = { topic: "org.topic" };
    expect((await publish(realm, "a", denied)).body).toEqual(error("wamp.error.not_authorized", WORDS));
    expect((await publish(realm, "a")).status).toBe(200);
  });
});

describe("what is configured besides", () => {
  it.each([
    ["com.none", 404, "wamp.error.no_such_procedure"],
    ["org.none", 403, "wamp.error.not_authorized"],
    ["org.sold", 403, "wamp.error.authorization_required"],
    ["com..none", 400, "wamp.error.invalid_uri"],
    ["com.slow", 504, "wamp.error.timeout"],
    ["com.fail", 500, "com.error"],
  ])("with status_codes a call of %s has the status %d", async (procedure, status, uri) => {
    const realm = freshRealm();
    await joined(realm, 64, "com.slow");
    const failing = await joined(realm, 64, "com.fail");
    failing.next().then(([, request]) => failing.send([8, 68, request, {}, "com.error"]));
    const telling = bridgeWith({ ...OPEN, status_codes: true, call_timeout: 50 });
    const response = await telling("call", realm, { body: JSON.stringify({ procedure }) });
    expect([response.status, response.body]).toEqual([
      status,
      error(uri, status === 403 ? WORDS : uri === "com.error" ? [] : [expect.any(String)]),
    ]);
  });

  it("by default no page of another origin may use the bridge", async () => {
    const { headers } = await open("publish", "bridged-0", { body: EVENT, headers: { Origin: "https://a.example" } });
    expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
    expect(headers.get("Cache-Control")).toBe("no-store,no-cache,must-revalidate,max-age=0");
    expect(headers.get("Content-Type")).toBe("application/json; charset=UTF-8");
  });

  it("allowed_origins lets some, or with * all, the latter without credentials", async () => {
    const listed = bridgeWith({ ...OPEN, allowed_origins: ["https://a.example"] });
    const allowed = async (bridge: typeof listed, origin: string): Promise<unknown[]> => {
      const preflight = { Origin: origin, "Access-Control-Request-Headers": "content-type" };
      const { status, headers } = await bridge("publish", "bridged-0", { method: "OPTIONS", headers: preflight });
      expect([status, headers.get("Allow")]).toEqual([200, "POST,PUT,OPTIONS"]);
      return ["Origin", "Credentials", "Headers", "Methods"].map((name) => headers.get(`Access-Control-Allow-${name}`));
    };
    const methods = "POST,PUT,OPTIONS";
    expect(await allowed(listed, "https://a.example")).toEqual(["https://a.example", "true", "content-type", methods]);
    expect(await allowed(listed, "https://b.example")).toEqual([null, null, null, methods]);
    const any = bridgeWith({ ...OPEN, allowed_origins: ["*"] });
    expect(await allowed(any, "https://b.example")).toEqual(["*", null, "content-type", methods]);
  });
});
