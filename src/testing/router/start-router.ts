/** The real router for a test: the Worker of a project in workerd, behind a port of this machine. */

import type { RouterOptions, TestRouter } from "./test-router.ts";

/**
 * Starts a router in workerd, by wrangler's test harness. Rejects with all faults of the configuration, with the
 * messages of a build that fails, and with one line when wrangler is missing or the port is in use.
 */
export async function startRouter(options: RouterOptions = {}): Promise<TestRouter> {
  const { navigator } = globalThis as { readonly navigator?: { readonly userAgent?: string } };
  if (navigator?.userAgent === "Cloudflare-Workers") {
    throw new Error("startRouter runs in Node; a test inside the Workers runtime has testRealm and exports.default");
  }
  // Loaded here, because the Workers runtime imports this file for testRealm and has no file system or processes.
  const { startLocalRouter } = await import("./local-router.ts");
  return startLocalRouter(options);
}
