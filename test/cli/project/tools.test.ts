/** The versions of Node and of wrangler that the commands need, and what they say without them. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compareVersions, requireNode } from "../../../src/cli/project/node-version.ts";
import { findProject, type Project } from "../../../src/cli/project/project.ts";
import { UserError } from "../../../src/cli/project/user-error.ts";
import { findWrangler } from "../../../src/cli/project/wrangler.ts";
import { scratchDirectory } from "../served.ts";

function projectWithWrangler(version: string): Project {
  const folder = scratchDirectory();
  const installed = join(folder, "node_modules/wrangler");
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, "package.json"), JSON.stringify({ name: "wrangler", version }));
  writeFileSync(join(folder, "wrangler.toml"), "");
  return findProject(folder);
}

describe("wrangler", () => {
  it("is that of the project, and of wamp-edge where the project has none", () => {
    const project = projectWithWrangler("4.999.0");
    expect(findWrangler(project)).toBe(join(project.folder, "node_modules/wrangler/package.json"));
    const folder = scratchDirectory();
    expect(findWrangler({ folder, settingsFile: join(folder, "wrangler.toml") })).toContain("node_modules/wrangler/");
  });

  it.each(["3.114.0", "4.50.0"])("%s is refused in one line with the command that installs a newer one", (version) => {
    const project = projectWithWrangler(version);
    expect(() => findWrangler(project)).toThrow(UserError);
    expect(() => findWrangler(project)).toThrow(
      /^wamp-edge needs wrangler (\S+); \S+ has [\d.]+: npm install --save-dev "wrangler@\1"$/,
    );
  });
});

describe("Node", () => {
  it("that is too old is refused in one line", () => {
    expect(() => requireNode("wrangler", "22.12", "20.20.2")).toThrow(
      /^wrangler needs Node 22\.12 or newer; this is Node 20\.20\.2 \(.+\)$/,
    );
    requireNode("wrangler", "22.12", "22.12.0");
  });

  it.each([
    ["22.9.0", "22.12", -1],
    ["24.0.0", "22.12", 1],
    ["22.12.0", "22.12", 0],
    ["4.164.0-beta.1", "4.164.0", 0],
  ])("compares %s with %s by numbers", (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });
});

describe("the project", () => {
  it("is the nearest folder at or above with the settings of wrangler", () => {
    const { folder } = projectWithWrangler("4.999.0");
    mkdirSync(join(folder, "a/b"), { recursive: true });
    expect(findProject(join(folder, "a/b")).settingsFile).toBe(join(folder, "wrangler.toml"));
    writeFileSync(join(folder, "a/wrangler.jsonc"), "{}");
    expect(findProject(join(folder, "a/b"))).toEqual({
      folder: join(folder, "a"),
      settingsFile: join(folder, "a/wrangler.jsonc"),
    });
  });

  it("that is nowhere is refused in one line", () => {
    expect(() => findProject("/")).toThrow(/^no project at or above \/: no wrangler\.toml; .*init DIR"$/);
  });
});
