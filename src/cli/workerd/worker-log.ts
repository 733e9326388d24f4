/** What the Worker writes to its console, for the terminal of `npm start`. */

import { existsSync, readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { PROJECT } from "../wrangler.ts";

/** A line of the Worker, as workerd reports it; `level` is the console's method. */
export interface WorkerLog {
  readonly level: string;
  readonly message: string;
}

/** Prints it where `npm run serve` does: warnings and errors on standard error, all else on standard output. */
export function printWorkerLog({ level, message }: WorkerLog): void {
  const isFault = level === "warn" || level === "error";
  (isFault ? process.stderr : process.stdout).write(`${withSources(message)}\n`);
}

/** A place in the bundle, as stack traces have it. */
const PLACE = /(file:\/\/[^\s()]+|\/[^\s():]+\.js):(\d+):(\d+)/g;

/** The text with places in the bundle replaced by those in the sources that they were built of. */
export function withSources(text: string): string {
  return text.replace(PLACE, (place, file: string, line: string, column: string) => {
    const path = file.startsWith("file:") ? fileURLToPath(file) : file;
    const found = mapOf(path)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (found === undefined || !("originalSource" in found)) return place;
    const source = relative(PROJECT, resolve(dirname(path), found.originalSource));
    return `${source}:${found.originalLine + 1}:${found.originalColumn + 1}`;
  });
}

/** Read anew for each trace: each change of a source file makes another bundle. */
function mapOf(path: string): SourceMap | undefined {
  const file = `${path}.map`;
  if (!existsSync(file)) return undefined;
  return new SourceMap(JSON.parse(readFileSync(file, "utf8")) as SourceMapPayload);
}
