/** Fills a disk under load, and starts a router on a folder that is not writable. */

import { execFileSync } from "node:child_process";
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Publishing } from "./publishing.ts";
import { Serve } from "./served.ts";
import { Session } from "./session.ts";
import { chaosConfig, historyOf } from "./workload.ts";

/** Why a small disk cannot be made on this machine; undefined if it can. */
export const NO_SMALL_DISK =
  process.platform === "linux" && process.getuid?.() === 0 ? undefined : "only root on Linux can mount a small disk";

const DISK_MIB = 48;
const MIB = Buffer.alloc(1_048_576, 1);
const TOPIC = "chaos.log.disk";
const STORAGE_FULL = "wamp.edge.error.storage_full";
/** Milliseconds between two mebibytes of the file that fills the disk: 100 MB a second. */
const FILL_MS = 10;
/** Milliseconds that the disk stays full, and that the router has to notice a change. */
const FULL_MS = 1_500;
const NOTICED_WITHIN_MS = 5_000;

/** The result of a full disk. */
export interface FullDisk {
  readonly acknowledged: number;
  readonly refused: number;
  readonly faults: readonly string[];
}

/** Fills the disk of a router under load, frees space, kills the router and checks what it stored. */
export async function fullDisk(): Promise<FullDisk> {
  const disk = mkdtempSync(join(tmpdir(), "wamp-edge-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MIB}m`, "tmpfs", disk]);
  try {
    return await withDisk(disk);
  } finally {
    execFileSync("umount", ["-l", disk]);
    rmSync(disk, { recursive: true, force: true });
  }
}

async function withDisk(disk: string): Promise<FullDisk> {
  const data = join(disk, "data");
  // No server listens there, so deliveries stay pending.
  const config = chaosConfig("http://127.0.0.1:9/");
  let serve = new Serve(data, config);
  try {
    const url = await serve.url();
    const [publisher, bystander, heir] = await Promise.all([1, 2, 3].map(() => Session.join(url, "chaos")));
    const faults: string[] = [];
    const publishing = new Publishing(publisher!, TOPIC, STORAGE_FULL);
    await bystander!.ask(32, {}, TOPIC);
    await until(publisher!, publishing, "acknowledged", 100);
    await heir!.call("wamp.session.add_testament", [TOPIC, ["testament"]]);
    const file = join(disk, "filling");
    await fill(file);
    await until(publisher!, publishing, "refused", 1);
    const before = bystander!.events.length;
    const late = await Session.join(url, "chaos");
    if (!(await isTestamentRefused(late))) faults.push("a testament is taken that cannot be stored");
    late.close();
    await pause(FULL_MS);
    const plain = await publisher!.ask(16, { acknowledge: true }, "plain");
    if (plain[0] !== 17) faults.push("a topic that is not kept is refused");
    for (const [name, session] of Object.entries({ publisher, bystander, heir })) {
      if (!session!.isOpen) faults.push(`the ${name} is thrown out`);
    }
    const lines = serve.command.stderr.split("\n").filter((line) => line.includes('"storage.full"'));
    if (lines.length !== 1) faults.push(`the log has ${lines.length} lines of storage.full`);
    rmSync(file);
    await until(publisher!, publishing, "acknowledged", publishing.acknowledged.length + 100);
    if (bystander!.events.length <= before) faults.push("the bystander hears nothing any more");
    publishing.stop();
    await serve.kill();
    serve = new Serve(data, config);
    faults.push(...(await historyFaults(publishing, await serve.url())));
    return { acknowledged: publishing.acknowledged.length, refused: publishing.refused.length, faults };
  } finally {
    await serve.kill();
  }
}

/** Waits until so many publications are acknowledged or refused. */
async function until(
  publisher: Session,
  publishing: Publishing,
  what: "acknowledged" | "refused",
  count: number,
): Promise<void> {
  const deadline = Date.now() + NOTICED_WITHIN_MS;
  while (publishing[what].length < count) {
    if (!publisher.isOpen) throw new Error("the publisher is thrown out");
    if (Date.now() > deadline) throw new Error(`only ${publishing[what].length} of ${count} are ${what}`);
    await pause(FILL_MS);
  }
}

/** Returns the missing and the surplus events in the history of a restarted router. */
async function historyFaults(publishing: Publishing, url: string): Promise<string[]> {
  const session = await Session.join(url, "chaos");
  const events = await historyOf(session, () => true);
  session.close();
  return publishing.faults(
    events.map(({ args }) => args[0]),
    false,
  );
}

/** Whether testaments are refused before the time is over in which the router notices that the disk is full. */
async function isTestamentRefused(session: Session): Promise<boolean> {
  const deadline = Date.now() + NOTICED_WITHIN_MS;
  while (Date.now() < deadline) {
    const answer = await session.ask(48, {}, "wamp.session.add_testament", [TOPIC, [0]]);
    if (answer[0] === 8) return true;
    await pause(FILL_MS);
  }
  return false;
}

/** Writes a file until the disk is full. */
async function fill(path: string): Promise<void> {
  const file = openSync(path, "w");
  try {
    for (;;) {
      writeSync(file, MIB);
      await pause(FILL_MS);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  } finally {
    closeSync(file);
  }
}

/** Starts a router on a folder that is not writable; returns the faults of its answer. */
export async function readOnlyFolder(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "wamp-edge-read-only-"));
  const data = join(folder, "data");
  mkdirSync(data);
  // Root ignores permissions.
  if (NO_SMALL_DISK === undefined) execFileSync("mount", ["-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", data]);
  else chmodSync(data, 0o500);
  const serve = new Serve(data, chaosConfig("http://127.0.0.1:9/"));
  try {
    const code = await serve.command.ended();
    const isTold = /^wamp-edge: WAMP_DATA: [^\n]+\n$/.test(serve.command.stderr);
    return code === 1 && isTold ? [] : [`a read-only folder: code ${code}, ${serve.command.stderr}`];
  } finally {
    await serve.kill();
    if (NO_SMALL_DISK === undefined) execFileSync("umount", [data]);
    rmSync(folder, { recursive: true, force: true });
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
