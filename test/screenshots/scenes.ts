/** What each picture shows: a page of the console, as a person has it before them. */

import type { ConsolePage } from "../browser/console/console-page.ts";

/** A picture. */
export interface Scene {
  /** Of its file, without the theme. */
  readonly name: string;
  /** Of the window, in pixels. */
  readonly height: number;
  arrange(opened: ConsolePage): Promise<void>;
}

/** All pictures, in the order of the navigation. */
export const SCENES: readonly Scene[] = [
  {
    name: "overview",
    height: 860,
    arrange: async (opened) => {
      await opened.page.getByText("was called without a callee").first().waitFor();
    },
  },
  {
    name: "sessions",
    height: 860,
    arrange: async (opened) => {
      await opened.goTo("Sessions");
      await opened.page.getByRole("table", { name: "Slow sessions" }).waitFor();
      await opened.page.getByText(/^\d+ sessions$/).waitFor();
    },
  },
  {
    name: "session",
    height: 900,
    arrange: async (opened) => {
      const { page } = opened;
      await opened.goTo("Sessions");
      await page.getByRole("searchbox").fill("joe");
      await page.getByText(/^1 of \d+ sessions$/).waitFor();
      await page.locator("tr", { hasText: "cashier" }).getByRole("link").click();
      await page.getByRole("button", { name: "Tap the session" }).click();
      const refund = page.getByRole("listitem").filter({ hasText: "payment.refund wamp.error.not_authorized" }).first();
      await refund.waitFor({ timeout: 30_000 });
      await page.getByRole("button", { name: "Pause" }).click();
      await refund.locator("summary").click();
    },
  },
  {
    name: "topics",
    height: 900,
    arrange: async (opened) => {
      const { page } = opened;
      await opened.goTo("Topics");
      await page.getByRole("button", { name: /com\.teashop\.sensor\.(?!\.)/ }).click();
      await page.getByRole("region", { name: "Live events" }).getByRole("listitem").nth(2).waitFor();
      await page.getByRole("button", { name: "Pause" }).click();
      await page.getByRole("region", { name: "Events of the history" }).waitFor();
    },
  },
  {
    name: "procedures",
    height: 900,
    arrange: async (opened) => {
      const { page } = opened;
      await opened.goTo("Procedures");
      await page.getByRole("switch", { name: "Watch calls" }).check();
      await page.waitForTimeout(15_000);
      await page.getByRole("button", { name: "Callees of com.teashop.catalog.search: 2" }).click();
    },
  },
  {
    name: "playground",
    height: 900,
    arrange: async (opened) => {
      const { page } = opened;
      await opened.goTo("Playground");
      await page.getByLabel("Procedure").fill("com.teashop.catalog.search");
      await page.locator("[name=args]").fill('["sencha"]');
      await page.getByRole("button", { name: "Call", exact: true }).click();
      await page.getByText("Sencha Fukamushi").first().waitFor();
      await page.getByText("2 raw frames").click();
    },
  },
  {
    name: "access",
    height: 900,
    arrange: async (opened) => {
      const { page } = opened;
      await opened.goTo("Access");
      await page.locator("[name=uri]").fill("com.teashop.payment.refund");
      await page.locator("[name=who]").fill("joe");
      await page.getByRole("button", { name: "Explain", exact: true }).click();
      await page.getByText("Refused", { exact: true }).waitFor();
      await page.getByPlaceholder("Filter by URI").fill("com.teashop.payment.charge");
      await page.locator("td.decides").first().waitFor();
    },
  },
  {
    name: "connections",
    height: 860,
    arrange: async (opened) => {
      await opened.goTo("Connections");
      await opened.page.getByRole("cell", { name: "admin" }).first().waitFor();
    },
  },
];
