/** `npm run wamp-config`: output and exit codes of its commands, and the import of Crossbar.io configurations. */

import { createHash, createHmac, createPrivateKey, createPublicKey, pbkdf2Sync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importCrossbar } from "../../src/cli/crossbar/import.ts";
import { readPassword } from "../../src/cli/password-prompt.ts";
import { loadConfig } from "../../src/worker/config/load-config.ts";
import { Command } from "./command.ts";

const SHOP = join(import.meta.dirname, "crossbar/shop.json");

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "wamp-config-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function run(
  parameters: string[],
  input = "",
  env = {},
): Promise<{ code: number | null } & Record<"out" | "err", string>> {
  const command = new Command([process.execPath, "src/cli/wamp-config.ts", ...parameters], env, input);
  const code = await command.ended();
  return { code, out: command.stdout, err: command.stderr };
}

function fileOf(content: unknown): string {
  const file = join(directory, "config.json");
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

describe("check", () => {
  test("reports a valid configuration", async () => {
    const secret = { ticket: { type: "static", principals: { joe: { ticket: { env: "JOE" }, role: "a" } } } };
    const file = fileOf({ version: 1, realms: [{ name: "realm1", roles: [{ name: "a" }], auth: secret }] });
    expect(await run(["check", file], "", { JOE: "x" })).toEqual({
      code: 0,
      out: "the configuration is valid; it has 1 realm\n",
      err: "",
    });
  });

  test("lists all faults with their paths", async () => {
    const file = fileOf({ version: 1, realms: [{ name: "realm 1", roles: [{ nam: "a" }] }] });
    const { code, err } = await run(["check", file]);
    expect(code).toBe(1);
    expect(err.split("\n")).toEqual([
      "wamp-edge: the configuration has faults",
      "realms[0].name must be a URI, with * for one or more characters",
      "realms[0].roles[0].name is missing",
      "realms[0].roles[0].nam is not a known key",
      "",
    ]);
  });

  test("reads a module and names it in its errors", async () => {
    expect((await run(["check", "src/config.ts"])).code).toBe(0);
    const named = (name: string, text: string) => {
      const file = join(directory, name);
      writeFileSync(file, text);
      return file;
    };
    const own = join(import.meta.dirname, "../../src/public/config.ts");
    const sound = named(
      "sound.ts",
      `import { defineConfig } from ${JSON.stringify(own)};
       const name: string = "realm1";
       export default defineConfig({ version: 1, realms: [{ name }] });`,
    );
    expect(await run(["check", sound])).toMatchObject({ code: 0, out: expect.stringContaining("1 realm"), err: "" });
    const faulty = named("faulty.ts", "export default { version: 1 as number, realms: 7 };");
    expect((await run(["check", faulty])).err).toContain("realms must be a list");
    const broken = named("broken.mjs", "export default {");
    expect((await run(["check", broken])).err).toContain(`wamp-edge: ${broken}: `);
    const empty = named("other.ts", "export const config = 1;");
    expect((await run(["check", empty])).err).toBe(`wamp-edge: ${empty}: has no default export\n`);
  });

  test("lists the settings that wrangler.toml lacks, with the lines to add", async () => {
    const place = { realm: "realm1", role: "a" };
    const config = {
      version: 1,
      realms: [{ name: "realm1", roles: [{ name: "a" }], callees: [{ procedure: "com.a", binding: "API" }] }],
      http: { paths: { "/": { type: "static" } } },
      schedules: [{ ...place, cron: "*/5 * * * *", publish: "com.tick" }],
      queues: [{ ...place, queue: "orders", topic: "com.orders" }],
    };
    const { code, err } = await run(["check", fileOf(config)]);
    expect(code).toBe(1);
    for (const text of [
      'http.paths["/"] needs a folder of files: WAMP_ASSETS, or in wrangler.toml\n[assets]\n',
      'realms[0].callees[0].binding there is no service binding API. Add to wrangler.toml:\n[[services]]\nbinding = "API"\n',
      'schedules[0].cron is not a trigger in wrangler.toml. Add:\n[triggers]\ncrons = ["*/5 * * * *"]\n',
      'queues[0].queue has no consumer in wrangler.toml. Add:\n[[queues.consumers]]\nqueue = "orders"\n',
    ]) {
      expect(err).toContain(text);
    }
    const { schedules: _, queues: __, ...others } = config;
    const served = { ...others, realms: [{ name: "realm1", roles: [{ name: "a" }] }] };
    expect((await run(["check", fileOf(served)], "", { WAMP_ASSETS: directory })).code).toBe(0);
  });

  test("refuses an empty file, as npm start does", async () => {
    const file = fileOf("\n");
    expect(await run(["check", file])).toEqual({ code: 1, out: "", err: `wamp-edge: the file ${file} is empty\n` });
  });

  test.each([
    ["no file", ["check", "/none/at/all.json"], "cannot read /none/at/all.json"],
    ["no command", [], "npm run wamp-config"],
    ["an unknown option", ["check", "--fast"], "--fast"],
    ["an unknown method", ["principal", "ticket"], "npm run wamp-config"],
  ])("prints an error for %s", async (_, parameters, text) => {
    const { code, out, err } = await run(parameters);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(text);
    expect(err).not.toContain("    at ");
  });
});

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

describe("principal", () => {
  const printed = async (method: string, input: string) => JSON.parse((await run(["principal", method], input)).out);

  test("stores the key that a WAMP-CRA client derives from its password", async () => {
    const user = await printed("wampcra", "päss word\n");
    const key = pbkdf2Sync("päss word", user.salt, user.iterations, user.keylen, "sha256").toString("base64");
    expect(user).toEqual({
      "salted-key": key,
      salt: expect.stringMatching(/^[\da-f]{32}$/),
      iterations: 10_000,
      keylen: 32,
    });
  });

  test("stores StoredKey and ServerKey for SCRAM", async () => {
    const record = await printed("scram", "pencil");
    const salted = pbkdf2Sync("pencil", Buffer.from(record.salt, "hex"), record.iterations, 32, "sha256");
    const hmac = (text: string) => createHmac("sha256", salted).update(text).digest();
    expect(record["stored-key"]).toBe(createHash("sha256").update(hmac("Client Key")).digest("hex"));
    expect(record["server-key"]).toBe(hmac("Server Key").toString("hex"));
  });

  test("creates a key pair and prints the private key only on standard error", async () => {
    const { out, err } = await run(["principal", "cryptosign"]);
    const [seed = ""] = /[\da-f]{64}/.exec(err) ?? [];
    const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.from(seed, "hex")]);
    const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    const { x = "" } = createPublicKey(privateKey).export({ format: "jwk" });
    expect(JSON.parse(out)).toEqual({ authorized_keys: [Buffer.from(x, "base64url").toString("hex")] });
    expect(out).not.toContain(seed);
  });

  test.each(["wampcra", "scram"])("prints a valid entry for the configuration: %s", async (method) => {
    const entry = { ...(await printed(method, "secret")), role: "user" };
    const auth = { [method]: { type: "static", [method === "wampcra" ? "users" : "principals"]: { joe: entry } } };
    const module = { version: 1, realms: [{ name: "realm1", roles: [{ name: "user" }], auth }] };
    expect(loadConfig({ module, env: {}, isDevelopment: false })).toMatchObject({ ok: true });
  });

  test("refuses an empty password", async () => {
    expect(await run(["principal", "scram"], "\n")).toEqual({
      code: 1,
      out: "",
      err: "wamp-edge: the password is empty\n",
    });
  });

  test("asks twice on a terminal and does not echo the password", async () => {
    expect(await typed("secrex\u007ft\r", "secret\r")).toEqual({
      password: "secret",
      shown: "Password: \nAgain: \n",
      raw: [true, false, true, false],
    });
    await expect(typed("one\r", "two\r")).rejects.toThrow("the passwords differ");
    await expect(typed("one\u0003")).rejects.toThrow("canceled");
  });
});

/** Types lines into a terminal, one after each prompt. */
async function typed(...lines: string[]) {
  const raw: boolean[] = [];
  const terminal = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (isRaw: boolean) => raw.push(isRaw) });
  let shown = "";
  const prompt = (text: string) => {
    shown += text;
    if (text !== "\n") setImmediate(() => terminal.write(lines.shift()));
  };
  const password = await readPassword(terminal, prompt);
  return { password, shown, raw };
}
