/** What `cloudflare:workers` gives the tests that run inside workerd. */

declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import("../../src/index.ts");
  }
  interface Env extends Omit<import("../../src/worker/platform/env.ts").Env, never> {}
}
