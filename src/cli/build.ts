/** `npm run build`: bundles the Worker and fails when the bundle is too large for a fast cold start. */

import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildBundle } from "./project/bundle.ts";
import { findProject } from "./project/project.ts";
import { exitWithError, UserError } from "./project/user-error.ts";

/** KiB of compressed code. A cold start loads and parses all of it; packages take a sixth, relays 36. */
const MAX_BUNDLE_KIB = 183;

const project = findProject();
/** The folder that the bundle is written to. */
const BUNDLE_FOLDER = join(project.folder, ".wrangler/bundle");

// Modules of former builds would count, because their names have a hash.
rmSync(BUNDLE_FOLDER, { recursive: true, force: true });
await buildBundle(project, BUNDLE_FOLDER).catch(exitWithError);
const kib = sizeOf((name) => !isContent(name)) / 1024;
process.stdout.write(
  `bundle: ${kib.toFixed(1)} KiB gzip, and ${(sizeOf(isContent) / 1024).toFixed(1)} KiB of pages and texts\n`,
);
if (kib > MAX_BUNDLE_KIB) exitWithError(new UserError(`the bundle is larger than ${MAX_BUNDLE_KIB} KiB gzip`));

/** Whether a module is content for browsers and the like: the Worker loads it when it serves it, not at its start. */
function isContent(name: string): boolean {
  return /\.(bin|html|txt)$/.test(name);
}

/**
 * Returns the compressed bytes of the modules with such names that a deployment uploads, without source maps and
 * wrangler's other files.
 */
function sizeOf(isMeasured: (name: string) => boolean): number {
  const modules = readdirSync(BUNDLE_FOLDER).filter((name) => !/\.(map|md|capnp)$/.test(name) && isMeasured(name));
  const sizes = modules.map((name) => gzipSync(readFileSync(join(BUNDLE_FOLDER, name))).length);
  return sizes.reduce((total, size) => total + size, 0);
}
