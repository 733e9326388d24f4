/** What programs get that import the packed package by its public names. */

import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, inject, it } from "vitest";

const consumers = inject("consumers");
const installed = join(consumers, "node_modules/wamp-edge");
const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as {
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string } | string>>;
  readonly scripts: Readonly<Record<string, string>>;
};

/** Entry → its values; the rest are types. A change here is a change of the contract (CONTRIBUTING.md: Release). */
const VALUES = {
  "wamp-edge": ["VERSION", "defineConfig"],
  "wamp-edge/component": ["ApplicationError", "Result", "defineComponent"],
  "wamp-edge/service": ["ServiceError"],
  "wamp-edge/testing": ["ApplicationError", "startRouter", "testRealm"],
};
/** The entry that needs the Workers runtime. */
const WORKER_VALUES = [
  "CalleeWorker",
  "Control",
  "LongPollObject",
  "RealmObject",
  "Wamp",
  "WebhookObject",
  "createApp",
  "queue",
  "router",
  "scheduled",
];

/** Runs `script` with plain Node in a project that has the package installed; returns its output, parsed from JSON. */
function runModule(script: string, cwd = consumers): unknown {
  return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd, encoding: "utf8" }));
}

/** What wrangler uploads as modules of their own. */
const UPLOADED = ["*.bin", "*.html", "*.txt"];

/** Bundles `source`, with what it imports by public names, as a Worker is bundled. Returns the code. */
async function bundle(source: string, external: readonly string[] = UPLOADED): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: consumers, loader: "ts" },
    bundle: true,
    minify: true,
    write: false,
    logLevel: "silent",
    format: "esm",
    target: "es2024",
    external: ["cloudflare:workers", ...external],
    loader: { ".bin": "base64", ".html": "text", ".txt": "text" },
  });
  return outputFiles[0]!.text;
}

it("the package has no script that npm runs, or warns of, where it is installed", () => {
  for (const name of ["preinstall", "install", "postinstall", "prepare"]) {
    expect(manifest.scripts).not.toHaveProperty(name);
  }
});

describe("in plain Node", () => {
  it.each(Object.entries(VALUES))("%s has the documented values", (name, values) => {
    expect(runModule(`console.log(JSON.stringify(Object.keys(await import("${name}"))))`)).toEqual(values);
  });

  it("the package imports itself by name in a clone, after its build", () => {
    const script = 'console.log(JSON.stringify(import.meta.resolve("wamp-edge/component")))';
    const project = join(import.meta.dirname, "../..");
    expect(runModule(script, project)).toBe(`file://${join(project, "dist/public/component.js")}`);
  });

  it("internal modules cannot be imported", () => {
    const script = `const { code } = await import("wamp-edge/dist/public/config.js").catch((error) => error);
      console.log(JSON.stringify(code))`;
    expect(runModule(script)).toBe("ERR_PACKAGE_PATH_NOT_EXPORTED");
  });
});

describe("in a bundle", () => {
  it("wamp-edge/worker has the documented values, and imports nothing but the Workers runtime", async () => {
    const code = await bundle('export * from "wamp-edge/worker";');
    const [, names = ""] = /export\{([^}]*)\};?\s*$/.exec(code) ?? [];
    expect(names.split(",").map((name) => name.replace(/.* as /, ""))).toEqual(expect.arrayContaining(WORKER_VALUES));
    expect(names.split(",")).toHaveLength(WORKER_VALUES.length);
    expect(new Set(Array.from(code.matchAll(/\bfrom"([^"]+)"/g), ([, from]) => from))).toEqual(
      new Set(["cloudflare:workers"]),
    );
  });

  it("wamp-edge/worker finds the console, the pages and the texts that it serves", async () => {
    const code = await bundle('export { createApp, router } from "wamp-edge/worker";', []);
    const script = readFileSync(join(installed, "dist/worker/web/console-script.bin"));
    expect(code).toContain(script.toString("base64"));
    expect(code).not.toMatch(/import\("[^"]*\.(bin|html|txt)"\)/);
  });

  it("types add nothing", async () => {
    expect(await bundle('import type { Component, ComponentSession } from "wamp-edge/component";')).toBe("");
    expect(await bundle('import { type Component, defineComponent } from "wamp-edge/component";')).toBe("");
    expect(await bundle('import "wamp-edge/component"; import "wamp-edge"; import "wamp-edge/service";')).toBe("");
  });

  it("ApplicationError, defineComponent and defineConfig add only themselves", async () => {
    const thrown =
      'import { ApplicationError } from "wamp-edge/component"; throw new ApplicationError("com.example.e");';
    expect((await bundle(thrown)).length).toBeLessThan(300);
    const caught =
      'import { ServiceError } from "wamp-edge/service"; export const is = (e) => e instanceof ServiceError;';
    expect((await bundle(caught)).length).toBeLessThan(300);
    const defined =
      'import { defineComponent } from "wamp-edge/component"; export default defineComponent({ onJoin() {} });';
    expect((await bundle(defined)).length).toBeLessThan(100);
    const config = 'import { defineConfig } from "wamp-edge"; export default defineConfig({ version: 1, realms: [] });';
    expect((await bundle(config)).length).toBeLessThan(100);
  });
});

describe("the tarball", () => {
  const files = globSync("**/*.*", { cwd: installed }).concat("LICENSE");

  it("has modules with their types, files that the Worker loads, pages, the template, and no sources", () => {
    const modules = files.filter((file) => /^dist\/(cli|client|public|testing|wamp|worker)\/.*\.js$/.test(file));
    const types = modules.map((file) => file.replace(/\.js$/, ".d.ts"));
    const pages = ["CHANGELOG.md", "LICENSE", "README.md", "package.json"];
    const others = files.filter((file) => !file.startsWith("template/"));
    const parts = [
      "console-script.bin",
      "console-style.bin",
      "console-page.html",
      "landing-page.html",
      "node-info.html",
    ];
    const loaded = [...parts.map((part) => `web/${part}`), "metrics/families.txt"];
    const assets = loaded.map((file) => `dist/worker/${file}`);
    expect(others.sort()).toEqual([...modules, ...types, ...pages, ...assets].sort());
  });

  it("has every file of `exports`", () => {
    const targets = Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === "string" ? [entry] : Object.values(entry),
    );
    expect(targets.filter((target) => !files.includes(target.replace("./", "")))).toEqual([]);
  });
});
