/** Types of the bindings; `npx wrangler types` writes them for a project. */

declare namespace Cloudflare {
  interface Env {
    readonly STOCK: DurableObjectNamespace<import("./src/stock.ts").Stock>;
  }
}
