import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const ALL = { call: true, register: true, publish: true, subscribe: true };

const openRealm = (name: string, limits = {}) => ({
  name,
  limits,
  roles: [{ name: "anonymous", permissions: [{ uri: "", match: "prefix", allow: ALL }] }],
  auth: { anonymous: { type: "static" } },
});

/** Any realm, so that each test has its own, open to everyone; some with little patience. */
const OPEN_REALMS = {
  version: 1,
  realms: [
    openRealm("*"),
    openRealm("narrow-*", { message_bytes: 2000, sent_message_bytes: 1500, outgoing_bytes: 20_000 }),
    { ...openRealm("guarded-*"), allowed_origins: ["https://app.example"] },
    openRealm("hasty-*", { hello_timeout: 300, goodbye_timeout: 300 }),
    { ...openRealm("kept-*"), store: { "event-history": [{ uri: "log.", match: "prefix", limit: 10_000 }] } },
  ],
};

/** Five worlds: the pure core in Node, the object inside workerd, the commands that run it locally, real clients, a browser. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "wamp", include: ["test/wamp/**/*.test.ts"], testTimeout: 30_000 } },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: { WAMP_CONFIG: JSON.stringify(OPEN_REALMS) } },
          }),
        ],
        test: { name: "worker", include: ["test/worker/**/*.test.ts"], testTimeout: 30_000 },
      },
      { test: { name: "local", include: ["test/local/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 } },
      { test: { name: "browser", include: ["test/browser/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 30_000 } },
      { test: { name: "clients", include: ["test/clients/**/*.test.ts"], testTimeout: 20_000, hookTimeout: 30_000 } },
    ],
  },
});
