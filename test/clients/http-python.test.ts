/** A Python client of Crossbar.io's HTTP bridge publishes and calls through this router. */

import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { anonymousRealm, freshRealm, type Router, startRouter } from "./harness.ts";
import { ID, RawClient } from "./raw-client.ts";

const PROGRAM = join(import.meta.dirname, "crossbar_http.py");

let router: Router;
beforeAll(async () => {
  const http = { bridge: { key: "shop", secret: "s3cret", role: "anonymous" } };
  const configuration = { version: 1, realms: [anonymousRealm("test-*")], http } as const;
  router = await startRouter(configuration);
});
afterAll(() => router.close());

// Skipped without Python.
it.skipIf(!hasPython())("publishes, calls, and gets errors", async () => {
  const realm = freshRealm();
  const shop = await RawClient.connect(router.realmUrl(realm), "wamp.2.json");
  await shop.join(realm);
  await shop.send([32, 1, {}, "com.shop.ordered"]);
  await shop.expect([33, 1, ID]);
  await shop.send([64, 2, {}, "com.shop.add"]);
  await shop.expect([65, 2, ID]);
  const program = promisify(execFile)("python3", [PROGRAM, router.origin.replace("ws:", "http:"), realm]);
  const event = await shop.next();
  expect(event).toStrictEqual([36, ID, ID, {}, ["grüner Tee ☃", Number.MAX_SAFE_INTEGER], { cups: 2 }]);
  const [type, request, , , args] = await shop.next();
  expect([type, args]).toStrictEqual([68, [2, 3]]);
  await shop.send([70, request as number, {}, [5]]);
  const failed = (error: string, ...args: unknown[]) => ({ error, args, kwargs: {} });
  expect(JSON.parse((await program).stdout)).toStrictEqual({
    published: [200, { id: event[2] }],
    excluded: [200, { id: ID }],
    called: [200, { args: [5] }],
    failed: [200, failed("wamp.error.no_such_procedure", expect.stringContaining("no callee is registered"))],
    forged: [
      401,
      failed(
        "REST bridge signature secret not valid.",
        "wanted is URL-safe Base64 of HMAC-SHA-256, with the secret, over key, timestamp, seq, nonce and body",
      ),
    ],
    unsigned: [400, failed("REST bridge signature was invalid (missing mandatory field - 'key' field missing).")],
  });
  shop.socket.terminate();
});

function hasPython(): boolean {
  try {
    execFileSync("python3", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
