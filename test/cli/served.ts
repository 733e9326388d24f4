/**
 * Starts `wamp-edge serve` for tests: on a port that the system chooses, with their data folder and configuration, and
 * with the bundle that the setup of the test run has made.
 */

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject } from "vitest";
import { ALL_ROLES, ID, RawClient } from "../clients/raw-client.ts";
import { Command } from "./command.ts";

/** Settings of a realm that allows every client every action. */
export const OPEN = {
  roles: [
    {
      name: "anonymous",
      permissions: [
        { uri: "", match: "prefix", allow: { call: true, register: true, publish: true, subscribe: true } },
      ],
    },
  ],
  auth: { anonymous: { type: "static", role: "anonymous" } },
};

/** HELLO.Details. */
export const ROLES = { roles: ALL_ROLES };

/** A router that is listening. */
export interface Served {
  readonly command: Command;
  readonly origin: URL;
  readonly socketUrl: string;
}

const started: Command[] = [];

/** Starts a router; `env` is added to its environment. */
export function serve(data: string, config: string, env: Readonly<Record<string, string>> = {}): Promise<Served> {
  return serveWith([process.execPath, "src/cli/wamp-edge.ts", "serve"], data, config, env);
}

/** Starts a router by another command line that runs the same program. */
export async function serveWith(
  line: readonly string[],
  data: string,
  config: string,
  env: Readonly<Record<string, string>>,
): Promise<Served> {
  const given = { WAMP_BUNDLE: inject("bundle"), WAMP_DATA: data, WAMP_CONFIG: config };
  const command = new Command(line, { ...given, ...env });
  started.push(command);
  const origin = await command.origin();
  return { command, origin, socketUrl: `ws://${origin.host}` };
}

/** Stops a router, which must end with code 0 and without an error message. */
export async function stop({ command }: Served): Promise<void> {
  command.process.kill("SIGTERM");
  expect(await command.ended()).toBe(0);
  expect(command.errors).toBe("");
}

/** Ends all routers that a test has not stopped. */
export async function killServed(): Promise<void> {
  for (const command of started.splice(0)) {
    command.process.kill("SIGKILL");
    await command.ended();
  }
}

/** Creates a temporary folder. */
export function scratchDirectory(): string {
  return mkdtempSync(join(tmpdir(), "wamp-edge-"));
}

/** Joins realm1. */
export async function joinRealm({ socketUrl }: Served, path = "/ws/realm1"): Promise<RawClient> {
  const client = await RawClient.connect(`${socketUrl}${path}`, "wamp.2.json");
  await client.send([1, "realm1", ROLES]);
  await client.expect([2, ID, expect.any(Object)]);
  return client;
}
