/** Log lines of requests that were refused over HTTP: one each, without signatures and bodies. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { freshRealm, send, signedQuery } from "../bridge/bridge-client.ts";

const ADDRESS = { "CF-Connecting-IP": "203.0.113.7" };
const WHERE = { address: "203.0.113.7", network: "203.0.113.0/24" };
const BODY = JSON.stringify({ topic: "com.topic", args: ["something private"] });

let texts: string[];
beforeEach(() => {
  texts = [];
  for (const level of ["warn", "error"] as const) {
    vi.spyOn(console, level).mockImplementation((text) => void texts.push(String(text)));
  }
});
afterEach(() => vi.restoreAllMocks());

/** The lines about one realm. */
function linesOf(realm: string): unknown[] {
  return texts.map((text) => JSON.parse(text)).filter((line) => line.realm === realm);
}

it.each<[string, Record<string, string>, string]>([
  ["a wrong signature", { signature: "c2VjcmV0IHNpZ25hdHVyZQ==" }, "REST bridge signature secret not valid"],
  ["a wrong key", { key: "other" }, "REST bridge signature key not valid"],
  ["an old timestamp", { timestamp: "2011-10-14T16:59:51.123Z" }, "Request expired"],
])("%s of the bridge", async (_, fields, cause) => {
  const realm = freshRealm();
  const query = await signedQuery(BODY);
  for (const [name, value] of Object.entries(fields)) query.set(name, value);
  const { status } = await send(`/realms/${realm}/publish?${query}`, { body: BODY, headers: ADDRESS });
  expect(status).toBeGreaterThanOrEqual(400);
  const line = { level: "warn", event: "bridge.refused", cause: expect.stringContaining(cause), status, ...WHERE };
  expect(linesOf(realm)).toEqual([{ ...line, realm, action: "publish" }]);
  for (const secret of [query.get("signature")!, "something private"]) expect(texts.join()).not.toContain(secret);
});

it("a wrong ticket at the bridge, logged by the realm", async () => {
  const realm = freshRealm();
  const headers = { ...ADDRESS, Authorization: "Bearer wrong-ticket", "X-WAMP-Authid": "joe" };
  expect((await send(`/realms/${realm}/publish`, { body: BODY, headers })).status).toBe(401);
  const line = { level: "warn", event: "login.refused", cause: "the ticket is wrong", authid: "joe", method: "ticket" };
  expect(linesOf(realm)).toEqual([expect.objectContaining({ ...line, ...WHERE })]);
  expect(texts.join()).not.toContain("wrong-ticket");
});

it.each([{}, { "X-Hub-Signature": "sha1=00000000000000000000000000000000deadbeef" }])(
  "a wrong or missing signature of a webhook: %j",
  async (headers) => {
    const realm = freshRealm();
    const { status } = await send(`/realms/${realm}/webhook/github`, {
      body: BODY,
      headers: { ...ADDRESS, ...headers },
    });
    expect(status).toBe(400);
    const cause = "the signature is wrong or missing";
    expect(linesOf(realm)).toEqual([
      { level: "warn", event: "webhook.refused", realm, cause, webhook: "github", ...WHERE },
    ]);
    expect(texts.join()).not.toMatch(/deadbeef|something private/);
  },
);

it("thousands of refused requests are a few lines", async () => {
  const realm = freshRealm();
  for (let n = 0; n < 300; n++) {
    await send(`/realms/${realm}/webhook/github`, {
      body: BODY,
      headers: { "CF-Connecting-IP": `203.0.${n % 250}.1` },
    });
  }
  expect(linesOf(realm).length).toBeLessThan(10);
});
