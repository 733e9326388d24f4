/** Vitest's global setup of the commands: bundles the Worker once, for all routers that the tests serve. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { buildBundle } from "../../src/cli/project/bundle.ts";
import { findProject } from "../../src/cli/project/project.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder of the bundle. */
    bundle: string;
  }
}

/** Takes two seconds; returns what removes the bundle. */
export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "wamp-edge-bundle-"));
  await buildBundle(findProject(), folder);
  project.provide("bundle", folder);
  return () => rmSync(folder, { recursive: true });
}
