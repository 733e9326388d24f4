/** `npm run wamp-config check`: its output and exit codes. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { directory, fileOf, run } from "./wamp-config-command.ts";

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
    expect((await run(["check", broken])).err).toContain(`wamp-edge: ${broken}:1: `);
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
      'realms[0].callees[0].binding is API, a service binding that this Worker does not have. Add to wrangler.toml:\n[[services]]\nbinding = "API"\n',
      'schedules[0].cron is not a trigger in wrangler.toml. Add:\n[triggers]\ncrons = ["*/5 * * * *"]\n',
      'queues[0].queue has no consumer in wrangler.toml. Add:\n[[queues.consumers]]\nqueue = "orders"\n',
    ]) {
      expect(err).toContain(text);
    }
    const { schedules: _, queues: __, ...others } = config;
    const served = { ...others, realms: [{ name: "realm1", roles: [{ name: "a" }] }] };
    expect((await run(["check", fileOf(served)], "", { WAMP_ASSETS: directory })).code).toBe(0);
  });

  test("lists components and service bindings that are missing beside the other faults, in one round", async () => {
    const realm = { name: "realm1", callees: [{ procedure: "com.a", binding: "API" }], components: [{ name: "bot" }] };
    const { code, err } = await run(["check", fileOf({ version: 1, realms: [{ ...realm, colour: "red" }] })]);
    expect(code).toBe(1);
    for (const fault of ["colour is not", "callees[0].binding is API", "components[0].name is not in the registry"]) {
      expect(err).toContain(`realms[0].${fault}`);
    }
  });

  test("refuses an empty file, as npm start does", async () => {
    const file = fileOf("\n");
    expect(await run(["check", file])).toEqual({ code: 1, out: "", err: `wamp-edge: the file ${file} is empty\n` });
  });

  test.each([
    ["no file", ["check", "/none/at/all.json"], "cannot read /none/at/all.json"],
    ["no command", [], "Usage: wamp-edge"],
    ["an unknown option", ["check", "--fast"], "--fast"],
    ["an unknown method", ["principal", "ticket"], "wampcra, scram, cryptosign"],
  ])("prints an error for %s", async (_, parameters, text) => {
    const { code, out, err } = await run(parameters);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(text);
    expect(err).not.toContain("    at ");
  });
});
