/** Incoming webhooks: requests of other services become events. */

import { describe, expect, it } from "vitest";
import { join } from "../socket.ts";
import { freshRealm, send } from "./bridge-client.ts";

const BODY = '{"foo": "has happened"}';
/** HMAC of BODY with the secret `deadbeef`; the SHA-1 is Crossbar.io's vector. */
const SHA1 = "aa7c146590918c887673dd2d546cdfa8ceb8e7b9";
const MALFORMED = { status: 400, body: { error: "Malformed request to the REST bridge.", args: [], kwargs: {} } };

async function sha256(): Promise<string> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const key = await crypto.subtle.importKey("raw", bytes("deadbeef"), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  return Buffer.from(await crypto.subtle.sign("HMAC", key, bytes(BODY))).toString("hex");
}

/** Sends BODY to a webhook of a realm. */
function post(hook: string, headers: Record<string, string> = {}, init: RequestInit = {}, realm = freshRealm()) {
  return send(`/realms/${realm}/webhook/${hook}`, { body: BODY, ...init, headers });
}

it("a request is published with its headers and its body", async () => {
  const realm = freshRealm();
  const subscriber = await join(realm);
  subscriber.send([32, 1, {}, "com.hooks.open"]);
  await subscriber.next();
  const { status, body, headers } = await post(
    "open",
    { "x-github-event": "push", "Content-Type": "text/plain" },
    {},
    realm,
  );
  expect([status, body]).toEqual([202, "OK"]);
  expect(headers.get("Content-Type")).toBe("application/json; charset=UTF-8");
  const [, , , , args] = await subscriber.next();
  const received = { "X-Github-Event": ["push"], "Content-Type": ["text/plain"] };
  expect(args).toEqual([{ headers: expect.objectContaining(received), body: BODY }]);
});

it("answers with what is configured, also where the event cannot be published", async () => {
  expect(await post("shop", { "X-Signature-256": await sha256() })).toMatchObject({ status: 202, body: "thanks" });
  expect(await post("denied")).toMatchObject({ status: 500, body: "no way" });
});

describe("a signature with one of the secrets", () => {
  it("of GitHub is accepted in SHA-1 and in SHA-256; with both, SHA-256 counts", async () => {
    const better = { "X-Hub-Signature-256": `sha256=${await sha256()}` };
    expect((await post("github", { "X-Hub-Signature": `sha1=${SHA1}` })).status).toBe(202);
    expect((await post("github", better)).status).toBe(202);
    const forged = { "X-Hub-Signature": `sha1=${SHA1}`, "X-Hub-Signature-256": `sha256=${"0".repeat(64)}` };
    expect(await post("github", forged)).toMatchObject(MALFORMED);
    expect(await post("github", { "X-Hub-Signature": `sha1=${"0".repeat(40)}` })).toMatchObject(MALFORMED);
    expect(await post("github")).toMatchObject(MALFORMED);
  });

  it("of another service is accepted in the configured header, with or without sha256=", async () => {
    const signature = await sha256();
    expect((await post("stripe", { "X-Stripe-Like": `sha256=${signature}` })).status).toBe(202);
    expect((await post("stripe", { "X-Stripe-Like": signature })).status).toBe(202);
    expect(await post("stripe", { "X-Signature-256": signature })).toMatchObject(MALFORMED);
    expect(await post("stripe", { "X-Stripe-Like": signature }, { body: `${BODY} ` })).toMatchObject(MALFORMED);
  });
});

it("an unknown webhook, a wrong method, a body that is too large or not UTF-8 is refused", async () => {
  expect((await post("other")).status).toBe(404);
  expect((await post("open", {}, { method: "GET", body: null })).status).toBe(405);
  expect((await post("open", {}, { method: "OPTIONS", body: null })).status).toBe(200);
  expect((await post("shop", {}, { body: "x".repeat(101) })).status).toBe(413);
  const { body } = await post("open", {}, { body: new Uint8Array([0xff]) });
  expect(body).toMatchObject({ error: "Non-decodable request body, was not UTF-8." });
});
