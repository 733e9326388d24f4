/** Bundles the console with esbuild, the same bytes from the same sources on every machine. */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import type { CONSOLE_FILES } from "../project/console-files.ts";

const PROJECT = join(import.meta.dirname, "../../..");
const SOURCES = join(PROJECT, "src/console");

/** Name of a module → the file of `src/console` that it is made of. */
const MODULES: Readonly<Record<(typeof CONSOLE_FILES)[number], string>> = {
  "console-script.bin": "main.ts",
  "console-style.bin": "console.css",
};

/** The licences of Preact, htm and uPlot ask for it. */
const NOTICE = `/*! wamp-edge (MIT). Preact, (c) Jason Miller (MIT); htm, (c) Google LLC (Apache-2.0); uPlot, (c) Leon Sorokin (MIT) */`;

/** Index of the byte that names the operating system in the header of gzip (RFC 1952), and its value for "unknown". */
const SYSTEM = 9;
const UNKNOWN_SYSTEM = 255;

/** Writes the modules of the console, compressed, into `folder`. Resolves to their bytes; rejects when a source is faulty. */
export async function buildConsole(folder: string): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const sizes = Object.entries(MODULES).map(async ([name, source]) => {
    const bytes = compress(await bundle(source));
    writeIfChanged(join(folder, name), bytes);
    return bytes.length;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function bundle(source: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [join(SOURCES, source)],
    absWorkingDir: PROJECT,
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2024",
    banner: source.endsWith(".ts") ? { js: NOTICE } : {},
    legalComments: "none",
    logLevel: "silent",
  });
  return outputFiles[0]!.contents;
}

function compress(bytes: Uint8Array): Uint8Array {
  const compressed = gzipSync(bytes, { level: 9 });
  compressed[SYSTEM] = UNKNOWN_SYSTEM;
  return compressed;
}

/** Renames the file into place, because a server may read it, and leaves an equal one alone, which a server may watch. */
function writeIfChanged(file: string, bytes: Uint8Array): void {
  if (existsSync(file) && readFileSync(file).equals(bytes)) return;
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, bytes);
  renameSync(fresh, file);
}
