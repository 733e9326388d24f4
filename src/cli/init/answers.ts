/** What `wamp-edge init` asks: the questions, their defaults, and which answers are valid. */

import { basename, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { UserError } from "../project/user-error.ts";

/** How clients of the new project log in. */
const LOGINS = ["anonymous", "ticket"] as const;

/** Properties of a new project, as text: answers of the user, or defaults. */
export interface Answers {
  /** Name of the package and of the Worker. */
  readonly name: string;
  /** Name of the realm. */
  readonly realm: string;
  /** One of LOGINS. */
  readonly login: string;
}

interface Question {
  readonly text: string;
  /** Returns what is wrong with an answer. */
  readonly fault: (answer: string) => string | undefined;
}

/** A label of DNS has at most 63 characters, and the Worker of an environment is named `NAME-staging`. */
const LONGEST_NAME = 54;
const NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const REALM = /^[\w-]+(\.[\w-]+)*$/;

/** In the order in which they are asked. */
const QUESTIONS: Readonly<Record<keyof Answers, Question>> = {
  name: {
    text: "Name of the project and of its Worker",
    fault: (name) =>
      NAME.test(name) && name.length <= LONGEST_NAME
        ? undefined
        : `must be at most ${LONGEST_NAME} lower-case letters, digits and inner hyphens, not "${name}"`,
  },
  realm: {
    text: "Name of the realm",
    fault: (realm) =>
      REALM.test(realm) && realm.length <= 100
        ? undefined
        : `must be letters, digits, "_" and "-", in parts separated by dots, not "${realm}"`,
  },
  login: {
    text: "Who may join: anonymous (every client) or ticket (users with a password)",
    fault: (login) =>
      LOGINS.some((known) => known === login) ? undefined : `must be ${LOGINS.join(" or ")}, not "${login}"`,
  },
};

/**
 * Returns `given`, and defaults for what it lacks; the name is that of the folder. Throws UserError for an answer that
 * is not valid.
 */
export function completeAnswers(given: Partial<Answers>, folder: string): Answers {
  const answers = { name: nameOf(folder), realm: "realm1", login: "anonymous", ...given };
  for (const [key, { fault }] of questions()) {
    const message = fault(answers[key]);
    if (message !== undefined) throw new UserError(`--${key} ${message}`);
  }
  return answers;
}

/**
 * Asks on the terminal for what `given` lacks, and asks again until the answer is valid; an empty answer takes the
 * default of `completeAnswers`. Throws UserError when the input ends.
 */
export async function askQuestions(
  given: Partial<Answers>,
  folder: string,
  input: NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stdout,
): Promise<Answers> {
  const answers = { ...completeAnswers(given, folder) };
  const terminal = createInterface({ input, output });
  // Keeps lines that arrive before their question, as `terminal.question` would not.
  const lines = terminal[Symbol.asyncIterator]();
  try {
    for (const [key, { text, fault }] of questions()) {
      let isAnswered = given[key] !== undefined;
      while (!isAnswered) {
        terminal.setPrompt(`${text} (${answers[key]}): `);
        terminal.prompt();
        const { value: line, done } = await lines.next();
        if (done === true) throw new UserError("init was interrupted; nothing was written");
        const answer = line.trim() || answers[key];
        const message = fault(answer);
        isAnswered = message === undefined;
        if (isAnswered) answers[key] = answer;
        else output.write(`  ${message}\n`);
      }
    }
  } finally {
    terminal.close();
  }
  return answers;
}

function questions(): [keyof Answers, Question][] {
  return Object.entries(QUESTIONS) as [keyof Answers, Question][];
}

/** The folder's name as a name of a project, letters without their accents. */
function nameOf(folder: string): string {
  const words = basename(resolve(folder))
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-");
  return words.slice(0, LONGEST_NAME).replaceAll(/^-+|-+$/g, "") || "wamp-edge-app";
}
