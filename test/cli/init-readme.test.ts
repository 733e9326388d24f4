/** The README of a new project: each of its steps, in its order, with the files as printed there. */

import { execFile } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { completeAnswers } from "../../src/cli/init/answers.ts";
import { createProjectFiles } from "../../src/cli/init/project-files.ts";
import { Command } from "./command.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const PROGRAM = join(ROOT, "src/cli/wamp-edge.ts");
const BINARIES = join(ROOT, "node_modules/.bin");

/** In place of an installed package: the names of its modules, for the compiler and the bundler, and for vitest. */
const PATHS = { "wamp-edge": [`${ROOT}/src/public/config.ts`], "wamp-edge/*": [`${ROOT}/src/public/*.ts`] };
const VITEST_CONFIG = `export default {
  resolve: {
    alias: [
      { find: /^wamp-edge$/, replacement: "${ROOT}/src/public/config.ts" },
      { find: /^wamp-edge\\/(\\w+)$/, replacement: "${ROOT}/src/public/$1.ts" },
    ],
  },
};
`;

interface Block {
  readonly language: string;
  readonly file: string;
  readonly text: string;
}

/** A new project, and the steps that its README tells. */
class NewProject {
  readonly folder = mkdtempSync(join(tmpdir(), "wamp-edge-project-"));
  readonly #readme: string;

  constructor(login: string) {
    const answers = completeAnswers({ name: "app", login }, this.folder);
    const files = createProjectFiles(answers, { router: "^0.1.0", hasOwnNode: false });
    this.#readme = files.get("README.md") ?? "";
    for (const [path, text] of files) this.write(path, text);
    const { compilerOptions, ...settings } = JSON.parse(files.get("tsconfig.json") ?? "");
    // The compiler follows the paths to the router's sources, which need these two, and the types of files that are no modules.
    const own = { types: [...compilerOptions.types, "node"], exactOptionalPropertyTypes: true };
    const options = { ...compilerOptions, ...own, paths: PATHS };
    const include = [...settings.include, `${ROOT}/src/worker/web/bytes.d.ts`];
    this.write("tsconfig.json", JSON.stringify({ ...settings, include, compilerOptions: options }));
    this.write("vitest.config.mjs", VITEST_CONFIG);
    symlinkSync(join(ROOT, "node_modules"), join(this.folder, "node_modules"));
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), "utf8");
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  /** Writes and changes the files as the section says; returns how many blocks it has. */
  follow(section: string): number {
    const text = this.#readme.split(`\n## ${section}\n`)[1]?.split("\n## ")[0] ?? "";
    const blocks = [...text.matchAll(/^```(\w+) (\S+)\n(.*?)^```$/gms)];
    for (const [, language = "", file = "", content = ""] of blocks) this.#take({ language, file, text: content });
    return blocks.length;
  }

  #take({ language, file, text }: Block): void {
    if (language === "toml") return appendFileSync(join(this.folder, file), `\n${text}`);
    if (language !== "diff") return this.write(file, text);
    const lines = text.trimEnd().split("\n");
    const side = (sign: string) => lines.filter((line) => !line.startsWith(sign)).map((line) => line.slice(1));
    const [before, after] = [side("+").join("\n"), side("-").join("\n")];
    const parts = this.read(file).split(before);
    if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times the lines\n${before}`);
    this.write(file, parts.join(after));
  }

  /** Runs a program of node_modules in the project; resolves to its output, rejects with it when it fails. */
  async run(name: string, ...parameters: readonly string[]): Promise<string> {
    const [file, first] = name === "wamp-edge" ? [process.execPath, [PROGRAM]] : [join(BINARIES, name), []];
    const { stdout, stderr } = await run(file, [...first, ...parameters], { cwd: this.folder }).catch((error) => {
      throw new Error(`${name}: ${error.stdout}${error.stderr}`);
    });
    return stdout + stderr;
  }
}

describe("the README of a new project", () => {
  let project: NewProject;

  beforeAll(() => {
    project = new NewProject("anonymous");
  });

  it("adds a component, a permission and a test, which pass", async () => {
    expect(project.follow("Add a component")).toBe(4);
    expect(project.follow("Add a permission")).toBe(1);
    expect(project.follow("Add a test")).toBe(1);
    expect(await project.run("vitest", "run")).toMatch(/Tests\W.*5 passed/);
    await project.run("tsc");
    expect(await project.run("wamp-edge", "check")).toContain("the configuration is valid");
  });

  it("adds an environment", async () => {
    expect(project.follow("Deploy")).toBe(1);
    expect(await project.run("wamp-edge", "check", "--env", "staging")).toContain("the configuration is valid");
  });

  it("lets a user log in, as --login ticket does", async () => {
    const [told, asked] = [new NewProject("anonymous"), new NewProject("ticket")];
    for (const project of [told, asked]) expect(project.follow("Connect a client")).toBe(1);
    expect(told.follow("Log in users")).toBe(3);
    for (const path of ["src/realm.ts", "client.mjs"]) expect(asked.read(path)).toBe(told.read(path));
    expect(await asked.run("vitest", "run")).toMatch(/Tests\W.*3 passed/);
    expect(await asked.run("wamp-edge", "check")).toContain("the configuration is valid");
  });
});

it("the client of the README logs in with the ticket of .dev.vars and calls the component", async () => {
  const project = new NewProject("ticket");
  project.follow("Connect a client");
  const router = new Command([process.execPath, PROGRAM, "start"], {}, undefined, project.folder);
  try {
    const { host } = await router.origin();
    project.write("client.mjs", project.read("client.mjs").replace("127.0.0.1:8787", host));
    const { stdout } = await run(process.execPath, ["--env-file=.dev.vars", "client.mjs"], { cwd: project.folder });
    expect(stdout).toBe("Hello, Ann!\n");
  } finally {
    router.process.kill("SIGTERM");
    await router.ended();
  }
});
