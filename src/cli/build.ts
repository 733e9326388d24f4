/** `npm run build`: bundles the Worker, and fails when it has grown past what a fast cold start allows. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { StartError } from "./environment.ts";
import { fail } from "./lifecycle.ts";
import { BUNDLE_DIRECTORY, buildBundle } from "./wrangler.ts";

/** Kibibytes of compressed code: a cold start loads and parses all of it. The router proper takes two fifths of this. */
const LIMIT_KIB = 122;

await buildBundle(BUNDLE_DIRECTORY).catch(fail);
const kib = uploadBytes() / 1024;
process.stdout.write(`bundle: ${kib.toFixed(1)} KiB gzip\n`);
if (kib > LIMIT_KIB) fail(new StartError(`the bundle is larger than ${LIMIT_KIB} KiB gzip`));

/** Compressed size of what a deployment uploads: modules, not source maps and not what wrangler writes beside them. */
function uploadBytes(): number {
  const modules = readdirSync(BUNDLE_DIRECTORY).filter((name) => !/\.(map|md|capnp)$/.test(name));
  const sizes = modules.map((name) => gzipSync(readFileSync(join(BUNDLE_DIRECTORY, name))).length);
  return sizes.reduce((total, size) => total + size, 0);
}
