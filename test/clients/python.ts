/** Python with Autobahn, in a virtual environment of its own that is made once and kept until the next `npm ci`. */

import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";

/** An interpreter, or why there is none. */
export type Python = { readonly path: string } | { readonly reason: string };

const DIRECTORY = join(import.meta.dirname, "../../node_modules/.cache/autobahn-python");
const PACKAGES = ["autobahn", "argon2-cffi", "passlib", "pynacl", "base58", "ecdsa"];
/** Milliseconds for all packages, built from source where it must be. */
const PATIENCE = 300_000;

/** Looks for the environment, and makes it where it is not there. */
export function findPython(): Python {
  const path = join(DIRECTORY, "bin", "python");
  if (existsSync(path) && canImport(path)) return { path };
  try {
    rmSync(DIRECTORY, { recursive: true, force: true });
    run("python3", ["-m", "venv", DIRECTORY]);
    run(path, ["-m", "pip", "install", "--quiet", "--retries", "1", "--timeout", "10", ...PACKAGES]);
  } catch (error) {
    return { reason: `no Python with Autobahn can be had here: ${firstLine(error)}` };
  }
  return canImport(path) ? { path } : { reason: "Autobahn for Python is installed here, and cannot be loaded" };
}

function canImport(path: string): boolean {
  try {
    run(path, ["-c", "import autobahn.asyncio.component, autobahn.wamp.cryptosign, argon2, passlib"]);
    return true;
  } catch {
    return false;
  }
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"], timeout: PATIENCE });
}

function firstLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: Buffer; message: string };
  return (
    String(stderr?.length ? stderr : message)
      .trim()
      .split("\n")[0] ?? ""
  );
}
