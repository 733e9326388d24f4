/** Loads the configuration that a deployment would use. */

import { UserError } from "./user-error.ts";

/**
 * Returns the default export of `src/config.ts`, or of another `module`; `name` is its name in error messages. Node
 * runs the module, so it must not import what only the Workers runtime has. Rejects with UserError when the module
 * throws or has no default export.
 */
export async function loadDeployedConfig(
  module: Promise<object> = import("../../config.ts"),
  name = "src/config.ts",
): Promise<unknown> {
  const exported = await module.catch((error: Error) => {
    throw new UserError(`${name}: ${error.message}`);
  });
  if (!("default" in exported)) throw new UserError(`${name}: has no default export`);
  return exported.default;
}
