/** Reads a password without showing it: from the terminal, or, where there is none, the first line of standard input. */

import type { Readable } from "node:stream";
import { StartError } from "./environment.ts";

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const BACKSPACE = /^[\u007f\b]$/;
const ENTER = /^[\r\n]$/;

/** What `process.stdin` is. */
export interface Input extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
}

/** Asks on standard error, so that the answer can be sent to a file. Rejects with StartError when it is given up. */
export async function readPassword(input: Input, prompt: (text: string) => void): Promise<string> {
  if (input.isTTY !== true) return firstLine(input);
  const first = await hidden(input, prompt, "Password: ");
  const second = await hidden(input, prompt, "Again: ");
  if (first !== second) throw new StartError("the passwords differ");
  return first;
}

async function firstLine(input: Input): Promise<string> {
  let text = "";
  for await (const chunk of input.setEncoding("utf8")) text += chunk;
  return text.split(/\r?\n/, 1)[0] ?? "";
}

/** In raw mode the terminal shows nothing of what is typed. */
async function hidden(input: Input, prompt: (text: string) => void, question: string): Promise<string> {
  prompt(question);
  input.setRawMode?.(true);
  input.setEncoding("utf8").resume();
  try {
    return await new Promise<string>((resolve, reject) => listen(input, resolve, reject));
  } finally {
    input.setRawMode?.(false);
    input.pause();
    prompt("\n");
  }
}

function listen(input: Input, resolve: (line: string) => void, reject: (error: Error) => void): void {
  let line = "";
  const onData = (chunk: string): void => {
    for (const character of chunk) {
      if (ENTER.test(character)) return end(() => resolve(line));
      if (character === CTRL_C || character === CTRL_D) return end(() => reject(new StartError("given up")));
      line = BACKSPACE.test(character) ? [...line].slice(0, -1).join("") : line + character;
    }
  };
  const end = (then: () => void): void => {
    input.off("data", onData);
    then();
  };
  input.on("data", onData);
}
