/** `wamp-edge init`: what it writes, asks and refuses. */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { askQuestions, completeAnswers } from "../../src/cli/init/answers.ts";
import { findPackageSource } from "../../src/cli/init/package-source.ts";
import { createProjectFiles, GITIGNORE, OWN_NODE } from "../../src/cli/init/project-files.ts";
import { writeProject } from "../../src/cli/init/write-project.ts";
import { VERSION } from "../../src/public/config.ts";

const PROJECT = join(import.meta.dirname, "../..");
const PROGRAM = join(PROJECT, "src/cli/wamp-edge.ts");
/** The files of the template in the repository, without those of tools that ran in it. */
const TEMPLATE = execFileSync("git", ["ls-files", "template"], { cwd: PROJECT, encoding: "utf8" })
  .trim()
  .split("\n")
  .map((path) => path.slice("template/".length));

function scratchFolder(): string {
  return mkdtempSync(join(tmpdir(), "wamp-edge-init-"));
}

/** Runs `wamp-edge init` in `folder`, without a terminal. */
function init(folder: string, ...parameters: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, "init", ...parameters], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

function read(...path: readonly string[]): string {
  return readFileSync(join(...path), "utf8");
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort();
}

describe("wamp-edge init", () => {
  it("writes the files of the template, with the folder's name without its accents, and prints the next steps", () => {
    const folder = scratchFolder();
    const { status, stdout, stderr } = init(folder, "Mý App", "--yes");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("Created my-app in Mý App: realm realm1, login anonymous.\n");
    expect(stdout).toContain("  cd 'Mý App'\n  npm install\n  npm test\n  npm start\n");
    const app = join(folder, "Mý App");
    expect(filesIn(app)).toEqual(TEMPLATE.toSorted());
    for (const path of TEMPLATE.filter((path) => !["README.md", "package.json"].includes(path))) {
      expect(read(app, path)).toBe(read(PROJECT, "template", path).replaceAll("wamp-edge-app", "my-app"));
    }
  });

  it("takes the defaults without a terminal, and works in the present folder", () => {
    const folder = join(scratchFolder(), "here");
    mkdirSync(join(folder, ".git"), { recursive: true });
    const { status, stdout } = init(folder, ".");
    expect(status).toBe(0);
    expect(stdout).toContain("Created here in this folder: realm realm1, login anonymous.\n");
    expect(stdout).not.toContain("  cd ");
    expect(existsSync(join(folder, "package.json"))).toBe(true);
  });

  it("puts the names of its options wherever the template has its own", () => {
    const folder = scratchFolder();
    expect(init(folder, "app", "--name", "realm1", "--realm", "com.example.Shop_1").status).toBe(0);
    const files = filesIn(join(folder, "app")).map((path) => read(folder, "app", path));
    expect(files.join("\n")).not.toContain("wamp-edge-app");
    expect(read(folder, "app/wrangler.toml")).toContain('name = "realm1"\n');
    expect(JSON.parse(read(folder, "app/package.json")).name).toBe("realm1");
    expect(read(folder, "app/src/realm.ts")).toContain('name: "com.example.Shop_1",');
    expect(read(folder, "app/README.md")).toContain("ws://127.0.0.1:8787/ws/com.example.Shop_1");
  });

  it("writes the dependency on the router that --package gives", () => {
    const folder = scratchFolder();
    expect(init(folder, "app", "--package", "https://example.com/wamp-edge.tgz").status).toBe(0);
    const { dependencies } = JSON.parse(read(folder, "app/package.json"));
    expect(dependencies).toEqual({ "wamp-edge": "https://example.com/wamp-edge.tgz" });
  });

  const REFUSED: [what: string, parameters: string[], message: string][] = [
    ["a folder that is not empty", ["full"], "the folder full is not empty; name one that does not exist yet"],
    ["a file", ["file"], "file is a file; name a folder that does not exist yet"],
    ["a place below a file", ["file/app"], "cannot write the project to file/app: ENOTDIR"],
    // Elsewhere than on Linux the folder /proc does not exist and cannot be created.
    ["a file system that takes no folders", ["/proc/app"], "cannot write the project to /proc/app: "],
    [
      "a name that Cloudflare does not take",
      ["app", "--name", "My App"],
      "--name must be at most 54 lower-case letters",
    ],
    ["a realm that is a pattern", ["app", "--realm", "tenant-*"], '--realm must be letters, digits, "_" and "-"'],
    ["a login that it does not know", ["app", "--login", "none"], '--login must be anonymous or ticket, not "none"'],
    ["a command line without a folder", [], "missing required argument 'folder'"],
  ];
  it.each(REFUSED)("refuses %s with one line and writes nothing", (_, parameters, message) => {
    const folder = scratchFolder();
    mkdirSync(join(folder, "full"));
    writeFileSync(join(folder, "full/notes.txt"), "notes");
    writeFileSync(join(folder, "file"), "");
    const { status, stdout, stderr } = init(folder, ...parameters);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(filesIn(folder)).toEqual(["file", "full/notes.txt"]);
  });
});

describe("a project that cannot be written", () => {
  const files = new Map([
    ["src", "a file in the place of a folder"],
    ["src/index.ts", ""],
  ]);

  it("leaves no new folder", () => {
    const folder = scratchFolder();
    expect(() => writeProject(join(folder, "new/app"), files)).toThrow("cannot write the project to");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("leaves no file in a folder that existed, and the others as they were", () => {
    const folder = scratchFolder();
    mkdirSync(join(folder, ".git"));
    expect(() => writeProject(folder, files)).toThrow("cannot write the project to");
    expect(readdirSync(folder)).toEqual([".git"]);
  });
});

describe("the files of a project", () => {
  const dependencies = { router: "^0.1.0", hasOwnNode: false };

  it("have the template's .gitignore, which npm leaves out of the package", () => {
    expect(GITIGNORE).toBe(read(PROJECT, "template/.gitignore"));
  });

  it("bring a Node of their own where the machine's is too old for the tools: that of the repository", () => {
    const answers = completeAnswers({}, "app");
    const text = createProjectFiles(answers, { ...dependencies, hasOwnNode: true }).get("package.json") ?? "";
    expect(JSON.parse(text).devDependencies.node).toBe(OWN_NODE);
    expect(OWN_NODE).toBe(`^${JSON.parse(read(PROJECT, "package.json")).devDependencies.node}`);
    expect(createProjectFiles(answers, dependencies).get("package.json")).not.toContain(OWN_NODE);
  });

  it("have no button that deploys the template instead of the project", () => {
    expect(createProjectFiles(completeAnswers({}, "app"), dependencies).get("README.md")).not.toContain(
      "deploy.workers",
    );
  });
});

describe("the dependency of a project on the router", () => {
  /** A folder with the package in node_modules, which npm has installed from `resolved`. */
  function installed(resolved: string): string {
    const folder = scratchFolder();
    mkdirSync(join(folder, "node_modules/wamp-edge"), { recursive: true });
    const lock = { packages: { "node_modules/wamp-edge": { version: VERSION, resolved } } };
    writeFileSync(join(folder, "node_modules/.package-lock.json"), JSON.stringify(lock));
    return join(folder, "node_modules/wamp-edge");
  }

  it("is this version when the package comes from a registry", () => {
    expect(findPackageSource(installed("https://registry.example/wamp-edge/-/wamp-edge-0.1.0.tgz"))).toBe(
      `^${VERSION}`,
    );
  });

  it("is this version when the package manager has left no lock file in node_modules", () => {
    expect(findPackageSource(join(scratchFolder(), "node_modules/wamp-edge"))).toBe(`^${VERSION}`);
  });

  it("is the tarball that the package was installed from, and this version when the tarball is gone", () => {
    const folder = scratchFolder();
    const tarball = join(folder, "wamp-edge-0.1.0.tgz");
    writeFileSync(tarball, "");
    expect(findPackageSource(installed(`file:${tarball}`))).toBe(`file:${tarball}`);
    expect(findPackageSource(installed("file:../gone.tgz"))).toBe(`^${VERSION}`);
  });

  it("is the URL or the repository that the package was installed from", () => {
    const repository = "git+ssh://git@github.com/wamp-edge/wamp-edge.git#5bad718";
    expect(findPackageSource(installed(repository))).toBe(repository);
    const url = "https://example.com/builds/wamp-edge.tgz";
    expect(findPackageSource(installed(url))).toBe(url);
  });

  it("is the checkout that the command runs from", () => {
    expect(findPackageSource()).toBe(`file:${PROJECT}`);
  });
});

describe("the questions of wamp-edge init", () => {
  /** Answers the questions with the lines, then ends the input. */
  async function dialogue(lines: readonly string[], given = {}) {
    const [input, output] = [new PassThrough(), new PassThrough({ encoding: "utf8" })];
    const answers = askQuestions(given, "shop", input, output);
    input.end(lines.map((line) => `${line}\n`).join(""));
    return { answers, printed: () => output.read() as string };
  }

  it("take an empty line as the default", async () => {
    const { answers, printed } = await dialogue(["", "", ""]);
    expect(await answers).toEqual({ name: "shop", realm: "realm1", login: "anonymous" });
    expect(printed()).toMatch(/\(shop\): .*\(realm1\): .*\(anonymous\): /s);
  });

  it("are asked again after an answer that is not valid, with the reason", async () => {
    const { answers, printed } = await dialogue(["Shop!", "my-shop", "", "password", "ticket"]);
    expect(await answers).toEqual({ name: "my-shop", realm: "realm1", login: "ticket" });
    expect(printed()).toMatch(/inner hyphens, not "Shop!"\n.*must be anonymous or ticket, not "password"\n/s);
  });

  it("leave out what an option has answered", async () => {
    const { answers, printed } = await dialogue(["", ""], { realm: "shop" });
    expect(await answers).toEqual({ name: "shop", realm: "shop", login: "anonymous" });
    expect(printed()).not.toContain("Name of the realm");
  });

  it("end with an error when the input ends", async () => {
    const { answers } = await dialogue([""]);
    await expect(answers).rejects.toThrow("init was interrupted; nothing was written");
  });
});
