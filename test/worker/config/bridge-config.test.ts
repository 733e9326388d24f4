/** Faults of the configuration of bridge, webhooks and service binding. */

import { expect, it } from "vitest";
import { formatFaults, loadConfig } from "../../../src/worker/config/load-config.ts";

const ROLES = [{ name: "user" }];
const SIGNED = { key: "k", secret: "s", role: "user" };
const TICKETS = { ticket: { type: "static", principals: {} } };

function faultsOf(http: object, realm: object = {}): string {
  const module = { version: 1, realms: [{ name: "a-*", roles: ROLES, ...realm }], http };
  const loaded = loadConfig({ module, env: {}, isDevelopment: false });
  return loaded.ok ? "" : formatFaults(loaded.faults);
}

it.each([
  [SIGNED],
  [{ ...SIGNED, secret: ["new", "old"] }],
  [{ open: true, role: "user" }],
  [{ ...SIGNED, require_ip: ["10.0.0.0/8", "::1", "192.0.2.0/255.255.0.0", "::ffff:192.0.2.1/128"] }],
])("the bridge may be %j", (bridge) => expect(faultsOf({ bridge })).toBe(""));

it("a realm with tickets or tokens is enough for a bridge without key and secret", () => {
  expect(faultsOf({ bridge: {} }, { auth: TICKETS })).toBe("");
});

const NO_PROOF = 'needs key and secret, or a realm with ticket or jwt authentication, or "open": true';
it.each([
  [{}, `http.bridge ${NO_PROOF}`],
  [{ role: "user" }, `http.bridge ${NO_PROOF}`],
  [{ key: "k", role: "user" }, "http.bridge needs key and secret, or neither"],
  [{ ...SIGNED, open: true }, "http.bridge.open cannot be combined with key"],
  [{ open: true, role: "user", sign_route: true }, "http.bridge.sign_route needs key and secret"],
  [{ open: true }, "http.bridge.role is missing"],
  [{ ...SIGNED, secret: [] }, "http.bridge.secret must not be empty"],
  [{ ...SIGNED, secret: ["new", 7] }, 'http.bridge.secret[1] must be text or { "env": "NAME" }'],
  [{ ...SIGNED, role: "trusted" }, 'http.bridge.role is "trusted", a role no realm has'],
  [
    { ...SIGNED, call: "/call" },
    "http.bridge.call must contain :realm, because the configuration does not have exactly one realm",
  ],
  [{ ...SIGNED, call: "call" }, "must begin with /"],
  [{ ...SIGNED, require_ip: ["10.0.0.0/33"] }, "http.bridge.require_ip[0] must be an IP address or network"],
  [{ ...SIGNED, require_ip: ["10.0.0"] }, "http.bridge.require_ip[0] must be an IP address or network"],
  [{ ...SIGNED, require_ip: ["1::2::3"] }, "http.bridge.require_ip[0] must be an IP address or network"],
])("the bridge may not be %j", (bridge, fault) => expect(faultsOf({ bridge })).toContain(fault));

it("http.service needs a role of some realm", () => {
  expect(faultsOf({ service: { role: "user" } })).toBe("");
  expect(faultsOf({ service: { role: "x" } })).toBe('http.service.role is "x", a role no realm has');
});

it.each([
  [{ topic: "t", role: "user", open: true }, ""],
  [{ topic: "t", role: "user", secret: "s" }, ""],
  [{ topic: "t", role: "user", github_secret: ["new", "old"] }, ""],
  [{ topic: "t", role: "user", secret: [] }, "realms[0].webhooks.hook.secret must not be empty"],
  [{ topic: "t", role: "user" }, 'realms[0].webhooks.hook needs one of github_secret, secret and "open": true'],
  [
    { topic: "t", role: "user", secret: "s", open: true },
    'realms[0].webhooks.hook needs one of github_secret, secret and "open": true',
  ],
  [{ topic: "t", role: "x", open: true }, 'realms[0].webhooks.hook.role is "x", a role this realm does not have'],
  [{ topic: "a b", role: "user", open: true }, "realms[0].webhooks.hook.topic must be a valid URI"],
])("a webhook %j: %s", (hook, fault) => expect(faultsOf({}, { webhooks: { hook } })).toBe(fault));
