/** Python with Autobahn, in a virtual environment that is kept until the next `npm ci`. */

import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";

/** The path of the interpreter, or the reason why it is missing. */
export type Python = { readonly path: string } | { readonly reason: string };

const DIRECTORY = join(import.meta.dirname, "../../node_modules/.cache/autobahn-python");
const PACKAGES = ["autobahn", "argon2-cffi", "passlib", "pynacl", "base58", "ecdsa"];
/** Milliseconds for the installation of all packages, some of them from source. */
const INSTALL_TIMEOUT = 300_000;

/** Returns the interpreter of the environment, which is made if it is missing. */
export function findPython(): Python {
  const path = join(DIRECTORY, "bin", "python");
  if (existsSync(path) && canImport(path)) return { path };
  try {
    rmSync(DIRECTORY, { recursive: true, force: true });
    run("python3", ["-m", "venv", DIRECTORY]);
    run(path, ["-m", "pip", "install", "--quiet", "--retries", "1", "--timeout", "10", ...PACKAGES]);
  } catch (error) {
    return { reason: `Python with Autobahn cannot be installed: ${firstLine(error)}` };
  }
  return canImport(path) ? { path } : { reason: "Autobahn for Python is installed, but cannot be loaded" };
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
  execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"], timeout: INSTALL_TIMEOUT });
}

function firstLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: Buffer; message: string };
  return (
    String(stderr?.length ? stderr : message)
      .trim()
      .split("\n")[0] ?? ""
  );
}
