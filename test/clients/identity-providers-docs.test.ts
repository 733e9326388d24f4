/** Runs the configurations and programs of docs/identity-providers.md against a provider on this machine. */

import { execFile } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import autobahn, { type Connection, type Session } from "autobahn";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createTestHarness } from "wrangler";
import { loadConfig } from "../../src/worker/config/load-config.ts";
import { importProgram, readPage, writeFolder } from "./docs-page.ts";
import { type IdentityProvider, now, startAccess, startIdentityProvider } from "./identity-provider.ts";

// Autobahn warns of every closed connection.
autobahn.log.warn = () => {};

const PROJECT = join(import.meta.dirname, "../..");
const { blocks, block } = readPage("identity-providers.md");
const AUD_TAG = "32eafc7626e974616deaf0dc3ce63d7bcbed58a2731e84d06bc3cdf1b53c4228";
const METHODS = ["oidc", "auth0", "clerk", "access-route"];
const RULE = { uri: "", match: "prefix", allow: { call: true } };

/** Claims of each provider's tokens, as its documentation shows them; `iss` as on the page. */
const CLAIMS = {
  oidc: {
    iss: "https://login.example.com/realms/main",
    ...{ aud: ["wamp", "account"], sub: "f8a1", typ: "Bearer", azp: "web", preferred_username: "joe" },
    realm_access: { roles: ["offline_access", "admin"] },
  },
  auth0: {
    "https://example.com/roles": ["admin"],
    ...{ iss: "https://example.eu.auth0.com/", sub: "auth0|65f0", azp: "client", scope: "openid profile" },
    aud: ["https://wamp.example.com", "https://example.eu.auth0.com/userinfo"],
  },
  clerk: {
    ...{ iss: "https://clerk.example.com", sub: "user_2a", azp: "https://app.example.com", jti: "e5", aud: "wamp" },
    ...{ nbf: now() - 5, role: null },
  },
  access: {
    ...{ iss: "https://example.cloudflareaccess.com", aud: [AUD_TAG], email: "joe@example.com", type: "app" },
    ...{ nbf: now() - 5, identity_nonce: "6ei6", sub: "7335d417-61da-459d-899c-0a01c76a2f94", country: "US" },
  },
} as const;

let provider: IdentityProvider;
let server: ReturnType<typeof createTestHarness>;
let url: URL;
let directory: string;
/** What the next calls of `getToken` get; the last one is used again. */
let tokens: string[];

beforeAll(async () => {
  provider = await startIdentityProvider();
  directory = writeFolder({
    "access.ts": local(block("ts src/access.ts")),
    "token-route.ts": block("ts src/token-route.ts"),
    "index.ts": `
      import { Hono } from "hono";
      import { createApp } from "wamp-edge/worker";
      import { access } from "./access.ts";
      import { tokenRoute } from "./token-route.ts";
      export { LongPollObject, RealmObject, WebhookObject } from "wamp-edge/worker";
      const app = new Hono().route("/", tokenRoute);
      export default app.route("/", createApp(${JSON.stringify(config())}, { access }));`,
    "wrangler.toml": readFileSync(join(PROJECT, "examples/chat/wrangler.toml"), "utf8"),
  });
  const configPath = relative(PROJECT, join(directory, "wrangler.toml"));
  server = createTestHarness({ root: PROJECT, workers: [{ configPath }] });
  ({ url } = await server.listen());
});
afterAll(async () => {
  await server.close();
  provider.close();
  rmSync(directory, { recursive: true });
});
beforeEach(() => {
  tokens = [];
});

test("every configuration is valid", () => {
  const wholes = [block("json access-component"), ...METHODS.map((name) => JSON.stringify(realmOf(name)))];
  for (const text of wholes) {
    const loaded = loadConfig({ text, module: undefined, env: {}, isDevelopment: false });
    expect(loaded).toMatchObject({ ok: true });
  }
});

test("Auth0's action and Clerk's template set what the configurations read", async () => {
  const { jwt: auth0 } = JSON.parse(block("json auth0"));
  const setCustomClaim = vi.fn();
  const { onExecutePostLogin } = await importProgram("action.cjs", { "action.cjs": block("js action.js") });
  await onExecutePostLogin({ authorization: { roles: ["admin"] } }, { accessToken: { setCustomClaim } });
  expect(setCustomClaim).toHaveBeenCalledWith(auth0["role-claim"], ["admin"]);
  const { jwt: clerk } = JSON.parse(block("json clerk"));
  expect(JSON.parse(block("json clerk-template"))).toEqual({
    aud: clerk.audience,
    role: expect.stringContaining("public_metadata.role"),
  });
});

describe("Autobahn|JS with", () => {
  test.each([
    ["[TKT-02] any OpenID Connect provider", "oidc", "f8a1 joined as admin by jwt"],
    ["[TKT-02] Auth0", "auth0", "auth0|65f0 joined as admin by jwt"],
    ["[TKT-02] Clerk, for a user without a role", "clerk", "user_2a joined as user by jwt"],
    ["[TKT-02] the route of Cloudflare Access", "access", "joe@example.com joined as user by jwt"],
  ] as const)("%s", async (_title, name, outcome) => {
    tokens = [await sign(name)];
    expect((await connect(name)).joined).toEqual([outcome]);
  });

  test("Auth0, for a user without a role", async () => {
    tokens = [await sign("auth0", { "https://example.com/roles": [] })];
    expect((await connect("auth0")).joined).toEqual(["auth0|65f0 joined as user by jwt"]);
  });

  test("a token that expires: the client joins again with a new one", async () => {
    // `leeway` admits a token whose time is just over, and the router ends its session at once.
    tokens = [await sign("auth0", { exp: now() }), await sign("auth0")];
    const { joined } = await connect("auth0");
    await vi.waitFor(() => expect(joined).toHaveLength(2), { timeout: 5_000 });
  });

  test.each([
    ["an ID token, whose audience is the application", { aud: "client" }, "ERR_JWT_CLAIM_VALIDATION_FAILED"],
    [
      "a token of an issuer without the slash",
      { iss: "https://example.eu.auth0.com" },
      "ERR_JWT_CLAIM_VALIDATION_FAILED",
    ],
    ["an old token", { exp: now() - 60 }, "ERR_JWT_EXPIRED"],
  ])("[TKT-03] is refused with %s", async (_title, claims, cause) => {
    tokens = [await sign("auth0", claims)];
    expect(await refusalOf("auth0", cause)).toBe("refused: wamp.error.authentication_denied");
  });

  test("[TKT-03] is refused with Auth0's opaque token", async () => {
    tokens = ["an opaque token"];
    expect(await refusalOf("auth0", "ERR_JWS_INVALID")).toBe("refused: wamp.error.authentication_denied");
  });

  test("[TKT-03] is refused with Clerk's session token, which names no audience", async () => {
    tokens = [await sign("clerk", { aud: undefined })];
    expect(await refusalOf("clerk", "ERR_JWT_CLAIM_VALIDATION_FAILED")).toMatch(/authentication_denied$/);
  });
});

test("[TKT-02] wampy joins with the authid of the token, and again with a new token", async () => {
  tokens = [await sign("auth0", { exp: now() }), await sign("auth0")];
  const { connect } = await load("auth0", "wampy.js");
  const wampy = await connect(realmUrl("auth0"), "auth0", "auth0|65f0");
  onTestFinished(() => {
    wampy.setOptions({ onClose: null });
    return wampy.disconnect();
  });
  const first = wampy.getSessionId();
  await vi.waitFor(() => expect(wampy.getSessionId()).toSatisfy((id) => id > 0 && id !== first), { timeout: 5_000 });
});

describe("Cloudflare Access with a component", () => {
  test("[DYN-01] identifies users by the header of the upgrade request", async () => {
    const access = await startAccess(`http://${url.host}`, { joes: await sign("access") });
    onTestFinished(() => void access.close());
    const program = block("js access-service.js").replace("wss://router.example.com", access.origin);
    const browser = program.replace("{ headers }", '{ headers: { Cookie: "CF_Authorization=joes" } }');
    expect(await run(browser)).toBe("joe@example.com joined as user\n");
  });

  test("[DYN-01] identifies a program by its service token", async () => {
    // A service token has no user.
    const service = { email: undefined, sub: "", common_name: "e367.access" };
    const access = await startAccess(`http://${url.host}`, { "e367.access": await sign("access", service) });
    onTestFinished(() => void access.close());
    const program = block("js access-service.js").replace("wss://router.example.com", access.origin);
    const env = { ACCESS_CLIENT_ID: "e367.access", ACCESS_CLIENT_SECRET: "s3cret" };
    expect(await run(program, env)).toBe("e367.access joined as service\n");
  });

  test("[DYN-03] refuses a client that comes without Access, or with a token of another application", async () => {
    const access = await startAccess(`http://${url.host}`, { other: await sign("access", { aud: ["other"] }) });
    onTestFinished(() => void access.close());
    for (const id of ["none", "other"]) {
      const program = block("js access-service.js").replace("wss://router.example.com", access.origin);
      const env = { ACCESS_CLIENT_ID: id, ACCESS_CLIENT_SECRET: "" };
      await expect(run(program, env)).rejects.toThrow("com.example.error.no_access");
    }
  });
});

/** Joins with the page's `connect.js` and the provider's `get-token.js`; resolves when the client has joined. */
async function connect(name: keyof typeof CLAIMS): Promise<{ readonly joined: readonly string[] }> {
  const { connect } = await load(name, "connect.js");
  const realm = name === "access" ? "access-route" : name;
  const joined: string[] = [];
  const connection: Connection = connect(realmUrl(realm), realm, (_session: Session, details: JoinDetails) => {
    joined.push(`${details.authid} joined as ${details.authrole} by ${details.authmethod}`);
  });
  onTestFinished(() => {
    connection.onclose = () => true;
    if (connection.isOpen) connection.close();
  });
  await vi.waitFor(() => expect(joined).not.toEqual([]), { timeout: 5_000 });
  return { joined };
}

interface JoinDetails {
  readonly authid: string;
  readonly authrole: string;
  readonly authmethod: string;
}

/** What the page's client prints when the router refuses it; the log has the cause. */
async function refusalOf(name: keyof typeof CLAIMS, cause: string): Promise<unknown> {
  const printed = vi.spyOn(console, "log").mockReturnValue();
  onTestFinished(() => printed.mockRestore());
  const { connect } = await load(name, "connect.js");
  server.clearLogs();
  connect(realmUrl(name), name, () => {});
  await vi.waitFor(() => expect(printed).toHaveBeenCalled(), { timeout: 5_000 });
  await vi.waitFor(() => {
    const lines = server.getLogs().map(({ message }) => message);
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`"login.refused".*"${cause}"`)));
  });
  return printed.mock.lastCall?.[0];
}

/** Imports a program of the page beside the `get-token.js` of a provider, whose package and page are replaced. */
async function load(name: keyof typeof CLAIMS, file: string) {
  const [token = ""] = [...tokens];
  const takeToken = () => (tokens.length > 1 ? tokens.shift() : tokens[0]);
  vi.stubGlobal("takeToken", takeToken);
  vi.stubGlobal("location", { origin: "https://app.example.com", search: "" });
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    const headers = { "Cf-Access-Jwt-Assertion": takeToken() ?? token };
    return path === "/access-token" ? fetch(new URL(path, url), { ...init, headers }) : fetch(path, init);
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  const source = blocks.get(`js ${name}/get-token.js`) ?? "export const getToken = async () => takeToken();";
  return importProgram(file, {
    ...PACKAGES,
    "get-token.js": source,
    // In Node wampy is given the WebSocket that a page has anyway.
    [file]: block(`js ${file}`).replace("new Wampy(url, {", "new Wampy(url, { ws: WebSocket,"),
  });
}

/** The providers' packages, as far as the page uses them: they need a browser and an account. */
const PACKAGES = {
  "node_modules/@auth0/auth0-spa-js/package.json": '{ "type": "module", "main": "index.js" }',
  "node_modules/@auth0/auth0-spa-js/index.js": `
    export async function createAuth0Client({ authorizationParams: { audience } }) {
      if (audience !== "https://wamp.example.com") throw new Error("the token would be opaque");
      return { isAuthenticated: async () => true, getTokenSilently: async () => takeToken() };
    }`,
  "node_modules/@clerk/clerk-js/package.json": '{ "type": "module", "main": "index.js" }',
  "node_modules/@clerk/clerk-js/index.js": `
    export class Clerk {
      isSignedIn = true;
      async load() {
        this.session = { getToken: async ({ template }) => (template === "wamp" ? takeToken() : null) };
      }
    }`,
};

async function sign(name: keyof typeof CLAIMS, more: object = {}): Promise<string> {
  const { iss, ...claims } = { ...CLAIMS[name], ...more };
  return provider.sign({ ...claims, iss: local(iss) });
}

/** A text of the page with the providers of this machine. */
function local(text: string): string {
  const { origin } = provider;
  return text
    .replaceAll("https://login.example.com/realms/main", `${origin}/oidc`)
    .replaceAll("https://example.eu.auth0.com", `${origin}/auth0`)
    .replaceAll("https://clerk.example.com", `${origin}/clerk`)
    .replaceAll("https://example.cloudflareaccess.com", `${origin}/access`);
}

/** A configuration with one method of the page. */
function realmOf(name: string): { readonly version: 1; readonly realms: readonly object[] } {
  const roles = ["user", "admin"].map((role) => ({ name: role, permissions: [RULE] }));
  return { version: 1, realms: [{ name, roles, auth: JSON.parse(block(`json ${name}`)) }] };
}

function config(): unknown {
  const realms = [
    ...METHODS.flatMap((name) => realmOf(name).realms),
    ...JSON.parse(block("json access-component")).realms,
  ];
  return JSON.parse(local(JSON.stringify({ version: 1, realms })));
}

function realmUrl(realm: string): string {
  return `ws://${url.host}/ws/${realm}`;
}

/** Runs a program of the page; resolves to its output. */
async function run(program: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const path = writeFolder({ "program.js": program });
  onTestFinished(() => rmSync(path, { recursive: true }));
  const options = { timeout: 15_000, env: { ...process.env, ...env } };
  return (await promisify(execFile)(process.execPath, [join(path, "program.js")], options)).stdout;
}
