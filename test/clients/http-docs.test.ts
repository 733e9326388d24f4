/** Runs the examples of docs/http.md, and compares their answers with those on the page. */

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { anonymousRealm, type Router, startRouter } from "./harness.ts";

const run = promisify(execFile);
const PAGE = readFileSync(join(import.meta.dirname, "../../docs/http.md"), "utf8");
const REALM = anonymousRealm("realm1");
/** `curl` examples, each with the answer below it. */
const EXAMPLES = Array.from(
  PAGE.matchAll(/```sh\n(curl .+?)```\s+```\n(.+?)\n```/gs),
  ([, command, answer]) => [command!, answer!] as const,
);
/** Programs that sign a request: as Crossbar.io does, and with action and realm. */
const SCRIPTS = Array.from(PAGE.matchAll(/```js\n(.+?)```/gs), ([, script]) => script!);
const HAS_CURL = await run("curl", ["--version"]).then(
  () => true,
  () => false,
);

let open: Router;
/** One for each of the programs. */
const signed: Router[] = [];

beforeAll(async () => {
  const base = { version: 1, realms: [REALM] } as const;
  open = await startRouter({ ...base, http: { bridge: { open: true, role: "anonymous" } } } as typeof base);
  const bridge = { key: "shop", secret: "s3cret", role: "anonymous" };
  for (const sign_route of [false, true]) {
    signed.push(await startRouter({ ...base, http: { bridge: { ...bridge, sign_route } } } as typeof base));
  }
});
afterAll(async () => {
  await open.close();
  for (const router of signed) await router.close();
});

it("has an example of a publish, a call and an error", () => expect(EXAMPLES).toHaveLength(3));

// Skipped without curl.
it.skipIf(!HAS_CURL).each(EXAMPLES)("%s", async (command, answer) => {
  const { stdout } = await run("sh", [
    "-c",
    command.replace("http://localhost:8787", open.origin.replace("ws:", "http:")),
  ]);
  // Ids are random.
  expect(stdout.replace(/"id":\d+/, '"id":0')).toBe(answer.replace(/"id":\d+/, '"id":0'));
});

it.each([0, 1])("program %i signs a request", async (index) => {
  const file = join(mkdtempSync(join(tmpdir(), "http-docs-")), "sign.mjs");
  writeFileSync(file, SCRIPTS[index]!);
  const environment = {
    ...process.env,
    BRIDGE_SECRET: "s3cret",
    ROUTER: signed[index]!.origin.replace("ws:", "http:"),
  };
  const { stdout } = await run(process.execPath, [file], { env: environment });
  expect(JSON.parse(stdout)).toEqual({ id: expect.any(Number) });
});
