/** Themes, help, links, texts to copy and loss of the connection of the console, in a browser. */

import type { WebSocketRoute } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConsoleHarness, type ConsolePage, startConsole, THEMES, WIDTHS } from "./console-page.ts";
import { joinAs, MARKUP } from "./lively-realm.ts";

let harness: ConsoleHarness;
beforeAll(async () => {
  harness = await startConsole();
});
afterAll(() => harness.close());

/** The colour of the page, as `rgb(…)`. */
function colourOf({ page }: ConsolePage): Promise<string> {
  return page.evaluate("getComputedStyle(document.body).backgroundColor");
}

const LIGHT = "rgb(245, 246, 248)";
const DARK = "rgb(20, 23, 28)";

/** Looks at what the page shows in each theme at each width. */
async function expectAccessibleEverywhere(console: ConsolePage): Promise<void> {
  for (const colorScheme of THEMES) {
    await console.page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await console.page.setViewportSize({ width, height: 844 });
      await console.expectAccessible();
    }
  }
}

describe("in each theme at each width", () => {
  it("the login, the details of a session and the dialogs are accessible, however long names are", async () => {
    const odd = await joinAs(harness.router.origin, MARKUP, "markup-ticket");
    await odd.subscribe(`com.shop.${"long".repeat(60)}`, () => {});
    const console = await harness.open({ hash: `sessions?realm=shop&id=${odd.id}` });
    const { page } = console;
    await page.getByLabel("Method").waitFor();
    await expectAccessibleEverywhere(console);
    await console.login();
    await page.getByRole("cell", { name: /^com\.shop\.long/ }).waitFor();
    await expectAccessibleEverywhere(console);
    await page.getByRole("button", { name: "Kill the session …" }).click();
    await page.getByRole("dialog", { name: "Kill the session?" }).waitFor();
    await expectAccessibleEverywhere(console);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Help" }).click();
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await expectAccessibleEverywhere(console);
    await odd.disconnect();
    await console.close();
  });
});

describe("the theme", () => {
  it("follows the device until one is chosen, which a reload keeps", async () => {
    const console = await harness.open({ theme: "dark" });
    const { page } = console;
    const theme = page.getByRole("button", { name: /^Theme/ });
    await page.getByLabel("Method").waitFor();
    expect(await colourOf(console)).toBe(DARK);
    await theme.click();
    await page.getByRole("button", { name: "Theme: light" }).waitFor();
    expect(await colourOf(console)).toBe(LIGHT);
    await page.reload();
    await page.getByRole("button", { name: "Theme: light" }).waitFor();
    expect(await colourOf(console)).toBe(LIGHT);
    await theme.click();
    await page.emulateMedia({ colorScheme: "light" });
    await page.getByRole("button", { name: "Theme: dark" }).waitFor();
    expect(await colourOf(console)).toBe(DARK);
    await theme.click();
    await page.getByRole("button", { name: "Theme: system" }).waitFor();
    expect(await colourOf(console)).toBe(LIGHT);
    await console.close();
  });
});

describe("the help", () => {
  it("lists the shortcuts, switches them off and on, and gives the focus back", async () => {
    const console = await harness.open({ width: 390 });
    const { page } = console;
    await console.login();
    const help = page.getByRole("button", { name: "Help" });
    await help.click();
    const dialog = page.getByRole("dialog", { name: "Keyboard" });
    await dialog.waitFor();
    expect(await dialog.locator("dd").allTextContents()).toEqual(
      expect.arrayContaining(["Overview", "Sessions", "Topics", "Procedures", "Playground", "Access", "Connections"]),
    );
    await dialog.getByLabel("Shortcuts of single letters").uncheck();
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    expect(await page.locator(":focus").textContent()).toBe("Help");
    for (const key of ["g", "s", "?"]) await page.keyboard.press(key);
    await page.reload();
    await console.login();
    await help.click();
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Overview");
    await dialog.getByLabel("Shortcuts of single letters").check();
    await dialog.getByRole("button", { name: "Close" }).click();
    for (const key of ["g", "s"]) await page.keyboard.press(key);
    await page.getByRole("heading", { level: 1, name: "Sessions" }).waitFor();
    await console.close();
  });
});

describe("the link", () => {
  it("opens its page with its state, after the login and later", async () => {
    const places = [
      ["procedures?realm=shop&filter=wamp", "Procedures", '[type="search"]', "wamp"],
      ["sessions?realm=shop&filter=ops", "Sessions", '[type="search"]', "ops"],
      ["topics?realm=shop&topic=com.shop.&match=prefix&filter=com", "Topics", '[type="search"]', "com"],
      ["access?realm=shop&action=publish&uri=com.shop.news&who=joe", "Access", '[name="who"]', "joe"],
      ["playground?realm=shop&action=publish&uri=com.shop.news&args=%5B1%5D", "Playground", '[name="args"]', "[1]"],
      ["connections?realm=shop&filter=ops", "Connections", '[type="search"]', "ops"],
      ["nonsense?realm=shop", "Overview"],
    ] as const;
    const console = await harness.open({ hash: places[0][0] });
    const { page } = console;
    await console.login();
    for (const [hash, title, field, value] of places) {
      await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
      await page.getByRole("heading", { level: 1, name: title }).waitFor();
      if (field !== undefined) expect(await page.locator(`main ${field}`).inputValue()).toBe(value);
      expect(new URL(page.url()).hash).toBe(`#${hash}`);
    }
    await console.close();
  });

  it("changes with the page, so that the browser goes back and forward", async () => {
    const console = await harness.open();
    const { page } = console;
    await console.login();
    await console.goTo("Sessions");
    await page.getByRole("searchbox").fill("ops");
    await page.waitForURL(/#sessions\?realm=shop&filter=ops$/);
    await console.goTo("Access");
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "Sessions" }).waitFor();
    expect(await page.getByRole("searchbox").inputValue()).toBe("ops");
    await page.goForward();
    await page.getByRole("heading", { level: 1, name: "Access" }).waitFor();
    await expect.poll(() => page.title()).toBe("Access · shop · wamp-edge console");
    await console.close();
  });
});

describe("a text to copy", () => {
  const hash = "playground?realm=shop&uri=com.shop.search&args=%5B%22tea%22%5D";
  const clipboard = "navigator.clipboard.readText()";

  it("is in the clipboard, and the button says so", async () => {
    const console = await harness.open({ hash });
    const { page } = console;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await console.login();
    for (const language of ["Python", "CLI"]) {
      await page.getByRole("radio", { name: language }).check();
      await page.getByRole("button", { name: `Copy: ${language}` }).click();
      await page.getByRole("button", { name: `Copied: ${language}` }).waitFor();
      expect(await page.evaluate(clipboard)).toBe(await page.locator(`pre[aria-label=${language}]`).textContent());
    }
    await console.close();
  });

  it("is selected where the page has no clipboard, as at an address without TLS", async () => {
    const console = await harness.open({
      hash,
      prepare: async (page) => {
        await page.addInitScript("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
      },
    });
    const { page } = console;
    await console.login();
    await page.getByRole("button", { name: "Copy: JavaScript" }).click();
    await page.getByText("Press Ctrl+C").waitFor();
    const text = await page.locator("pre[aria-label=JavaScript]").textContent();
    expect(await page.evaluate("String(getSelection())")).toBe(text?.trimEnd());
    await console.close();
  });
});

describe("a lost connection", () => {
  it("leaves the page as it was, says why, and comes back on demand with what the link says", async () => {
    const routes: WebSocketRoute[] = [];
    let isDown = false;
    const console = await harness.open({
      hash: "sessions?realm=shop&filter=ops",
      prepare: (page) =>
        page.routeWebSocket(/\/ws\//, (route) => {
          routes.push(route);
          if (isDown) void route.close({ code: 1001, reason: "the router is down" });
          else route.connectToServer();
        }),
    });
    const { page } = console;
    await console.login();
    await page.getByRole("cell", { name: "ops" }).first().waitFor();
    isDown = true;
    await routes.at(-1)!.close({ code: 1001, reason: "the router is down" });
    const notice = page.getByRole("alert");
    await notice.getByText("The connection is lost.").waitFor();
    await notice.getByText("the router is down").waitFor();
    await page.getByRole("button", { name: "Try now" }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => routes.length).toBeGreaterThan(1);
    expect(await page.getByRole("cell", { name: "ops" }).count()).toBeGreaterThan(0);
    await console.expectAccessible();
    isDown = false;
    await page.keyboard.press("Enter");
    await notice.waitFor({ state: "detached" });
    await page.getByRole("cell", { name: "ops" }).first().waitFor();
    expect(await page.getByRole("searchbox").inputValue()).toBe("ops");
    await console.close();
  });
});
