/** PUBLISH and CALL through the HTTP bridge, and their responses. */

import { evictDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { join, type TestClient } from "../socket.ts";
import {
  bridgeWith,
  DENIED_ARGS,
  EVENT,
  error,
  freshRealm,
  joined,
  OPEN,
  send,
  sendSigned,
  signedQuery,
} from "./bridge-client.ts";

const open = bridgeWith(OPEN);

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
    await sendSigned(`/realms/${realm}/publish`, { topic: "com.topic", options: { eligible_authrole: ["other"] } });
    await sendSigned(`/realms/${realm}/publish`, { topic: "com.topic", args: ["to all"] });
    for (const client of [left, right]) expect((await client.next())[4]).toEqual(["to all"]);
  });

  it("without the permission is an error with status 200", async () => {
    const { status, body } = await sendSigned(`/realms/${freshRealm()}/publish`, { topic: "org.topic" });
    expect([status, body]).toEqual([200, error("wamp.error.not_authorized", DENIED_ARGS)]);
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
  ])("returns the result: %s", async (_, payload, expected) => {
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

  it("returns the callee's error with status 200", async () => {
    const realm = freshRealm();
    const callee = await joined(realm, 64, "com.fail");
    const response = sendSigned(`/realms/${realm}/call`, { procedure: "com.fail" });
    callee.send([8, 68, (await callee.next())[1], {}, "com.error", ["why"], { code: 7 }]);
    expect(await response).toMatchObject({ status: 200, body: error("com.error", ["why"], { code: 7 }) });
  });

  it("ends after the shorter of its timeout and call_timeout", async () => {
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

  it("lets the object sleep after the response", async () => {
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

  it("belongs to one request", async () => {
    const realm = freshRealm();
    await publish(realm, "a");
    const { status, body } = await publish(realm, "a", { topic: "com.topic", args: [2] });
    expect([status, body]).toEqual([422, error("Idempotency-Key was used for another request.")]);
    expect((await publish(realm, "k".repeat(256))).status).toBe(400);
  });

  it("is not kept for a failed request", async () => {
    const realm = freshRealm();
    const denied = { topic: "org.topic" };
    expect((await publish(realm, "a", denied)).body).toEqual(error("wamp.error.not_authorized", DENIED_ARGS));
    expect((await publish(realm, "a")).status).toBe(200);
  });
});
