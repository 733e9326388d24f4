/** A realm with a jurisdiction in local workerd, which has no jurisdictions. */

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { anonymousRealm } from "../clients/harness.ts";
import { RawClient } from "../clients/raw-client.ts";
import { Command } from "./command.ts";

let command: Command | undefined;
afterEach(async () => {
  command?.process.kill("SIGTERM");
  await command?.ended();
});

it.each(["start", "serve"])(
  "wamp-edge %s serves the realm and logs once that the jurisdiction is ignored",
  async (script) => {
    const WAMP_CONFIG = JSON.stringify({ version: 1, realms: [anonymousRealm("test-1", { jurisdiction: "eu" })] });
    const WAMP_DATA = mkdtempSync(join(tmpdir(), "wamp-edge-"));
    command = new Command([process.execPath, "src/cli/wamp-edge.ts", script], { WAMP_CONFIG, WAMP_DATA });
    const { host } = await command.origin();
    const client = await RawClient.connect(`ws://${host}/ws/test-1`, "wamp.2.json");
    await client.join("test-1");
    client.socket.terminate();
    const told = () => `${command!.stdout}${command!.stderr}`.match(/jurisdiction\.ignored/g);
    await expect.poll(told).toHaveLength(1);
  },
);
