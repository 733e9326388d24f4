/** Loads the components that a deployment would have. */

import type { Components } from "../../wamp/local/component.ts";
import { importCode } from "./config-module.ts";
import { bundleModule, RUNTIME_MODULES } from "./esbuild.ts";
import type { Project } from "./project.ts";

/** Where the components are, relative to the project. */
const COMPONENTS_MODULE = "src/components.ts";

/**
 * Returns the default export of src/components.ts. Resolves to undefined where it is not known which components the
 * Worker has: `main`, the main module, does not import that file, it does not compile, or only the Workers runtime can
 * load it.
 */
export async function loadComponents(project: Project, main: string): Promise<Components | undefined> {
  try {
    const { inputs } = bundleModule(project, main, RUNTIME_MODULES);
    if (!inputs.includes(COMPONENTS_MODULE)) return undefined;
    const { code } = bundleModule(project, COMPONENTS_MODULE, RUNTIME_MODULES);
    const { default: components } = (await importCode(code)) as { readonly default?: Components };
    return typeof components === "object" && components !== null ? components : undefined;
  } catch {
    return undefined;
  }
}
