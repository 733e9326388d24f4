/** Packs the package once for all tests of this folder, as `npm publish` would, and unpacks it into a user's project. */

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestProject } from "vitest/node";

const PROJECT = join(import.meta.dirname, "../..");

declare module "vitest" {
  interface ProvidedContext {
    /** The tarball of the package. */
    tarball: string;
    /** A folder of projects that have the package installed: those of `consumer`. */
    consumers: string;
  }
}

/** Vitest's global setup: provides the tarball and the projects. Returns the function that removes them. */
export default function setup({ provide }: TestProject): () => void {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "wamp-edge-package-")));
  const tarball = pack(folder);
  const consumers = join(folder, "consumers");
  cpSync(join(import.meta.dirname, "consumer"), consumers, { recursive: true });
  install(tarball, join(consumers, "node_modules"));
  provide("tarball", tarball);
  provide("consumers", consumers);
  return () => rmSync(folder, { recursive: true, force: true });
}

/** Packs the package into `folder`, which builds it; returns the path of the tarball. */
export function pack(folder: string): string {
  const output = execFileSync("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: PROJECT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [{ filename }] = JSON.parse(output) as [{ filename: string }];
  return join(folder, filename);
}

/** What projects of users have besides: types of the platform, not wrangler. */
const TYPES = ["@cloudflare/workers-types", "@types/node", "undici-types"];

/** Puts the package into `nodeModules`, beside links to its dependencies as installed here: tests have no registry. */
function install(tarball: string, nodeModules: string): void {
  const folder = join(nodeModules, "wamp-edge");
  mkdirSync(folder, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", folder, "--strip-components=1"]);
  const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { dependencies: object };
  for (const name of [...Object.keys(dependencies), ...TYPES]) {
    mkdirSync(dirname(join(nodeModules, name)), { recursive: true });
    symlinkSync(join(PROJECT, "node_modules", name), join(nodeModules, name));
  }
}
