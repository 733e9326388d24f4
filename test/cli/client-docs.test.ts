/** The commands of docs/cli.md, in the order of the page, against one router; their output must be that of the page. */

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { printed } from "./client-program.ts";
import { Command } from "./command.ts";
import { killServed, type Served, scratchDirectory, serve } from "./served.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/cli.md"), "utf8");
const REALM = JSON.parse(/```json config\n(.+?)```/s.exec(PAGE)![1]!);
const SECRETS = { JOE_TICKET: "joe's ticket", ADMIN_TICKET: "admin's ticket" };
/** The address of the router on the page. */
const ADDRESS = "127.0.0.1:8787";

/** A command of the page with the output that follows it. */
interface Example {
  readonly line: string;
  readonly isBackground: boolean;
  readonly output: string;
  /** Whether only the words of the output count. */
  readonly hasFigures: boolean;
}

const EXAMPLES = Array.from(PAGE.matchAll(/```console( figures)?\n(.+?)```/gs), ([, figures, text = ""]) => {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part): Example => {
      const [line = "", ...output] = part.split("\n");
      const isBackground = line.endsWith(" &");
      const hasFigures = figures !== undefined;
      return { line: line.replace(/ &$/, ""), isBackground, output: output.join("\n"), hasFigures };
    });
}).flat();

let served: Served;
let scratch: string;
const started: { readonly command: Command; readonly isAwaited: boolean }[] = [];

beforeAll(async () => {
  scratch = scratchDirectory();
  served = await serve(join(scratch, "data"), JSON.stringify({ version: 1, realms: [REALM] }), SECRETS);
  const bin = join(scratch, "bin");
  mkdirSync(bin);
  const program = join(bin, "npx");
  writeFileSync(program, `#!/bin/sh\nshift\nexec "${process.execPath}" "${ROOT}/src/cli/wamp-edge.ts" "$@"\n`);
  chmodSync(program, 0o755);
});
afterAll(async () => {
  for (const { command } of started) {
    try {
      process.kill(-command.process.pid!, "SIGKILL");
    } catch {
      // It has ended.
    }
  }
  await killServed();
});

/** Whether the page has set a context, which names the router from then on. */
let hasContext = false;

function start(line: string, isAwaited: boolean): Command {
  const path = `${join(scratch, "bin")}:${process.env.PATH}`;
  const config = join(scratch, "config");
  const url = hasContext ? "" : served.socketUrl;
  const env = { ...SECRETS, PATH: path, XDG_CONFIG_HOME: config, WAMP_URL: url };
  const command = new Command(["sh", "-c", line.replaceAll(ADDRESS, served.origin.host)], env);
  started.push({ command, isAwaited });
  return command;
}

/** Output with what differs from run to run replaced: ids, times, the address, the folder, widths of columns. */
function comparable(text: string, hasFigures = false): string {
  const masked = text
    .replaceAll(served.origin.host, ADDRESS)
    .replaceAll(join(scratch, "config"), "~/.config")
    .replace(/(?<![\w-])[\w-]{24}(?![\w-])/g, "AUTHID")
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+Z)?/g, "TIME")
    .replace(/\d\d:\d\d:\d\d/g, "TIME")
    // An id with fewer digits than others of its column stands behind spaces.
    .replace(/(^ *|\b)\d{10,}\b/gm, "ID");
  return (hasFigures ? masked.replace(/\d+(?:\.\d+)?/g, "N") : masked).replace(/ {2,}/g, "  ").trim();
}

describe("docs/cli.md", () => {
  it.each(EXAMPLES)("$line", async ({ line, isBackground, output, hasFigures }) => {
    const command =
      line === "wait" ? started.findLast(({ isAwaited }) => isAwaited)!.command : start(line, isBackground);
    if (isBackground) return printed(command, "Ctrl-C ends");
    expect({ code: await command.ended(), stderr: command.errors }).toStrictEqual({
      code: 0,
      stderr: expect.stringMatching(/^(wamp-edge: (subscribed|measuring|showing|no session is known) .*)?$/),
    });
    expect(comparable(command.stdout, hasFigures)).toBe(comparable(output, hasFigures));
    hasContext ||= line.includes("context set");
  });

  it("shows each command that it names", () => {
    const named = PAGE.matchAll(/npx wamp-edge ([a-z]+)/g);
    const shown = Array.from(PAGE.matchAll(/^\$ .*?npx wamp-edge ([a-z]+)/gm), ([, name]) => name);
    expect([...new Set(Array.from(named, ([, name]) => name))].sort()).toEqual([...new Set(shown)].sort());
  });
});
