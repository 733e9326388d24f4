/** The files of a new project: those of the template, with the user's names and login. */

import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Answers } from "./answers.ts";
import { PACKAGE } from "./package-source.ts";
import { TICKET_EDITS } from "./ticket-login.ts";

const TEMPLATE = join(PACKAGE, "template");

/** Files of the template, which a developer may have installed and run. */
const FILES = /^(src|test)\/.+\.ts$|^(package\.json|tsconfig\.json|wrangler\.toml|README\.md)$/;

/** The template's `.gitignore`, which npm leaves out of packages. */
export const GITIGNORE = `node_modules/
.wrangler/
data/
*.log
.dev.vars*
!.dev.vars.example
.env*
!.env.example
`;

/** The Node that the scripts of a project bring with them where the machine's Node is too old for wrangler. */
export const OWN_NODE = "^24.21.0";

/** What a project depends on beside the tools of the template. */
export interface ProjectDependencies {
  /** Version range, path or URL of this package. */
  readonly router: string;
  /** Whether the machine's Node is too old for the tools, so that the project needs one of its own. */
  readonly hasOwnNode: boolean;
}

/** Returns the files of a project: path → text. */
export function createProjectFiles(answers: Answers, dependencies: ProjectDependencies): Map<string, string> {
  const paths = readdirSync(TEMPLATE, { recursive: true, encoding: "utf8" }).map((path) => path.replaceAll("\\", "/"));
  const files = new Map(
    paths.filter((path) => FILES.test(path)).map((path) => [path, readFileSync(join(TEMPLATE, path), "utf8")]),
  );
  edit(files, "README.md", /^\[!\[Deploy to Cloudflare\].*\n\n/m, "");
  if (answers.login === "ticket") {
    for (const [path, from, to] of TICKET_EDITS) edit(files, path, from, to);
    files.set(".dev.vars", `ALICE_TICKET=${randomBytes(16).toString("hex")}\n`);
  }
  for (const [path, text] of files) files.set(path, withNames(text, answers));
  files.set("package.json", withDependencies(files.get("package.json")!, dependencies));
  return files.set(".gitignore", GITIGNORE);
}

/** Throws when the template does not have the text: the edit would be lost without a trace. */
function edit(files: Map<string, string>, path: string, from: string | RegExp, to: string): void {
  const text = files.get(path)!;
  const edited = text.replaceAll(typeof from === "string" ? from : new RegExp(from, `${from.flags}g`), () => to);
  if (edited === text) throw new Error(`template/${path} does not have the text ${from}`);
  files.set(path, edited);
}

/** Replaces both names of the template in one pass, because the name of the project may be that of the realm. */
function withNames(text: string, { name, realm }: Answers): string {
  return text.replaceAll(/wamp-edge-app|\brealm1\b/g, (found) => (found === "realm1" ? realm : name));
}

function withDependencies(text: string, { router, hasOwnNode }: ProjectDependencies): string {
  const project = JSON.parse(text);
  project.dependencies["wamp-edge"] = router;
  if (hasOwnNode) {
    project.devDependencies = { node: OWN_NODE, ...project.devDependencies };
    project.allowScripts.node = true;
  }
  return `${JSON.stringify(project, null, 2)}\n`;
}
