/** The conditions of a measurement: without them its figures mean nothing. */

import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { findWrangler } from "../../src/cli/project/wrangler.ts";
import { OWN_FOLDER, type Target } from "../targets/target.ts";

/** Where and with what figures were measured. */
export interface Conditions {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memory_gib: number;
  readonly system: string;
  readonly node: string;
  /** Name of a target → its commit and workerd, or its URL. */
  readonly targets: Readonly<Record<string, string>>;
  /** Over the minute before the start. */
  readonly load_average: number;
  /** Whether the CPU time of routers can be read. */
  readonly measures_cpu: boolean;
}

const GIBIBYTE = 2 ** 30;
/** A load average from which other work takes a noticeable part of a core. */
const QUIET_LOAD = 0.3;

/** Reads the conditions at the start of a measurement. */
export function readConditions(targets: readonly Target[]): Conditions {
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: processors[0]?.model.trim() || "unknown",
    cores: processors.length,
    memory_gib: Math.round(totalmem() / GIBIBYTE),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    targets: Object.fromEntries(targets.map((target) => [target.name, describeTarget(target)])),
    load_average: loadavg()[0] ?? 0,
    measures_cpu: process.platform === "linux",
  };
}

/** Returns what is wrong with a machine for measuring; undefined when it is quiet. */
export function findUnrest({ load_average }: Conditions): string | undefined {
  if (load_average <= QUIET_LOAD) return undefined;
  return `the machine is not quiet: its load average is ${load_average.toFixed(2)}; rely on ratios only, or come back`;
}

function describeTarget(target: Target): string {
  if (target.kind === "url") return target.url;
  const folder = target.kind === "checkout" ? target.folder : OWN_FOLDER;
  return `commit ${commitOf(folder)}, workerd ${workerdVersion(folder)}`;
}

function commitOf(folder: string): string {
  const git = (...parameters: string[]) => execFileSync("git", ["-C", folder, ...parameters], { encoding: "utf8" });
  try {
    const isChanged = git("status", "--porcelain", "--untracked-files=no") !== "";
    return `${git("rev-parse", "--short", "HEAD").trim()}${isChanged ? " with changes" : ""}`;
  } catch {
    return "unknown";
  }
}

function workerdVersion(folder: string): string {
  try {
    const wrangler = findWrangler({ folder, settingsFile: join(folder, "wrangler.toml") });
    return (createRequire(wrangler)("workerd/package.json") as { version: string }).version;
  } catch {
    return "unknown";
  }
}
