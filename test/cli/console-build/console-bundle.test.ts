/** The build of the console, and what the commands say where it is missing. */

import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildConsole } from "../../../src/cli/console-build/console-bundle.ts";
import { CONSOLE_FILES } from "../../../src/cli/project/console-files.ts";
import { checkOut } from "../checkout.ts";
import { Command } from "../command.ts";

it("the same sources make the same bytes", async () => {
  const folders = [1, 2].map(() => mkdtempSync(join(tmpdir(), "console-")));
  for (const folder of folders) await buildConsole(folder);
  const [first, second] = folders.map((folder) => CONSOLE_FILES.map((name) => readFileSync(join(folder, name))));
  expect(first!.map(({ length }) => length)).toEqual([expect.any(Number), expect.any(Number)]);
  expect(Buffer.concat(first!).equals(Buffer.concat(second!))).toBe(true);
  for (const folder of folders) rmSync(folder, { recursive: true });
});

describe("without the files of the console", () => {
  let folder: string;
  beforeAll(() => {
    folder = checkOut({});
    for (const file of globSync("src/worker/web/*.bin", { cwd: folder })) rmSync(join(folder, file));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ["npm start", ["src/cli/wamp-edge.ts", "start"]],
    ["npm run serve", ["src/cli/wamp-edge.ts", "serve"]],
    ["npm run build", ["src/cli/build.ts"]],
  ])("%s says in one line which command makes them", async (_, parameters) => {
    const command = new Command([process.execPath, ...parameters], {}, undefined, folder);
    expect(await command.ended()).toBe(1);
    const file = join(folder, "src/worker/web/console-script.bin");
    expect(command.stderr).toBe(`wamp-edge: ${file} is missing: run "npm run build:console"\n`);
  });
});
