/** Options that the commands read from the environment. */

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/cli/project/user-error.ts";
import { readServerOptions } from "../../src/cli/server-options.ts";

/** Stands for `src/config.ts`. */
const nothing = async () => ({ version: 1, realms: [] });

/** Returns a configuration with these realms, which admit no client. */
function configOf(...names: unknown[]): object {
  return { version: 1, realms: names.map((name) => ({ name })) };
}

function inFile(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), "wamp-edge-")), "config.json");
  writeFileSync(file, text);
  return file;
}

describe("readServerOptions", () => {
  it("listens on the loopback address and opens realm1 for development by default", async () => {
    expect(await readServerOptions({}, nothing)).toStrictEqual({
      host: "127.0.0.1",
      port: 8787,
      dataFolder: undefined,
      assetsFolder: undefined,
      bundleFolder: undefined,
      bindings: { WAMP_DEVELOPMENT: "true" },
      realms: ["realm1"],
      needsWebhooks: false,
    });
  });

  it("opens no realm when WAMP_DEVELOPMENT is false", async () => {
    const { realms, bindings } = await readServerOptions({ WAMP_DEVELOPMENT: "false" }, nothing);
    expect(realms).toStrictEqual([]);
    expect(bindings).toStrictEqual({ WAMP_DEVELOPMENT: "false" });
  });

  it.each([
    ["WAMP_ASSETS", "assetsFolder"],
    ["WAMP_BUNDLE", "bundleFolder"],
  ] as const)("requires %s to be a folder", async (name, option) => {
    const directory = mkdtempSync(join(tmpdir(), "wamp-edge-"));
    expect((await readServerOptions({ [name]: directory }, nothing))[option]).toBe(directory);
    const missing = join(directory, "none");
    await expect(readServerOptions({ [name]: missing }, nothing)).rejects.toThrow(
      `${name}: ${missing} is not a folder`,
    );
  });

  it("uses HOST, PORT and WAMP_DATA unchanged", async () => {
    const environment = await readServerOptions({ HOST: "0.0.0.0", PORT: "80", WAMP_DATA: "/srv/wamp" }, nothing);
    expect(environment).toMatchObject({ host: "0.0.0.0", port: 80, dataFolder: "/srv/wamp" });
  });

  it("names the realms of the deployed configuration and passes its secrets on, and no other variable", async () => {
    const deployed = { version: 1, realms: [{ name: "shop", roles: [{ name: { env: "ROLE" } }] }] };
    const { realms, bindings } = await readServerOptions({ ROLE: "r:'\"`$HOME\n", OTHER: "no" }, async () => deployed);
    expect(realms).toStrictEqual(["shop"]);
    expect(bindings).toStrictEqual({ ROLE: "r:'\"`$HOME\n", WAMP_DEVELOPMENT: "true" });
  });

  it("prefers WAMP_CONFIG, keeps its text to the letter and leaves patterns out of the realms", async () => {
    const text = JSON.stringify(configOf("a", "tenant-*", "b"), null, 2);
    const { realms, bindings } = await readServerOptions({ WAMP_CONFIG: text }, async () => configOf("deployed"));
    expect(realms).toStrictEqual(["a", "b"]);
    expect(bindings).toStrictEqual({ WAMP_CONFIG: text, WAMP_DEVELOPMENT: "true" });
  });

  it("reads WAMP_CONFIG from the file after an @", async () => {
    const text = `${JSON.stringify(configOf("from.file"))}\n`;
    const { realms, bindings } = await readServerOptions({ WAMP_CONFIG: `@${inFile(text)}` }, nothing);
    expect(realms).toStrictEqual(["from.file"]);
    expect(bindings.WAMP_CONFIG).toBe(text);
  });

  it("does not let a secret take the place of the configuration", async () => {
    const text = JSON.stringify({ version: 1, realms: [{ name: "a", roles: [{ name: { env: "WAMP_CONFIG" } }] }] });
    const { bindings } = await readServerOptions({ WAMP_CONFIG: `@${inFile(text)}` }, nothing);
    expect(bindings.WAMP_CONFIG).toBe(text);
  });

  it("lists every fault of a configuration, a missing secret among them", async () => {
    const text = JSON.stringify({ version: 2, realms: [{ name: "a", roles: [{ name: { env: "MISSING" } }] }] });
    await expect(readServerOptions({ WAMP_CONFIG: text }, nothing)).rejects.toThrow(
      new UserError(
        [
          "the configuration has faults",
          "realms[0].roles[0].name needs the binding MISSING, which is missing, empty or not text",
          "version must be 1",
        ].join("\n"),
      ),
    );
  });

  it.each([
    [
      "a file that is not there",
      { WAMP_CONFIG: "@no/such.json" },
      /^WAMP_CONFIG: cannot read the file no\/such\.json \(.+\)$/,
    ],
    ["an empty file", { WAMP_CONFIG: `@${inFile("\n")}` }, /^WAMP_CONFIG: the file .+ is empty$/],
    ["text that is not JSON", { WAMP_CONFIG: '{\n"realms": oops' }, /^the configuration is not valid JSON.*$/],
    ["a PORT that is not a number", { PORT: "http" }, /^PORT must be a number from 0 to 65535, not "http"$/],
    ["a PORT out of range", { PORT: "65536" }, /^PORT must be a number from 0 to 65535, not "65536"$/],
  ])("refuses %s in one line", async (_, environment, message) => {
    const refusal = await readServerOptions(environment, nothing).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(UserError);
    expect((refusal as Error).message).toMatch(message);
  });
});
