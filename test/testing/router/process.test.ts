/** Routers and the processes that start them: `startRouter` in a program, and `wamp-edge serve` beside one. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const PROJECT = join(import.meta.dirname, "../../..");
const run = promisify(execFile);

it("a program ends by itself after it has stopped its router, and leaves no process", async () => {
  const program = `
    import { execFileSync } from "node:child_process";
    import { startRouter } from "./src/testing/router/start-router.ts";
    const children = () => execFileSync("ps", ["-o", "comm=", "--ppid", String(process.pid)], { encoding: "utf8" });
    const router = await startRouter({ wranglerToml: "test/testing/shop/wrangler.toml" });
    const alice = await router.realm("shop").join({ role: "customer" });
    console.log(/workerd/.test(children()), (await alice.call("shop.order", ["tea"])).args);
    await router.stop();
    console.log(/workerd/.test(children()));
  `;
  const { stdout, stderr } = await run(process.execPath, ["--input-type=module-typescript", "-e", program], {
    cwd: PROJECT,
  });
  expect([stdout, stderr]).toEqual(["true [ 'ordered tea' ]\nfalse\n", ""]);
});
