/** `wamp-edge init`: writes a project of the user's own. */

import { resolve } from "node:path";
import type { Command } from "commander";
import { compareVersions, OLDEST_NODE_FOR_WRANGLER } from "../project/node-version.ts";
import { type Answers, askQuestions, completeAnswers } from "./answers.ts";
import { findPackageSource } from "./package-source.ts";
import { createProjectFiles } from "./project-files.ts";
import { requireEmptyFolder, writeProject } from "./write-project.ts";

type Flags = Partial<Answers> & { readonly package?: string; readonly yes?: boolean };

/** Adds the command to the program. */
export function addInitCommand(program: Command): void {
  program
    .command("init")
    .description("create a project: a configuration, a component, tests and settings for Cloudflare")
    .argument("<folder>", "a folder that does not exist yet, or is empty")
    .option("--name <name>", "name of the project and of its Worker (default: the folder's)")
    .option("--realm <name>", "name of the realm (default: realm1)")
    .option("--login <method>", "who may join: anonymous (every client) or ticket (users with a password)")
    .option("--package <spec>", "the dependency on wamp-edge: a version range, file:PATH or a URL")
    .option("-y, --yes", "take the defaults for what no option says; also the case when the input is no terminal")
    .action(async (folder: string, flags: Flags) => init(folder, flags));
}

async function init(folder: string, { package: spec, yes, ...given }: Flags): Promise<void> {
  requireEmptyFolder(folder);
  const isDialogue = yes !== true && process.stdin.isTTY === true;
  const answers = isDialogue ? await askQuestions(given, folder) : completeAnswers(given, folder);
  const hasOwnNode = compareVersions(process.versions.node, OLDEST_NODE_FOR_WRANGLER) < 0;
  writeProject(folder, createProjectFiles(answers, { router: spec ?? findPackageSource(), hasOwnNode }));
  process.stdout.write(formatNextSteps(folder, answers, hasOwnNode));
}

function formatNextSteps(folder: string, { name, realm, login }: Answers, hasOwnNode: boolean): string {
  const isHere = resolve(folder) === process.cwd();
  const where = isHere ? "this folder" : folder;
  const steps = [...(isHere ? [] : [`cd ${quote(folder)}`]), "npm install", "npm test", "npm start"];
  const node = `Node ${process.versions.node} is older than the ${OLDEST_NODE_FOR_WRANGLER} that wrangler needs: the project installs a newer Node for its npm scripts.\n`;
  return [
    `Created ${name} in ${where}: realm ${realm}, login ${login}.\n`,
    ...(hasOwnNode ? [node] : []),
    `Next:\n\n${steps.map((step) => `  ${step}\n`).join("")}\n`,
    "README.md says how to add a component, a permission and a test, and how to deploy.\n",
  ].join("");
}

/** Quotes a path for the shell when it has characters that a shell interprets. */
function quote(path: string): string {
  return /^[\w./\\:@+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
