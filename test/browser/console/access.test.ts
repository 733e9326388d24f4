/** The page Access of the console, in a browser against a router. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConsoleHarness, type ConsolePage, startConsole, THEMES, WIDTHS } from "./console-page.ts";
import { CONFIG, joinAs, MARKUP } from "./lively-realm.ts";

/** A name and a URI that would do harm where they became markup; URIs have no blanks. */
const MARKUP_URI = '<img/src=x/onerror="document.title=1">';
const NUMBERS = Array.from({ length: 30 }, (_, index) => index);

/** A realm of 30 roles and 200 rules. */
const BIG = {
  ...CONFIG.realms[0],
  name: "big",
  roles: [
    ...CONFIG.realms[0].roles,
    {
      name: MARKUP,
      permissions: [{ uri: MARKUP_URI, allow: { call: true }, disclose: { caller: true }, trustlevel: 2 }],
    },
    { name: "asking", authorizer: "com.big.authorize", permissions: [] },
    ...NUMBERS.slice(5).map((role) => ({
      name: `department-${role}`,
      permissions: [
        { uri: "com.big.", match: "prefix", allow: { subscribe: true } },
        { uri: "com.big...state", match: "wildcard", allow: { publish: true }, grantable: true },
        { uri: `com.big.department.${role}.state`, allow: {} },
        ...NUMBERS.slice(0, 7).map((rule) => ({
          uri: `com.big.department.${role}.with.a.long.address.of.procedure.${rule}`,
          allow: { call: true, register: rule % 2 === 0 },
        })),
      ],
    })),
  ],
};

let harness: ConsoleHarness;
beforeAll(async () => {
  harness = await startConsole({ ...CONFIG, realms: [...CONFIG.realms, BIG] });
  const { origin } = harness.router;
  const billing = await joinAs(origin, "billing");
  await billing.register("com.shop.search", () => [], { invoke: "roundrobin" });
  const odd = await joinAs(origin, MARKUP, "markup-ticket");
  await odd.register("com.shop.search", () => [], { invoke: "roundrobin" });
  await odd.subscribe("com.shop.order", () => {});
});
afterAll(() => harness.close());

/** Opens the page with a question in the link. */
async function openAccess(question: Readonly<Record<string, string>>, options = {}): Promise<ConsolePage> {
  const params = new URLSearchParams({ realm: "shop", ...question });
  const console = await harness.open({ hash: `access?${params}`, ...options });
  await console.login();
  await console.page.getByRole("heading", { level: 1, name: "Access" }).waitFor();
  return console;
}

describe("the page Access", () => {
  it("explains a refused call, asked by keyboard", async () => {
    const console = await openAccess({});
    const { page } = console;
    await page.locator("[name=uri]").fill("com.shop.private");
    await page.locator("[name=role]").fill("guest");
    await page.keyboard.press("Enter");
    const answer = page.locator(".answer");
    await answer.getByText("Refused").waitFor();
    await answer.getByText("wamp.error.not_authorized").waitFor();
    await answer.getByText("No rule of the role matches the URI").waitFor();
    expect(new URL(page.url()).hash).toContain("uri=com.shop.private");
    await console.close();
  });

  it("explains for the session of an authid which rule decides and who would answer, markup as text", async () => {
    const console = await openAccess({ uri: "com.shop.search", who: "billing" });
    const { page } = console;
    await page.getByRole("button", { name: "Explain" }).click();
    const answer = page.locator(".answer");
    await answer.getByText("Accepted").waitFor();
    await answer.getByText("it allows call, register, publish, subscribe").waitFor();
    await answer.getByRole("table", { name: "candidates" }).getByText("<img").waitFor();
    expect(await page.locator("main img").count()).toBe(0);
    await console.close();
  });

  it("says what to do where the authid has no session", async () => {
    const console = await openAccess({ uri: "com.shop.search", who: "mallory" });
    await console.page.getByRole("button", { name: "Explain" }).click();
    await console.page.getByText("mallory has no session now: enter the role").waitFor();
    await console.close();
  });

  it("explains who would not get an event, with options by check box, by list and as JSON", async () => {
    const console = await openAccess({ action: "publish", uri: "com.shop.order", who: "billing" });
    const { page } = console;
    await page.getByText("Options and payload").focus();
    await page.keyboard.press("Enter");
    await page.getByLabel("acknowledge").focus();
    await page.keyboard.press("Space");
    await page.getByLabel("eligible_authid").fill(`joe, ${MARKUP}`);
    const all = page.getByLabel("All options");
    expect(JSON.parse(await all.inputValue())).toEqual({ acknowledge: true, eligible_authid: ["joe", MARKUP] });
    await page.getByRole("button", { name: "Explain" }).click();
    const answer = page.locator(".answer");
    await answer.getByRole("table", { name: "receivers" }).getByText("<img").waitFor();
    await all.fill(JSON.stringify({ exclude_authid: [MARKUP] }));
    expect(await page.getByLabel("exclude_authid").inputValue()).toBe(MARKUP);
    await page.getByLabel("Keyword arguments").fill('{"tea": 1');
    await page.getByText(/^This is not JSON:/).waitFor();
    await page.getByRole("button", { name: "Explain" }).click();
    expect(await page.evaluate("document.activeElement.id")).toBe("field-kwargs");
    await page.getByLabel("Keyword arguments").fill('{"tea": 1}');
    await page.keyboard.press("Shift+Tab");
    await page.getByRole("button", { name: "Explain" }).click();
    await answer.getByRole("table", { name: "excluded" }).getByText("exclude_authid").waitFor();
    const { hash } = new URL(page.url());
    expect(Object.fromEntries(new URLSearchParams(hash.split("?")[1]))).toEqual({
      ...{ realm: "shop", action: "publish", uri: "com.shop.order", who: "billing" },
      ...{ options: JSON.stringify({ exclude_authid: [MARKUP] }), kwargs: '{"tea": 1}' },
    });
    expect(await page.locator("main img").count()).toBe(0);
    await console.photograph("access-publish");
    await console.close();
  });

  it("explains which of the methods that a client names it would be offered", async () => {
    const console = await openAccess({
      action: "login",
      authmethods: "wampcra, ticket",
      address: "192.0.2.7",
      plain: "yes",
    });
    const { page } = console;
    await page.getByLabel("Name (authid)").fill("joe");
    await page.keyboard.press("Enter");
    const methods = page.locator(".answer").getByRole("table", { name: "methods" });
    await methods
      .getByRole("row", { name: /^ticket/ })
      .getByText("known", { exact: true })
      .waitFor();
    await page.locator(".answer").getByText("candidates").waitFor();
    expect(await page.getByLabel("over TLS").isChecked()).toBe(false);
    await console.photograph("access-login");
    await console.close();
  });

  it("explains at once what the link asks: which methods a login would be offered", async () => {
    const console = await openAccess({ action: "login", who: "joe" });
    await console.page.locator(".answer").getByRole("table", { name: "methods" }).getByText("ticket").waitFor();
    await console.page.evaluate("location.hash = '#access?realm=shop&uri=com.shop.search&role=guest'");
    await console.page.locator(".answer").getByText("No rule of the role matches the URI").waitFor();
    expect(await console.page.locator("[name=role]").inputValue()).toBe("guest");
    await console.close();
  });

  it("shows the rules of all roles, with the one that decides for a URI, and one role on demand", async () => {
    const console = await openAccess({});
    const { page } = console;
    const matrix = page.getByRole("table", { name: "Rules of all roles" });
    await matrix.waitFor();
    await page.locator("main h1").click();
    await page.keyboard.press("/");
    await page.keyboard.type("com.shop.public.list");
    await page.locator("td.decides").first().waitFor();
    const texts = async (name: RegExp): Promise<string[]> =>
      (await matrix.getByRole("row", { name }).locator("td .hidden").allTextContents()).sort();
    const all = "call, register, publish, subscribe; disclose caller true, publisher true";
    expect(await texts(/^all URIs/)).toEqual([`${all}; decides`, `${all}; decides`]);
    expect(await texts(/^com\.shop\.public\./)).toEqual(["call; decides"]);
    expect(await matrix.getByRole("row", { name: /wamp\.edge\.role/ }).count()).toBe(0);
    await matrix.getByRole("button", { name: "guest" }).focus();
    await page.keyboard.press("Enter");
    const row = page.getByRole("table", { name: "Rules", exact: true }).getByRole("row", { name: /com\.shop\.public/ });
    expect(await row.textContent()).toContain("com.shop.public. decidesprefixallowednonono");
    expect(new URL(page.url()).hash).toContain("filter=com.shop.public.list&shown=guest");
    await console.photograph("access-filter");
    await console.close();
  });

  it.each(WIDTHS)("has room for 30 roles and 200 rules, with markup as text, at %i px", async (width) => {
    const console = await openAccess(
      { realm: "big", filter: "com.big.department.7.state", shown: "asking" },
      { width },
    );
    const { page } = console;
    const roles = page.getByRole("region", { name: "Roles", exact: true });
    await roles.getByText("the authorizer com.big.authorize decides").last().waitFor();
    const filter = page.getByRole("searchbox");
    if (width === 390) {
      await roles.getByLabel("Role").selectOption("department-7");
      await roles.getByRole("row", { name: /com\.big\.department\.7\.state decides/ }).waitFor();
      await filter.fill("");
      await roles.getByLabel("Role").selectOption(MARKUP);
      await roles.getByText("disclose caller true; trustlevel 2").waitFor();
    } else {
      const matrix = page.getByRole("table", { name: "Rules of all roles" });
      await matrix
        .getByRole("row", { name: /^com\.big\.department\.7\.state/ })
        .getByText("nothing; decides")
        .waitFor();
      // Of the others the wildcard wins, before the prefix.
      expect(
        await matrix
          .getByRole("row", { name: /^com\.big\.\.\.state/ })
          .locator("td.decides")
          .count(),
      ).toBe(24);
      expect(
        await matrix
          .getByRole("row", { name: /^no rule matches/ })
          .locator("td.decides")
          .count(),
      ).toBe(3);
      await filter.fill("");
      const row = matrix.getByRole("row", { name: MARKUP_URI });
      await row.getByText("call; disclose caller true; trustlevel 2").waitFor();
      expect(await matrix.locator("tbody tr").count()).toBeGreaterThan(200);
    }
    expect(await page.locator("main img").count()).toBe(0);
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    await console.photograph("access-big");
    await console.close();
  });

  it.each(THEMES.flatMap((theme) => WIDTHS.map((width) => [theme, width] as const)))(
    "is accessible in %s at %i px",
    async (theme, width) => {
      const console = await openAccess({ uri: "com.shop.search", who: "billing" }, { theme, width });
      await console.page.getByRole("button", { name: "Explain" }).click();
      await console.page.locator(".answer").getByText("Accepted").waitFor();
      await console.page.getByRole("table", { name: /^Rules/ }).waitFor();
      await console.expectAccessible();
      await console.photograph("access");
      await console.close();
    },
  );
});
