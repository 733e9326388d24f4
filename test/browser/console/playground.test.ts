/** The page Playground of the console, in a browser against a router. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChannelSession } from "../../../src/client/channel-session.ts";
import { type ConsoleHarness, type ConsolePage, startConsole, THEMES, WIDTHS } from "./console-page.ts";
import { joinAs, MARKUP } from "./lively-realm.ts";

let harness: ConsoleHarness;
let billing: ChannelSession;
beforeAll(async () => {
  harness = await startConsole();
  billing = await joinAs(harness.router.origin, "billing");
  await billing.register("com.shop.invoice.create", ([order]) => ({ order, total: 42.5 }));
  await billing.register("com.shop.count", (_, __, { progress }) => {
    for (const part of [1, 2]) progress?.([part]);
    return 3;
  });
  await billing.register("com.shop.endless", (_, __, { signal }) => {
    return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("canceled"))));
  });
  await billing.subscribe("com.shop.order", () => {});
});
afterAll(() => harness.close());

/** Opens the playground with a form in the link. */
async function openPlayground(form: Readonly<Record<string, string>>, options = {}): Promise<ConsolePage> {
  const params = new URLSearchParams({ realm: "shop", ...form });
  const console = await harness.open({ hash: `playground?${params}`, ...options });
  await console.login();
  await console.page.getByRole("heading", { name: "Playground" }).waitFor();
  return console;
}

describe("the playground", () => {
  it("calls a procedure by keyboard, and shows result, time and frames", async () => {
    const console = await openPlayground({});
    const { page } = console;
    await page.getByLabel("Procedure").fill("com.shop.invoice.create");
    await page.keyboard.press("Tab");
    await page.keyboard.type("[7]");
    await page.keyboard.press("Control+Enter");
    const run = page.locator(".run[data-state=done]");
    await run.getByText('"total": 42.5').waitFor();
    expect(await run.textContent()).toMatch(/\d+\.\d ms/);
    await run.getByText("2 raw frames").focus();
    await page.keyboard.press("Enter");
    expect(await run.locator(".frames code").allTextContents()).toEqual([
      expect.stringMatching(/^\[48,\d+,\{\},"com\.shop\.invoice\.create",\[7\]/),
      expect.stringMatching(/^\[50,\d+,\{\},\[\{"order":7,"total":42\.5\}\]\]$/),
    ]);
    await console.close();
  });

  it("completes URIs of the realm", async () => {
    const console = await openPlayground({});
    const { page } = console;
    await page.locator("#uris option[value='com.shop.count']").waitFor({ state: "attached" });
    await page.getByRole("radio", { name: "publish" }).check();
    await page.locator("#uris option[value='com.shop.order']").waitFor({ state: "attached" });
    await console.close();
  });

  it("shows progressive results", async () => {
    const console = await openPlayground({ uri: "com.shop.count" });
    const { page } = console;
    await page.getByLabel("receive_progress").check();
    await page.getByRole("button", { name: "Call" }).click();
    await page.locator(".run[data-state=done]").waitFor();
    expect(await page.locator(".run .payload").allTextContents()).toEqual(["2", "1"]);
    expect(await page.locator(".run pre").allTextContents()).toEqual(["3"]);
    await console.close();
  });

  it("cancels a call", async () => {
    const console = await openPlayground({ uri: "com.shop.endless" });
    await console.page.getByRole("button", { name: "Call" }).click();
    await console.page.getByRole("button", { name: "Cancel" }).click();
    await console.page.locator(".run[data-state=failed]", { hasText: "wamp.error.canceled" }).waitFor();
    await console.close();
  });

  it("subscribes, publishes to itself, and shows markup as text", async () => {
    const console = await openPlayground({ action: "subscribe", uri: "com.shop.news" });
    const { page } = console;
    await page.getByRole("button", { name: "Subscribe" }).click();
    await page.locator(".run[data-state=active]").waitFor();
    await page.getByRole("radio", { name: "publish" }).check();
    await page.locator("[name=args]").fill(JSON.stringify([MARKUP]));
    await page.getByLabel("exclude_me").check();
    await page.getByRole("button", { name: "Publish" }).click();
    await page.locator(".run[data-state=active] .payload", { hasText: "onerror" }).waitFor();
    await page.getByRole("button", { name: "Unsubscribe" }).click();
    await page.locator(".run", { hasText: "subscribe" }).and(page.locator("[data-state=done]")).first().waitFor();
    expect(await page.locator("main img").count()).toBe(0);
    await console.close();
  });

  it("registers a procedure that answers with a typed value, until it is unregistered", async () => {
    const console = await openPlayground({ action: "register", uri: "com.shop.mine", answer: '{"ok":true}' });
    const { page } = console;
    const caller = await joinAs(harness.router.origin, "sensor-1", "sensor-ticket");
    await page.getByRole("button", { name: "Register" }).click();
    await page.locator(".run[data-state=active]").waitFor();
    expect(await caller.call("com.shop.mine", [1])).toEqual({ args: [{ ok: true }], kwargs: {} });
    await page.locator(".run", { hasText: "invocation" }).waitFor();
    await page.getByRole("button", { name: "Unregister" }).click();
    await page.locator(".run[data-state=done]").waitFor();
    await expect(caller.call("com.shop.mine")).rejects.toMatchObject({ uri: "wamp.error.no_such_procedure" });
    await caller.disconnect();
    await console.close();
  });

  it("says which field is wrong, and sends nothing", async () => {
    const console = await openPlayground({ uri: "com.shop.count", args: "{1" });
    const { page } = console;
    await page.getByRole("button", { name: "Call" }).click();
    await page.getByText("This is not JSON").waitFor();
    expect(await page.evaluate("document.activeElement.name")).toBe("args");
    expect(await page.locator(".run").count()).toBe(0);
    await console.close();
  });

  it("sends no field that the form of the action does not show", async () => {
    const console = await openPlayground({ uri: "com.shop.news", args: "{1" });
    const { page } = console;
    await page.getByRole("radio", { name: "subscribe" }).check();
    await page.getByRole("radio", { name: "CLI" }).check();
    expect(await page.locator("pre[aria-label=CLI]").textContent()).not.toContain("--args");
    await page.getByRole("button", { name: "Subscribe" }).click();
    await page.locator(".run[data-state=active]").waitFor();
    await console.close();
  });

  it("shows the error of the router, and what to do", async () => {
    const console = await openPlayground({ uri: "com.shop.missing" });
    await console.page.getByRole("button", { name: "Call" }).click();
    await console.page.getByRole("alert").getByText("wamp.error.no_such_procedure").waitFor();
    await console.close();
  });

  it("has the request in the link and in programs, and no credential", async () => {
    const console = await openPlayground({ uri: "com.shop.invoice.create" });
    const { page } = console;
    await page.locator("[name=args]").fill('[7,"it\'s"]');
    await page.getByLabel("timeout").check();
    await page.waitForURL(/args=/);
    expect(new URLSearchParams(new URL(page.url()).hash.split("?")[1]).get("options")).toBe('{"timeout":5000}');
    const texts: string[] = [];
    for (const language of ["JavaScript", "Python", "curl", "CLI"]) {
      await page.getByRole("radio", { name: language }).check();
      texts.push((await page.locator(`pre[aria-label=${language}]`).textContent()) ?? "");
    }
    expect(texts).toEqual([
      expect.stringContaining('session.call("com.shop.invoice.create", [7,"it\'s"], {}, {"timeout":5000})'),
      expect.stringContaining('session.call("com.shop.invoice.create", 7, "it\'s", options=CallOptions(timeout=5000))'),
      expect.stringContaining(
        `-d '{"procedure":"com.shop.invoice.create","args":[7,"it'\\''s"],"options":{"timeout":5000}}'`,
      ),
      expect.stringContaining(
        "npx wamp-edge call com.shop.invoice.create \\\n  --args '[7,\"it'\\''s\"]' \\\n  --timeout 5000ms",
      ),
    ]);
    expect(`${texts.join()} ${page.url()}`).not.toContain("ops-ticket");
    await console.close();
  });

  it.each(THEMES.flatMap((theme) => WIDTHS.map((width) => [theme, width] as const)))(
    "is accessible in %s at %i px",
    async (theme, width) => {
      const uri = `com.shop.${"a-very-long-component-".repeat(8)}.of.a.uri`;
      const console = await openPlayground({ uri, args: '[1,"two"]' }, { theme, width });
      const { page } = console;
      await page.getByRole("button", { name: "Call" }).click();
      await page.locator(".run[data-state=failed]").waitFor();
      await page.getByRole("radio", { name: "subscribe" }).check();
      await page.getByRole("button", { name: "Subscribe" }).click();
      await page.locator(".run[data-state=active]").waitFor();
      await billing.publish(uri, [{ order: 7, note: MARKUP }]);
      await page.locator(".run[data-state=active] summary", { hasText: "event" }).click();
      await page.locator(".run[data-state=active]").getByText('"order": 7').waitFor();
      await console.expectAccessible();
      await console.photograph("playground");
      await console.close();
    },
  );
});
