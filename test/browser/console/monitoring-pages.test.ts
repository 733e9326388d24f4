/** Overview, sessions and connections of the console, against a router with traffic. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChannelSession } from "../../../src/client/channel-session.ts";
import { type ConsoleHarness, type ConsolePage, startConsole, THEMES, WIDTHS } from "./console-page.ts";
import { CONFIG, joinAs, type LivelyRealm, MARKUP, MARKUP_TOPIC, startLivelyRealm } from "./lively-realm.ts";

const WORLD = { ...CONFIG.realms[0], name: "world", relays: { weur: 1, apac: 1 } };

let harness: ConsoleHarness;
let realm: LivelyRealm;
beforeAll(async () => {
  const [shop] = CONFIG.realms;
  harness = await startConsole({
    ...CONFIG,
    realms: [shop, { ...shop, name: "kiosk", limits: { sessions: 1 } }, WORLD],
  });
  realm = await startLivelyRealm(harness.router.origin);
});
afterAll(async () => {
  await realm.stop();
  await harness.close();
});

/** Waits until the page has what the router tells. */
const READY: Readonly<Record<string, (console: ConsolePage) => Promise<void>>> = {
  Overview: ({ page }) => page.getByRole("link", { name: /refused logins/ }).waitFor(),
  Sessions: ({ page }) => page.getByRole("cell", { name: "billing" }).waitFor(),
  Connections: ({ page }) => page.getByRole("cell", { name: "mallory" }).first().waitFor(),
};

describe("each page in each theme at each width", () => {
  it.each(THEMES.flatMap((theme) => WIDTHS.map((width) => [theme, width] as const)))(
    "%s at %i px is accessible",
    async (theme, width) => {
      const console = await harness.open({ theme, width });
      await console.login();
      for (const [title, isReady] of Object.entries(READY)) {
        await console.goTo(title);
        await isReady(console);
        await console.expectAccessible();
        await console.photograph(title.toLowerCase());
      }
      await console.close();
    },
  );
});

describe("the overview", () => {
  it("shows counts, plots, warnings, the place of the realm and the cost of a day", async () => {
    const console = await harness.open();
    await console.login();
    const { page } = console;
    await page.getByText("com.shop.invioce.create was called without a callee").waitFor();
    expect(await page.getByText("Is com.shop.invoice.create meant?").count()).toBe(1);
    await page.getByText(/A login was refused \d+ times/).waitFor();
    const calls = page.getByRole("img", { name: /^Calls a second: calls [1-9]/ });
    await calls.waitFor();
    await page.getByText(/Round trip/).waitFor();
    await page.getByRole("heading", { name: /Estimated cost of a day like this: \$0\.\d+/ }).waitFor();
    await page
      .getByRole("link", { name: /sessions/ })
      .first()
      .click();
    await page.getByRole("heading", { level: 1, name: "Sessions" }).waitFor();
    await console.close();
  });

  it("warns of a limit before the realm refuses anything", async () => {
    const console = await harness.open({ hash: "?realm=kiosk" });
    await console.login();
    await console.page.getByText("100 % of the limit sessions are in use: 1 of 1.").waitFor();
    expect(await console.page.getByText("was reached").count()).toBe(0);
    await console.close();
  });
});

describe("the overview of a realm with relays", () => {
  it("lists its objects with their sessions, their load and the batches between them", async () => {
    const far = await joinAs(harness.router.origin, "sensor-1", "sensor-ticket", "world?region=apac");
    const console = await harness.open({ hash: "?realm=world" });
    await console.login();
    const table = console.page.getByRole("table", { name: "Objects of the realm" });
    for (const [object, sessions] of [
      ["core", 0],
      ["weur.0", 1],
      ["apac.0", 1],
    ] as const) {
      await table.getByRole("row", { name: new RegExp(`^${object} ${sessions} `) }).waitFor();
    }
    await console.expectAccessible();
    await table.getByRole("link", { name: "apac.0" }).click();
    await console.page.getByText("1 of 2 sessions").waitFor();
    await console.page.getByRole("row", { name: /^sensor-1 .* apac\.0 / }).waitFor();
    await console.close();
    await far.leave();
  });

  it("has no such list for a realm of one object", async () => {
    const console = await harness.open();
    await console.login();
    await console.page.getByText(/Round trip/).waitFor();
    expect(await console.page.getByText("Objects of the realm").count()).toBe(0);
    await console.close();
  });
});

describe("a browser whose language is no valid tag", () => {
  it("shows the plots, with times and values in English", async () => {
    const console = await harness.open();
    const { page } = console;
    await page.addInitScript(
      "Object.defineProperty(navigator, 'language', { value: 'en-US@posix', configurable: true })",
    );
    await page.reload();
    await console.login();
    await page.getByRole("img", { name: /^Calls a second: calls \d/ }).waitFor();
    expect(await page.locator(".plot canvas").count()).toBe(4);
    await console.close();
  });
});

describe("sessions", () => {
  it("are filtered, opened and killed by keyboard alone", async () => {
    const victim = await joinAs(harness.router.origin, "sensor-6", "sensor-ticket");
    await victim.subscribe("com.shop.alarm", () => {});
    const console = await harness.open();
    await console.login();
    const { page } = console;
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await page.getByRole("cell", { name: "billing" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type(`sensor-6 ${victim.id}`);
    await page.getByText(/^1 of \d+ sessions$/).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: `Session ${victim.id}` }).waitFor();
    await page.getByRole("cell", { name: "com.shop.alarm" }).waitFor();
    await page.getByRole("button", { name: "Kill the session …" }).focus();
    await page.keyboard.press("Enter");
    await page.getByLabel("Message to the client (optional)").fill("bye");
    await page.keyboard.press("Enter");
    expect(await victim.ended).toEqual({ reason: "wamp.close.killed", message: "bye" });
    await page.getByRole("heading", { level: 1, name: "Sessions" }).waitFor();
    await console.close();
  });

  it("with markup in their names are text", async () => {
    const console = await harness.open({ hash: "sessions?realm=shop&filter=onerror" });
    await console.login();
    await console.page.getByRole("link", { name: /^\d+$/ }).click();
    await console.page.locator(".facts code", { hasText: MARKUP }).waitFor();
    expect(await console.page.locator("img").count()).toBe(0);
    await console.close();
  });
});

describe("messages of a session", () => {
  /** Opens the details of a session that sends nothing by itself, as `ops` unless told. */
  async function openSession(client: ChannelSession, options = {}, ...login: string[]): Promise<ConsolePage> {
    const console = await harness.open({ hash: `sessions?realm=shop&id=${client.id}`, ...options });
    await console.login(...login);
    await console.page.getByRole("heading", { name: `Session ${client.id}` }).waitFor();
    return console;
  }

  it("are shown by a tap with direction, size and payload, by keyboard, markup as text", async () => {
    const client = await joinAs(harness.router.origin, "sensor-6", "sensor-ticket");
    const console = await openSession(client);
    const { page } = console;
    await page.getByRole("button", { name: "Tap the session" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("Waiting for messages").waitFor();
    await page.getByText(/The tap ends by itself at \d\d:\d\d:\d\d\./).waitFor();
    await client.publish(MARKUP_TOPIC, [MARKUP], { price: 4 });
    const list = page.getByRole("region", { name: "Tapped messages" });
    const event = list
      .getByRole("listitem")
      .filter({ hasText: /from client\s*PUBLISH/ })
      .filter({ hasText: MARKUP_TOPIC });
    await event.getByText(/^\d+ B$/).waitFor();
    await event.getByText(JSON.stringify(MARKUP)).waitFor();
    await list
      .getByRole("listitem")
      .filter({ hasText: /to client\s*PUBLISHED/ })
      .waitFor();
    await list.focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await event.getByRole("region", { name: "Payload" }).getByText('"price": 4').waitFor();
    await event.getByText(/\[16,\d+,\{"acknowledge":true\}/).waitFor();
    expect(await page.locator("main img").count()).toBe(0);
    await page.getByRole("button", { name: "Pause" }).click();
    await client.publish(MARKUP_TOPIC, ["unseen"]);
    await page.getByText("4 messages").waitFor();
    expect(await list.getByRole("listitem").count()).toBe(2);
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByText("0 messages").waitFor();
    await page.getByRole("button", { name: "Go on" }).click();
    await client.publish(MARKUP_TOPIC, ["x".repeat(3_000)]);
    await list.getByText("… cut, of 3,004 bytes").waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("You have stopped the tap.").waitFor();
    await page.getByRole("button", { name: "Tap again" }).waitFor();
    await client.disconnect();
    await console.close();
  });

  it("of all sessions of an authid are shown, also of one that joins later and is refused something", async () => {
    const client = await joinAs(harness.router.origin, "sensor-6", "sensor-ticket");
    const console = await harness.open({ hash: `sessions?realm=shop&id=${client.id}` });
    const { page } = console;
    await page.clock.install();
    await console.login();
    await page.getByLabel("All sessions of this authid").check();
    await page.getByRole("button", { name: "Tap the session" }).click();
    await page.getByText("Waiting for messages").or(page.getByText("PUBLISH").first()).waitFor();
    await client.leave();
    const later = await joinAs(harness.router.origin, "sensor-6", "sensor-ticket");
    await later.call("com.shop.missing").catch(() => {});
    await page.clock.fastForward(5_000);
    const refusal = page
      .getByRole("listitem")
      .filter({ hasText: /to sensor-6 ERROR com\.shop\.missing wamp\.error\.no_such_procedure/ });
    await refusal.waitFor();
    await page.getByText("The session has ended.").waitFor();
    await page.getByRole("listitem").filter({ hasText: "GOODBYE wamp.close.normal" }).first().waitFor();
    await refusal.locator("summary").click();
    await refusal.getByRole("link", { name: String(later.id) }).click();
    await page.getByRole("heading", { name: `Session ${later.id}` }).waitFor();
    await later.disconnect();
    await console.close();
  });

  it("end by themselves, with what the tap showed and left out", async () => {
    const console = await harness.open();
    const { page } = console;
    // The page asks for ten minutes.
    await page.routeWebSocket(/\/ws\//, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((text) => server.send(String(text).replace('"duration":600', '"duration":2')));
    });
    await page.reload();
    await console.login();
    await console.goTo("Sessions");
    const busy = await joinAs(harness.router.origin, "sensor-6", "sensor-ticket");
    await page.getByRole("button", { name: "Tap all sessions" }).click();
    const end = page.getByText(
      /The tap has ended after \d\.\d s: [\d,]+ messages shown, left out .*\d+ above 200 a second/,
    );
    while ((await end.count()) === 0)
      await Promise.all(Array.from({ length: 300 }, () => busy.publish("com.shop.flood")));
    await page
      .getByRole("listitem")
      .filter({ hasText: /from\s*sensor-6\s*PUBLISH/ })
      .first()
      .waitFor();
    await page.getByText(/^[\d,]+ messages, [\d,]+ left out$/).waitFor();
    await busy.disconnect();
    await console.close();
  });

  it("are refused to a role without the console, which learns why", async () => {
    const client = await joinAs(harness.router.origin, "sensor-6", "sensor-ticket");
    const console = await openSession(client, {}, "joe", "joes-ticket");
    await console.page.getByRole("button", { name: "Tap the session" }).click();
    await console.page.getByRole("alert").getByText('A tap needs a role with "console": true.').waitFor();
    await client.disconnect();
    await console.close();
  });

  it.each(THEMES.flatMap((theme) => WIDTHS.map((width) => [theme, width] as const)))(
    "are accessible in %s at %i px, with long URIs",
    async (theme, width) => {
      const client = await joinAs(harness.router.origin, MARKUP, "markup-ticket");
      const topic = `com.shop.${"very-long-component.".repeat(8)}end`;
      await client.subscribe(topic, () => {});
      await client.register("com.shop.label.print", () => "done");
      const console = await openSession(client, { theme, width });
      const { page } = console;
      await page.getByRole("button", { name: "Tap the session" }).click();
      await page.getByText("Waiting for messages").waitFor();
      await client.publish(topic, [{ order: 17, items: ["tea", "cup"], note: MARKUP }]);
      await client.call("com.shop.invoice.cancel").catch(() => {});
      const list = page.getByRole("region", { name: "Tapped messages" });
      await list.getByRole("listitem").filter({ hasText: "com.shop.error.already_paid" }).waitFor();
      await list.locator("summary").last().click();
      await list.getByRole("region", { name: "Payload" }).waitFor();
      await console.expectAccessible();
      await console.photograph("session");
      await client.disconnect();
      await console.close();
    },
  );
});

describe("connections", () => {
  it("have refused logins first, alike ones in one line, with the cause that clients do not learn", async () => {
    await joinAs(harness.router.origin, "mallory", "a guess").catch(() => {});
    const console = await harness.open();
    await console.login();
    await console.goTo("Connections");
    const { page } = console;
    const first = page.getByRole("table").first();
    await first
      .getByRole("row", { name: /refused 2 times mallory/ })
      .getByText("wamp.error.authentication_denied")
      .waitFor();
    await page.getByRole("searchbox").fill("billing");
    await page.getByRole("cell", { name: "mallory" }).waitFor({ state: "detached" });
    expect(await page.getByRole("row", { name: /billing/ }).count()).toBeGreaterThan(0);
    await page.getByRole("searchbox").fill("mallory");
    await page.getByRole("link", { name: "explain" }).click();
    await page.getByRole("heading", { level: 1, name: "Access" }).waitFor();
    expect(await page.getByLabel("Action").inputValue()).toBe("login");
    expect(await page.getByLabel("Name (authid)").inputValue()).toBe("mallory");
    await page.getByRole("table", { name: "methods" }).waitFor();
    await console.close();
  });
});

describe("a session without the console", () => {
  it("is refused by the router, and learns which key its role lacks", async () => {
    const console = await harness.open();
    await console.login("joe", "joes-ticket");
    await console.page.getByText("wamp.error.not_authorized").waitFor();
    await console.page.getByText('"console": true').waitFor();
    await console.close();
  });
});

describe("a lost connection", () => {
  it("is told, and comes back by itself", async () => {
    const console = await harness.open();
    await console.login();
    const { page } = console;
    await page.getByRole("link", { name: /refused logins/ }).waitFor();
    await harness.router.evict("shop", "close");
    await page.getByText("The connection is lost.").waitFor();
    await page.getByText("The connection is lost.").waitFor({ state: "detached" });
    await page.getByRole("link", { name: /refused logins/ }).waitFor();
    expect(console.faults.filter((fault) => !fault.includes("WebSocket"))).toEqual([]);
    await page.context().close();
    await realm.stop();
  });
});
