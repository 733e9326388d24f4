/** Every action of the console by keyboard alone, in one walk through its pages; no test here has a mouse. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChannelSession } from "../../../src/client/channel-session.ts";
import { type ConsoleHarness, type ConsolePage, startConsole } from "./console-page.ts";
import { joinAs } from "./lively-realm.ts";

/** Sessions beside that of the console, so that the list has a second page. */
const SENSORS = 30;

let harness: ConsoleHarness;
let sensors: ChannelSession[];
let console: ConsolePage;
beforeAll(async () => {
  harness = await startConsole();
  const { origin } = harness.router;
  sensors = await Promise.all(Array.from({ length: SENSORS }, () => joinAs(origin, "sensor-1", "sensor-ticket")));
  await sensors[0]!.register("com.shop.sum", ([a, b]) => Number(a) + Number(b));
  await sensors[0]!.subscribe("com.shop.news", () => {});
  console = await harness.open({ hash: "" });
  await console.page.context().grantPermissions(["clipboard-write"]);
});
afterAll(async () => {
  await console.close();
  await Promise.all(sensors.map((session) => session.disconnect()));
  await harness.close();
});

/** Runs in the page: what has the focus, as its name and its role would tell, and whether the focus can be seen. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  const labelled = element.labels?.[0]?.cloneNode(true);
  for (const field of labelled?.querySelectorAll("input, select, textarea") ?? []) field.remove();
  const label = element.getAttribute("aria-label") ?? labelled?.textContent ?? "";
  const name = label.trim() || element.textContent.trim() || element.placeholder || "";
  const hasOutline = (each) => each !== null && getComputedStyle(each).outlineStyle !== "none";
  const { top, bottom, width } = element.getBoundingClientRect();
  const isSeen = bottom > 0 && top < innerHeight && width > 0 && (hasOutline(element) || hasOutline(element.nextElementSibling));
  return { tag: element.tagName.toLowerCase(), name: name.replace(/\\s+/g, " "), isSeen };
})()`;

interface Focused {
  readonly tag: string;
  readonly name: string;
  readonly isSeen: boolean;
}

async function press(...keys: readonly string[]): Promise<void> {
  for (const key of keys) await console.page.keyboard.press(key);
}

function type(text: string): Promise<void> {
  return console.page.keyboard.type(text);
}

function focused(): Promise<Focused> {
  return console.page.evaluate(FOCUSED);
}

/** More stops than a page has. */
const MOST_STOPS = 80;

/** Presses Tab, or `key`, until the element with the name has the focus; each stop on the way can be seen. */
async function tabTo(name: string | RegExp, key = "Tab"): Promise<void> {
  const stops: string[] = [];
  for (let count = 0; count < MOST_STOPS; count++) {
    await press(key);
    const stop = await focused();
    // The page itself is between its last element and its first.
    if (stop.tag !== "body") expect(stop).toMatchObject({ isSeen: true });
    if (typeof name === "string" ? stop.name === name : name.test(stop.name)) return;
    stops.push(`${stop.tag} ${stop.name.slice(0, 40)}`);
  }
  expect.unreachable(`Tab does not reach ${name}: ${[...new Set(stops)].join(" | ")}`);
}

function heading(name: string | RegExp): Promise<void> {
  return console.page.getByRole("heading", { level: 1, name }).waitFor();
}

describe("by keyboard alone", () => {
  it("one logs in: the link to the content is first, and the content has the focus then", async () => {
    const { page } = console;
    await tabTo("Skip to the content");
    await press("Enter");
    await tabTo("Realm");
    await type("shop");
    await page.getByLabel("Method").waitFor();
    await tabTo("Method");
    await type("tick");
    await tabTo("Name (authid)");
    await type("ops");
    await tabTo("Ticket");
    await type("ops-ticket");
    await press("Enter");
    await heading("Overview");
    await expect.poll(focused).toMatchObject({ tag: "main" });
  });

  it("one goes from a figure of the overview to the sessions, filters them and turns pages", async () => {
    const { page } = console;
    await page
      .getByRole("link", { name: /sessions/ })
      .first()
      .waitFor();
    await tabTo(/^\d+sessions$/);
    await press("Enter");
    await heading("Sessions");
    await page.getByText("1–25 of").waitFor();
    await expect.poll(focused).toMatchObject({ tag: "main" });
    await tabTo("Next");
    await press("Enter");
    await page.getByText("26–").waitFor();
    expect(await focused()).toMatchObject({ name: "Next", isSeen: true });
    await tabTo("Previous", "Shift+Tab");
    await press("Space");
    await page.getByText("1–25 of").waitFor();
    await press("/");
    await type(`sensor-1 ${sensors[1]!.id}`);
    await page.getByText(/^1 of \d+ sessions$/).waitFor();
  });

  it("one opens a session, taps it, opens a message and stops the tap", async () => {
    const { page } = console;
    await tabTo(String(sensors[1]!.id));
    await press("Enter");
    await heading(`Session ${sensors[1]!.id}`);
    await expect.poll(focused).toMatchObject({ tag: "main" });
    await page.getByRole("button", { name: "Tap the session" }).waitFor();
    await tabTo("Tap the session");
    await press("Enter");
    await page.getByText("The tap ends by itself at").waitFor();
    await sensors[1]!.call("com.shop.sum", [40, 2]);
    await page.getByText("RESULT").waitFor();
    await tabTo("Tapped messages");
    await press("ArrowDown", "Enter");
    await page.getByRole("region", { name: "Payload" }).waitFor();
    await tabTo("Stop", "Shift+Tab");
    await press("Enter");
    await page.getByText("You have stopped the tap.").waitFor();
  });

  it("one kills a session after a confirmation", async () => {
    const { page } = console;
    await page.getByRole("button", { name: "Kill the session …" }).waitFor();
    await tabTo("Kill the session …");
    await press("Enter");
    const dialog = page.getByRole("dialog", { name: "Kill the session?" });
    await dialog.waitFor();
    await press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    expect(await focused()).toMatchObject({ name: "Kill the session …", isSeen: true });
    await press("Enter");
    await dialog.waitFor();
    await tabTo("Message to the client (optional)");
    await type("bye");
    await tabTo("Kill");
    await press("Space");
    expect(await sensors[1]!.ended).toEqual({ reason: "wamp.close.killed", message: "bye" });
    await heading("Sessions");
    await expect.poll(focused).toMatchObject({ tag: "main" });
  });

  it("one opens a topic, pauses its tail and goes on", async () => {
    const { page } = console;
    await press("g", "t");
    await heading("Topics");
    await page.getByRole("button", { name: /com\.shop\.news/ }).waitFor();
    await tabTo(/com\.shop\.news/);
    await press("Enter");
    const total = page.locator("[data-total]");
    await page.getByText("And this page, for the live tail.").waitFor();
    await tabTo("Pause");
    await press("Space");
    await sensors[0]!.publish("com.shop.news", ["hidden"], {}, { acknowledge: true });
    await page.getByText("1 event", { exact: true }).waitFor();
    expect(await page.getByText("hidden", { exact: true }).count()).toBe(0);
    expect(await focused()).toMatchObject({ name: "Go on" });
    await press("Enter");
    await sensors[0]!.publish("com.shop.news", ["shown"], {}, { acknowledge: true });
    await page.getByText('"shown"').first().waitFor();
    expect(await total.textContent()).toBe("2 events");
  });

  it("one publishes, calls and registers in the playground, and copies the program", async () => {
    const { page } = console;
    const news = await sensors[2]!.subscribe("com.shop.news", (args) => received.resolve(args));
    const received = Promise.withResolvers<unknown>();
    await tabTo("publish to it", "Shift+Tab");
    await press("Enter");
    await heading("Playground");
    await tabTo(/^Arguments/);
    await type('["by keyboard"]');
    await tabTo("retain");
    await press("Space");
    await tabTo("Publish");
    await press("Enter");
    expect(await received.promise).toEqual(["by keyboard"]);
    await sensors[2]!.unsubscribe(news);
    await page.locator(".run[data-state=done]", { hasText: "publication" }).waitFor();
    await tabTo("publish", "Shift+Tab");
    await press("ArrowLeft");
    await tabTo(/^Procedure/);
    await press("Control+A");
    await type("com.shop.sum");
    await tabTo(/^Arguments/);
    await press("Control+A");
    await type("[40, 2]");
    await press("Control+Enter");
    await page.locator(".run[data-state=done] pre", { hasText: /^42$/ }).waitFor();
    await tabTo("JavaScript");
    await press("ArrowRight");
    await tabTo("Python");
    await tabTo("Copy: Python");
    await press("Enter");
    await page.getByRole("button", { name: "Copied: Python" }).waitFor();
    await tabTo("call", "Shift+Tab");
    await press("ArrowLeft");
    await tabTo(/^Procedure/);
    await press("Control+A");
    await type("com.shop.mine");
    await tabTo(/^Answer to each call/);
    await type('{"ok":true}');
    await press("Control+Enter");
    await page.locator(".run[data-state=active]").waitFor();
    expect(await sensors[0]!.call("com.shop.mine")).toEqual({ args: [{ ok: true }], kwargs: {} });
    await tabTo("Unregister");
    await press("Enter");
    await page.locator(".run[data-state=active]").waitFor({ state: "detached" });
    await tabTo("Clear results");
    await press("Enter");
    await page.getByText("No request yet").waitFor();
  });

  it("one opens the callees of a procedure, and calls it from there", async () => {
    const { page } = console;
    await tabTo("Procedures", "Shift+Tab");
    await press("Enter");
    await heading("Procedures");
    await page.getByRole("button", { name: "Callees of com.shop.sum: 1" }).waitFor();
    await tabTo("Callees of com.shop.sum: 1");
    await press("Space");
    await page.getByRole("region", { name: "Callees" }).getByText("sensor-1").waitFor();
    await tabTo("call it: com.shop.sum");
    await press("Enter");
    await heading("Playground");
    expect(await page.getByLabel("Procedure").inputValue()).toBe("com.shop.sum");
  });

  it("one asks why a call is refused, and looks at the connections", async () => {
    const { page } = console;
    await tabTo("Access", "Shift+Tab");
    await press("Enter");
    await heading("Access");
    await tabTo("Procedure");
    await type("com.shop.sum");
    await tabTo("Role");
    await type("guest");
    await tabTo("Explain");
    await press("Enter");
    await page.getByText("Refused", { exact: true }).waitFor();
    await tabTo("Connections", "Shift+Tab");
    await press("Enter");
    await heading("Connections");
    await press("/");
    await type("killed");
    await page.getByRole("cell", { name: "wamp.close.killed" }).waitFor();
  });

  it("one opens and closes the help, switches the theme and logs out", async () => {
    const { page } = console;
    await tabTo(/^Theme/, "Shift+Tab");
    await press("Enter");
    expect(await focused()).toMatchObject({ name: "Theme: light" });
    await press("?");
    const dialog = page.getByRole("dialog", { name: "Keyboard" });
    await dialog.waitFor();
    // The focus stays in the dialog, except for the browser's own controls.
    await tabTo("Shortcuts of single letters");
    await tabTo("Close");
    await press("Enter");
    await page.locator("dialog").waitFor({ state: "detached" });
    expect(await focused()).toMatchObject({ name: "Theme: light", isSeen: true });
    await tabTo("Log out");
    await press("Enter");
    await heading("Log in to a realm");
    await tabTo("Realm");
  });
});
