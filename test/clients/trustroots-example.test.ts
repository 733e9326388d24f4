/** Runs examples/trustroots: certificates over every serializer, and the clients of docs/authentication.md. */

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createTestHarness } from "wrangler";
import {
  authority,
  DELEGATE,
  DEVICE_SEED,
  delegate,
  exampleChain,
  ROOT,
  type SignedCertificate,
  STRANGER,
} from "../wamp/authentication/certificates.ts";
import { SigningKey } from "../wamp/authentication/proofs.ts";
import { findPython } from "./python.ts";
import { ALL_ROLES, ID, RawClient, TEXT } from "./raw-client.ts";
import { SUBPROTOCOLS, type Subprotocol } from "./wire.ts";

const PROJECT = join(import.meta.dirname, "../..");
const KEY = new SigningKey(DEVICE_SEED);
const server = createTestHarness({ root: PROJECT, workers: [{ configPath: "examples/trustroots/wrangler.toml" }] });
let url: string;

beforeAll(async () => {
  url = `ws://${(await server.listen()).url.host}/ws/devices`;
});
afterAll(() => server.close());

/** Connects a client that sends HELLO with certificates. */
async function sendHello(subprotocol: Subprotocol, certificates: readonly SignedCertificate[]): Promise<RawClient> {
  const client = await RawClient.connect(url, subprotocol);
  onTestFinished(() => client.socket.terminate());
  const authextra = { pubkey: KEY.publicKey, trustroot: ROOT, certificates };
  await client.send([1, "devices", { roles: ALL_ROLES, authmethods: ["cryptosign"], authextra }]);
  return client;
}

describe.each(SUBPROTOCOLS)("over %s", (subprotocol) => {
  test("[CSG-12][CSG-14] the chain of the specification's example admits its delegate, also after sleep", async () => {
    const client = await sendHello(subprotocol, exampleChain());
    const [, , extra] = await client.expect([4, "cryptosign", { challenge: TEXT, channel_binding: null }]);
    await server.getWorker("trustroots").evictDurableObject("RealmObject", { name: "devices" });
    await client.send([5, KEY.signChallenge(extra as { challenge: string }), {}]);
    const [, , details] = await client.expect([2, ID, expect.any(Object)]);
    expect(details).toMatchObject({ authid: DELEGATE, authrole: "device", authmethod: "cryptosign" });
  });

  test("[CSG-13] a chain that breaks a rule is refused", async () => {
    const forged = authority({ subject: DELEGATE, capabilities: 12 }, STRANGER);
    const client = await sendHello(subprotocol, [delegate(), forged, authority()]);
    const message = expect.stringMatching(/^CCR-11: /);
    await client.expect([3, { message }, "wamp.error.authentication_denied"]);
  });
});

describe("the clients of the documentation", () => {
  const python = findPython();
  const reason = "reason" in python ? python.reason : "";
  // The documents' key. JavaScript cannot write a certificate with nanoseconds as JSON.
  const csPubKey = "1adfc8bfe1d35616e64dffbd900096f23b066f914c8c2ffbb66f6075b96e116d";
  const chain = (bootedAt: number | bigint) => [delegate({ csPubKey, bootedAt }), ...exampleChain().slice(1)];

  test("[CSG-12] join by certificates: Autobahn|JS", async () => {
    const files = {
      "connect.js": pointed(block("js", "connect.js")),
      "credentials.js": block("js", "trustroots"),
      "cryptosign.js": block("js", "cryptosign"),
    };
    expect(await run(process.execPath, files, chain(1658765756680))).toBe(`${DELEGATE} joined as device by cryptosign`);
    const outcome = await run(process.execPath, files, chain(1658765756680).slice(1));
    expect(outcome).toMatch(/: wamp\.error\.authentication_denied$/);
  });

  test.skipIf(reason !== "")(`[CSG-12] join by certificates: Autobahn|Python ${reason}`, async () => {
    const files = {
      "connect.py": pointed(block("python", "connect.py")),
      "credentials.py": block("python", "trustroots"),
    };
    const interpreter = "path" in python ? python.path : "";
    const lines = await run(interpreter, files, chain(1658765756680628959n));
    expect(lines).toContain(`${DELEGATE} joined as device by cryptosign`);
  });
});

function block(language: string, name: string): string {
  const document = readFileSync(join(PROJECT, "docs/authentication.md"), "utf8");
  const text = document.split(`\`\`\`${language} ${name}\n`)[1]?.split("```")[0];
  if (text === undefined) throw new Error(`no ${language} block ${name} in the document`);
  return text;
}

/** A program of the document, with the URL of this router. */
function pointed(source: string): string {
  return source.replace("ws://localhost:8787/ws/realm1", url).replace('"realm1"', '"devices"');
}

/** Runs the first program with the certificates in its folder; resolves to its output. */
async function run(
  command: string,
  files: Readonly<Record<string, string>>,
  certificates: readonly SignedCertificate[],
): Promise<string> {
  const cache = join(PROJECT, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const cwd = mkdtempSync(join(cache, "trustroots-"));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  const json = JSON.stringify(certificates, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
  const texts = {
    ...files,
    "package.json": '{ "type": "module" }',
    "certificates.json": json.replace(/"(\d+)n"/g, "$1"),
  };
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(cwd, name), text);
  return (await promisify(execFile)(command, [Object.keys(files)[0]!], { cwd, timeout: 15_000 })).stdout.trim();
}
