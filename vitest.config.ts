import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** Four worlds: the pure core in Node, the object inside workerd, the commands that run it locally, real clients. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "wamp", include: ["test/wamp/**/*.test.ts"] } },
      {
        plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.toml" } })],
        test: { name: "worker", include: ["test/worker/**/*.test.ts"] },
      },
      { test: { name: "local", include: ["test/local/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 } },
      { test: { name: "clients", include: ["test/clients/**/*.test.ts"], testTimeout: 20_000, hookTimeout: 30_000 } },
    ],
  },
});
