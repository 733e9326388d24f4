/** The page Topics of the console, in a browser against a router. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChannelSession } from "../../../src/client/channel-session.ts";
import { type ConsoleHarness, type ConsolePage, startConsole, THEMES, WIDTHS } from "./console-page.ts";
import { join, joinAs, MARKUP, MARKUP_TOPIC } from "./lively-realm.ts";

let harness: ConsoleHarness;
let sensor: ChannelSession;
beforeAll(async () => {
  harness = await startConsole();
  const { origin } = harness.router;
  sensor = await joinAs(origin, "sensor-1", "sensor-ticket");
  const joe = await joinAs(origin, "joe", "joes-ticket");
  await joe.subscribe("com.shop.sensor.", () => {}, { match: "prefix" });
  await joe.subscribe("com.shop..temperature", () => {}, { match: "wildcard" });
  await joe.subscribe("com.shop.order", () => {});
  const odd = await joinAs(origin, MARKUP, "markup-ticket");
  await odd.subscribe("com.shop.order", () => {});
  await odd.subscribe(`com.shop.${"very-long-component.".repeat(8)}end`, () => {});
  await sensor.publish("com.shop.order", [{ order: 1 }], {}, { retain: true });
  await sensor.publish("com.shop.order", [MARKUP], {}, { retain: true });
});
afterAll(() => harness.close());

/** Opens the page and logs in. */
async function openTopics(hash = "topics?realm=shop", options = {}): Promise<ConsolePage> {
  const console = await harness.open({ hash, ...options });
  await console.login();
  await console.page.getByRole("heading", { level: 1, name: "Topics" }).waitFor();
  return console;
}

const ORDER = "com.shop.order, exact, 2 subscribers";

describe("the page Topics", () => {
  it("shows patterns and counts of subscribers in a tree, which the keyboard opens and closes", async () => {
    const console = await openTopics();
    const { page } = console;
    await page.getByRole("button", { name: ORDER }).waitFor();
    await page.getByRole("button", { name: "com.shop.sensor., prefix, 1 subscriber" }).waitFor();
    await page.getByRole("button", { name: "com.shop..temperature, wildcard, 1 subscriber" }).waitFor();
    await page.getByRole("button", { expanded: true }).first().focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: ORDER }).waitFor({ state: "detached" });
    await page.getByLabel("Filter by URI").fill("order");
    await page.getByRole("button", { name: ORDER }).waitFor();
    expect(await page.locator(".tree .leaf").count()).toBe(1);
    await console.close();
  });

  it("shows retained event, history and subscribers of a topic, markup as text", async () => {
    const console = await openTopics();
    const { page } = console;
    await page.getByRole("button", { name: ORDER }).click();
    await page.getByRole("region", { name: "Retained events" }).getByText("onerror").waitFor();
    await page.getByRole("region", { name: "Events of the history" }).getByText('{"order":1}').waitFor();
    expect(await page.getByRole("region", { name: "Events of the history" }).getByRole("listitem").count()).toBe(2);
    const subscribers = page.getByRole("region", { name: "Subscribers" });
    await subscribers.getByText("joe").waitFor();
    await subscribers.getByText("<img").waitFor();
    expect(await page.locator("main img").count()).toBe(0);
    await console.close();
  });

  it("shows events as they come, and counts those of a pause", async () => {
    const console = await openTopics("topics?realm=shop&topic=com.shop.sensor.&match=prefix");
    const { page } = console;
    await page.getByText("And this page, for the live tail.").waitFor();
    await sensor.publish("com.shop.sensor.4.temperature", [21]);
    const live = page.getByRole("region", { name: "Live events" });
    const event = live.getByRole("listitem").filter({ hasText: "com.shop.sensor.4.temperature" });
    await event
      .filter({ hasText: /from\s*sensor-1/ })
      .getByText("21", { exact: true })
      .waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await sensor.publish("com.shop.sensor.4.temperature", [22]);
    await page.locator("[data-total='2']").waitFor();
    expect(await event.count()).toBe(1);
    await page.getByRole("button", { name: "Go on" }).click();
    await sensor.publish("com.shop.sensor.4.temperature", [23]);
    await event.getByText("23", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    await page.locator("[data-total='0']").waitFor();
    await page.getByText("Waiting for events").waitFor();
    await console.close();
  });

  it("taps the topic by keyboard: without a subscription, and also what no session gets or may send", async () => {
    const console = await openTopics(`topics?${new URLSearchParams({ realm: "shop", topic: MARKUP_TOPIC })}`);
    const { page } = console;
    await page.getByText("None but this page.").waitFor();
    await page.getByRole("radio", { name: "As subscriber" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.getByRole("region", { name: "Subscribers" }).getByText("None.").waitFor();
    await expect
      .poll(() => sensor.call("wamp.subscription.lookup", [MARKUP_TOPIC]))
      .toEqual({ args: [null], kwargs: {} });
    await page.getByRole("button", { name: "Tap the topic" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("Waiting for messages").waitFor();
    await sensor.publish(MARKUP_TOPIC, [MARKUP]);
    const guest = await join(harness.router.origin, { method: "anonymous" });
    await guest.publish(MARKUP_TOPIC, ["mine"]).catch(() => {});
    const list = page.getByRole("region", { name: "Tapped messages" });
    const unheard = list.getByRole("listitem").filter({ hasText: /from\s*sensor-1\s*PUBLISH/ });
    await unheard.getByText(JSON.stringify(MARKUP)).waitFor();
    await list.getByRole("listitem").filter({ hasText: /ERROR/ }).getByText("wamp.error.not_authorized").waitFor();
    expect(await page.locator("main img").count()).toBe(0);
    await page.getByRole("radio", { name: "As subscriber" }).check();
    await page.getByText("None but this page.").waitFor();
    await guest.disconnect();
    await console.close();
  });

  it("ends the subscription of the live tail with the page", async () => {
    const console = await openTopics();
    const { page } = console;
    await page.getByLabel("Topic", { exact: true }).fill("com.shop.watched");
    await page.keyboard.press("Enter");
    await page.getByText("None but this page.").waitFor();
    const { args } = await sensor.call("wamp.subscription.lookup", ["com.shop.watched"]);
    await console.goTo("Procedures");
    await expect
      .poll(() => sensor.call("wamp.subscription.lookup", ["com.shop.watched"]))
      .toEqual({ args: [null], kwargs: {} });
    expect(args).not.toEqual([null]);
    await console.close();
  });

  it.each(THEMES.flatMap((theme) => WIDTHS.map((width) => [theme, width] as const)))(
    "is accessible in %s at %i px",
    async (theme, width) => {
      const console = await openTopics("topics?realm=shop&topic=com.shop.order", { theme, width });
      const { page } = console;
      await page.getByRole("region", { name: "Subscribers" }).getByText("joe").waitFor();
      await sensor.publish("com.shop.order", [{ order: 2, items: ["tea", "cup"] }], { express: true });
      await page.getByRole("region", { name: "Live events" }).getByText("express").waitFor();
      await console.expectAccessible();
      await console.photograph("topics");
      await page.getByRole("radio", { name: "By tap" }).check();
      await page.getByRole("button", { name: "Tap the topic" }).click();
      await page.getByText("Waiting for messages").waitFor();
      await sensor.publish("com.shop.order", [{ order: 3, items: ["pot"] }]);
      const list = page.getByRole("region", { name: "Tapped messages" });
      await list.getByText("PUBLISHED").waitFor();
      await list.locator("summary").last().click();
      await console.expectAccessible();
      await console.photograph("topics-tap");
      await console.close();
    },
  );
});
