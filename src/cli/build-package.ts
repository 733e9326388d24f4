/**
 * `npm run build:package`: compiles the package into `dist`, and bundles the console for it and for `src`. The compiler
 * writes beside it, so that no file of an earlier build stays, and programs that import the package meanwhile find all
 * of it.
 */

import { execFileSync } from "node:child_process";
import { copyFileSync, globSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildConsole } from "./console-build/console-bundle.ts";

const PROJECT = join(import.meta.dirname, "../..");
const DIST = join(PROJECT, "dist");
const FRESH = join(PROJECT, `.wrangler/package-${process.pid}`);

const tsc = join(PROJECT, "node_modules/typescript/bin/tsc");
execFileSync(process.execPath, [tsc, "-p", join(PROJECT, "tsconfig.build.json"), "--outDir", FRESH], {
  stdio: "inherit",
});
for (const folder of [FRESH, join(PROJECT, "src")]) await buildConsole(join(folder, "worker/web"));
for (const text of globSync("worker/**/*.{html,txt}", { cwd: join(PROJECT, "src") })) {
  copyFileSync(join(PROJECT, "src", text), join(FRESH, text));
}
rmSync(DIST, { recursive: true, force: true });
renameSync(FRESH, DIST);
