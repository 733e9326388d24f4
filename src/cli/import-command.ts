/** `wamp-edge import`: translates a configuration of Crossbar.io. */

import type { Command } from "commander";
import { formatFaults, loadConfig } from "../worker/config/load-config.ts";
import { importCrossbar } from "./crossbar/import.ts";
import { formatSummary } from "./crossbar/import-summary.ts";
import { readText } from "./project/text-file.ts";
import { UserError } from "./project/user-error.ts";

/** Adds the command to the program. */
export function addImportCommand(program: Command): void {
  program
    .command("import")
    .description(
      "print a configuration for a Crossbar.io config.json and, on standard error, what works, what you have to do and " +
        "what is lost",
    )
    .argument("<file>", "config.json of Crossbar.io (convert YAML first)")
    .option("--plain-secrets", "a salted WAMP-CRA secret is the password, not the key derived from it")
    .action((file: string, { plainSecrets = false }: { plainSecrets?: boolean }) => printImport(file, plainSecrets));
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

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readText(file));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UserError(`${file} is not JSON (convert YAML to JSON first): ${error.message}`);
  }
}
