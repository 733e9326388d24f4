/** Login, navigation, themes, keyboard and loss of the connection of the console, in a browser. */

import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConsoleHarness, startConsole, THEMES, WIDTHS } from "./console-page.ts";
import { PRIVATE_KEY, TOKEN_KEY } from "./lively-realm.ts";

let harness: ConsoleHarness;
beforeAll(async () => {
  harness = await startConsole();
});
afterAll(() => harness.close());

/** A token for the realm. */
function token(): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ sub: "tim", exp: Math.floor(Date.now() / 1000) + 600 })}`;
  return `${signed}.${createHmac("sha256", TOKEN_KEY).update(signed).digest("base64url")}`;
}

describe("login", () => {
  it.each([
    ["anonymous", {}, "guest"],
    ["ticket", { authid: "ops", ticket: "ops-ticket" }, "ops · operator"],
    ["wampcra", { authid: "ann", secret: "anns-secret" }, "ann · operator"],
    ["cryptosign", { authid: "eve", privateKey: PRIVATE_KEY }, "eve · operator"],
    ["jwt", { token: token() }, "tim · operator"],
  ])("by %s opens a session", async (method, fields, identity) => {
    const console = await harness.open();
    const { page } = console;
    await page.getByLabel("Method").selectOption(method);
    for (const [name, value] of Object.entries(fields)) await page.fill(`[name=${name}]`, value);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.locator(".identity", { hasText: identity }).waitFor();
    const kept = await page.evaluate(
      "JSON.stringify([location.href, {...localStorage}, {...sessionStorage}, document.cookie])",
    );
    for (const value of Object.values(fields).filter((it) => it.length > 3)) expect(kept).not.toContain(value);
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("heading", { name: "Log in to a realm" }).waitFor();
    await console.close();
  });
});

describe("each theme at each width", () => {
  it.each(THEMES.flatMap((theme) => WIDTHS.map((width) => [theme, width] as const)))(
    "%s at %i px is accessible",
    async (theme, width) => {
      const console = await harness.open({ theme, width });
      await console.page.getByLabel("Method").waitFor();
      await console.expectAccessible();
      await console.login();
      await console.expectAccessible();
      await console.close();
    },
  );
});
