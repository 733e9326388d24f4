import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const ALL = { call: true, register: true, publish: true, subscribe: true };

/** Any realm, so that each test has its own, open to everyone. */
const OPEN_REALMS = {
  version: 1,
  realms: [
    {
      name: "*",
      roles: [{ name: "anonymous", permissions: [{ uri: "", match: "prefix", allow: ALL }] }],
      auth: { anonymous: { type: "static" } },
    },
  ],
};

/** Four worlds: the pure core in Node, the object inside workerd, the commands that run it locally, real clients. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "wamp", include: ["test/wamp/**/*.test.ts"] } },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: { WAMP_CONFIG: JSON.stringify(OPEN_REALMS) } },
          }),
        ],
        test: { name: "worker", include: ["test/worker/**/*.test.ts"] },
      },
      { test: { name: "local", include: ["test/local/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 } },
      { test: { name: "clients", include: ["test/clients/**/*.test.ts"], testTimeout: 20_000, hookTimeout: 30_000 } },
    ],
  },
});
