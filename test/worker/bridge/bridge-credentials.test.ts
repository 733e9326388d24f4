/** Credentials of requests to the HTTP bridge: Crossbar.io's signature, tickets and tokens. */

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { bridgeWith, EVENT, error, freshRealm, OPEN, SIGNED, send, signedQuery } from "./bridge-client.ts";

const open = bridgeWith(OPEN);

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
    "with the timestamp %s is refused",
    async (timestamp) => {
      const text = `invalid timestamp '${timestamp}' (must be UTC/ISO-8601, e.g. '2011-10-14T16:59:51.123Z')`;
      const { status, body } = await publish(await signedQuery(EVENT, { timestamp }));
      expect([status, body]).toEqual([400, error(`REST bridge signature was invalid (${text}).`)]);
    },
  );

  it("may have a timestamp without a fraction", async () => {
    expect((await publish(await signedQuery(EVENT, { timestamp: now().replace(/\.\d+/, "") }))).status).toBe(200);
  });

  it("is valid for one action in one realm with sign_route", async () => {
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

  it("is refused outside timestamp_delta_limit, before or after now", async () => {
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
  ])("needs an integer as %s", async (field, name) => {
    const { status, body } = await publish(await signedQuery(EVENT, { [field]: "1.5" }));
    const text = `REST bridge signature was invalid (invalid ${name} '1.5' (must be an integer)).`;
    expect([status, body]).toEqual([400, error(text)]);
  });

  it("needs the configured key and its secret", async () => {
    const other = await publish(await signedQuery(EVENT, { key: "other" }));
    expect([other.status, other.body]).toEqual([401, error("REST bridge signature key not valid.")]);
    const forged = await publish(await signedQuery(`${EVENT} `));
    expect([forged.status, forged.body]).toEqual([401, error("REST bridge signature secret not valid.", [WANTED])]);
  });

  it("is checked for valid fields also by an open bridge", async () => {
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

  it("a ticket of the realm gives the request the role of its principal", async () => {
    expect(await publish(TICKET)).toMatchObject({ status: 200, body: { id: expect.any(Number) } });
    expect(await publish({ ...TICKET, Authorization: "Bearer wrong" })).toMatchObject(DENIED);
    expect(await publish({ ...TICKET, "X-WAMP-Authid": "ann" })).toMatchObject(DENIED);
    const { headers } = await publish({ Authorization: "Bearer joes-ticket" });
    expect(headers.get("WWW-Authenticate")).toBe("Bearer");
  });

  it("a token gives the request the role of its principal", async () => {
    const token = (exp: number) => new SignJWT({ sub: "ann", exp }).setProtectedHeader({ alg: "HS256" }).sign(KEY);
    const now = Date.now() / 1000;
    expect(await publish({ Authorization: `Bearer ${await token(now + 60)}` })).toMatchObject({
      status: 200,
      body: { id: expect.any(Number) },
    });
    expect(await publish({ Authorization: `Bearer ${await token(now - 600)}` })).toMatchObject(DENIED);
  });

  it("a bridge that neither has a key nor is open refuses all other requests", async () => {
    const bridge = bridgeWith({});
    const { status, body } = await bridge("publish", "bridged-0", { body: EVENT });
    expect([status, body]).toEqual([401, error("wamp.error.authentication_required", ["send a token or ticket"])]);
    const response = await bridge("publish", "bridged-0", { body: EVENT, headers: TICKET });
    expect(response.status).toBe(200);
  });
});
