/** `webhooks_out` of a realm: accepted values, and the fault of each mistake. */

import { expect, it } from "vitest";
import { formatFaults, loadConfig } from "../../../src/worker/config/load-config.ts";

const HOOK = {
  name: "shop",
  uri: "com.order.",
  match: "prefix",
  url: "https://shop.example/hook",
  secret: "s",
  role: "user",
};

function faultsOf(...webhooks: object[]): string {
  const realms = [{ name: "a", roles: [{ name: "user" }], webhooks_out: webhooks }];
  const env = { TOKEN: "Bearer 123", BROKEN: "a\nb" };
  const loaded = loadConfig({ module: { version: 1, realms }, env, isDevelopment: false });
  return loaded.ok ? "" : formatFaults(loaded.faults);
}

it.each([
  [{}],
  [{ secret: ["new", { env: "TOKEN" }] }],
  [{ headers: { Authorization: { env: "TOKEN" } }, timeout: 1000, retries: 0 }],
  [{ url: "http://localhost:3000/hook" }],
  [{ url: "http://127.0.0.1/" }],
  [{ url: "http://[::1]:8080/" }],
  [{ uri: "", match: "prefix" }],
])("a webhook may have %j", (more) => expect(faultsOf({ ...HOOK, ...more })).toBe(""));

const URL_FAULT = "webhooks_out[0].url must be an https URL, or an http URL of this machine, without credentials";
const OWN_HEADER = "webhooks_out[0].headers must have no headers that the router sets itself";
const MISSING = "needs the binding MISSING, which is missing, empty or not text";
it.each([
  [{ url: "http://shop.example/hook" }, URL_FAULT],
  [{ url: "http://localhost.example/hook" }, URL_FAULT],
  [{ url: "http://127.0.0.1.example/hook" }, URL_FAULT],
  [{ url: "https://joe:secret@shop.example/" }, URL_FAULT],
  [{ url: "/hook" }, URL_FAULT],
  [{ url: "ftp://shop.example/" }, URL_FAULT],
  [{ uri: "a b" }, "webhooks_out[0] must have a uri that is valid for its match"],
  [{ uri: "", match: "exact" }, "webhooks_out[0] must have a uri that is valid for its match"],
  [{ role: "x" }, 'webhooks_out[0].role is "x", a role this realm does not have'],
  [{ secret: "" }, "webhooks_out[0].secret must not be empty"],
  [{ secret: [] }, "webhooks_out[0].secret must not be empty"],
  [{ secret: ["s", { env: "MISSING" }] }, `webhooks_out[0].secret[1] ${MISSING}`],
  [{ headers: { "Webhook-Id": "1" } }, OWN_HEADER],
  [{ headers: { "x-hub-signature-256": "1" } }, OWN_HEADER],
  [{ headers: { "a b": "1" } }, "webhooks_out[0].headers must have names of headers as keys"],
  [{ headers: { A: { env: "BROKEN" } } }, "webhooks_out[0].headers.A must be one line of ASCII"],
  [{ timeout: 60_001 }, "webhooks_out[0].timeout must be <=60000"],
  [{ retries: -1 }, "webhooks_out[0].retries must be >=0"],
])("a webhook may not have %j", (wrong, fault) => expect(faultsOf({ ...HOOK, ...wrong })).toBe(`realms[0].${fault}`));

it("two webhooks need two names, because a name identifies the pending events", () => {
  expect(faultsOf(HOOK, { ...HOOK, name: "other" })).toBe("");
  expect(faultsOf(HOOK, HOOK)).toBe("realms[0].webhooks_out[1].name is the same as that of entry 0");
});
