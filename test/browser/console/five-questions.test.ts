/** Five questions of a new user, each answered in the console by what its pages show, without an address or a manual. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONFIG, OPERATOR, openTeaShop, REALM, type TeaShop } from "../../screenshots/tea-shop.ts";
import { type ConsoleHarness, type ConsolePage, startConsole } from "./console-page.ts";

/** Clicks and texts that an answer may take after the login. */
const MOST_STEPS = 6;

let harness: ConsoleHarness;
let shop: TeaShop;
let console: ConsolePage;
beforeAll(async () => {
  harness = await startConsole(CONFIG);
  shop = await openTeaShop(harness.router.origin);
  console = await harness.open({ hash: `?realm=${REALM}` });
  await console.login(OPERATOR.authid, OPERATOR.ticket);
});
afterAll(async () => {
  await console.close();
  await shop.stop();
  await harness.close();
});

/** Begins at the overview, and counts what the person does. */
async function answer(walk: (act: (step: Promise<unknown>) => Promise<void>) => Promise<void>): Promise<void> {
  let steps = 0;
  await console.goTo("Overview");
  await walk(async (step) => {
    await step;
    steps++;
  });
  expect(steps).toBeLessThanOrEqual(MOST_STEPS);
}

describe("a new user finds out", () => {
  it("why joe's call is refused: from the messages to the rule that is missing", () =>
    answer(async (act) => {
      const { page } = console;
      await act(console.goTo("Sessions"));
      await act(page.getByRole("searchbox").fill("joe"));
      await act(page.getByRole("row", { name: /joe/ }).getByRole("link").click());
      await act(page.getByRole("button", { name: "Tap the session" }).click());
      const refused = page.getByRole("listitem").filter({ hasText: "com.teashop.payment.refund wamp.error" }).first();
      await act(refused.locator("summary").click());
      await act(refused.getByRole("link", { name: "Why was it refused?" }).click());
      const verdict = page.locator(".answer");
      await verdict.getByText("call com.teashop.payment.refund as joe (role cashier)").waitFor();
      await verdict.getByText("No rule of the role matches the URI").waitFor();
      const rule = verdict.getByText("add a rule to the permissions of the role cashier").locator("code").last();
      expect(JSON.parse((await rule.textContent()) ?? "")).toEqual({
        ...{ uri: "com.teashop.payment.refund", match: "exact" },
        allow: { call: true },
      });
    }));

  it("which device is slow: the overview warns of it, and leads to its unread bytes", () =>
    answer(async (act) => {
      const { page } = console;
      const warning = page
        .getByRole("listitem")
        .filter({ hasText: "A session is slow or behind with reading: display-porto." });
      await act(warning.getByRole("link", { name: "Show" }).click());
      const row = page.getByRole("table", { name: "Slow sessions" }).getByRole("row", { name: /display-porto/ });
      await row.getByText(/^\d+(\.\d)? kB$/).waitFor();
      expect(await page.getByRole("table", { name: "Slow sessions" }).getByRole("row").count()).toBe(2);
    }));

  it("what a topic carries: its events as they come, its history and its subscribers", () =>
    answer(async (act) => {
      const { page } = console;
      await act(console.goTo("Topics"));
      await act(page.getByRole("button", { name: /com\.teashop\.order\.placed/ }).click());
      await page
        .getByRole("region", { name: "Live events" })
        .getByText(/"tea":"Assam/)
        .first()
        .waitFor();
      await page.getByRole("region", { name: "Events of the history" }).getByText("orders").first().waitFor();
      await page
        .getByRole("table", { name: "Subscribers" })
        .getByText("ledger")
        .or(page.getByText("display-porto"))
        .first()
        .waitFor();
    }));

  it("who logged in wrongly: name, network and cause", () =>
    answer(async (act) => {
      const { page } = console;
      await act(page.getByRole("link", { name: /refused logins/ }).click());
      const failed = page.getByRole("table", { name: "Failed logins" });
      await failed.getByRole("row", { name: /mika.*127\.0\.0\.0\/24.*the ticket is wrong/ }).waitFor();
      await failed.getByRole("row", { name: /admin.*the principal is unknown/ }).waitFor();
    }));

  it("how a procedure answers these arguments", () =>
    answer(async (act) => {
      const { page } = console;
      await act(console.goTo("Procedures"));
      await act(page.getByRole("link", { name: /^call it.*com\.teashop\.catalog\.search/ }).click());
      await act(page.getByLabel("Arguments").first().fill('["sencha"]'));
      await act(page.getByRole("button", { name: "Call", exact: true }).click());
      await page.getByRole("region", { name: "Result" }).getByText("Sencha Fukamushi").waitFor();
    }));
});
