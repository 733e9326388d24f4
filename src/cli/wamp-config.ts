/** `npm run wamp-config`: checks a configuration, imports one of Crossbar.io, makes what it keeps of a principal. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { type Config, type Fault, formatFaults, loadConfig } from "../worker/config/config.ts";
import { importCrossbar } from "./crossbar/import.ts";
import { summaryOf } from "./crossbar/import-summary.ts";
import { StartError } from "./environment.ts";
import { fail, loadDeployedConfig } from "./lifecycle.ts";
import { readPassword } from "./password.ts";
import { METHODS, newPrincipal, type PrincipalMethod } from "./principal.ts";
import { readVariables } from "./variables.ts";
import { readSettings } from "./wrangler.ts";
import { wranglerFaults } from "./wrangler-faults.ts";

const USAGE = `npm run wamp-config -- COMMAND

  check [FILE] [--env NAME]
                           lists all faults of a configuration, JSON or a module such as src/config.ts, which is the default, and
                           what wrangler.toml, or its [env.NAME], lacks for it; secrets are taken from the environment,
                           .dev.vars and .env
  import FILE [--plain-secrets]
                           prints our configuration for a Crossbar.io config.json, and on standard error what runs, what is to be
                           done and what is lost; with --plain-secrets a salted WAMP-CRA secret is the password, not the key
                           derived from it
  principal wampcra|scram  reads a password and prints what the configuration keeps of it
  principal cryptosign     makes a key pair

Exit codes: 0 all is right, 1 there are faults or the command could not be carried out, 2 something was lost in the import.
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArguments();
  const [command, argument, ...others] = positionals;
  if (others.length > 0) throw new StartError(USAGE);
  if (command === "check") return check(await readConfig(argument), values.env);
  if (command === "import" && argument !== undefined) return runImport(argument, values["plain-secrets"] === true);
  if (command === "principal" && isMethod(argument)) return printPrincipal(argument);
  throw new StartError(USAGE);
}

function parseArguments() {
  try {
    return parseArgs({ allowPositionals: true, options: OPTIONS });
  } catch (error) {
    throw new StartError(`${(error as Error).message}\n${USAGE}`);
  }
}

const OPTIONS = { "plain-secrets": { type: "boolean" }, env: { type: "string" } } as const;

/** JSON text, or what a module exports: src/config.ts, or `file`. */
async function readConfig(file: string | undefined): Promise<{ text?: string; module: unknown }> {
  if (file === undefined) return { module: await loadDeployedConfig() };
  const text = notBlank(readText(file), file);
  if (!/\.[cm]?[jt]s$/.test(file)) return { text, module: undefined };
  return { module: await loadDeployedConfig(import(pathToFileURL(resolve(file)).href), file) };
}

/** To the Worker blank text is no configuration at all, and so no fault. */
function notBlank(text: string, file: string): string {
  if (text.trim() === "") throw new StartError(`the file ${file} is empty`);
  return text;
}

async function check(
  source: { readonly text?: string; readonly module: unknown },
  environment: string | undefined,
): Promise<void> {
  const env = { ...(await readVariables()), ...process.env };
  const loaded = loadConfig({ ...source, env, isDevelopment: false });
  const faults = loaded.ok ? await missingIn(loaded.config, environment) : loaded.faults;
  if (!loaded.ok || faults.length > 0) {
    throw new StartError(`the configuration has faults\n${formatFaults(faults)}`);
  }
  const { length } = loaded.config.realms;
  process.stdout.write(`the configuration is right; it has ${length} realm${length === 1 ? "" : "s"}\n`);
}

/** What wrangler.toml lacks; WAMP_ASSETS stands for a folder of files, as it does for `npm start`. */
async function missingIn(config: Config, environment: string | undefined): Promise<readonly Fault[]> {
  const settings = await readSettings(environment).catch((error: Error) => {
    throw new StartError(`wrangler.toml: ${error.message}`);
  });
  return wranglerFaults(config, process.env.WAMP_ASSETS ? { ...settings, assets: {} } : settings);
}

/** The secrets it names need not be there yet. Exit code 2 says that something was lost. */
function runImport(file: string, hasPlainSecrets: boolean): void {
  const imported = importCrossbar(parseJson(file), { hasPlainSecrets });
  const { config, notes } = imported;
  const text = JSON.stringify(config, null, 2);
  process.stdout.write(`${text}\n`);
  process.stderr.write(summaryOf(imported));
  const names = [...text.matchAll(/"env": "(\w+)"/g)].map(([, name = ""]) => name);
  const env = Object.fromEntries(names.map((name) => [name, "a secret that is to come"]));
  const loaded = loadConfig({ module: config, env, isDevelopment: false });
  if (!loaded.ok) throw new StartError(`what came out has faults\n${formatFaults(loaded.faults)}`);
  if (notes.some(({ kind }) => kind === "lost")) process.exitCode = 2;
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
