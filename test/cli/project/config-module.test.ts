/** The module of the configuration, loaded as the Worker's build loads it. */

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfigModule } from "../../../src/cli/project/config-module.ts";
import { findProject, type Project } from "../../../src/cli/project/project.ts";

/** A project with these files (path → text). */
function projectWith(files: Readonly<Record<string, string>>): Project {
  const folder = mkdtempSync(join(tmpdir(), "wamp-edge-"));
  for (const [path, text] of Object.entries({ "wrangler.toml": 'name = "w"', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return findProject(folder);
}

describe("the module of the configuration", () => {
  it("is src/realm.ts, or src/config.ts without it", async () => {
    const project = projectWith({ "src/realm.ts": "export default 1;", "src/config.ts": "export default 2;" });
    expect(await loadConfigModule(project)).toBe(1);
    expect(await loadConfigModule(projectWith({ "src/config.ts": "export default 2;" }))).toBe(2);
  });

  it("imports other modules without their extension, packages of the project, JSON and text", async () => {
    const project = projectWith({
      "src/realm.ts": `
        import { define } from "of-the-project";
        import type { Nothing } from "./types";
        import { NAME } from "./names";
        import roles from "./roles.json";
        import text from "./note.txt";
        export default define({ name: NAME as string, roles, text }) satisfies Nothing;`,
      "src/types.ts": "export type Nothing = object;",
      "src/names/index.ts": 'export enum Names { first = "realm1" }\nexport const NAME = Names.first;',
      "src/roles.json": '["a"]',
      "src/note.txt": "hello",
      "node_modules/of-the-project/package.json": '{"name":"of-the-project","type":"module","exports":"./main.js"}',
      "node_modules/of-the-project/main.js": "export const define = (value) => ({ ...value, defined: true });",
    });
    const expected = { name: "realm1", roles: ["a"], text: "hello", defined: true };
    expect(await loadConfigModule(project)).toStrictEqual(expected);
  });

  it.each([
    ["does not compile", "export default {", "src/realm.ts:1: Expected identifier but found end of file"],
    ["imports a module that is missing", 'import "./none";', 'src/realm.ts:1: Could not resolve "./none"'],
    ["throws", 'throw new Error("no realms");', "src/realm.ts: no realms"],
    ["has no default export", "export const config = 1;", "src/realm.ts: has no default export"],
    [
      "imports the Workers runtime",
      'import "cloudflare:workers";',
      /^src\/realm\.ts:1: .*only the Workers runtime has/,
    ],
  ])("that %s is refused by its name in one line", async (_, text, message) => {
    await expect(loadConfigModule(projectWith({ "src/realm.ts": text }))).rejects.toThrow(message);
  });

  it("that is at neither place is asked for", async () => {
    const project = projectWith({});
    await expect(loadConfigModule(project)).rejects.toThrow(
      `${project.folder} has no src/realm.ts and no src/config.ts; name the file of your configuration with --config`,
    );
  });
});
