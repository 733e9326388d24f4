/** The router of a checkout, started by its own command `serve`: the bundle in plain workerd, with a disk. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { UserError } from "../../src/cli/project/user-error.ts";
import { LARGEST_LIMITS } from "../../src/wamp/config/limits.ts";
import { FORMAT_NAMES } from "../client/wire-format.ts";
import type { Settings } from "../scenarios/settings.ts";
import type { RunningRouter } from "./running-router.ts";

/** The realm of the benchmark. */
export const REALM = "realm1";

const ALLOW_ALL = { uri: "", match: "prefix", allow: { call: true, register: true, publish: true, subscribe: true } };

/** A realm that is open to all, and the HTTP bridge; `more` are further keys of the realm. */
export function configFor({ unreadBytes }: Pick<Settings, "unreadBytes">, more: object = {}) {
  return {
    version: 1,
    realms: [
      {
        name: REALM,
        roles: [{ name: "anonymous", permissions: [ALLOW_ALL] }],
        auth: { anonymous: { type: "static", role: "anonymous" } },
        limits: {
          outgoing_bytes: Math.min(unreadBytes / 4, LARGEST_LIMITS.outgoing_bytes),
          realm_outgoing_bytes: unreadBytes,
        },
        ...more,
      },
    ],
    http: { bridge: { open: true, role: "anonymous" } },
  };
}

/** Variables that would change what is measured. */
const REMOVED_VARIABLES = ["npm_lifecycle_event", "HOST", "WAMP_ASSETS", "WAMP_DEVELOPMENT"];

/** Builds the bundle of the checkout and starts it; rejects with UserError and the output of the command. */
export async function startCheckout(name: string, folder: string, settings: Settings): Promise<RunningRouter> {
  const data = mkdtempSync(join(tmpdir(), "wamp-edge-bench-"));
  process.once("exit", () => rmSync(data, { recursive: true, force: true }));
  const inherited = Object.entries(process.env).filter(([variable]) => !REMOVED_VARIABLES.includes(variable));
  const child = spawn(process.execPath, ["src/cli/wamp-edge.ts", "serve", "--json"], {
    cwd: folder,
    env: {
      ...Object.fromEntries(inherited),
      PORT: "0",
      WAMP_DATA: data,
      WAMP_CONFIG: JSON.stringify(configFor(settings)),
    },
    // The command stops the router when its standard input ends: with this process, whatever ends it.
    stdio: ["pipe", "pipe", "pipe"],
  });
  const origin = await readOrigin(child, folder);
  return {
    name,
    socketUrl: (realm) => `ws://${origin.host}/ws/${realm}`,
    origin: origin.href,
    pid: child.pid,
    serializers: new Set(FORMAT_NAMES),
    close: async () => {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

async function readOrigin(child: ChildProcess, folder: string): Promise<URL> {
  let errors = "";
  child.stderr!.on("data", (chunk) => {
    errors += chunk;
  });
  for await (const line of createInterface(child.stdout!)) {
    if (line.startsWith("{")) return new URL((JSON.parse(line) as { url: string }).url);
  }
  throw new UserError(`the router of ${folder} does not start\n${errors.trim()}`);
}
