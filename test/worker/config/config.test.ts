/** Loading of the configuration: its sources, secrets and faults, and the lookup of a realm by name. */

import { describe, expect, it } from "vitest";
import { defineConfig } from "../../../src/public/config.ts";
import { Authorization } from "../../../src/wamp/authorization/permission-rules.ts";
import type { Config } from "../../../src/worker/config/config-schema.ts";
import { type ConfigSources, formatFaults, loadConfig } from "../../../src/worker/config/load-config.ts";
import { longPollConfig } from "../../../src/worker/config/long-poll-config.ts";
import { realmFor } from "../../../src/worker/config/realm-lookup.ts";

const EMPTY = { version: 1, realms: [] };

const SECRET = { env: "SECRET" };

/** A configuration with every section. */
const EVERYTHING = defineConfig({
  version: 1,
  realms: [
    {
      name: "realm1",
      location: "weur",
      options: { uri_check: "loose", request_id_check: "loose", enable_meta_api: true },
      limits: { message_bytes: 1_048_576 },
      store: { "event-history": [{ uri: "com.example.", match: "prefix", limit: 1000, max_age: 86_400 }] },
      roles: [
        { name: "anonymous", permissions: [{ uri: "com.example.*", allow: { subscribe: true } }] },
        {
          name: "user",
          authorizer: "com.example.authorize",
          permissions: [
            {
              uri: "",
              match: "prefix",
              allow: { call: true },
              disclose: { caller: true, publisher: true },
              cache: true,
              validate: { event_result: "A", event_confirmation: "B" },
            },
          ],
        },
      ],
      auth: {
        anonymous: { type: "static", role: "anonymous" },
        ticket: { type: "static", principals: { joe: { ticket: SECRET, role: "user" } } },
        wampcra: {
          type: "static",
          users: { ann: { secret: SECRET, salt: "x1", iterations: 1000, keylen: 32, role: "user" } },
        },
        scram: {
          type: "static",
          principals: {
            bob: {
              kdf: "pbkdf2",
              iterations: 4096,
              memory: 0,
              salt: "00ff00ff00ff00ff",
              "stored-key": SECRET,
              "server-key": SECRET,
              role: "user",
            },
          },
        },
        cryptosign: { type: "static", principals: { eve: { authorized_keys: ["ab".repeat(32)], role: "user" } } },
        jwt: { type: "static", jwks: "https://issuer.example/jwks.json", issuer: "i", audience: "a" },
        cookie: {},
      },
    },
  ],
  http: { bridge: { publish: "/publish/:realm", call: "/call/:realm", key: "k", secret: SECRET, role: "user" } },
});

function load(sources: Partial<ConfigSources>) {
  return loadConfig({ module: undefined, env: {}, isDevelopment: false, ...sources });
}

function config(sources: Partial<ConfigSources>): Config {
  const loaded = load(sources);
  if (!loaded.ok) throw new Error(formatFaults(loaded.faults));
  return loaded.config;
}

/** Faults as lines of text; none for a valid configuration. */
function faultsOf(sources: Partial<ConfigSources>): string[] {
  const loaded = load(sources);
  return loaded.ok ? [] : formatFaults(loaded.faults).split("\n");
}

function namesIn(sources: Partial<ConfigSources>): string[] {
  return config(sources).realms.map(({ name }) => name);
}

function withRealms(...names: string[]) {
  return { version: 1, realms: names.map((name) => ({ name })) };
}

describe("without a configuration", () => {
  it.each([undefined, null, EMPTY])("a deployment admits no client (module %j)", (module) => {
    expect(config({ module })).toEqual(EMPTY);
  });

  it.each([undefined, null, EMPTY])("development opens realm1 to all clients (module %j)", (module) => {
    const { realms } = config({ module, isDevelopment: true });
    expect(realms.map(({ name, auth }) => [name, auth])).toEqual([
      ["realm1", { anonymous: { type: "static", role: "anonymous" } }],
    ]);
    const authorization = new Authorization(realms.flatMap(({ roles }) => roles));
    for (const action of ["call", "register", "publish", "subscribe"] as const) {
      expect(authorization.authorize("anonymous", action, "com.example.a", "exact")).toEqual({
        allow: true,
        disclose: undefined,
      });
    }
  });

  it("development opens no realm if realms are configured", () => {
    expect(namesIn({ module: withRealms("mine"), isDevelopment: true })).toEqual(["mine"]);
    expect(namesIn({ text: JSON.stringify(EMPTY), isDevelopment: true })).toEqual([]);
  });

  it("development opens no realm if the configuration is faulty", () => {
    expect(faultsOf({ module: { version: 2, realms: [] }, isDevelopment: true })).toEqual(["version must be 1"]);
  });
});

describe("WAMP_CONFIG", () => {
  it("replaces the module whole", () => {
    const module = { ...withRealms("a", "b"), http: { bridge: { role: "user" } } };
    expect(config({ text: JSON.stringify(withRealms("c")), module })).not.toHaveProperty("http");
    expect(namesIn({ text: JSON.stringify(withRealms("c")), module })).toEqual(["c"]);
  });

  it.each(["", " \n"])("that is blank (%j) leaves the module in force", (text) => {
    expect(namesIn({ text, module: withRealms("a") })).toEqual(["a"]);
  });

  it("that is not JSON is reported with line and column", () => {
    expect(faultsOf({ text: '{\n  "version": 1,\n  "realms": [] "x" }' })).toEqual([
      "the configuration is not valid JSON (line 3, column 16)",
    ]);
  });

  it("that is not JSON is reported without quoting it, because it may contain secrets", () => {
    for (const text of ["hunter2", '{ "ticket": hunter2 }', '{ "ticket": "hunter2']) {
      expect(faultsOf({ text }).join()).toMatch(/^the configuration is not valid JSON/);
      expect(faultsOf({ text }).join()).not.toContain("hunter2");
    }
  });
});

describe("the whole configuration", () => {
  it.each<[module: unknown, fault: string]>([
    [{ realms: [] }, "version is missing"],
    [{ version: 2, realms: [] }, "version must be 1"],
    [{ version: 1 }, "realms is missing"],
    [{ version: 1, realms: {} }, "realms must be a list"],
    [{ version: 1, realms: [], workers: [] }, "workers is not a known key"],
    [withRealms("a", "b", "a"), "realms[2].name is the same as that of entry 0"],
    [[], "the configuration must be an object"],
    [7, "the configuration must be an object"],
  ])("%j: %s", (module, fault) => {
    expect(faultsOf({ module })).toEqual([fault]);
  });

  it("reports the faults of all realms at once", () => {
    const module = {
      version: 1,
      realms: [
        { name: "a", roles: [{ name: "x", permissions: [{ uri: "com.a", match: "fuzzy" }] }] },
        { name: "b", roles: [{ name: "x" }, { name: "x" }], colour: "red" },
      ],
    };
    expect(faultsOf({ module })).toEqual([
      'realms[0].roles[0].permissions[0].match must be ("exact" | "prefix" | "wildcard")',
      "realms[1].colour is not a known key",
      "realms[1].roles[1].name is the same as that of entry 0",
    ]);
  });

  it("is returned unchanged by defineConfig", () => {
    const input = { version: 1, realms: [{ name: "a" }] } as const;
    expect(defineConfig(input)).toBe(input);
  });
});

describe("unsupported settings", () => {
  it("each rule with `validate` is a fault, and each rule without it is accepted", () => {
    const roles = [
      { name: "a", permissions: [{ uri: "a" }, { uri: "b", validate: {} }] },
      { name: "b", permissions: [{ uri: "a", validate: { call: "T" } }] },
    ];
    expect(faultsOf({ module: { version: 1, realms: [{ name: "r" }, { name: "s", roles }] } })).toEqual([
      "realms[1].roles[0].permissions[1].validate payload validation is not supported",
      "realms[1].roles[1].permissions[0].validate payload validation is not supported",
    ]);
  });

  it("a configuration with every section has no other fault", () => {
    const faults = faultsOf({ module: EVERYTHING, env: { SECRET: "ab".repeat(32) } });
    expect(faults.filter((fault) => !fault.endsWith(" payload validation is not supported"))).toEqual([]);
  });
});

describe("a secret", () => {
  const module = {
    version: 1,
    realms: [{ name: { env: "REALM" }, roles: [{ name: { env: "ROLE" }, permissions: [] }] }],
  };

  it("named as { env } is read from that binding", () => {
    const { realms } = config({ module, env: { REALM: "hidden", ROLE: "user" } });
    expect(realms.map(({ name, roles }) => [name, roles[0]?.name])).toEqual([["hidden", "user"]]);
  });

  it("stands for any text, but not for a word that the configuration defines", () => {
    const jwt = { type: "static", issuer: { env: "ISSUER" }, "default-role": "user" } as const;
    const named = defineConfig({ version: 1, realms: [{ name: "a", roles: [{ name: "user" }], auth: { jwt } }] });
    const { realms } = config({ module: named, env: { ISSUER: "https://login.example.com/" } });
    expect(realms[0]?.auth.jwt?.issuer).toBe("https://login.example.com/");
    // @ts-expect-error: "static" is a word of the configuration.
    defineConfig({ version: 1, realms: [{ name: "a", auth: { jwt: { type: { env: "TYPE" }, key: "k" } } }] });
  });

  it.each([{}, { ROLE: "" }, { ROLE: 7 }, { ROLE: { get: () => "x" } }])(
    "whose binding is missing, empty or not text is reported once, with its path (%j)",
    (env) => {
      expect(faultsOf({ module, env: { REALM: "hidden", ...env } })).toEqual([
        "realms[0].roles[0].name needs the binding ROLE, which is missing, empty or not text",
      ]);
    },
  );

  it("does not change the module", () => {
    config({ module, env: { REALM: "hidden", ROLE: "user" } });
    expect(module.realms[0]?.name).toEqual({ env: "REALM" });
  });

  it("is an object whose only key is env", () => {
    const realms = [{ name: { env: "REALM", or: "x" } }];
    expect(faultsOf({ module: { version: 1, realms }, env: { REALM: "hidden" } })).toEqual([
      "realms[0].name must be text",
    ]);
  });
});

describe("http.longpoll and http.events", () => {
  it("have the defaults of Crossbar.io, and other values if configured [LP-06][LP-11]", () => {
    const options = { request_timeout: 10, session_timeout: 30, queue_limit_bytes: 131_072, queue_limit_messages: 100 };
    expect(longPollConfig(config({ module: withRealms("a") }).http?.longpoll)).toEqual(options);
    const module = { ...withRealms("a"), http: { longpoll: { session_timeout: 60 } } };
    expect(longPollConfig(config({ module }).http?.longpoll)).toEqual({ ...options, session_timeout: 60 });
  });

  it("have bounds of times, and need a role of some realm", () => {
    const module = { ...withRealms("a"), http: { longpoll: { request_timeout: 0 }, events: { role: "absent" } } };
    expect(faultsOf({ module })).toEqual([
      "http.longpoll.request_timeout must be >=1",
      'http.events.role is "absent", a role no realm has',
    ]);
  });

  it("have faults that say what the value must be", () => {
    const module = { ...withRealms("a"), http: { longpoll: { queue_limit_messages: 1.5 }, events: { role: "" } } };
    expect(faultsOf({ module }).slice(0, 2)).toEqual([
      "http.longpoll.queue_limit_messages must be an integer",
      "http.events.role must not be empty",
    ]);
  });
});

describe("the realm for a name", () => {
  const realms = config({
    module: withRealms("tenant-*", "realm1", "tenant-vip", "tenant-vip-*", "*.example", "a*b*c"),
  });

  it.each([
    ["realm1", "realm1"],
    ["realm2", undefined],
    ["realm", undefined],
    ["realm11", undefined],
    ["tenant-vip", "tenant-vip"],
    ["tenant-vi", "tenant-*"],
    ["tenant-", undefined],
    ["tenant-vip-", "tenant-*"],
    ["tenant-vip-1", "tenant-vip-*"],
    ["com.example", "*.example"],
    [".example", undefined],
    ["tenant-x.example", "*.example"],
    ["a1b2c", "a*b*c"],
    ["a1b2b3c", "a*b*c"],
    ["abbc", undefined],
    ["abbbc", "a*b*c"],
    ["abc", undefined],
    ["", undefined],
    ["constructor", undefined],
    ["tenant-\n", undefined],
    ["tenant-#", undefined],
    ["tenant-..example", undefined],
    ["tenant-\\..\\..\\x", undefined],
    ["tenant-\ud800", undefined],
  ])("%j selects %j", (name, expected) => {
    expect(realmFor(realms, name)?.name).toBe(expected);
  });

  it("is undefined without realms", () => {
    expect(realmFor(config({}), "realm1")).toBeUndefined();
  });
});
