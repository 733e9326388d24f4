/** Faults of realms that no client can ever log in to. */

import { expect, it } from "vitest";
import { loadConfig } from "../../../src/worker/config/load-config.ts";

const DYNAMIC = { type: "dynamic", authenticator: "com.app.authenticate" };
const TICKET = { type: "static", principals: { clerk: { ticket: "t", role: "user" } } };

function faultsOf(realm: object): string[] {
  const module = { version: 1, realms: [{ name: "a", roles: [{ name: "user" }], ...realm }] };
  const loaded = loadConfig({ module, env: {}, isDevelopment: false });
  return loaded.ok ? [] : loaded.faults.map(({ path, message }) => `${path} ${message.split(":")[0]}`);
}

it.each([
  [{ auth: { wampcra: DYNAMIC } }, ["wampcra"]],
  [{ auth: { wampcra: DYNAMIC, anonymous: DYNAMIC, cookie: {} } }, ["wampcra", "anonymous"]],
  [{ auth: { wampcra: DYNAMIC, ticket: { type: "static", principals: {} } } }, ["wampcra"]],
  [{ auth: { ticket: DYNAMIC }, callees: [{ procedure: "com.app.other", url: "https://api.example/" }] }, ["ticket"]],
])("no client can log in to the realm %j", (realm, methods) => {
  expect(faultsOf(realm)).toEqual(methods.map((method) => `realms[0].auth.${method}.authenticator has no way in`));
});

it.each([
  [{ auth: { wampcra: DYNAMIC, ticket: TICKET } }],
  [{ auth: { wampcra: DYNAMIC, jwt: { type: "static", key: "k".repeat(32) } } }],
  [{ auth: { wampcra: DYNAMIC }, components: [{ name: "authenticator", role: "user" }] }],
  [{ auth: { wampcra: DYNAMIC }, callees: [{ procedure: "com.app.authenticate", url: "https://api.example/" }] }],
  [{ auth: { wampcra: DYNAMIC }, callees: [{ procedure: "com.app.", match: "prefix", url: "https://api.example/" }] }],
  [{ auth: {} }],
  [{ auth: { ticket: { type: "static", principals: {} } } }],
])("the realm %j is accepted", (realm) => expect(faultsOf(realm)).toEqual([]));
