/** The bundle of this checkout's router, for configurations of workerd that `npm run serve` does not write. */

import { join } from "node:path";
import { buildBundle, copyBundle } from "../../src/cli/project/bundle.ts";
import type { Project } from "../../src/cli/project/project.ts";

/** Puts the bundle into `folder`: a new one, or the one in the folder that the variable WAMP_BUNDLE names. */
export async function placeRouter(project: Project, folder: string): Promise<void> {
  const { WAMP_BUNDLE } = process.env;
  if (WAMP_BUNDLE !== undefined) return copyBundle(WAMP_BUNDLE, folder);
  await buildBundle(project, folder, { XDG_CONFIG_HOME: join(folder, "settings") });
}
