/** Settings of the HTTP bridge beyond those of Crossbar.io: status codes and origins. */

import { describe, expect, it } from "vitest";
import { bridgeWith, DENIED_ARGS, EVENT, error, freshRealm, joined, OPEN } from "./bridge-client.ts";

const open = bridgeWith(OPEN);

describe("settings", () => {
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
      error(uri, status === 403 ? DENIED_ARGS : uri === "com.error" ? [] : [expect.any(String)]),
    ]);
  });

  it("by default no page of another origin may use the bridge", async () => {
    const { headers } = await open("publish", "bridged-0", { body: EVENT, headers: { Origin: "https://a.example" } });
    expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
    expect(headers.get("Cache-Control")).toBe("no-store,no-cache,must-revalidate,max-age=0");
    expect(headers.get("Content-Type")).toBe("application/json; charset=UTF-8");
  });

  it("allowed_origins admits the listed origins, or with * every origin without credentials", async () => {
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
