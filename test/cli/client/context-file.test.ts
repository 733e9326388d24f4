/** The file of contexts, as commands read and write it. */

import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { contextPath, readContexts, writeContexts } from "../../../src/cli/client/context-file.ts";
import { scratchDirectory } from "../served.ts";

function environment(): NodeJS.ProcessEnv {
  const env = { XDG_CONFIG_HOME: scratchDirectory() };
  mkdirSync(join(env.XDG_CONFIG_HOME, "wamp-edge"));
  return env;
}

it.each([
  ['{"contexts": {"a": ', /contexts\.json is broken JSON \(it ends too early\): .*; mend the file, or remove it$/],
  ["[]", /contexts\.json must be an object, .*; mend the file, or remove it$/],
  ['{"contexts": {"a": {"secret": "joe"}}}', /contexts\.json: contexts\.a\.secret: /],
  ['{"contexts": {"a": {"authmethod": "telepathy"}}}', /contexts\.json: contexts\.a\.authmethod: /],
])("%j is refused with its path", (text, message) => {
  const env = environment();
  writeFileSync(contextPath(env), text);
  expect(() => readContexts(env)).toThrow(message);
});

it("a folder in its place is refused with its path", () => {
  const env = environment();
  mkdirSync(contextPath(env));
  expect(() => readContexts(env)).toThrow(/^cannot read .*contexts\.json: EISDIR/);
});

it("only its owner may read it, also where others could before", () => {
  const env = environment();
  writeFileSync(contextPath(env), "{}", { mode: 0o644 });
  writeContexts(env, { contexts: { home: { url: "ws://127.0.0.1" } } });
  expect(statSync(contextPath(env)).mode & 0o777).toBe(0o600);
  expect(readContexts(env)).toStrictEqual({ contexts: { home: { url: "ws://127.0.0.1" } } });
});
