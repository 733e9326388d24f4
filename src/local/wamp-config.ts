/** `npm run wamp-config`: checks a configuration, imports one of Crossbar.io, makes what it keeps of a principal. */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { formatFaults, loadConfig } from "../worker/config.ts";
import { importCrossbar } from "./crossbar-import.ts";
import { StartError } from "./environment.ts";
import { fail, loadDeployedConfig } from "./lifecycle.ts";
import { readPassword } from "./password.ts";
import { METHODS, newPrincipal, type PrincipalMethod } from "./principal.ts";

const USAGE = `npm run wamp-config -- COMMAND

  check [FILE]             lists all faults of a configuration, a JSON file or src/config.ts; secrets are taken from the environment
  import FILE [--plain-secrets]
                           prints our configuration for a Crossbar.io config.json, and what it leaves out on standard error;
                           with --plain-secrets a salted WAMP-CRA secret is the password, not the key derived from it
  principal wampcra|scram  reads a password and prints what the configuration keeps of it
  principal cryptosign     makes a key pair
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArguments();
  const [command, argument, ...others] = positionals;
  if (others.length > 0) throw new StartError(USAGE);
  if (command === "check") return check(await readConfig(argument));
  if (command === "import" && argument !== undefined) return runImport(argument, values["plain-secrets"] === true);
  if (command === "principal" && isMethod(argument)) return printPrincipal(argument);
  throw new StartError(USAGE);
}

function parseArguments() {
  try {
    return parseArgs({ allowPositionals: true, options: { "plain-secrets": { type: "boolean" } } });
  } catch (error) {
    throw new StartError(`${(error as Error).message}\n${USAGE}`);
  }
}

/** JSON text, or what src/config.ts exports. */
async function readConfig(file: string | undefined): Promise<{ text?: string; module: unknown }> {
  if (file !== undefined) return { text: notBlank(readText(file), file), module: undefined };
  return { module: await loadDeployedConfig() };
}

/** To the Worker blank text is no configuration at all, and so no fault. */
function notBlank(text: string, file: string): string {
  if (text.trim() === "") throw new StartError(`the file ${file} is empty`);
  return text;
}

function check(source: { readonly text?: string; readonly module: unknown }): void {
  const loaded = loadConfig({ ...source, env: process.env, isDevelopment: false });
  if (!loaded.ok) throw new StartError(`the configuration has faults\n${formatFaults(loaded.faults)}`);
  const { length } = loaded.config.realms;
  process.stdout.write(`the configuration is right; it has ${length} realm${length === 1 ? "" : "s"}\n`);
}

/** The secrets it names need not be there yet. */
function runImport(file: string, hasPlainSecrets: boolean): void {
  const { config, notes } = importCrossbar(parseJson(file), { hasPlainSecrets });
  const text = JSON.stringify(config, null, 2);
  process.stdout.write(`${text}\n`);
  for (const { path, reason } of notes) process.stderr.write(`${path || "the configuration"}: ${reason}\n`);
  const names = [...text.matchAll(/"env": "(\w+)"/g)].map(([, name = ""]) => name);
  const env = Object.fromEntries(names.map((name) => [name, "a secret that is to come"]));
  const loaded = loadConfig({ module: config, env, isDevelopment: false });
  if (!loaded.ok) throw new StartError(`what came out has faults\n${formatFaults(loaded.faults)}`);
}

async function printPrincipal(method: PrincipalMethod): Promise<void> {
  const ask = (text: string) => process.stderr.write(text);
  const password = method === "cryptosign" ? "" : await readPassword(process.stdin, ask);
  const { entry, privateKey } = newPrincipal(method, password);
  if (privateKey !== undefined) process.stderr.write(`private key, for the client alone: ${privateKey}\n`);
  process.stdout.write(`${JSON.stringify(entry, null, 2)}\n`);
}

function isMethod(text: string | undefined): text is PrincipalMethod {
  return METHODS.includes(text as PrincipalMethod);
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readText(file));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new StartError(`${file} is not JSON (YAML has to be made JSON first): ${error.message}`);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new StartError(`cannot read ${file}: ${(error as Error).message}`);
  }
}

void main().catch(fail);
