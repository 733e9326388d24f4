/** Opens the console in a browser against a real router, and notices whatever a page must not do. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";
import { type Router, startRouter } from "../../clients/harness.ts";
import { startBrowser } from "../browser.ts";
import { CONFIG } from "./lively-realm.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The widths that each page is looked at, in pixels: a phone and a desk. */
export const WIDTHS = [390, 1280] as const;
export const THEMES = ["light", "dark"] as const;

/** A browser and a router for all tests of one file. */
export interface ConsoleHarness {
  readonly router: Router;
  readonly browser: Browser;
  /** Opens the login page. */
  open(options?: {
    readonly width?: number;
    readonly theme?: (typeof THEMES)[number];
    readonly hash?: string;
    /** Runs before the page is loaded. */
    readonly prepare?: (page: Page) => Promise<void>;
  }): Promise<ConsolePage>;
  close(): Promise<void>;
}

/** Starts both. */
export async function startConsole(config: Parameters<typeof startRouter>[0] = CONFIG): Promise<ConsoleHarness> {
  const [router, browser] = await Promise.all([startRouter(config), startBrowser()]);
  const origin = router.origin.replace("ws:", "http:");
  return {
    router,
    browser,
    open: async ({ width = 1280, theme = "light", hash = "?realm=shop", prepare } = {}) => {
      const viewport = { width, height: width < 500 ? 844 : 800 };
      const context = await browser.newContext({ viewport, colorScheme: theme, locale: "en-US", timezoneId: "UTC" });
      const page = new ConsolePage(await context.newPage(), origin);
      await prepare?.(page.page);
      await page.page.goto(`${origin}/console#${hash}`);
      return page;
    },
    close: async () => {
      await browser.close();
      await router.close();
    },
  };
}

/** One page of the browser. */
export class ConsolePage {
  readonly page: Page;
  /** Console errors, exceptions, violations of the policy, requests to other hosts. */
  readonly faults: string[] = [];

  constructor(page: Page, origin: string) {
    this.page = page;
    page.setDefaultTimeout(10_000);
    page.on("pageerror", (error) => this.faults.push(`exception: ${error.stack}`));
    page.on("console", (message) => {
      // Violations of the policy are among them.
      if (message.type() === "error" || message.type() === "warning") this.faults.push(`console: ${message.text()}`);
    });
    page.on("request", (request) => {
      const { protocol, origin: asked } = new URL(request.url());
      if (asked !== origin && protocol !== "data:") this.faults.push(`request: ${request.url()}`);
    });
    page.on("websocket", (socket) => {
      if (new URL(socket.url()).host !== new URL(origin).host) this.faults.push(`socket: ${socket.url()}`);
    });
  }

  /** Logs in by the method `ticket`. */
  async login(authid = "ops", ticket = "ops-ticket"): Promise<void> {
    const { page } = this;
    await page.getByLabel("Method").selectOption("ticket");
    await page.getByLabel("Name (authid)").fill(authid);
    await page.locator("[name=ticket]").fill(ticket);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("navigation").waitFor();
  }

  /** Goes to a page of the navigation. */
  async goTo(title: string): Promise<void> {
    await this.page.getByRole("navigation").getByRole("link", { name: title, exact: true }).click();
    await this.page.getByRole("heading", { level: 1, name: title }).waitFor();
  }

  /** Expects that axe finds nothing serious, and that the page is not wider than its window. */
  async expectAccessible(): Promise<void> {
    await this.page.evaluate(AXE);
    // The function runs in the page, where axe is.
    const found = await this.page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: AxeViolation[] }> } };
      const { violations } = await axe.run();
      return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    });
    expect(found).toEqual([]);
    const overflow = await this.page.evaluate("document.documentElement.scrollWidth - innerWidth");
    expect(overflow).toBeLessThanOrEqual(0);
  }

  /** Writes a picture of the page into the folder WAMP_SCREENSHOTS, where that variable is set, to look at. */
  async photograph(name: string): Promise<void> {
    const folder = process.env.WAMP_SCREENSHOTS;
    if (folder === undefined) return;
    const { colorScheme } = (await this.page.evaluate(
      "({ colorScheme: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light' })",
    )) as { colorScheme: string };
    await this.page.screenshot({
      path: `${folder}/${name}-${colorScheme}-${this.page.viewportSize()?.width}.png`,
      fullPage: true,
    });
  }

  /** Expects that nothing forbidden has happened, and closes the page. */
  async close(): Promise<void> {
    await this.page.context().close();
    expect(this.faults).toEqual([]);
  }
}

interface AxeViolation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}
