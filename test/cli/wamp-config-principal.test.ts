/** `npm run wamp-config principal`: entries of principals for the configuration, and the password prompt. */

import { createHash, createHmac, createPrivateKey, createPublicKey, pbkdf2Sync } from "node:crypto";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { readPassword } from "../../src/cli/client/password-prompt.ts";
import { loadConfig } from "../../src/worker/config/load-config.ts";
import { run } from "./wamp-config-command.ts";

describe("principal", () => {
  const printed = async (method: string, input: string) => JSON.parse((await run(["principal", method], input)).out);

  test("stores the key that a WAMP-CRA client derives from its password", async () => {
    const user = await printed("wampcra", "päss word\n");
    const key = pbkdf2Sync("päss word", user.salt, user.iterations, user.keylen, "sha256").toString("base64");
    expect(user).toEqual({
      "salted-key": key,
      salt: expect.stringMatching(/^[\da-f]{32}$/),
      iterations: 10_000,
      keylen: 32,
    });
  });

  test("derives another key of a WAMP-CRA user with the salt that the user has", async () => {
    const { out } = await run(["principal", "wampcra", "--salt", "salt123"], "new\n");
    const key = pbkdf2Sync("new", "salt123", 10_000, 32, "sha256").toString("base64");
    expect(JSON.parse(out)).toMatchObject({ "salted-key": key, salt: "salt123" });
    const refused = await run(["principal", "scram", "--salt", "salt123"], "new\n");
    expect(refused).toEqual({ code: 1, out: "", err: "wamp-edge: --salt is for wampcra, not for scram\n" });
  });

  test("stores StoredKey and ServerKey for SCRAM", async () => {
    const record = await printed("scram", "pencil");
    const salted = pbkdf2Sync("pencil", Buffer.from(record.salt, "hex"), record.iterations, 32, "sha256");
    const hmac = (text: string) => createHmac("sha256", salted).update(text).digest();
    expect(record["stored-key"]).toBe(createHash("sha256").update(hmac("Client Key")).digest("hex"));
    expect(record["server-key"]).toBe(hmac("Server Key").toString("hex"));
  });

  test("creates a key pair and prints the private key only on standard error", async () => {
    const { out, err } = await run(["principal", "cryptosign"]);
    const [seed = ""] = /[\da-f]{64}/.exec(err) ?? [];
    const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.from(seed, "hex")]);
    const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    const { x = "" } = createPublicKey(privateKey).export({ format: "jwk" });
    expect(JSON.parse(out)).toEqual({ authorized_keys: [Buffer.from(x, "base64url").toString("hex")] });
    expect(out).not.toContain(seed);
  });

  test.each(["wampcra", "scram"])("prints a valid entry for the configuration: %s", async (method) => {
    const entry = { ...(await printed(method, "secret")), role: "user" };
    const auth = { [method]: { type: "static", [method === "wampcra" ? "users" : "principals"]: { joe: entry } } };
    const module = { version: 1, realms: [{ name: "realm1", roles: [{ name: "user" }], auth }] };
    expect(loadConfig({ module, env: {}, isDevelopment: false })).toMatchObject({ ok: true });
  });

  test("refuses an empty password", async () => {
    expect(await run(["principal", "scram"], "\n")).toEqual({
      code: 1,
      out: "",
      err: "wamp-edge: the password is empty\n",
    });
  });

  test("asks twice on a terminal and does not echo the password", async () => {
    expect(await typed("secrex\u007ft\r", "secret\r")).toEqual({
      password: "secret",
      shown: "Password: \nAgain: \n",
      raw: [true, false, true, false],
    });
    await expect(typed("one\r", "two\r")).rejects.toThrow("the passwords differ");
    await expect(typed("one\u0003")).rejects.toThrow("canceled");
  });
});

/** Types lines into a terminal, one after each prompt. */
async function typed(...lines: string[]) {
  const raw: boolean[] = [];
  const terminal = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (isRaw: boolean) => raw.push(isRaw) });
  let shown = "";
  const prompt = (text: string) => {
    shown += text;
    if (text !== "\n") setImmediate(() => terminal.write(lines.shift()));
  };
  const password = await readPassword(terminal, prompt);
  return { password, shown, raw };
}
