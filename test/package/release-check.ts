/**
 * `npm run release:check`: what a release must pass, tried from its tarball as a new user would. Prints one line per step;
 * a step that fails ends it with the step's output and exit code 1. Needs the package registry or npm's cache.
 */

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { VERSION } from "../../src/public/config.ts";
import { pack } from "./packed.ts";

const PROJECT = join(import.meta.dirname, "../..");
const STEP_TIMEOUT_MS = 180_000;
const INSTALL = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];

const folder = realpathSync(mkdtempSync(join(tmpdir(), "wamp-edge-release-")));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
/** An empty project, into which a user installs the package only to run `init`. */
const empty = join(folder, "empty");
/** The project that `init` writes. */
const app = join(folder, "app");
mkdirSync(empty);

/**
 * The environment of a user: this Node and the machine's npm, but not the tools of this repository, which npm puts in
 * front of PATH, nor what npm tells its scripts.
 */
const env: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(package|lifecycle|config_local_prefix)|^INIT_CWD$/.test(name),
    ),
  ),
  PATH: [
    dirname(process.execPath),
    ...(process.env.PATH ?? "").split(delimiter).filter((path) => !path.endsWith("node_modules/.bin")),
  ].join(delimiter),
  WRANGLER_SEND_METRICS: "false",
  NO_COLOR: "1",
};

/** Runs a command; rejects with its output if it fails. */
async function run(cwd: string, file: string, ...args: string[]): Promise<void> {
  await promisify(execFile)(file, args, { cwd, env, timeout: STEP_TIMEOUT_MS }).catch(
    (error: { message: string; stdout: string; stderr: string }) => {
      throw new Error([`${file} ${args.join(" ")}`, error.stdout, error.stderr || error.message].join("\n"));
    },
  );
}

/** Runs a tool of this repository with a tarball. */
function lint(path: string, ...args: string[]): Promise<void> {
  return run(folder, process.execPath, join(PROJECT, "node_modules", path), ...args);
}

function checkVersion(): void {
  const { version } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8")) as { version: string };
  if (version !== VERSION) throw new Error(`package.json has ${version}, src/public/config.ts ${VERSION}`);
  const headings = readFileSync(join(PROJECT, "CHANGELOG.md"), "utf8").match(/^## \[.*?\]/gm) ?? [];
  if (!headings.some((heading) => heading === `## [${version}]` || heading === "## [Unreleased]")) {
    throw new Error(`CHANGELOG.md has neither a heading [${version}] nor [Unreleased]`);
  }
}

/** Starts the Worker of the new project in workerd, and calls its component. */
const CALL_IN_WORKERD = `
  import { startRouter } from "wamp-edge/testing";
  const router = await startRouter();
  const alice = await router.realm("realm1").login({ method: "anonymous" });
  const { args } = await alice.call("com.example.greet", ["Ann"]);
  await router.stop();
  if (args[0] !== "Hello, Ann!") throw new Error(JSON.stringify(args));
`;

let tarball = "";
const STEPS: Readonly<Record<string, () => unknown>> = {
  "one version": checkVersion,
  "npm pack": () => {
    tarball = pack(folder);
  },
  publint: () => lint("publint/src/cli.js", "--strict", tarball),
  attw: () => lint("@arethetypeswrong/cli/dist/index.js", tarball, "--profile", "esm-only"),
  "install into an empty project": async () => {
    await run(empty, "npm", "init", "--yes");
    await run(empty, "npm", ...INSTALL, tarball);
  },
  "wamp-edge init": () => run(empty, "npx", "--no", "wamp-edge", "init", app, "--yes"),
  "install into the new project": () => run(app, "npm", ...INSTALL),
  "type check": () => run(app, "npm", "run", "types"),
  "wamp-edge check": () => run(app, "npx", "--no", "wamp-edge", "check"),
  "npm test": () => run(app, "npm", "test"),
  startRouter: () => run(app, process.execPath, "--input-type=module", "--eval", CALL_IN_WORKERD),
  "wrangler deploy --dry-run": () => run(app, "npx", "--no", "wrangler", "deploy", "--dry-run"),
};

for (const [title, step] of Object.entries(STEPS)) {
  const start = performance.now();
  try {
    await step();
  } catch (error) {
    // Indented, so that the summary of the tests in it is not taken for that of `npm run check`.
    const output = (error as Error).message.trim().replaceAll(/^/gm, "  | ");
    process.stdout.write(`release check failed: ${title}\n${output}\n`);
    process.exit(1);
  }
  process.stdout.write(`${((performance.now() - start) / 1000).toFixed(1).padStart(5)} s  ${title}\n`);
}
process.stdout.write(`release check passed: wamp-edge ${VERSION}\n`);
