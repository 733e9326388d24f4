import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { REALMS } from "./test/worker/realms.ts";

/** The names of the package, as in `paths` of tsconfig.json: examples and code blocks of the documentation use them. */
const resolve = {
  alias: [
    { find: /^wamp-edge$/, replacement: `${import.meta.dirname}/src/public/config.ts` },
    { find: /^wamp-edge\/(\w+)$/, replacement: `${import.meta.dirname}/src/public/$1.ts` },
  ],
};

/** Loading wrangler, or starting a Worker, for each file takes a second of CPU. */
const SHARED = { isolate: false, setupFiles: "test/restore.ts" };

/** Tests in workerd that need a Worker of their own: its configuration is another one, or they count the lines of its log. */
const OWN_WORKER = [
  "test/worker/components/component-host.test.ts",
  "test/worker/routing/refusals.test.ts",
  "test/worker/unbound.test.ts",
];

/** The router in workerd, with the realms of the tests. */
const plugins = [
  cloudflareTest({
    wrangler: { configPath: "./wrangler.toml" },
    miniflare: { bindings: { WAMP_CONFIG: JSON.stringify(REALMS) } },
  }),
];

/**
 * Projects: the core in Node, the objects in workerd, a user's application in workerd, the commands, the package, a
 * browser, clients over sockets, the same clients over relays.
 */
export default defineConfig({
  test: {
    globalSetup: "test/build-console.ts",
    // Vitest leaves one core free by default, which would be half of a small machine.
    maxWorkers: "100%",
    projects: [
      {
        resolve,
        test: {
          name: "wamp",
          include: [
            "test/{allocations,bench,console,structure,wamp}/**/*.test.ts",
            "template/test/**/*.test.ts",
            "test/testing/*.test.ts",
            "test/worker/config/**/*.test.ts",
          ],
          testTimeout: 30_000,
          // The core has no state of its own and no test replaces a module; a worker for each file takes twice the CPU.
          isolate: false,
        },
      },
      {
        resolve,
        plugins,
        test: {
          name: "worker",
          include: ["test/worker/!(config)/**/*.test.ts", "test/worker/*.test.ts"],
          exclude: OWN_WORKER,
          ...SHARED,
          testTimeout: 30_000,
        },
      },
      { resolve, plugins, test: { name: "own-worker", include: OWN_WORKER, testTimeout: 30_000 } },
      {
        resolve,
        extends: "./test/testing/shop/vitest.config.ts",
        root: "./test/testing/shop",
        test: { name: "app", testTimeout: 30_000 },
      },
      {
        resolve,
        test: {
          name: "cli",
          include: ["test/cli/**/*.test.ts"],
          ...SHARED,
          globalSetup: "test/cli/build-bundle.ts",
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        test: {
          name: "package",
          include: ["test/package/**/*.test.ts"],
          globalSetup: "test/package/packed.ts",
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          ...SHARED,
          testTimeout: 60_000,
          hookTimeout: 30_000,
        },
      },
      {
        resolve,
        test: {
          name: "clients",
          include: ["test/clients/**/*.test.ts", "test/testing/router/*.test.ts"],
          ...SHARED,
          testTimeout: 20_000,
          hookTimeout: 30_000,
        },
      },
      {
        resolve,
        test: {
          name: "relays",
          include: ["test/relays/*.test.ts", "test/clients/cross-serializer.test.ts"],
          env: { RELAYS: "2" },
          testTimeout: 60_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
});
