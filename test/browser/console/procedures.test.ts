/** The page Procedures of the console, in a browser against a router. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApplicationError } from "../../../src/wamp/local/application-error.ts";
import { type ConsoleHarness, startConsole, THEMES, WIDTHS } from "./console-page.ts";
import { joinAs, MARKUP, MARKUP_TOPIC } from "./lively-realm.ts";

let harness: ConsoleHarness;
beforeAll(async () => {
  harness = await startConsole();
  const { origin } = harness.router;
  const billing = await joinAs(origin, "billing");
  await billing.register("com.shop.invoice.create", ([order]) => ({ order }));
  await billing.register("com.shop.search", () => [], { invoke: "roundrobin" });
  await billing.register("com.shop.device.", () => [], { match: "prefix" });
  await billing.register(`com.shop.${"very-long-component.".repeat(8)}end`, () => []);
  await billing.register(MARKUP_TOPIC, () => {
    throw new ApplicationError("com.shop.error", ["refused"]);
  });
  await billing.register("com.shop.slow", () => new Promise((resolve) => setTimeout(resolve, 30)));
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

  it("counts calls and errors of the realm while it is open", async () => {
    const console = await harness.open({ hash: "procedures?realm=shop" });
    const { page } = console;
    await console.login();
    await page.locator(".figures").waitFor();
    const caller = await joinAs(harness.router.origin, "sensor-1", "sensor-ticket");
    await caller.call("com.shop.missing").catch(() => {});
    await page.locator(".figures div", { hasText: /Errors in the realm1/ }).waitFor();
    await caller.disconnect();
    await console.close();
  });

  it("counts calls, errors and times of each procedure while the user wants it, by keyboard, markup as text", async () => {
    const console = await harness.open({ hash: "procedures?realm=shop&filter=com.shop." });
    const { page } = console;
    await console.login();
    await page.getByRole("row", { name: /com\.shop\.search/ }).waitFor();
    expect(await page.getByRole("columnheader", { name: "p95" }).count()).toBe(0);
    await page.getByRole("switch", { name: "Watch calls" }).focus();
    await page.keyboard.press("Space");
    await page.getByText(/Counts the calls of procedures that begin with com\.shop\. until \d\d:\d\d:\d\d\./).waitFor();
    const caller = await joinAs(harness.router.origin, "sensor-1", "sensor-ticket");
    for (let n = 0; n < 3; n++) await caller.call("com.shop.search", [n]);
    for (const device of [1, 2]) await caller.call(`com.shop.device.${device}`);
    await caller.call(MARKUP_TOPIC).catch(() => {});
    await caller.call("com.shop.slow");
    const cells = async (uri: string): Promise<string[]> =>
      (await page.getByRole("row").filter({ hasText: uri }).getByRole("cell").allTextContents()).slice(4, 8);
    await expect
      .poll(() => cells("com.shop.search"))
      .toEqual(["3", "0", expect.stringMatching(/ms$/), expect.anything()]);
    await expect
      .poll(() => cells("com.shop.device."))
      .toEqual(["2", "0", expect.stringMatching(/ms$/), expect.anything()]);
    await expect.poll(() => cells(MARKUP_TOPIC)).toEqual(["1", "1", expect.stringMatching(/ms$/), expect.anything()]);
    await expect
      .poll(() => cells("com.shop.slow"))
      .toEqual(["1", "0", expect.stringMatching(/^\d{2,} ms$/), expect.anything()]);
    expect(await cells("com.shop.invoice.create")).toEqual(["0", "0", "–", "–"]);
    expect(await page.locator("main img").count()).toBe(0);
    await page.getByRole("switch", { name: "Watch calls", checked: true }).press("Space");
    await page.getByText("You have stopped the tap.").waitFor();
    await caller.call("com.shop.search");
    expect(await cells("com.shop.search")).toContain("3");
    await caller.disconnect();
    await console.close();
  });

  it("says that figures are a sample when more than 200 messages a second pass", async () => {
    const console = await harness.open({ hash: "procedures?realm=shop" });
    const { page } = console;
    await console.login();
    await page.getByRole("row", { name: /com\.shop\.search/ }).waitFor();
    await page.getByRole("switch", { name: "Watch calls" }).check();
    await page.getByText(/ until \d\d:\d\d:\d\d/).waitFor();
    const caller = await joinAs(harness.router.origin, "sensor-1", "sensor-ticket");
    await Promise.all(Array.from({ length: 300 }, () => caller.call("com.shop.search")));
    // The tap tells what it has left out with the next message that it shows.
    const sample = page.getByText(/The figures are a sample: the tap left out [\d,]+ messages/);
    await expect
      .poll(async () => {
        await caller.call("com.shop.search");
        return sample.count();
      })
      .toBe(1);
    await caller.disconnect();
    await console.close();
  });

  it("says why a role without the console may not watch calls", async () => {
    const console = await harness.open({ hash: "procedures?realm=shop" });
    const { page } = console;
    await console.login("joe", "joes-ticket");
    await page.getByRole("row", { name: /com\.shop\.search/ }).waitFor();
    await page.getByRole("switch", { name: "Watch calls" }).click();
    await page.getByRole("alert").getByText('A tap needs a role with "console": true.').waitFor();
    await page.getByRole("switch", { name: "Watch calls", checked: false }).waitFor();
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
      const { page } = console;
      await page.getByRole("button", { name: "Callees of com.shop.search: 2" }).click();
      await page.getByRole("region", { name: "Callees" }).getByText("billing").waitFor();
      await page.getByRole("switch", { name: "Watch calls" }).check();
      await page.getByText(/ until \d\d:\d\d:\d\d/).waitFor();
      const caller = await joinAs(harness.router.origin, "sensor-1", "sensor-ticket");
      await caller.call("com.shop.slow");
      await page.getByRole("row", { name: /com\.shop\.slow.* ms/ }).waitFor();
      await caller.disconnect();
      await console.expectAccessible();
      await console.photograph("procedures");
      await console.close();
    },
  );
});
