/** The file of named contexts: which router, which realm, and as which principal. It holds no secret. */

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { createFolder } from "../project/create-folder.ts";
import { UserError } from "../project/user-error.ts";
import { AUTH_METHODS } from "./auth-methods.ts";
import { parseDict } from "./json-text.ts";

const text = v.pipe(v.string(), v.nonEmpty());

/** Where a secret is: a variable of the environment or a file. */
const Secret = v.union([v.strictObject({ env: text }), v.strictObject({ file: text })]);

const Context = v.strictObject({
  url: v.optional(text),
  realm: v.optional(text),
  authmethod: v.optional(v.picklist(AUTH_METHODS)),
  authid: v.optional(text),
  role: v.optional(text),
  secret: v.optional(Secret),
});

const File = v.strictObject({
  current: v.optional(text),
  contexts: v.optional(v.record(text, Context), {}),
});

/** Where a secret is: a variable of the environment or a file. */
export type SecretReference = v.InferOutput<typeof Secret>;
/** A named context; what is absent comes from the environment or the defaults. */
export type Context = v.InferOutput<typeof Context>;
/** The file: the name of the context in use, and name → context. */
export type ContextFile = v.InferOutput<typeof File>;

/** Returns the path of the file: in `$XDG_CONFIG_HOME`, `%APPDATA%` or `~/.config`. */
export function contextPath(env: NodeJS.ProcessEnv): string {
  const folder = env.XDG_CONFIG_HOME || env.APPDATA || join(homedir(), ".config");
  return join(folder, "wamp-edge", "contexts.json");
}

/** Reads the file; without one no context exists. Throws UserError for a file that is not sound. */
export function readContexts(env: NodeJS.ProcessEnv): ContextFile {
  const path = contextPath(env);
  const parsed = v.safeParse(File, readIfExists(path));
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new UserError(`${path}: ${v.getDotPath(issue) ?? "the file"}: ${issue.message}`);
}

/** Returns a context, by default that in use. Throws UserError for a name that the file does not have. */
export function findContext(file: ContextFile, name: string): Context {
  const context = Object.hasOwn(file.contexts, name) ? file.contexts[name] : undefined;
  if (context !== undefined) return context;
  const names = Object.keys(file.contexts).join(", ") || "none";
  throw new UserError(`no context ${name} (known: ${names}); "wamp-edge context set ${name} --url URL" creates it`);
}

/** Replaces the file whole, so that a reader never sees a part of it. Only its owner may read it. */
export function writeContexts(env: NodeJS.ProcessEnv, file: ContextFile): void {
  const path = contextPath(env);
  const draft = `${path}.${process.pid}`;
  try {
    createFolder(dirname(path), 0o700);
    writeFileSync(draft, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, path);
  } catch (error) {
    throw new UserError(`cannot write ${path}: ${(error as Error).message}`);
  }
}

function readIfExists(path: string): unknown {
  try {
    return parseDict(readFileSync(path, "utf8"), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    if (error instanceof UserError) throw new UserError(`${error.message}; mend the file, or remove it`);
    throw new UserError(`cannot read ${path}: ${(error as Error).message}`);
  }
}
