/** The landing page in Chromium: two clients against the router, snippets, both themes, a phone and a desk. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anonymousRealm, type Router, startRouter } from "../clients/harness.ts";
import { startBrowser } from "./browser.ts";
import { ConsolePage, THEMES, WIDTHS } from "./console/console-page.ts";

const MARKUP = '<img/src=x/onerror="document.title=1">';

const CONFIG = {
  version: 1,
  realms: [anonymousRealm("demo"), anonymousRealm("tenant-*"), anonymousRealm(MARKUP)],
  http: { bridge: { open: true, role: "anonymous" } },
} as const;

let router: Router;
let browser: Browser;
let origin: string;

beforeAll(async () => {
  [router, browser] = await Promise.all([startRouter(CONFIG), startBrowser()]);
  origin = router.origin.replace("ws:", "http:");
});
afterAll(async () => {
  await browser.close();
  await router.close();
});

/** Opens the page; `close` of the result expects that nothing forbidden has happened. */
async function open(width: number, colorScheme: (typeof THEMES)[number]): Promise<ConsolePage> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin });
  const opened = new ConsolePage(await context.newPage(), origin);
  await opened.page.goto(origin);
  return opened;
}

describe.each(WIDTHS)("at %i pixels", (width) => {
  test.each(THEMES)("in the %s theme an event and a call pass between two clients, by keyboard", async (theme) => {
    const opened = await open(width, theme);
    const { page } = opened;
    await page.getByRole("button", { name: "Connect two clients" }).press("Enter");
    await page.getByText("connected", { exact: true }).waitFor();
    await page.getByLabel("Text").fill("Hi <b>Ben</b>");
    await page.getByLabel("Text").press("Enter");
    await page.getByText(/^published in [\d.]+ ms$/).waitFor();
    const [ann, ben] = [
      page.getByRole("log", { name: "Messages of Ann" }),
      page.getByRole("log", { name: "Messages of Ben" }),
    ];
    await ben.getByText(/^← EVENT \[36,.*"Hi <b>Ben<\/b>"/).waitFor();
    await page.getByRole("button", { name: "Call" }).press("Enter");
    await page.getByText(/^called in [\d.]+ ms$/).waitFor();
    await ben.getByText(/^← INVOCATION \[68,/).waitFor();
    await ann.getByText(/^← RESULT \[50,.*">b\/<neB>b< iH"/).waitFor();
    await opened.expectAccessible();
    await opened.photograph("landing");
    await opened.close();
  });
});

test("says that the connection is lost, and connects again", async () => {
  const opened = await open(1280, "light");
  const { page } = opened;
  const connect = page.getByRole("button", { name: "Connect two clients" });
  await connect.click();
  await page.getByText("connected", { exact: true }).waitFor();
  await router.evict("demo", "close");
  await expect.poll(() => connect.isEnabled()).toBe(true);
  expect(await page.getByRole("button", { name: "Publish" }).isDisabled()).toBe(true);
  expect(await page.locator("#state").textContent()).toBe("the connection is closed");
  await connect.click();
  await page.getByText("connected", { exact: true }).waitFor();
  expect(await page.getByRole("button", { name: "Publish" }).isEnabled()).toBe(true);
  await opened.close();
});

test("copies URLs and snippets, and shows names of realms as text", async () => {
  const opened = await open(1280, "light");
  const { page } = opened;
  const copied = () => page.evaluate("navigator.clipboard.readText()");
  await page.getByRole("listitem").filter({ hasText: "/ws/demo" }).getByRole("button", { name: "Copy" }).click();
  await expect.poll(copied).toBe(`${router.origin}/ws/demo`);
  await page.getByText("Python: call it").click();
  await page.locator("details[open]").getByRole("button", { name: "Copy" }).click();
  await expect.poll(copied).toContain(`Component(transports="${router.origin}/ws/demo", realm="demo")`);
  expect(await page.getByRole("listitem").nth(2).textContent()).toContain(`/ws/${MARKUP}`);
  expect(await page.title()).toBe("wamp-edge");
  await opened.close();
});
