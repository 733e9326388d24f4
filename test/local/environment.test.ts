/** What the commands read from their environment. */

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readEnvironment, StartError } from "../../src/local/environment.ts";

const NOTHING_DEPLOYED = { version: 1, realms: [] };

function inFile(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), "wamp-edge-")), "config.json");
  writeFileSync(file, text);
  return file;
}

describe("readEnvironment", () => {
  it("listens on the loopback address and opens realm1 for development when nothing is said", () => {
    expect(readEnvironment({}, NOTHING_DEPLOYED)).toStrictEqual({
      host: "127.0.0.1",
      port: 8787,
      dataDirectory: undefined,
      bindings: { WAMP_DEVELOPMENT: "true" },
      realms: ["realm1"],
    });
  });

  it("takes HOST, PORT and WAMP_DATA as they are", () => {
    const environment = readEnvironment({ HOST: "0.0.0.0", PORT: "80", WAMP_DATA: "/srv/wamp" }, NOTHING_DEPLOYED);
    expect(environment).toMatchObject({ host: "0.0.0.0", port: 80, dataDirectory: "/srv/wamp" });
  });

  it("names the realms of the deployed configuration and passes its secrets on", () => {
    const deployed = { realms: [{ name: "shop", auth: { ticket: { env: "TICKET" } } }] };
    const { realms, bindings } = readEnvironment({ TICKET: "t:'\"`$HOME\n", OTHER: "no" }, deployed);
    expect(realms).toStrictEqual(["shop"]);
    expect(bindings).toStrictEqual({ TICKET: "t:'\"`$HOME\n", WAMP_DEVELOPMENT: "true" });
  });

  it("prefers WAMP_CONFIG, keeps its text to the letter and leaves patterns out of the realms", () => {
    const text = '{ "realms":\n [{ "name": "a" }, { "name": "tenant-*" }, { "name": "b" }, {}, 7] }';
    const { realms, bindings } = readEnvironment({ WAMP_CONFIG: text }, { realms: [{ name: "deployed" }] });
    expect(realms).toStrictEqual(["a", "b"]);
    expect(bindings).toStrictEqual({ WAMP_CONFIG: text, WAMP_DEVELOPMENT: "true" });
  });

  it("names no realm when all of them are patterns", () => {
    const { realms } = readEnvironment({ WAMP_CONFIG: '{"realms":[{"name":"tenant-*"}]}' }, NOTHING_DEPLOYED);
    expect(realms).toStrictEqual([]);
  });

  it("reads WAMP_CONFIG from the file after an @", () => {
    const text = '{"realms":[{"name":"from.file"}]}\n';
    const { realms, bindings } = readEnvironment({ WAMP_CONFIG: `@${inFile(text)}` }, NOTHING_DEPLOYED);
    expect(realms).toStrictEqual(["from.file"]);
    expect(bindings.WAMP_CONFIG).toBe(text);
  });

  it("leaves a secret that is not set to the Worker, and names of Object.prototype too", () => {
    const text = '{"realms":[],"a":{"env":"MISSING"},"b":{"env":"toString"}}';
    const { bindings } = readEnvironment({ WAMP_CONFIG: text }, NOTHING_DEPLOYED);
    expect(Object.keys(bindings)).toStrictEqual(["WAMP_DEVELOPMENT", "WAMP_CONFIG"]);
  });

  it("does not let a secret take the place of the configuration", () => {
    const text = '{"realms":[{"name":{"env":"WAMP_CONFIG"}}]}';
    const file = `@${inFile(text)}`;
    expect(readEnvironment({ WAMP_CONFIG: file }, NOTHING_DEPLOYED).bindings.WAMP_CONFIG).toBe(text);
  });

  it.each([
    ["a file that is not there", { WAMP_CONFIG: "@no/such.json" }, /^WAMP_CONFIG: cannot read the file no\/such\.json/],
    ["text that is not JSON", { WAMP_CONFIG: '{\n"realms": oops' }, /^WAMP_CONFIG is not JSON: /],
    ["a PORT that is not a number", { PORT: "http" }, /^PORT must be a number from 0 to 65535, not "http"$/],
    ["a PORT out of range", { PORT: "65536" }, /^PORT must be a number from 0 to 65535, not "65536"$/],
  ])("refuses %s in one line", (_, environment, message) => {
    const read = () => readEnvironment(environment, NOTHING_DEPLOYED);
    expect(read).toThrow(StartError);
    expect(read).toThrow(message);
    expect(read).not.toThrow(/\n/);
  });
});
