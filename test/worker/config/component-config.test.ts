/** `components` of a realm: defaults, and the fault of each mistake. */

import { expect, it } from "vitest";
import { defineComponent } from "../../../src/wamp/local/component.ts";
import { componentFaults } from "../../../src/worker/config/bindings.ts";
import { loadConfig } from "../../../src/worker/config/load-config.ts";
import { parseRealm } from "./parse-realm.ts";

const base = { name: "realm1", roles: [{ name: "backend" }] };

function faultsOf(components: unknown): string[] {
  const parsed = parseRealm({ ...base, components });
  return parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path} ${message}`);
}

it("a component has a name, a role and `extra`", () => {
  const written = [
    { name: "chat", role: "backend" },
    { name: "bot", role: "backend", extra: { role: "absent", list: [1] } },
  ];
  const parsed = parseRealm({ ...base, components: written });
  expect(parsed).toMatchObject({ ok: true, value: { components: [{ ...written[0], extra: {} }, written[1]] } });
});

it.each([
  [[{ role: "backend" }], ["components[0].name is missing"]],
  [[{ name: "chat" }], ["components[0].role is missing"]],
  [[{ name: "", role: "backend" }], ["components[0].name must not be empty"]],
  [[{ name: "chat", role: "absent" }], ['components[0].role is "absent", a role this realm does not have']],
  [[{ name: "chat", role: "trusted" }], ['components[0].role is "trusted", a role this realm does not have']],
  [[{ name: "chat", role: "backend", extra: [] }], ["components[0].extra must be an object"]],
  [[{ name: "chat", role: "backend", url: "x" }], ["components[0].url is not a known key"]],
  [
    [
      { name: "chat", role: "backend" },
      { name: "chat", role: "backend" },
    ],
    ["components[1].name is the same as that of entry 0"],
  ],
])("%j is refused with the path of the fault", (components, faults) => expect(faultsOf(components)).toEqual(faults));

it("a component that the deployment does not have is a fault", () => {
  const components = ["chat", "bot", "toString"].map((name) => ({ name, role: "backend" }));
  const module = { version: 1, realms: [{ name: "other" }, { ...base, components }] };
  const loaded = loadConfig({ module, env: {}, isDevelopment: false });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const message = "is not in the registry (src/components.ts, or what createApp is given)";
  expect(componentFaults(loaded.config, { chat: defineComponent({ onJoin: () => {} }) })).toEqual([
    { path: "realms[1].components[1].name", message },
    { path: "realms[1].components[2].name", message },
  ]);
});

it("is found beside the other faults of the configuration, so that all are mended in one round", () => {
  const realm = { name: 7, components: ["text", { name: "bot", role: 1 }, {}], roles: [{ names: "a" }] };
  const loaded = loadConfig({ module: { version: 1, realms: [realm, 8] }, env: {}, isDevelopment: false });
  if (loaded.ok) throw new Error("the configuration is faulty");
  expect(componentFaults(loaded.config, {}).map(({ path }) => path)).toEqual(["realms[0].components[1].name"]);
  for (const broken of [{ realms: 7 }, { realms: [{ components: 7 }] }, [], null]) {
    expect(componentFaults(broken, {})).toEqual([]);
  }
});

it("secrets in `extra` come from the bindings", () => {
  const components = [{ name: "chat", role: "backend", extra: { key: { env: "CHAT_KEY" } } }];
  const module = { version: 1, realms: [{ ...base, components }] };
  const loaded = loadConfig({ module, env: { CHAT_KEY: "s3cret" }, isDevelopment: false });
  expect(loaded).toMatchObject({ ok: true, config: { realms: [{ components: [{ extra: { key: "s3cret" } }] }] } });
});
