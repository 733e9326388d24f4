/** Runs the React page of docs/recipes.md in a browser, and cuts its connection. */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startProxy } from "../clients/cuttable-proxy.ts";
import { readPage, writeFolder } from "../clients/docs-page.ts";
import { anonymousRealm, type Router, startRouter } from "../clients/harness.ts";
import { ID, RawClient } from "../clients/raw-client.ts";
import { servePages, startBrowser } from "./browser.ts";

const { block } = readPage("recipes.md");

let router: Router;
beforeAll(async () => {
  router = await startRouter({ version: 1, realms: [anonymousRealm("realm1")] });
});
afterAll(() => router.close());

/** Bundles the page's two files, in React's development build: StrictMode mounts everything twice. */
async function bundle(origin: string): Promise<string> {
  const path = writeFolder({
    "wamp-react.jsx": block("jsx wamp-react.jsx").replace("initial_retry_delay: 1,", "initial_retry_delay: 0.05,"),
    "app.jsx": block("jsx app.jsx").replace("ws://127.0.0.1:8787", origin),
  });
  try {
    const define = { "process.env.NODE_ENV": '"development"', global: "globalThis" };
    const options = { bundle: true, write: false, jsx: "automatic", define } as const;
    const { outputFiles } = await build({ entryPoints: [join(path, "app.jsx")], ...options });
    return outputFiles[0]!.text;
  } finally {
    rmSync(path, { recursive: true });
  }
}

test("the hooks subscribe once and call in StrictMode, and again after a reconnect", async () => {
  const proxy = await startProxy(router.origin);
  const backend = await RawClient.connect(router.realmUrl("realm1"), "wamp.2.json");
  await backend.join("realm1");
  await backend.send([64, 1, {}, "com.example.greet"]);
  await backend.expect([65, 1, ID]);
  const answer = async (text: string) => {
    const invocation = await backend.next();
    expect(invocation.slice(4)).toEqual([["Ann"]]);
    await backend.send([70, invocation[1], {}, [text]]);
  };
  const pages = await servePages({
    "/": '<!doctype html><div id="root"></div><script src="app.js"></script>',
    "/app.js": await bundle(proxy.origin),
  });
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    const errors = vi.fn();
    page.on("pageerror", errors);
    await page.goto(pages.origin);
    await answer("Hello, Ann!");
    await page.locator("#greeting", { hasText: "Hello, Ann!" }).waitFor({ timeout: 10_000 });
    expect(await page.locator("#state").textContent()).toBe("connected");
    await page.getByRole("button").click();
    await page.locator("#news li", { hasText: "clicked" }).waitFor({ timeout: 10_000 });
    // StrictMode's first connection is gone: the page and the backend are the only sessions.
    await vi.waitFor(async () => {
      await backend.send([48, 2, {}, "wamp.session.count"]);
      expect((await backend.next())[3]).toEqual([2]);
    });

    proxy.cut();
    await page.locator("#state", { hasText: "reconnecting" }).waitFor({ timeout: 10_000 });
    expect(await page.getByRole("button").isDisabled()).toBe(true);
    proxy.restore();
    await answer("Hello again, Ann!");
    await page.locator("#greeting", { hasText: "Hello again, Ann!" }).waitFor({ timeout: 10_000 });
    await page.getByRole("button").click();
    await page.locator("#news li").nth(1).waitFor({ timeout: 10_000 });
    expect(await page.locator("#news li").allTextContents()).toEqual(["clicked", "clicked"]);
    expect(errors).not.toHaveBeenCalled();
  } finally {
    await browser.close();
    pages.close();
    backend.socket.terminate();
  }
});
