/** The files .dev.vars and .env, and the console of the Worker, under `npm start` and `npm run serve`. */

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readDevVars } from "../../src/cli/project/dev-vars.ts";
import { findProject } from "../../src/cli/project/project.ts";
import { RawClient } from "../clients/raw-client.ts";
import { checkOut } from "./checkout.ts";
import { Command } from "./command.ts";

describe("readDevVars", () => {
  afterEach(() => {
    delete process.env.CLOUDFLARE_ENV;
  });

  function variablesOf(files: Readonly<Record<string, string>>, environment?: string): Promise<Record<string, string>> {
    const folder = mkdtempSync(join(tmpdir(), "wamp-edge-"));
    const settings = '[vars]\nA = "toml"\nB = "toml"\nNOT_TEXT = { a = 1 }\n[env.staging.vars]\nA = "staging"\n';
    const all = { "wrangler.toml": `name = "w"\n${settings}`, ...files };
    for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
    return readDevVars(findProject(folder), environment);
  }

  it("returns the text variables of wrangler.toml, overridden by .dev.vars", async () => {
    expect(await variablesOf({})).toStrictEqual({ A: "toml", B: "toml" });
    expect(await variablesOf({ ".dev.vars": "B='dev $A'\nC=\"two\\nlines\"\n" })).toStrictEqual({
      A: "toml",
      B: "dev $A",
      C: "two\nlines",
    });
  });

  it("reads .env and .env.local only without .dev.vars", async () => {
    const env = { ".env": "B=env\nC=env\n", ".env.local": "C=local-$B\n" };
    expect(await variablesOf(env)).toStrictEqual({ A: "toml", B: "env", C: "local-env" });
    expect(await variablesOf({ ...env, ".dev.vars": "C=dev\n" })).toStrictEqual({ A: "toml", B: "toml", C: "dev" });
  });

  it("reads the variables and the .dev.vars file of an environment: the given one, or that in CLOUDFLARE_ENV", async () => {
    const files = { ".dev.vars": "B=dev\n", ".dev.vars.staging": "B=staged\n" };
    expect(await variablesOf(files, "staging")).toStrictEqual({ A: "staging", B: "staged" });
    process.env.CLOUDFLARE_ENV = "staging";
    expect(await variablesOf(files)).toStrictEqual({ A: "staging", B: "staged" });
    expect(await variablesOf(files, "")).toStrictEqual({ A: "toml", B: "dev" });
  });

  it("refuses a file that cannot be read", async () => {
    const folder = mkdtempSync(join(tmpdir(), "wamp-edge-"));
    writeFileSync(join(folder, "wrangler.toml"), 'name = "w"\n');
    mkdirSync(join(folder, ".dev.vars"));
    await expect(readDevVars(findProject(folder))).rejects.toThrow(/Failed to load local dev variables file/);
  });
});

const COMPONENTS = `
import { type Components, defineComponent } from "./public/component.ts";

const greeter = defineComponent({
  onJoin(session) {
    console.log("a log", { of: "a dict" });
    console.info("an info");
    console.warn("a warning");
    console.error(new Error("an error"));
    session.register("com.example.greet", () => \`\${session.extra.greeting}, \${session.extra.name}!\`);
  },
});

const components: Components = { greeter };

export default components;
`;

const CONFIG = `
import { defineConfig } from "./public/config.ts";

const allow = { call: true, register: true };

export default defineConfig({
  version: 1,
  realms: [
    {
      name: "realm1",
      roles: [{ name: "anonymous", permissions: [{ uri: "", match: "prefix", allow }] }],
      auth: { anonymous: { type: "static", role: "anonymous" } },
      components: [
        { name: "greeter", role: "anonymous", extra: { greeting: { env: "GREETING" }, name: { env: "NAME" } } },
      ],
    },
  ],
});
`;

describe.each([
  ["npm start", "start"],
  ["npm run serve", "serve"],
])("%s", (_, script) => {
  it("reads secrets from .dev.vars unless the environment has them, and prints the console of components", async () => {
    const folder = checkOut({
      "src/components.ts": COMPONENTS,
      "src/config.ts": CONFIG,
      ".dev.vars": 'GREETING="Hello"\nNAME=files\n',
    });
    const env = { WAMP_DATA: join(folder, "state"), NAME: "environment" };
    const command = new Command([process.execPath, "src/cli/wamp-edge.ts", script], env, undefined, folder);
    const origin = await command.origin();
    const client = await RawClient.connect(`ws://${origin.host}/ws/realm1`, "wamp.2.json");
    await client.join("realm1");
    await client.send([48, 1, {}, "com.example.greet"]);
    await client.expect([50, 1, {}, ["Hello, environment!"]]);
    await expect.poll(() => command.stderr, { timeout: 5_000 }).toMatch(/^a warning\nError: an error\n {4}at .+\n/);
    expect(command.stdout).toMatch(/\na log \{ of: 'a dict' \}\nan info\n$/);
    // A faulty configuration is in the log when its file is saved, not only when a client comes.
    if (script === "start") {
      writeFileSync(join(folder, "src/config.ts"), CONFIG.replace("version: 1", "version: 2"));
      await expect.poll(() => command.stderr, { timeout: 20_000 }).toMatch(/config\.refused.*version must be 1/);
    }
    command.process.kill("SIGTERM");
    expect(await command.ended()).toBe(0);
    // Stack traces name source files.
    if (script === "start") expect(command.stderr).toContain("at Object.onJoin (src/components.ts:9:");
  });
});
