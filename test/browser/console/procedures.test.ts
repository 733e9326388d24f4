/** The page Procedures of the console, in a browser against a router. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConsoleHarness, startConsole, THEMES, WIDTHS } from "./console-page.ts";
import { joinAs, MARKUP } from "./lively-realm.ts";

let harness: ConsoleHarness;
beforeAll(async () => {
  harness = await startConsole();
  const { origin } = harness.router;
  const billing = await joinAs(origin, "billing");
  await billing.register("com.shop.invoice.create", ([order]) => ({ order }));
  await billing.register("com.shop.search", () => [], { invoke: "roundrobin" });
  await billing.register("com.shop.device.", () => [], { match: "prefix" });
  await billing.register(`com.shop.${"very-long-component.".repeat(8)}end`, () => []);
  const odd = await joinAs(origin, MARKUP, "markup-ticket");
  await odd.register("com.shop.search", () => [], { invoke: "roundrobin" });
});
afterAll(() => harness.close());

describe("the page Procedures", () => {
  it("lists registrations with match and policy, filtered by URI", async () => {
    const console = await harness.open({ hash: "procedures?realm=shop" });
    const { page } = console;
    await console.login();
    const row = page.getByRole("row", { name: /com\.shop\.device/ });
    await row.waitFor();
    expect(await row.textContent()).toMatch(/prefixsingle1/);
    await page.keyboard.press("/");
    await page.keyboard.type("search");
    await row.waitFor({ state: "detached" });
    expect(await page.locator("tbody tr").count()).toBe(1);
    expect(await page.locator("tbody tr").textContent()).toMatch(/com\.shop\.searchexactroundrobin2/);
    expect(new URL(page.url()).hash).toContain("filter=search");
    await page.getByLabel("Filter by URI").fill("nothing like this");
    await page.getByText("No procedure has this in its URI").waitFor();
    await console.close();
  });

  it("shows who answers a procedure, by keyboard and without markup", async () => {
    const console = await harness.open({ hash: "procedures?realm=shop" });
    const { page } = console;
    await console.login();
    await page.getByRole("button", { name: "Callees of com.shop.search: 2" }).focus();
    await page.keyboard.press("Enter");
    const callees = page.getByRole("region", { name: "Callees" });
    await callees.getByText("billing").waitFor();
    await callees.getByText("<img").waitFor();
    expect(await page.locator("main img").count()).toBe(0);
    await console.close();
  });

  it("leads to the playground, which calls the procedure", async () => {
    const console = await harness.open({ hash: "procedures?realm=shop" });
    const { page } = console;
    await console.login();
    await page.getByRole("link", { name: /call it.*com\.shop\.invoice\.create/ }).click();
    await page.getByRole("heading", { name: "Playground" }).waitFor();
    await page.getByRole("button", { name: "Call" }).click();
    await page.locator(".run[data-state=done]", { hasText: "com.shop.invoice.create" }).waitFor();
    await console.close();
  });

  it("counts calls and errors while it watches", async () => {
    const console = await harness.open({ hash: "procedures?realm=shop" });
    const { page } = console;
    await console.login();
    await page.locator(".figures").waitFor();
    const caller = await joinAs(harness.router.origin, "sensor-1", "sensor-ticket");
    await caller.call("com.shop.missing").catch(() => {});
    await page.locator(".figures div", { hasText: /Errors while watching1/ }).waitFor();
    await caller.disconnect();
    await console.close();
  });

  it("says what a role lacks that may not list registrations", async () => {
    const console = await harness.open({ hash: "procedures?realm=shop" });
    await console.page.getByLabel("Method").selectOption("anonymous");
    await console.page.getByRole("button", { name: "Log in" }).click();
    await console.page.getByText("The page needs a role that may call wamp.registration.*.").waitFor();
    await console.close();
  });

  it.each(THEMES.flatMap((theme) => WIDTHS.map((width) => [theme, width] as const)))(
    "is accessible in %s at %i px",
    async (theme, width) => {
      const console = await harness.open({ hash: "procedures?realm=shop", theme, width });
      await console.login();
      await console.page.getByRole("button", { name: "Callees of com.shop.search: 2" }).click();
      await console.page.getByRole("region", { name: "Callees" }).getByText("billing").waitFor();
      await console.expectAccessible();
      await console.photograph("procedures");
      await console.close();
    },
  );
});
