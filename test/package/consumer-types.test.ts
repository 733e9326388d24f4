/** Types of the packed package in projects of users: all module resolutions, with and without Workers types. */

import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, inject, it } from "vitest";

const run = promisify(execFile);
const consumers = inject("consumers");
const modules = join(import.meta.dirname, "../../node_modules");
const TYPESCRIPT = join(modules, "typescript/bin/tsc");
/** Of the 5 series, which arethetypeswrong brings. */
const OLD_TYPESCRIPT = createRequire(join(modules, "@arethetypeswrong/core/package.json")).resolve(
  "typescript/lib/tsc.js",
);

const BUNDLER = ["--module", "esnext", "--moduleResolution", "bundler"];
const NODENEXT = ["--module", "nodenext", "--moduleResolution", "nodenext"];
const STRICTEST = ["--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess"];
const GENERATED = ["--types", "./worker-configuration.d.ts"];
const INSTALLED = ["--types", "@cloudflare/workers-types,./own-env.d.ts"];
/**
 * The generated file has imports without extensions, which `nodenext` refuses; TypeScript 5.6 lacks types that hono
 * uses. Elsewhere it saves two seconds: the declarations of the package are checked with each module resolution once.
 */
const UNCHECKED = ["--skipLibCheck", "true"];

/** The faults that `compiler` finds in a project of `consumers`. */
async function faults(project: string, options: readonly string[], compiler = TYPESCRIPT): Promise<string> {
  const command = [compiler, "-p", ".", ...options];
  const compiling = run(process.execPath, command, { cwd: join(consumers, project) });
  return await compiling.then(
    () => "",
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
  );
}

describe("a Worker with the router type checks", () => {
  beforeAll(async () => {
    const wrangler = join(modules, "wrangler/bin/wrangler.js");
    const env = { ...process.env, WRANGLER_SEND_METRICS: "false" };
    await run(process.execPath, [wrangler, "types"], { cwd: join(consumers, "worker"), env });
  });

  it.each([
    ["bundler and generated types", [...BUNDLER, ...GENERATED, ...STRICTEST]],
    ["nodenext and generated types", [...NODENEXT, ...GENERATED, ...UNCHECKED]],
    ["bundler and @cloudflare/workers-types", [...BUNDLER, ...INSTALLED, ...STRICTEST, ...UNCHECKED]],
    ["nodenext and @cloudflare/workers-types", [...NODENEXT, ...INSTALLED, ...STRICTEST]],
  ])("with %s", async (_title, options) => {
    expect(await faults("worker", options)).toBe("");
  });

  it("with TypeScript 5", async () => {
    expect(await faults("worker", [...BUNDLER, ...GENERATED, ...UNCHECKED], OLD_TYPESCRIPT)).toBe("");
  });
});

describe("a program without Workers types type checks", () => {
  it.each([
    ["bundler and the DOM", [...BUNDLER, "--lib", "esnext,dom"]],
    ["nodenext and @types/node", [...NODENEXT, "--types", "node", ...STRICTEST]],
  ])("with %s", async (_title, options) => {
    expect(await faults("library", options)).toBe("");
  });
});
