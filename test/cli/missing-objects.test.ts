/** What wrangler.toml lacks for the router's objects, by wrangler's own reading of the file. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findMissingExports, findMissingObjects } from "../../src/cli/missing-objects.ts";
import { findProject } from "../../src/cli/project/project.ts";
import { readSettings, type WorkerSettings } from "../../src/cli/project/wrangler.ts";
import { formatFaults } from "../../src/worker/config/load-config.ts";
import { checkOut } from "./checkout.ts";
import { Command } from "./command.ts";
import { scratchDirectory } from "./served.ts";

function settingsOf(text: string, environment?: string): Promise<WorkerSettings> {
  const folder = scratchDirectory();
  writeFileSync(join(folder, "wrangler.toml"), `name = "app"\n${text}`);
  return readSettings(findProject(folder), environment);
}

function binding(name: string, className: string, more = ""): string {
  return `[[durable_objects.bindings]]\nname = "${name}"\nclass_name = "${className}"\n${more}`;
}

function migration(tag: string, ...classes: string[]): string {
  return `[[migrations]]\ntag = "${tag}"\nnew_sqlite_classes = ${JSON.stringify(classes)}\n`;
}

const BINDINGS = binding("REALM", "RealmObject") + binding("LONG_POLL", "LongPollObject");
const SOUND = BINDINGS + migration("v1", "RealmObject", "LongPollObject");

/** The faults of a file as `check` prints them. */
async function faultsOf(text: string, environment?: string, needsWebhooks = false): Promise<string> {
  return formatFaults(findMissingObjects(await settingsOf(text, environment), needsWebhooks));
}

describe("the settings of the router's objects", () => {
  it("are sound with bindings and migrations, and those of webhooks only where a realm has some", async () => {
    expect(await faultsOf(SOUND)).toBe("");
    expect(await faultsOf(SOUND, undefined, true)).toBe(
      `wrangler.toml: durable_objects.bindings lacks WEBHOOK. Add:
[[durable_objects.bindings]]
name = "WEBHOOK"
class_name = "WebhookObject"
wrangler.toml: migrations lacks WebhookObject. Add as the last migration:
[[migrations]]
tag = "v2"
new_sqlite_classes = ["WebhookObject"]`,
    );
  });

  it("are all missing from an empty file, and sound with the lines that the faults name", async () => {
    const faults = await faultsOf("");
    expect(faults).toContain("wrangler.toml: migrations lacks RealmObject, LongPollObject.");
    const lines = faults.split("\n").filter((line) => !line.startsWith("wrangler.toml"));
    expect(await faultsOf(lines.join("\n"))).toBe("");
  });

  it("must be repeated in an environment, which inherits migrations unless it has its own", async () => {
    const staging = await faultsOf(`${SOUND}[env.staging]\n`, "staging");
    expect(staging).toContain("wrangler.toml: env.staging.durable_objects.bindings lacks REALM. Add:\n");
    expect(staging).toContain('[[env.staging.durable_objects.bindings]]\nname = "LONG_POLL"\n');
    expect(staging).not.toContain("migrations");
    expect(await faultsOf(`${SOUND}[env.staging]\nmigrations = []\n`, "staging")).toContain(
      "wrangler.toml: env.staging.migrations lacks RealmObject, LongPollObject. Add as the last migration:\n" +
        '[[env.staging.migrations]]\ntag = "v1"\nnew_sqlite_classes = ["RealmObject", "LongPollObject"]',
    );
  });

  it("that bind another object's class, or a class without SQLite, are faults", async () => {
    const swapped = binding("REALM", "LongPollObject") + binding("LONG_POLL", "LongPollObject");
    expect(await faultsOf(swapped + migration("v1", "RealmObject", "LongPollObject"))).toBe(
      'wrangler.toml: durable_objects.bindings[0] binds another object\'s class. Write:\nclass_name = "RealmObject"',
    );
    const old = `${BINDINGS}[[migrations]]\ntag = "v1"\nnew_classes = ["RealmObject"]\n${migration("v2", "LongPollObject")}`;
    expect(await faultsOf(old)).toMatch(/^wrangler\.toml: migrations\[0\]\.new_classes makes objects without SQLite/);
  });

  it("need no migration for a class of another Worker, nor for one that was renamed", async () => {
    const shared = ["REALM", "LONG_POLL"].map((name) => binding(name, "Any", 'script_name = "other"\n')).join("");
    expect(await faultsOf(shared)).toBe("");
    const own = binding("REALM", "MyRealm") + binding("LONG_POLL", "LongPollObject");
    const renamed = '[[migrations]]\ntag = "v2"\nrenamed_classes = [{ from = "RealmObject", to = "MyRealm" }]\n';
    expect(await faultsOf(own + migration("v1", "RealmObject", "LongPollObject") + renamed)).toBe("");
  });

  it("of an environment that the file lacks are refused with the names of those that it has", async () => {
    const refusal = "wrangler.toml: has no [env.production]; its environments: staging";
    await expect(settingsOf("[env.staging]\n", "production")).rejects.toThrow(refusal);
  });

  it("demand the bound classes of the main module", async () => {
    const settings = await settingsOf(SOUND + binding("OTHER", "Counter"));
    expect(findMissingExports("src/index.ts", ["default", "RealmObject", "LongPollObject"], settings, false)).toEqual(
      [],
    );
    expect(formatFaults(findMissingExports("src/index.ts", ["default", "RealmObject"], settings, true))).toBe(
      "src/index.ts does not export LongPollObject, WebhookObject. Add:\n" +
        'export { LongPollObject, WebhookObject } from "wamp-edge/worker";',
    );
  });
});

describe("a project", () => {
  const run = async (folder: string, ...parameters: string[]) => {
    const line = [process.execPath, join(import.meta.dirname, "../../src/cli/wamp-edge.ts"), ...parameters];
    const command = new Command(line, { WAMP_DATA: scratchDirectory() }, undefined, folder);
    return { code: await command.ended(), text: command.stdout + command.stderr };
  };

  it("whose main module does not export Control is sound, but wamp-edge serve names the line to add", async () => {
    const main = readFileSync("src/index.ts", "utf8").replace("Control, ", "");
    const folder = checkOut({ "src/index.ts": main });
    expect((await run(folder, "check")).code).toBe(0);
    expect(await run(folder, "serve")).toEqual({
      code: 1,
      text:
        "wamp-edge: the project lacks settings\n" +
        'src/index.ts does not export Control. Add:\nexport { Control } from "wamp-edge/worker";\n',
    });
  });

  it("whose configuration names a component that the Worker does not have is refused with the path", async () => {
    const components = [{ name: "greter", role: "a" }];
    const config = { version: 1, realms: [{ name: "realm1", roles: [{ name: "a" }], components }] };
    const files = { "src/config.ts": `export default ${JSON.stringify(config)};` };
    const fault = /^realms\[0\]\.components\[0\]\.name is not in the registry \(src\/components\.ts/m;
    const { code, text } = await run(checkOut(files), "check");
    expect(code).toBe(1);
    expect(text).toMatch(fault);
    // Which components it has is not known where only the Workers runtime can load them: the Worker itself reports it.
    const own = `import { env } from "cloudflare:workers";\nexport default { [env.NAME as string]: {} };`;
    expect(await run(checkOut({ ...files, "src/components.ts": own }), "check")).toMatchObject({ code: 0 });
  });
});
