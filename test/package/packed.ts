/** Packs the package once for all tests of this folder, as `npm publish` would, and unpacks it into a user's project. */

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

/** Puts the package into `nodeModules`, beside links to what is installed here: tests have no registry. */
function install(tarball: string, nodeModules: string): void {
  mkdirSync(nodeModules);
  for (const name of readdirSync(join(PROJECT, "node_modules"))) {
    symlinkSync(join(PROJECT, "node_modules", name), join(nodeModules, name));
  }
  execFileSync("tar", ["-xzf", tarball, "-C", join(nodeModules, "..")]);
  renameSync(join(nodeModules, "../package"), join(nodeModules, "wamp-edge"));
}
