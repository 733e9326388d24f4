/** `npm run bench`: short runs, and an error of its command line. */

import { expect, inject, it } from "vitest";
import { Command } from "./command.ts";

async function bench(...parameters: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const command = new Command([process.execPath, "bench/index.ts", ...parameters], { WAMP_BUNDLE: inject("bundle") });
  const code = await command.ended();
  return { code, stdout: command.stdout, stderr: command.stderr };
}

/** Long enough for calls to be answered, too short for figures that mean anything. */
const SHORT = ["--rounds", "1", "--duration", "300ms", "--warm-up", "100ms", "--callers", "2", "--in-flight", "2"];

it("a run gives figures of this router, of a core and of a relay, with their conditions, also when another router is gone", async () => {
  const targets = ["this", "core", "relay", "gone,ws://127.0.0.1:1/ws"].flatMap((target) => ["--target", target]);
  const { code, stdout, stderr } = await bench("rpc", "--no-defaults", ...targets, ...SHORT, "--json");
  expect(stderr).toContain("wamp-edge: gone: connect ECONNREFUSED 127.0.0.1:1\n");
  expect(code).toBe(1);
  const { conditions, settings, rows } = JSON.parse(stdout);
  expect(conditions).toMatchObject({ node: process.versions.node, cores: expect.any(Number) });
  expect(Object.keys(conditions.targets)).toStrictEqual(["this", "core", "relay", "gone"]);
  expect(settings).toMatchObject({ durationMs: 300, callers: 2, inFlight: 2, payload: 64 });
  const [own, core, relay, gone] = rows;
  for (const { rounds } of [own, core, relay]) {
    expect(rounds).toStrictEqual([expect.objectContaining({ errors: 0, p50_us: expect.any(Number) })]);
    expect(rounds[0].calls_per_s).toBeGreaterThan(0);
    if (conditions.measures_cpu) expect(rounds[0].cpu_us_per_call).toBeGreaterThan(0);
  }
  expect(gone.rounds).toStrictEqual([null]);
});

it("every socket of a crowd gets each event once, in one object and over relays", async () => {
  const short = ["--rounds", "1", "--events", "12", "--idle", "100ms"];
  const { code, stdout, stderr } = await bench("crowd", "--sockets", "3", "--relays", "2", ...short, "--json");
  expect({ code, stderr }).toStrictEqual({ code: 0, stderr: expect.stringContaining("crowd: 2 relays: 6 sockets\n") });
  const rows: { target: string; rounds: object[] }[] = JSON.parse(stdout).rows;
  expect(rows.map(({ target }) => target)).toStrictEqual(["relay", "one object", "2 relays"]);
  for (const { rounds } of rows) {
    expect(rounds).toStrictEqual([
      expect.objectContaining({ lost: 0, errors: 0, heap_bytes_per_session: expect.any(Number) }),
    ]);
  }
});

it("an unknown scenario is an error that names the help", async () => {
  const stderr = "wamp-edge: unknown command 'unknown'; \"npm run bench -- --help\" lists what it takes\n";
  expect(await bench("unknown")).toStrictEqual({ code: 1, stdout: "", stderr });
});
