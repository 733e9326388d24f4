/**
 * The order of the folders of src (docs/architecture.md): a folder imports only from folders below it, and no file in a
 * circle.
 */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

/**
 * From top to bottom. Folders of one line are siblings, of which none imports another. `src` and `worker` are their own
 * files.
 */
const ORDER = [
  "cli",
  "cli/bench cli/completion cli/console-build cli/crossbar cli/init cli/messaging cli/observing cli/workerd",
  "cli/client",
  "src",
  "public",
  "testing/router",
  "testing",
  "cli/project console",
  "console/pages",
  "console/access console/playground console/procedures console/topics",
  "console/live console/realm",
  "console/widgets",
  "console/session",
  "client",
  "worker",
  "worker/bridge worker/long-poll worker/server-sent-events worker/triggers worker/web",
  "worker/realm",
  "worker/callees worker/components worker/metrics worker/relay worker/webhooks",
  "worker/routing worker/storage",
  "worker/config",
  "worker/platform",
  "wamp/local wamp/relay",
  "wamp/relay/meta",
  "wamp/relay/authentication wamp/relay/broker wamp/relay/dealer wamp/relay/resume",
  "wamp/relay/link",
  "wamp/realm",
  "wamp/hibernation wamp/meta",
  "wamp/authentication wamp/broker wamp/dealer",
  "wamp/authorization",
  "wamp/monitoring",
  "wamp/session",
  "wamp/stored-records",
  "wamp/config wamp/host wamp/matching wamp/serializers",
  "wamp/crypto wamp/protocol",
].map((line) => line.split(" "));

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+)"/g;

/** File, as a path below src → the files that it imports, type imports included. */
const IMPORTS = new Map(
  readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => [file, importsOf(file)]),
);

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, "src", file), "utf8");
  return Array.from(text.matchAll(IMPORT), ([, path = ""]) => join(dirname(file), path));
}

function levelOf(file: string): number {
  const folder = dirname(file) === "." ? "src" : dirname(file);
  const level = ORDER.findIndex((line) => line.includes(folder));
  if (level < 0) throw new Error(`src/${folder} has no place in ORDER`);
  return level;
}

/** The first circle of imports that a walk from `file` comes back to. */
function circleFrom(file: string, path: readonly string[], done: Set<string>): readonly string[] | undefined {
  if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
  if (done.has(file)) return undefined;
  done.add(file);
  for (const imported of IMPORTS.get(file) ?? []) {
    const circle = circleFrom(imported, [...path, file], done);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

describe("a file of src", () => {
  test("imports only from its own folder and from folders below it", () => {
    const upward = [...IMPORTS].flatMap(([file, imports]) =>
      imports
        .filter((imported) => dirname(imported) !== dirname(file) && levelOf(imported) <= levelOf(file))
        .map((imported) => `${file} imports ${imported}`),
    );
    expect(upward).toStrictEqual([]);
  });

  test("is in no circle of imports", () => {
    const done = new Set<string>();
    const circles = [...IMPORTS.keys()].map((file) => circleFrom(file, [], done));
    expect(circles.filter((circle) => circle !== undefined)).toStrictEqual([]);
  });
});

test("no folder of src holds more than 20 files", () => {
  const counts = Map.groupBy(IMPORTS.keys(), (file) => dirname(file));
  expect([...counts].filter(([, files]) => files.length > 20).map(([folder]) => folder)).toStrictEqual([]);
});
