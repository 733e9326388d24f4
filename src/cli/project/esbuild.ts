/** Bundles modules with the esbuild of wrangler, so that imports resolve as in the Worker's build. */

import { resolve } from "node:path";
import { nameInProject, type Project } from "./project.ts";
import { UserError } from "./user-error.ts";
import { requireOfWrangler } from "./wrangler.ts";

/** Files that the Worker's build imports as text, bytes or modules (wrangler's default rules). */
const LOADERS = { ".txt": "text", ".html": "text", ".sql": "text", ".bin": "binary", ".wasm": "binary" } as const;

/** What a bundle of the Worker imports from its runtime; Node has only the second. */
export const RUNTIME_MODULES = ["cloudflare:*", "node:*"];

/** A message of esbuild. */
type Message = { readonly text: string; readonly location: { readonly file: string; readonly line: number } | null };

/** A bundled module. */
export interface BundledModule {
  readonly code: string;
  /** The names of its exports. */
  readonly exports: readonly string[];
  /** The paths of the module and of all that it imports, relative to the project. */
  readonly inputs: readonly string[];
}

/**
 * Bundles a module and everything that it imports except modules named in `external`. Throws UserError with a line for
 * each error, with its file, when the module does not compile.
 */
export function bundleModule(project: Project, file: string, external: readonly string[] = []): BundledModule {
  const { buildSync } = requireOfWrangler(project, "esbuild") as typeof import("esbuild");
  try {
    const { outputFiles, metafile } = buildSync({
      entryPoints: [file],
      absWorkingDir: project.folder,
      bundle: true,
      write: false,
      outfile: "bundle.js",
      metafile: true,
      format: "esm",
      platform: "node",
      conditions: ["workerd", "worker", "browser"],
      mainFields: ["browser", "module", "main"],
      external: [...external],
      target: "es2022",
      loader: LOADERS,
      logLevel: "silent",
    });
    const exports = Object.values(metafile.outputs)[0]?.exports ?? [];
    return { code: outputFiles[0]?.text ?? "", exports, inputs: Object.keys(metafile.inputs) };
  } catch (error) {
    const { errors = [] } = error as { errors?: readonly Message[] };
    if (errors.length === 0) throw error;
    throw new UserError(errors.map((message) => formatMessage(message, project)).join("\n"));
  }
}

function formatMessage({ text, location }: Message, project: Project): string {
  const cause = text.includes('"cloudflare:')
    ? `${text}; the commands load this module in Node, so it must not import what only the Workers runtime has`
    : text;
  if (location === null) return cause;
  return `${nameInProject(project, resolve(project.folder, location.file))}:${location.line}: ${cause}`;
}
