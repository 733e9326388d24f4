/** `npm run wamp-config import`: configurations of Crossbar.io become configurations of this router. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { importCrossbar } from "../../src/cli/crossbar/import.ts";
import { loadConfig } from "../../src/worker/config/load-config.ts";
import { fileOf, run } from "./wamp-config-command.ts";

const SHOP = join(import.meta.dirname, "crossbar/shop.json");

describe("import", () => {
  const imported = (hasPlainSecrets = false) =>
    importCrossbar(JSON.parse(readFileSync(SHOP, "utf8")), { hasPlainSecrets });

  test("imports everything that has a counterpart", () => {
    expect(imported().config).toEqual({
      version: 1,
      realms: [
        {
          name: "shop",
          options: { uri_check: "strict" },
          limits: { message_bytes: 65536 },
          store: { "event-history": [{ uri: "com.shop.price", match: "exact", limit: 50 }] },
          roles: [
            { name: "anonymous", permissions: [{ uri: "com.shop.*", allow: { subscribe: true } }] },
            {
              name: "clerk",
              permissions: [
                { uri: "", match: "prefix", allow: { call: true }, disclose: { caller: true } },
                { uri: "com.a", allow: { publish: true } },
                { uri: "com.b", allow: { register: true } },
              ],
            },
            { name: "partner", authorizer: "com.shop.authorize" },
          ],
          auth: {
            anonymous: { type: "static", role: "anonymous" },
            ticket: { type: "static", principals: { joe: { ticket: { env: "JOE" }, role: "clerk" } } },
            wampcra: {
              type: "static",
              users: {
                ann: {
                  "salted-key": "prq7+YkJ1/KlW1X0YczMHw==",
                  salt: "salt123",
                  iterations: 100,
                  keylen: 16,
                  role: "clerk",
                },
                ben: { secret: { env: "BEN" }, role: "clerk" },
              },
            },
            cookie: { max_age: 600 },
          },
          webhooks: { hook: { role: "clerk", github_secret: "deadbeef", topic: "com.shop.push" } },
        },
      ],
      http: {
        allowed_origins: ["https://shop.example"],
        bridge: { role: "clerk", key: "k", secret: { env: "BRIDGE" }, publish: "/api/publish", call: "/api/call" },
        longpoll: { session_timeout: 30 },
        paths: { "/": { type: "static" } },
      },
    });
  });

  test("lists everything else with a reason", () => {
    const lines = imported().notes.map(({ path, reason }) => `${path.replace("workers[0].", "")}: ${reason}`);
    expect(lines.sort()).toEqual([
      "components[0]: run it anywhere, it connects as a client; or write it as a hosted component",
      "controller: the platform manages the processes",
      "realms[0].options.event_dispatching_chunk_size: the platform dispatches events",
      "realms[0].roles[1].permissions[2]: a later rule for the same URI and match overrides it",
      "realms[0].roles[1].permissions[3].validate: payload validation is not supported: payloads pass unchecked",
      "realms[0].roles[1].permissions[4]: its uri may have stars for whole components, or one at its end",
      "realms[0].roles[3]: the role is built in",
      "realms[0].store.type: the router has one type of store",
      "transports[0].endpoint: the platform listens and terminates TLS",
      'transports[0].paths."/": put the files of .. into the assets folder (docs/web-services.md)',
      "transports[0].paths.api.paths.publish.options.debug: the platform keeps the log",
      "transports[0].paths.hook: the path is now /realms/shop/webhook/hook",
      "transports[0].paths.lp: the path is now /lp",
      "transports[0].paths.ws.auth.cryptosign: the authenticator must be in the realm that it decides for",
      'transports[0].paths.ws.auth.ticket.principals.max: no realm of this transport has the role "boss"',
      "transports[0].paths.ws.auth.tls: use a dynamic authenticator, which gets the certificate: docs/authentication.md, client certificates",
      "transports[0].paths.ws.cookie.store: the realm stores the cookies",
      "transports[0].paths.ws.options.auto_ping_interval: the router sends no pings, clients do: docs/keepalive.md",
      "transports[0].paths.ws: clients connect to /ws or /ws/:realm",
      'transports[1]: transports of type "rawsocket" are not supported',
    ]);
  });

  test("reads a salted secret as the password with --plain-secrets", () => {
    const [{ auth } = { auth: {} }] = imported(true).config.realms as { auth: Record<string, { users: object }> }[];
    expect(auth.wampcra?.users).toMatchObject({ ann: { secret: "prq7+YkJ1/KlW1X0YczMHw==", salt: "salt123" } });
  });

  test("produces a valid configuration", () => {
    const env = { JOE: "a", BEN: "b", BRIDGE: "c" };
    expect(loadConfig({ module: imported().config, env, isDevelopment: false })).toMatchObject({ ok: true });
  });

  test("admits anonymous clients where Crossbar.io does, and no client to a realm without a transport", () => {
    const realm = { name: "realm1", roles: [{ name: "anonymous" }] };
    const transports = [{ type: "websocket", endpoint: {} }];
    const open = importCrossbar(
      { workers: [{ type: "router", realms: [realm], transports }] },
      { hasPlainSecrets: false },
    );
    expect(open.config).toMatchObject({ realms: [{ auth: { anonymous: { type: "static", role: "anonymous" } } }] });
    const closed = importCrossbar({ workers: [{ type: "router", realms: [realm] }] }, { hasPlainSecrets: false });
    expect(closed.config).toMatchObject({ realms: [{ auth: {} }] });
    expect(closed.notes).toEqual([
      { path: "realm realm1", reason: "no transport serves it: no client can join", kind: "lost" },
    ]);
  });

  test.each([
    null,
    7,
    [],
    "x",
    {},
    { workers: 7 },
    { workers: [7, { type: "router", realms: [null], transports: [[]] }] },
  ])("returns an empty configuration for %j", (input) => {
    expect(importCrossbar(input, { hasPlainSecrets: false }).config).toEqual({ version: 1, realms: [] });
  });

  test("drops nothing silently: each change of the original changes the configuration or the notes", () => {
    const original = JSON.parse(readFileSync(SHOP, "utf8"));
    const before = JSON.stringify(imported());
    const unseen = [...valuesIn(original, "")].filter(({ value, set }) => {
      const others = typeof value === "string" ? [`${value}x`, 7] : [!value, "x", 7];
      const isSeen = others.some((other) => {
        set(other);
        return JSON.stringify(importCrossbar(original, { hasPlainSecrets: false })) !== before;
      });
      set(value);
      return !isSeen;
    });
    const paths = unseen.map(({ path }) => path).filter((path) => !isNoted(path, imported().notes));
    expect(paths).toEqual([".version"]);
  });

  test("lists values of the wrong type", () => {
    const ws = { type: "websocket", options: { allowed_origins: ["https://shop.example", 7] }, auth: 7 };
    const rules = [
      { uri: "com.a", match: "some", allow: { call: true } },
      { uri: 7, allow: { call: true } },
    ];
    const realm = { name: "realm1", roles: [{ name: "anonymous", permissions: rules }, { name: 7 }], store: [] };
    const worker = { type: "router", realms: [realm, "x"], transports: [ws], components: 7 };
    const { config, notes } = importCrossbar({ workers: [worker] }, { hasPlainSecrets: false });
    expect(config).toMatchObject({
      realms: [{ roles: [{ name: "anonymous" }] }],
      http: { allowed_origins: ["https://shop.example"] },
    });
    expect(notes.map(({ path, reason }) => `${path.replace("workers[0].", "")}: ${reason}`).sort()).toEqual([
      "components: is not a list",
      "realm realm1: no transport serves it: no client can join",
      "realms[0].roles[0].permissions[0]: is not imported, because its match is invalid",
      "realms[0].roles[0].permissions[1].uri: is not a string",
      "realms[0].roles[0].permissions[1]: has no uri",
      "realms[0].roles[1].name: is not a string",
      "realms[0].roles[1]: has no name",
      "realms[0].store: is not an object",
      "realms[1]: has no name",
      "realms[1]: is not an object",
      "transports[0].auth: is not an object",
      "transports[0].options.allowed_origins: some entries are not strings",
    ]);
  });

  test("prints the configuration on standard output and the summary on standard error", async () => {
    const { code, out, err } = await run(["import", SHOP]);
    expect(code).toBe(2);
    expect(JSON.parse(out)).toEqual(imported().config);
    const headings = err.split("\n").filter((line) => line !== "" && !line.startsWith("  "));
    expect(headings).toEqual(["works", "to do or to check (6)", "lost (6)", "needs no action (8)"]);
    expect(err).toContain("\n  realm shop: 3 roles, login by anonymous, ticket, wampcra, cookie, 1 webhook\n");
    expect(err).toContain("\n  http.paths: /\n");
    expect(err.trim().split("\n")).toHaveLength(4 + 20 + 5);
  });

  test("ends with 0 when everything works, with 2 when something is lost, with 1 when no client could log in", async () => {
    const realm = { name: "realm1", roles: [{ name: "anonymous" }] };
    const node = (transport: object, more = {}) => {
      const transports = [{ type: "websocket", endpoint: {}, ...transport }];
      return { workers: [{ type: "router", realms: [{ ...realm, ...more }], transports }] };
    };
    const all = await run(["import", fileOf(node({}))]);
    expect([all.code, all.err.split("\n")[0], all.err.includes("lost")]).toEqual([0, "works", false]);
    expect((await run(["import", fileOf(node({}, { rlinks: [] }))])).code).toBe(2);
    const dynamic = { auth: { wampcra: { type: "dynamic", authenticator: "com.example.authenticate" } } };
    const { code, err } = await run(["import", fileOf(node(dynamic))]);
    expect(code).toBe(1);
    expect(err).toContain("realms[0].auth.wampcra.authenticator has no way in");
  });

  test("tells how to import YAML, and refuses a list", async () => {
    expect((await run(["import", fileOf("version: 2\n")])).err).toContain("convert YAML to JSON first");
    expect((await run(["import", fileOf([])])).err).toBe("lost (1)\n  the configuration: is not an object\n");
  });

  test("ends with 1 when the imported configuration has faults", async () => {
    const file = fileOf({ workers: [{ type: "router", realms: [{ name: "no realm" }] }] });
    const { code, err } = await run(["import", file]);
    expect(code).toBe(1);
    expect(err).toContain("realms[0].name must be a URI");
  });
});

/** Yields every value in a JSON value that is neither list nor dict, with a function that replaces it. */
function* valuesIn(
  value: unknown,
  path: string,
  set: (other: unknown) => void = () => {},
): Generator<{ path: string; value: unknown; set: (other: unknown) => void }> {
  if (typeof value !== "object" || value === null) return yield { path, value, set };
  for (const [key, inner] of Object.entries(value)) {
    const name = /^[A-Za-z_$][\w$-]*$/.test(key) ? key : JSON.stringify(key);
    yield* valuesIn(inner, Array.isArray(value) ? `${path}[${key}]` : `${path}.${name}`, (other) => {
      (value as Record<string, unknown>)[key] = other;
    });
  }
}

/** Returns whether the notes name the path or a parent of it. */
function isNoted(path: string, notes: readonly { readonly path: string }[]): boolean {
  return notes.some(
    (note) =>
      path === `.${note.path}` || (/^[.[]/.test(path.slice(note.path.length + 1)) && path.startsWith(`.${note.path}`)),
  );
}
