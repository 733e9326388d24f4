/** Prints what the Worker logs under `wamp-edge start`, with positions in source files in place of the bundle. */

import { existsSync, readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** A log line as workerd reports it; `level` is the name of the console method. */
export interface WorkerLog {
  readonly level: string;
  readonly message: string;
}

/**
 * Prints a line to the stream that `wamp-edge serve` uses: warnings and errors to standard error, others to `output`.
 * `folder` is that of the project.
 */
export function printWorkerLog({ level, message }: WorkerLog, folder: string, output: NodeJS.WritableStream): void {
  const isError = level === "warn" || level === "error";
  (isError ? process.stderr : output).write(`${mapPositions(message, folder)}\n`);
}

/** A position in the bundle, in the notation of stack traces. */
const POSITION = /(file:\/\/[^\s()]+|\/[^\s():]+\.js):(\d+):(\d+)/g;

/** Replaces positions in the bundle by positions in the source files, relative to the project. */
function mapPositions(text: string, folder: string): string {
  return text.replace(POSITION, (position, file: string, line: string, column: string) => {
    const path = file.startsWith("file:") ? fileURLToPath(file) : file;
    const entry = readSourceMap(path)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (entry === undefined || !("originalSource" in entry)) return position;
    const source = relative(folder, resolve(dirname(path), entry.originalSource));
    return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

/** Reads the source map of a bundle. Not cached: each change of a source file makes another bundle. */
function readSourceMap(path: string): SourceMap | undefined {
  const file = `${path}.map`;
  if (!existsSync(file)) return undefined;
  return new SourceMap(JSON.parse(readFileSync(file, "utf8")) as SourceMapPayload);
}
