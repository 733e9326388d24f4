/** `npm run wamp-config`: checks a configuration, imports one of Crossbar.io, creates credentials of principals. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { Fault } from "../wamp/config/shape.ts";
import type { Config } from "../worker/config/config-schema.ts";
import { formatFaults, loadConfig } from "../worker/config/load-config.ts";
import { CREDENTIAL_METHODS, type CredentialMethod, createCredentials } from "./credentials.ts";
import { importCrossbar } from "./crossbar/import.ts";
import { formatSummary } from "./crossbar/import-summary.ts";
import { findMissingSettings } from "./missing-settings.ts";
import { readPassword } from "./password-prompt.ts";
import { loadDeployedConfig } from "./project/deployed-config.ts";
import { readDevVars } from "./project/dev-vars.ts";
import { exitWithError, UserError } from "./project/user-error.ts";
import { readSettings } from "./project/wrangler.ts";

const USAGE = `npm run wamp-config -- COMMAND

  check [FILE] [--env NAME]
                           lists all faults of a configuration (JSON, or a module; default: src/config.ts) and the settings
                           that wrangler.toml, or its [env.NAME], lacks for it; reads secrets from the environment,
                           .dev.vars and .env
  import FILE [--plain-secrets]
                           prints a configuration for a Crossbar.io config.json and, on standard error, what works, what
                           you have to do and what is lost; with --plain-secrets a salted WAMP-CRA secret is the password,
                           not the key derived from it
  principal wampcra|scram  reads a password and prints the entry for the configuration
  principal cryptosign     creates a key pair and prints the entry for the configuration

Exit codes: 0 success, 1 the configuration has faults or the command failed, 2 the import lost something.
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArguments();
  const [command, argument, ...others] = positionals;
  if (others.length > 0) throw new UserError(USAGE);
  if (command === "check") return check(await readConfig(argument), values.env);
  if (command === "import" && argument !== undefined) return printImport(argument, values["plain-secrets"] === true);
  if (command === "principal" && isCredentialMethod(argument)) return printPrincipal(argument);
  throw new UserError(USAGE);
}

function parseArguments() {
  try {
    return parseArgs({ allowPositionals: true, options: OPTIONS });
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n${USAGE}`);
  }
}

const OPTIONS = { "plain-secrets": { type: "boolean" }, env: { type: "string" } } as const;

/** Reads `file`, JSON or a module; without `file`, src/config.ts. */
async function readConfig(file: string | undefined): Promise<{ text?: string; module: unknown }> {
  if (file === undefined) return { module: await loadDeployedConfig() };
  const text = requireText(readText(file), file);
  if (!/\.[cm]?[jt]s$/.test(file)) return { text, module: undefined };
  return { module: await loadDeployedConfig(import(pathToFileURL(resolve(file)).href), file) };
}

/** Throws for a blank file, which the Worker would treat as no configuration. */
function requireText(text: string, file: string): string {
  if (text.trim() === "") throw new UserError(`the file ${file} is empty`);
  return text;
}

async function check(
  source: { readonly text?: string; readonly module: unknown },
  environment: string | undefined,
): Promise<void> {
  const env = { ...(await readDevVars()), ...process.env };
  const loaded = loadConfig({ ...source, env, isDevelopment: false });
  const faults = loaded.ok ? await findMissing(loaded.config, environment) : loaded.faults;
  if (!loaded.ok || faults.length > 0) {
    throw new UserError(`the configuration has faults\n${formatFaults(faults)}`);
  }
  const { length } = loaded.config.realms;
  process.stdout.write(`the configuration is valid; it has ${length} realm${length === 1 ? "" : "s"}\n`);
}

/** Returns what wrangler.toml lacks; WAMP_ASSETS counts as a binding for files, as for `npm start`. */
async function findMissing(config: Config, environment: string | undefined): Promise<readonly Fault[]> {
  const settings = await readSettings(environment).catch((error: Error) => {
    throw new UserError(`wrangler.toml: ${error.message}`);
  });
  return findMissingSettings(config, process.env.WAMP_ASSETS ? { ...settings, assets: {} } : settings);
}

/** Prints the import. Secrets that it names need not be set yet. Sets exit code 2 when something was lost. */
function printImport(file: string, hasPlainSecrets: boolean): void {
  const imported = importCrossbar(parseJson(file), { hasPlainSecrets });
  const { config, notes } = imported;
  const text = JSON.stringify(config, null, 2);
  process.stdout.write(`${text}\n`);
  process.stderr.write(formatSummary(imported));
  const names = [...text.matchAll(/"env": "(\w+)"/g)].map(([, name = ""]) => name);
  const env = Object.fromEntries(names.map((name) => [name, "a secret that is not set yet"]));
  const loaded = loadConfig({ module: config, env, isDevelopment: false });
  if (!loaded.ok) throw new UserError(`the imported configuration has faults\n${formatFaults(loaded.faults)}`);
  if (notes.some(({ kind }) => kind === "lost")) process.exitCode = 2;
}

async function printPrincipal(method: CredentialMethod): Promise<void> {
  const prompt = (text: string) => process.stderr.write(text);
  const password = method === "cryptosign" ? "" : await readPassword(process.stdin, prompt);
  const { entry, privateKey } = createCredentials(method, password);
  if (privateKey !== undefined) process.stderr.write(`private key (only for the client): ${privateKey}\n`);
  process.stdout.write(`${JSON.stringify(entry, null, 2)}\n`);
}

function isCredentialMethod(text: string | undefined): text is CredentialMethod {
  return CREDENTIAL_METHODS.includes(text as CredentialMethod);
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readText(file));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UserError(`${file} is not JSON (convert YAML to JSON first): ${error.message}`);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${(error as Error).message}`);
  }
}

void main().catch(exitWithError);
