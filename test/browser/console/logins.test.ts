/** Logins of the console in a browser: each method, further factors, refusals, and the way back after a lost connection. */

import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChannelSession } from "../../../src/client/channel-session.ts";
import { openWebSocket } from "../../../src/client/web-socket-channel.ts";
import { ApplicationError } from "../../../src/wamp/local/application-error.ts";
import { PENCIL_RECORD } from "../../wamp/authentication/methods.ts";
import { type ConsoleHarness, type ConsolePage, startConsole } from "./console-page.ts";
import { CONFIG, joinAs, PRIVATE_KEY, TOKEN_KEY } from "./lively-realm.ts";

const [SHOP] = CONFIG.realms;

/** In `guarded` a component asks for two codes after the secret. */
const LOGINS_CONFIG = {
  version: 1,
  realms: [
    {
      ...SHOP,
      auth: {
        ...SHOP.auth,
        scram: { type: "static", principals: { liz: { ...PENCIL_RECORD, role: "operator" } } },
      },
    },
    {
      name: "guarded",
      roles: [SHOP.roles[0]],
      auth: {
        wampcra: { type: "dynamic", authenticator: "com.guard.authenticate" },
        ticket: { type: "static", principals: { guard: { ticket: "guards-ticket", role: "operator" } } },
      },
    },
    { ...SHOP, name: "elsewhere", allowed_origins: ["https://elsewhere.example"] },
  ],
} as const;

let harness: ConsoleHarness;
beforeAll(async () => {
  harness = await startConsole(LOGINS_CONFIG);
});
afterAll(() => harness.close());

type Credentials = Readonly<Record<string, string>>;

/** Fills the form of a method, and sends it. */
async function logIn({ page }: ConsolePage, method: string, credentials: Credentials): Promise<void> {
  await page.getByLabel("Method").selectOption(method);
  for (const [name, value] of Object.entries(credentials)) await page.fill(`[name=${name}]`, value);
  await page.getByRole("button", { name: "Log in" }).click();
}

async function logOut({ page }: ConsolePage): Promise<void> {
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("heading", { name: "Log in to a realm" }).waitFor();
}

/** Everything that stays in the browser, or that a link would carry. */
function keptBy({ page }: ConsolePage): Promise<string> {
  return page.evaluate(
    "JSON.stringify([location.href, history.state, {...localStorage}, {...sessionStorage}, document.cookie])",
  );
}

/** A token of the user tim, signed with `key`. */
function token(key = TOKEN_KEY): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ sub: "tim", exp: Math.floor(Date.now() / 1000) + 600 })}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

describe("login", () => {
  let console: ConsolePage;
  beforeAll(async () => {
    console = await harness.open();
  });
  afterAll(() => console.close());

  it.each<[string, Credentials, string]>([
    ["anonymous", {}, "guest"],
    ["ticket", { authid: "ops", ticket: "ops-ticket" }, "ops · operator"],
    ["wampcra", { authid: "ann", secret: "anns-secret" }, "ann · operator"],
    ["scram", { authid: "liz", password: "pencil" }, "liz · operator"],
    ["cryptosign", { authid: "eve", privateKey: PRIVATE_KEY }, "eve · operator"],
    ["jwt", { token: token() }, "tim · operator"],
  ])("by %s opens a session, and keeps no credential in the browser", async (method, credentials, identity) => {
    await logIn(console, method, credentials);
    await console.page.locator(".identity", { hasText: identity }).waitFor();
    const kept = await keptBy(console);
    for (const [name, value] of Object.entries(credentials)) if (name !== "authid") expect(kept).not.toContain(value);
    await logOut(console);
  });

  const WRONG = "Check the name and the credentials.";
  it.each<[string, string, Credentials, string]>([
    ["a wrong ticket", "ticket", { authid: "ops", ticket: "wrong" }, WRONG],
    ["an unknown name", "ticket", { authid: "nemo", ticket: "wrong" }, WRONG],
    ["a wrong secret", "wampcra", { authid: "ann", secret: "wrong" }, WRONG],
    ["a wrong password", "scram", { authid: "liz", password: "wrong" }, WRONG],
    ["another key", "cryptosign", { authid: "eve", privateKey: "00".repeat(32) }, WRONG],
    ["a text that is no key", "cryptosign", { authid: "eve", privateKey: "my key" }, "must be 32 bytes in hex"],
    ["a token of another key", "jwt", { token: token("another key of thirty-two bytes.") }, WRONG],
    ["a text that is no token", "jwt", { token: "abc" }, WRONG],
  ])("with %s is refused, and says what to check", async (_, method, credentials, message) => {
    await logIn(console, method, credentials);
    const notice = console.page.getByRole("alert");
    await notice.getByText(message).waitFor();
    expect(await notice.textContent()).not.toContain("network_failure");
    await console.page.reload();
    await console.page.getByLabel("Method").waitFor();
  });

  it("to a realm that does not exist, or that takes no pages of this address, says so", async () => {
    const { page } = console;
    await page.getByLabel("Realm").fill("elsewhere");
    await page.getByText("Pages of this address may not connect to the realm.").waitFor();
    await page.getByLabel("Realm").fill("nowhere");
    await page.getByText("no such realm").waitFor();
    expect(await page.getByRole("button", { name: "Log in" }).isDisabled()).toBe(true);
  });
});

describe("login with further factors", () => {
  let guard: ChannelSession;
  beforeAll(async () => {
    guard = await ChannelSession.open(
      {
        realm: "guarded",
        agent: "wamp-edge/test",
        connect: openWebSocket.bind(undefined, harness.router.realmUrl("guarded")),
        onThrown: (error) => {
          throw error;
        },
      },
      { method: "ticket", authid: "guard", ticket: "guards-ticket" },
    );
    await guard.register("com.guard.authenticate", ([, , details]) => {
      const { "second-factor": code } = details as { readonly "second-factor"?: string };
      if (code === undefined) {
        return { role: "operator", secret: "joes-secret", "second-factor": { message: "The code of your telephone:" } };
      }
      if (code === "111111") return { "second-factor": true };
      if (code === "222222") return {};
      throw new ApplicationError("wamp.error.authentication_denied", ["wrong code"]);
    });
  });
  afterAll(() => guard.disconnect());

  const credentials = { authid: "joe", secret: "joes-secret" };

  it("asks for each in turn, with what the authenticator says, by keyboard alone", async () => {
    const console = await harness.open({ hash: "sessions?realm=guarded" });
    const { page } = console;
    await logIn(console, "wampcra", credentials);
    await page.getByText("The code of your telephone:").waitFor();
    await console.expectAccessible();
    await page.keyboard.type("111111");
    await page.keyboard.press("Enter");
    await page.getByText("The realm asks for a second factor.").waitFor();
    await page.keyboard.type("222222");
    await page.keyboard.press("Enter");
    await page.locator(".identity", { hasText: "joe · operator" }).waitFor();
    await page.getByRole("heading", { level: 1, name: "Sessions" }).waitFor();
    expect(await keptBy(console)).not.toMatch(/joes-secret|111111|222222/);
    await console.close();
  });

  it("refuses a wrong code, takes a right one then, and can be canceled", async () => {
    const console = await harness.open({ hash: "?realm=guarded" });
    const { page } = console;
    await logIn(console, "wampcra", credentials);
    await page.getByLabel("Code").fill("333333");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("alert").getByText("wrong code").waitFor();
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("heading", { name: "Log in to a realm" }).waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
    await console.close();
  });

  it("asks again when the connection is lost and comes back", async () => {
    const console = await harness.open({ hash: "?realm=guarded" });
    const { page } = console;
    await logIn(console, "wampcra", credentials);
    for (const code of ["111111", "222222"]) {
      await page.getByLabel("Code").fill(code);
      await page.getByRole("button", { name: "Continue" }).click();
    }
    await page.getByRole("navigation").waitFor();
    await guard.call("wamp.session.kill_by_authid", ["joe"], { reason: "wamp.close.system_shutdown" });
    await page.getByText("The connection is lost.").waitFor();
    for (const code of ["111111", "222222"]) {
      await page.getByLabel("Code").fill(code);
      await page.getByRole("button", { name: "Continue" }).click();
    }
    await page.locator(".identity", { hasText: "joe · operator" }).waitFor();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await console.close();
  });
});

describe("a session that ends", () => {
  it("by a kill is told with the message, and stays ended", async () => {
    const [console, operator] = await Promise.all([harness.open(), joinAs(harness.router.origin, "ops")]);
    const { page } = console;
    await logIn(console, "wampcra", { authid: "ann", secret: "anns-secret" });
    await page.getByRole("navigation").waitFor();
    await operator.call("wamp.session.kill_by_authid", ["ann"], { message: "the office closes" });
    await page.getByRole("alert").getByText("the office closes").waitFor();
    await page.getByText("Another session has ended this one.").waitFor();
    await page.getByLabel("Method").waitFor();
    await operator.disconnect();
    await console.close();
  });
});
