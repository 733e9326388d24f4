/** `startRouter`: configurations, the sessions that it admits, and what it says about faults. */

import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startRouter, type TestRouter } from "wamp-edge/testing";
import { config as chatConfig } from "../../../examples/chat/config.ts";
import config from "../shop/src/realm.ts";

const SHOP = join(import.meta.dirname, "../shop");
const SETTINGS = join(SHOP, "wrangler.toml");

const ALL = { call: true, register: true, publish: true, subscribe: true } as const;
const ROLES = [
  { name: "user", permissions: [{ uri: "", match: "prefix", allow: ALL }] },
  { name: "operator", console: true },
] as const;

/** The configuration of the Worker with a role for the console, but without its page. */
const WITHOUT_CONSOLE = {
  ...config,
  http: { console: false },
  realms: config.realms.map((realm) => ({
    ...realm,
    roles: [...(realm.roles ?? []), { name: "operator", console: true }],
  })),
};

describe("a configuration with a jwt section", async () => {
  const own = await generateKeyPair("RS256");
  const listed = { ...(await exportJWK(own.publicKey)), kty: "RSA" };
  const { publicKey } = generateKeyPairSync("ed25519");
  const pem = publicKey.export({ type: "spki", format: "pem" }) as string;
  const claims = { "authid-claim": "name", "role-claim": "app.roles", "realm-claim": "app.realm" } as const;
  const sections = {
    none: undefined,
    "key set": { jwks: { keys: [listed] }, algorithms: ["RS256"] },
    "list of keys": { jwks: [listed] },
    "public key": { key: pem },
    "shared secret": { key: { env: "JWT_SECRET" } },
    "list of secrets": { key: ["0123456789abcdef0123456789abcdef", { env: "JWT_SECRET" }], algorithms: ["HS512"] },
    "remote key set": { jwks: "https://issuer.example/jwks.json", issuer: "https://issuer.example/" },
    discovery: { issuer: "https://issuer.example/", audience: ["wamp", "web"], "end-session": true },
    "claims of its own": { jwks: [listed], ...claims },
  } as const;
  const names = Object.keys(sections) as (keyof typeof sections)[];
  const nameOf = (section: string): string => section.replaceAll(" ", "-");
  let router: TestRouter;

  beforeAll(async () => {
    router = await startRouter({
      wranglerToml: SETTINGS,
      vars: { JWT_SECRET: "a secret of thirty-two bytes, or so." },
      config: {
        version: 1,
        realms: names.map((section) => ({
          name: nameOf(section),
          roles: ROLES,
          auth: sections[section] ? { jwt: { type: "static", ...sections[section] } } : {},
        })),
      },
    });
    return () => router.stop();
  });

  it.each(names)("admits sessions of the test: %s", async (section) => {
    await using realm = router.realm(nameOf(section));
    const ann = await realm.join({ authid: "ann", role: "user" });
    expect(ann.details).toMatchObject({ authid: "ann", authrole: "user", authmethod: "jwt" });
  });

  it.each(["key set", "list of keys"])("accepts tokens by the keys of its %s", async (section) => {
    await using realm = router.realm(nameOf(section));
    const token = new SignJWT({ role: "user" }).setSubject("bob").setExpirationTime("1h");
    const signed = await token.setProtectedHeader({ alg: "RS256" }).sign(own.privateKey);
    expect((await realm.login({ method: "jwt", token: signed })).authid).toBe("bob");
  });

  it("serves the console where a role has it, with its script and its styles", async () => {
    const page = await fetch(`${router.url}/console`);
    const names = Array.from((await page.text()).matchAll(/"(\/console\/[^"]+)"/g), ([, name]) => name);
    expect(names).toEqual(["/console/style.css", "/console/script.js"]);
    const [style, script] = await Promise.all(names.map(async (name) => (await fetch(`${router.url}${name}`)).text()));
    expect([style, script]).toEqual([
      expect.stringContaining("light-dark("),
      expect.stringContaining("wamp-edge/console"),
    ]);
  });

  it("says which realm or role is missing", async () => {
    await expect(router.realm("other").join()).rejects.toThrow("the configuration has no realm other");
    await expect(router.realm("none").join({ role: "chief" })).rejects.toThrow("the realm none has no role chief");
  });
});

describe("two routers side by side", () => {
  let port: number;
  let first: TestRouter;
  let unchanged: TestRouter;

  beforeAll(async () => {
    port = await freePort();
    [first, unchanged] = await Promise.all([
      startRouter({ wranglerToml: SETTINGS, port, config: WITHOUT_CONSOLE }),
      startRouter({ wranglerToml: SETTINGS, testKey: false }),
    ]);
    return () => Promise.all([first.stop(), unchanged.stop()]);
  });

  it("have realms of their own", async () => {
    await using shop = first.realm("shop");
    await using other = unchanged.realm("shop");
    const alice = await shop.join({ role: "customer" });
    expect((await alice.call("shop.order", ["tea"])).args).toEqual(["ordered tea"]);
    expect((await shop.sessions()).map(({ session }) => session)).toContain(alice.id);
    expect((await other.sessions()).map(({ session }) => session)).not.toContain(alice.id);
  });

  it("listen on the port that the caller has chosen, or on a free one", async () => {
    expect(first.url).toBe(`http://127.0.0.1:${port}`);
    expect(first.websocket("shop")).toBe(`ws://127.0.0.1:${port}/ws/shop`);
    expect(unchanged.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
    await expect(startRouter({ wranglerToml: SETTINGS, port })).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}: the port is in use`,
    );
  });

  it("serve the objects of the Worker beside those of the router", async () => {
    const added = await fetch(`${first.url}/stock/tea`, { method: "POST", body: "3" });
    expect(await added.json()).toEqual({ pieces: 3 });
  });

  it("serve no console where the configuration leaves it out, or no role has it", async () => {
    for (const { url } of [first, unchanged]) expect((await fetch(`${url}/console`)).status).toBe(404);
  });

  it("keep the configuration of the Worker without a key of the test", async () => {
    await using shop = unchanged.realm("shop");
    await expect(shop.join({ role: "customer" })).rejects.toThrow(
      "startRouter was called with testKey: false: log in with credentials of the configuration, by login()",
    );
    const joe = await shop.login({ method: "ticket", authid: "joe", ticket: "secret!!!" });
    expect((await shop.sessions()).map(({ session }) => session)).toContain(joe.id);
    await expect(shop.login({ method: "jwt", token: "e30.e30.e30" })).rejects.toMatchObject({
      uri: "wamp.error.no_matching_auth_method",
    });
  });

  it("have realms that throw at their end what a handler of an event has thrown", async () => {
    const shop = first.realm("shop");
    const alice = await shop.join({ role: "customer" });
    const ordered = await alice.subscribe("shop.ordered", () => {
      throw new Error("unexpected");
    });
    await alice.call("shop.order", ["tea"]);
    await ordered.next();
    await expect(shop.stop()).rejects.toThrow("unexpected");
    expect((await alice.ended).reason).toBe("wamp.error.network_failure");
  });

  it("put realms to sleep that are asleep, or have never been used", async () => {
    await first.evict("shop");
    await first.evict("shop", "close");
    await first.evict("never");
  });

  it("end the sessions with the router", async () => {
    const router = await startRouter({ wranglerToml: SETTINGS });
    const alice = await router.realm("shop").join({ role: "customer" });
    await router.stop();
    expect((await alice.ended).reason).toBe("wamp.error.network_failure");
  });
});

it("says why sessions cannot join a Worker that keeps its own configuration", async () => {
  const wranglerToml = join(SHOP, "../../../examples/chat/wrangler.toml");
  await using router = await startRouter({ wranglerToml, config: chatConfig });
  const chat = router.realm("chat");
  await expect(chat.join({ role: "guest" })).rejects.toThrow(
    /^the router refused the token of startRouter \(wamp\.error\.no_matching_auth_method: .+\): a Worker that mounts createApp/,
  );
  const ann = await chat.login({ method: "ticket", authid: "ann", ticket: "ann's secret" });
  expect(ann.authrole).toBe("guest");
});

describe("startRouter rejects", () => {
  it("a faulty configuration with all faults and their paths", async () => {
    const realms = [{ name: "shop", roles: [{ name: "user", permissions: 7 }], auth: { ticket: {} } }];
    const faulty = { version: 1, realms } as unknown as typeof config;
    await expect(startRouter({ wranglerToml: SETTINGS, config: faulty })).rejects.toThrow(
      /^the configuration is faulty:\nrealms\[0\]\.roles\[0\]\.permissions .+\nrealms\[0\]\.auth\.ticket.+$/s,
    );
  });

  it("a Worker without a component of the configuration", async () => {
    const [shop] = config.realms;
    const realms = [{ ...shop!, components: [{ name: "missing", role: "clerk" }] }];
    await expect(startRouter({ wranglerToml: SETTINGS, config: { version: 1, realms } })).rejects.toThrow(
      /^the configuration is faulty:\nrealms\[0\]\.components\[0\]\.name is not in the registry/,
    );
  });

  it("settings that do not exist", async () => {
    await expect(startRouter({ wranglerToml: "/nowhere/wrangler.toml" })).rejects.toThrow(
      "wranglerToml: /nowhere/wrangler.toml does not exist",
    );
  });

  it.each([
    ["does not build", 'import "./missing.ts";', /Could not resolve ".\/missing.ts"/],
    ["throws when it is loaded", 'throw new Error("no licence");', /the Worker does not start: .*no licence/],
  ])("a Worker that %s with the cause", async (_, source, message) => {
    const folder = mkdtempSync(join(SHOP, "faulty-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "index.ts"), `${source}\nexport default {};`);
    const wranglerToml = join(folder, "wrangler.toml");
    writeFileSync(wranglerToml, 'name = "faulty"\nmain = "index.ts"\ncompatibility_date = "2026-10-01"');
    await expect(startRouter({ wranglerToml, config })).rejects.toThrow(message);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { readonly port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
