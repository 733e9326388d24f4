/** Overview, sessions and connections of the console, against a router with traffic. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConsoleHarness, type ConsolePage, startConsole, THEMES, WIDTHS } from "./console-page.ts";
import { CONFIG, joinAs, type LivelyRealm, MARKUP, startLivelyRealm } from "./lively-realm.ts";

/** Where pictures of the pages go when WAMP_PICTURES names a folder. */
const PICTURES = process.env.WAMP_PICTURES;

let harness: ConsoleHarness;
let realm: LivelyRealm;
beforeAll(async () => {
  const [shop] = CONFIG.realms;
  harness = await startConsole({ ...CONFIG, realms: [shop, { ...shop, name: "kiosk", limits: { sessions: 1 } }] });
  realm = await startLivelyRealm(harness.router.origin);
});
afterAll(async () => {
  await realm.stop();
  await harness.close();
});

/** Waits until the page has what the router tells. */
const READY: Readonly<Record<string, (console: ConsolePage) => Promise<void>>> = {
  Overview: ({ page }) => page.getByRole("link", { name: /refused logins/ }).waitFor(),
  Sessions: ({ page }) => page.getByRole("cell", { name: "billing" }).waitFor(),
  Connections: ({ page }) => page.getByRole("cell", { name: "mallory" }).first().waitFor(),
};

describe("each page in each theme at each width", () => {
  it.each(THEMES.flatMap((theme) => WIDTHS.map((width) => [theme, width] as const)))(
    "%s at %i px is accessible",
    async (theme, width) => {
      const console = await harness.open({ theme, width });
      await console.login();
      for (const [title, isReady] of Object.entries(READY)) {
        await console.goTo(title);
        await isReady(console);
        await console.expectAccessible();
        if (PICTURES !== undefined) {
          mkdirSync(PICTURES, { recursive: true });
          await console.page.screenshot({
            path: join(PICTURES, `${title.toLowerCase()}-${theme}-${width}.png`),
            fullPage: true,
          });
        }
      }
      await console.close();
    },
  );
});

describe("the overview", () => {
  it("shows counts, plots, warnings, the place of the realm and the cost of a day", async () => {
    const console = await harness.open();
    await console.login();
    const { page } = console;
    await page.getByText("com.shop.invioce.create was called without a callee").waitFor();
    expect(await page.getByText("Is com.shop.invoice.create meant?").count()).toBe(1);
    await page.getByText(/A login was refused \d+ times/).waitFor();
    const calls = page.getByRole("img", { name: /^Calls a second: calls [1-9]/ });
    await calls.waitFor();
    await page.getByText(/Round trip/).waitFor();
    await page.getByRole("heading", { name: /Estimated cost of a day like this: \$0\.\d+/ }).waitFor();
    await page
      .getByRole("link", { name: /sessions/ })
      .first()
      .click();
    await page.getByRole("heading", { level: 1, name: "Sessions" }).waitFor();
    await console.close();
  });

  it("warns of a limit before the realm refuses anything", async () => {
    const console = await harness.open({ hash: "?realm=kiosk" });
    await console.login();
    await console.page.getByText("100 % of the limit sessions are in use: 1 of 1.").waitFor();
    expect(await console.page.getByText("was reached").count()).toBe(0);
    await console.close();
  });
});

describe("a browser whose language is no valid tag", () => {
  it("shows the plots, with times and values in English", async () => {
    const console = await harness.open();
    const { page } = console;
    await page.addInitScript(
      "Object.defineProperty(navigator, 'language', { value: 'en-US@posix', configurable: true })",
    );
    await page.reload();
    await console.login();
    await page.getByRole("img", { name: /^Calls a second: calls \d/ }).waitFor();
    expect(await page.locator(".plot canvas").count()).toBe(4);
    await console.close();
  });
});

describe("sessions", () => {
  it("are filtered, opened and killed by keyboard alone", async () => {
    const victim = await joinAs(harness.router.origin, "sensor-6", "sensor-ticket");
    await victim.subscribe("com.shop.alarm", () => {});
    const console = await harness.open();
    await console.login();
    const { page } = console;
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await page.getByRole("cell", { name: "billing" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type(`sensor-6 ${victim.id}`);
    await page.getByText(/^1 of \d+ sessions$/).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: `Session ${victim.id}` }).waitFor();
    await page.getByRole("cell", { name: "com.shop.alarm" }).waitFor();
    await page.getByRole("button", { name: "Kill the session …" }).focus();
    await page.keyboard.press("Enter");
    await page.getByLabel("Message to the client (optional)").fill("bye");
    await page.keyboard.press("Enter");
    expect(await victim.ended).toEqual({ reason: "wamp.close.killed", message: "bye" });
    await page.getByRole("heading", { level: 1, name: "Sessions" }).waitFor();
    await console.close();
  });

  it("with markup in their names are text", async () => {
    const console = await harness.open({ hash: "sessions?realm=shop&filter=onerror" });
    await console.login();
    await console.page.getByRole("link", { name: /^\d+$/ }).click();
    await console.page.locator(".facts code", { hasText: MARKUP }).waitFor();
    expect(await console.page.locator("img").count()).toBe(0);
    await console.close();
  });
});

describe("connections", () => {
  it("have refused logins first, with the cause that clients do not learn", async () => {
    const console = await harness.open();
    await console.login();
    await console.goTo("Connections");
    const { page } = console;
    const first = page.getByRole("table").first();
    await first
      .getByRole("row", { name: /mallory/ })
      .getByText("wamp.error.authentication_denied")
      .waitFor();
    await page.getByRole("searchbox").fill("billing");
    await page.getByRole("cell", { name: "mallory" }).waitFor({ state: "detached" });
    expect(await page.getByRole("row", { name: /billing/ }).count()).toBeGreaterThan(0);
    await console.close();
  });
});

describe("a session without the console", () => {
  it("is refused by the router, and learns which key its role lacks", async () => {
    const console = await harness.open();
    await console.login("joe", "joes-ticket");
    await console.page.getByText("wamp.error.not_authorized").waitFor();
    await console.page.getByText('"console": true').waitFor();
    await console.close();
  });
});

describe("a lost connection", () => {
  it("is told, and comes back by itself", async () => {
    const console = await harness.open();
    await console.login();
    const { page } = console;
    await page.getByRole("link", { name: /refused logins/ }).waitFor();
    await harness.router.evict("shop", "close");
    await page.getByText("The connection is lost.").waitFor();
    await page.getByText("The connection is lost.").waitFor({ state: "detached" });
    await page.getByRole("link", { name: /refused logins/ }).waitFor();
    expect(console.faults.filter((fault) => !fault.includes("WebSocket"))).toEqual([]);
    await page.context().close();
    await realm.stop();
  });
});
