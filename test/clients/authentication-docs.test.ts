/** Runs the snippets of docs/authentication.md: configurations, and clients in JavaScript and Python. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { loadConfig } from "../../src/worker/config/load-config.ts";
import { type Router, startRouter } from "./harness.ts";
import { findPython } from "./python.ts";

const PROJECT = join(import.meta.dirname, "../..");
const EVERYTHING = { uri: "", match: "prefix", allow: { call: true, register: true, publish: true, subscribe: true } };

/** "language name" → the text of that block. */
const blocks = new Map<string, string>();
for (const [, head = "", text = ""] of readFileSync(join(PROJECT, "docs/authentication.md"), "utf8").matchAll(
  /^```(\w+ .+)\n([\s\S]*?)^```$/gm,
)) {
  blocks.set(head, text);
}

/** Blocks that are no single method; trustroots-example.test.ts runs the second one. */
const NOT_ALONE = ["realm", "trustroots"];

/** The names of the configurations of one method each. */
const METHODS = [...blocks.keys()].flatMap((head) => {
  const name = /^json (.+)$/.exec(head)?.[1];
  return name === undefined || NOT_ALONE.includes(name) ? [] : [name];
});

let router: Router;

beforeAll(async () => {
  const realms = METHODS.map((name) => ({
    name,
    roles: [{ name: "user", permissions: [EVERYTHING] }],
    auth: JSON.parse(block("json", name)),
  }));
  router = await startRouter({ version: 1, realms });
  return () => router.close();
});

test("the whole configuration is valid", () => {
  const env = { JOE_TICKET: "secret!!!" };
  const loaded = loadConfig({ text: block("json", "realm"), module: undefined, env, isDevelopment: false });
  expect(loaded).toMatchObject({ ok: true });
});

test("the scripts make the values in the configurations", async () => {
  const record = JSON.parse(
    await run(process.execPath, program({ "scram-record.js": block("js", "scram-record.js") })),
  );
  expect(JSON.parse(block("json", "scram")).scram.principals.bob).toStrictEqual({ ...record, role: "user" });
  const key = await run(process.execPath, program({ "salted-key.js": block("js", "salted-key.js") }));
  const { users } = JSON.parse(block("json", "wampcra-salted")).wampcra;
  expect(users.ann["salted-key"]).toBe(key.trim());
});

const CLIENTS = [
  ["[ANON-01]", "anonymous", "anonymous", / joined as user by anonymous$/],
  ["[TKT-02]", "ticket", "ticket", /^joe joined as user by ticket$/],
  ["[TKT-02]", "jwt", "jwt", /^joe joined as user by ticket$/],
  ["[CRA-03]", "wampcra", "wampcra", /^ann joined as user by wampcra$/],
  ["[CRA-04]", "wampcra-salted", "wampcra", /^ann joined as user by wampcra$/],
  ["[CSG-04]", "cryptosign", "cryptosign", /^eve joined as user by cryptosign$/],
] as const;

describe("Autobahn|JS", () => {
  test.each([...CLIENTS, ["[SCR-06]", "scram", "scram", /^bob joined as user by wamp-scram$/] as const])(
    "%s %s with the program for %s",
    async (_, realm, name, outcome) => {
      expect((await connectByNode(realm, block("js", name))).trim()).toMatch(outcome);
    },
  );

  test("gets the reason of a refusal", async () => {
    const credentials = block("js", "ticket").replace("secret!!!", "wrong");
    expect((await connectByNode("ticket", credentials)).trim()).toMatch(/: wamp\.error\.authentication_denied$/);
  });

  test("[DYN-01][DYN-03] with an authenticator in JavaScript", async () => {
    const files = {
      "authenticator.js": pointed(block("js", "authenticator.js"), "dynamic"),
      "authenticator-credentials.js": block("js", "wampcra"),
    };
    await serve(spawn(process.execPath, [program(files)]));
    expect((await connectByNode("dynamic", block("js", "ticket"))).trim()).toBe("joe joined as user by ticket");
    const credentials = block("js", "ticket").replace("secret!!!", "wrong");
    expect((await connectByNode("dynamic", credentials)).trim()).toMatch(/: com\.example\.error\.unknown_customer$/);
  });
});

describe("Autobahn|JS with an authenticator", () => {
  test("[AUTH-06] that asks for a second factor", async () => {
    await serveAuthenticator("second-factor", "cryptosign");
    expect((await connectByNode("second-factor", block("js", "second-factor"))).trim()).toBe(
      "joe joined as user by wampcra",
    );
    for (const right of ["123456", "secret123"]) {
      const credentials = block("js", "second-factor").replace(right, "wrong");
      const outcome = (await connectByNode("second-factor", credentials)).trim();
      expect(outcome).toMatch(/: wamp\.error\.authentication_denied$/);
    }
  });

  // Only the edge verifies client certificates; test/worker/routing/client-certificate.test.ts stands in for it.
  test("[AUTH-16] that demands a client certificate", async () => {
    await serveAuthenticator("client-certificate", "wampcra");
    const outcome = (await connectByNode("client-certificate", block("js", "anonymous"))).trim();
    expect(outcome).toMatch(/: com\.example\.error\.unknown_device$/);
  });
});

const python = findPython();
const reason = "reason" in python ? ` (${python.reason})` : "";

describe.skipIf(reason !== "")(`Autobahn|Python${reason}`, () => {
  const interpreter = "path" in python ? python.path : "";

  test.each([
    ...CLIENTS,
    ["[SCR-01][SCR-15][D-32]", "scram-autobahn", "scram-autobahn", /^bob joined as user by scram$/] as const,
  ])("%s %s with the program for %s", async (_, realm, name, outcome) => {
    expect(await connectByPython(realm, block("python", name))).toMatch(outcome);
  });

  test("[DYN-01] with an authenticator in Python", async () => {
    const source = `${pointed(block("python", "authenticator.py"), "dynamic")}`;
    const announced = source.replace(
      "run([component])",
      'component.on_ready(lambda _: print("ready", flush=True))\nrun([component])',
    );
    await serve(spawn(interpreter, [program({ "authenticator.py": announced })]));
    expect(await connectByPython("dynamic", block("python", "ticket"))).toBe("joe joined as user by ticket");
  });

  test("[AUTH-06] with a second factor", async () => {
    await serveAuthenticator("second-factor", "cryptosign");
    const outcome = await connectByPython("second-factor", block("python", "second-factor"));
    expect(outcome).toBe("joe joined as user by wampcra");
  });

  async function connectByPython(realm: string, credentials: string): Promise<string> {
    const files = { "connect.py": pointed(block("python", "connect.py"), realm), "credentials.py": credentials };
    const lines = (await run(interpreter, program(files))).trim().split("\n");
    // Autobahn logs to the standard output, too.
    return lines.find((line) => line.includes(" joined as ")) ?? lines.join("\n");
  }
});

/** Starts the authenticator of a realm, which logs in by a method of its own. */
async function serveAuthenticator(realm: string, method: string): Promise<void> {
  const files = {
    [`${realm}.js`]: pointed(block("js", `${realm}.js`), realm),
    "authenticator-credentials.js": block("js", method),
  };
  await serve(spawn(process.execPath, [program(files)]));
}

function connectByNode(realm: string, credentials: string): Promise<string> {
  const files = { "connect.js": pointed(block("js", "connect.js"), realm), "credentials.js": credentials };
  return run(process.execPath, program(files));
}

function block(language: string, name: string): string {
  const text = blocks.get(`${language} ${name}`);
  if (text === undefined) throw new Error(`no ${language} block ${name} in the document`);
  return text;
}

/** A program of the document, with the URL of this router and the name of a realm. */
function pointed(source: string, realm: string): string {
  return source
    .replace("ws://localhost:8787/ws/realm1", router.realmUrl(realm))
    .replace('"realm1"', JSON.stringify(realm));
}

/** Writes a program to a folder in which it finds the project's packages; returns the path of its first file. */
function program(files: Readonly<Record<string, string>>): string {
  const cache = join(PROJECT, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(join(cache, "docs-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return join(directory, Object.keys(files)[0]!);
}

/** Runs a program; resolves to its output. */
async function run(command: string, path: string): Promise<string> {
  return (await promisify(execFile)(command, [path], { timeout: 15_000 })).stdout;
}

/** Starts a program and resolves when it prints that it is ready; the program ends with the test. */
async function serve(child: ChildProcess): Promise<void> {
  onTestFinished(() => void child.kill());
  let printed = "";
  for await (const chunk of child.stdout!) {
    printed += chunk;
    if (printed.includes("ready")) return;
  }
  throw new Error(`it ended: ${printed}`);
}
