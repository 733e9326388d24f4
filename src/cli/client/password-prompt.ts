/** Reads a password without showing it: from a terminal, or else from the first line of standard input. */

import type { Readable } from "node:stream";
import { UserError } from "../project/user-error.ts";

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const BACKSPACE = /^[\u007f\b]$/;
const ENTER = /^[\r\n]$/;

/** The part of `process.stdin` that the prompt uses. */
export interface Input extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
}

/** Reads a password that exists already: a terminal is asked once. Rejects with UserError on Ctrl-C or Ctrl-D. */
export function readExistingPassword(input: Input, prompt: (text: string) => void, question: string): Promise<string> {
  return readHidden(input, prompt, question);
}

/**
 * Reads a new password; a terminal is asked twice. `prompt` prints the questions (on standard error, so that standard
 * output can go to a file). Rejects with UserError when the passwords differ and on Ctrl-C or Ctrl-D.
 */
export async function readPassword(input: Input, prompt: (text: string) => void): Promise<string> {
  if (input.isTTY !== true) return readFirstLine(input);
  const first = await readHidden(input, prompt, "Password: ");
  const second = await readHidden(input, prompt, "Again: ");
  if (first !== second) throw new UserError("the passwords differ");
  return first;
}

async function readFirstLine(input: Input): Promise<string> {
  let text = "";
  for await (const chunk of input.setEncoding("utf8")) text += chunk;
  return text.split(/\r?\n/, 1)[0] ?? "";
}

/** Reads a line in raw mode, in which the terminal does not echo what is typed. */
async function readHidden(input: Input, prompt: (text: string) => void, question: string): Promise<string> {
  prompt(question);
  input.setRawMode?.(true);
  input.setEncoding("utf8").resume();
  try {
    return await new Promise<string>((resolve, reject) => readRawLine(input, resolve, reject));
  } finally {
    input.setRawMode?.(false);
    input.pause();
    prompt("\n");
  }
}

function readRawLine(input: Input, resolve: (line: string) => void, reject: (error: Error) => void): void {
  let line = "";
  const onData = (chunk: string): void => {
    for (const character of chunk) {
      if (ENTER.test(character)) return end(() => resolve(line));
      if (character === CTRL_C || character === CTRL_D) return end(() => reject(new UserError("canceled")));
      line = BACKSPACE.test(character) ? [...line].slice(0, -1).join("") : line + character;
    }
  };
  const end = (settle: () => void): void => {
    input.off("data", onData);
    settle();
  };
  input.on("data", onData);
}
