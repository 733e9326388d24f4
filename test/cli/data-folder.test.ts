/** The data folder: refusals at the start, the lock, and the keys of objects. */

import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { UserError } from "../../src/cli/project/user-error.ts";
import { openDataFolder } from "../../src/cli/workerd/data-folder.ts";
import { findKeyPrefix, removeEmptyDatabases } from "../../src/cli/workerd/object-storage.ts";
import { ID, RawClient } from "../clients/raw-client.ts";
import { Command, running } from "./command.ts";
import { joinRealm, killServed, OPEN, type Served, scratchDirectory, serve, stop } from "./served.ts";

const CONFIG = JSON.stringify({ version: 1, realms: [{ name: "realm1", ...OPEN }] });
const TOPIC = "com.example.kept";
const TENANTS = JSON.stringify({ version: 1, realms: ["realm1", "tenant-*"].map((name) => ({ name, ...OPEN })) });
const COMMANDS = [
  ["npm start", "start"],
  ["npm run serve", "serve"],
] as const;

afterEach(killServed);

async function retain(served: Served, value: string): Promise<void> {
  const client = await joinRealm(served);
  await client.send([16, 1, { acknowledge: true, retain: true }, TOPIC, [value]]);
  await client.expect([17, 1, ID]);
}

async function retained(served: Served): Promise<unknown> {
  const client = await joinRealm(served);
  await client.send([32, 1, { get_retained: true }, TOPIC]);
  const [, , subscription] = await client.expect([33, 1, ID]);
  const [, , , , [value]] = (await client.expect([36, subscription, ID, expect.any(Object), [expect.anything()]])) as [
    36,
    number,
    number,
    object,
    [unknown],
  ];
  return value;
}

/** Returns the error output of a command that must end soon with code 1. */
async function readRefusal(script: string, data: string): Promise<string> {
  const command = new Command([process.execPath, "src/cli/wamp-edge.ts", script], { WAMP_DATA: data });
  const timer = setTimeout(() => command.process.kill("SIGKILL"), 20_000);
  expect(await command.ended()).toBe(1);
  clearTimeout(timer);
  expect(command.stdout).toBe("");
  return command.stderr;
}

describe.each(COMMANDS)("%s with a WAMP_DATA folder that is not writable", (_, script) => {
  it.each([
    ["is a file", () => fileIn(scratchDirectory()), /\(EEXIST: .*\)$/],
    ["is below a file", () => join(fileIn(scratchDirectory()), "data"), /\((EEXIST|ENOTDIR): .*\)$/],
    ["cannot be made", () => "/proc/x", /\(ENOENT: .*\)$/],
    ["takes no files", () => "/proc/self", /\(ENOENT: .*\)$/],
  ])("prints one line and ends with code 1 when the folder %s", async (_, folder, message) => {
    const path = folder();
    const refusal = await readRefusal(script, path);
    expect(refusal).toMatch(new RegExp(`^wamp-edge: WAMP_DATA: cannot write to the folder ${path} \\(.*\\)\n$`));
    expect(refusal.trim()).toMatch(message);
  });
});

function fileIn(folder: string): string {
  const file = join(folder, "file");
  writeFileSync(file, "");
  return file;
}

describe("a folder that a running router uses", () => {
  it.each(COMMANDS)("is refused by %s with one line and stays unchanged", async (_, script) => {
    const data = scratchDirectory();
    const served = await serve(data, CONFIG);
    await retain(served, "first");
    expect(await readRefusal(script, data)).toBe(`wamp-edge: WAMP_DATA: another router is using the folder ${data}\n`);
    expect(await retained(served)).toBe("first");
    await stop(served);
  });

  it("is free again after the router and its workerd were killed", async () => {
    const data = scratchDirectory();
    const served = await serve(data, CONFIG);
    const processes = served.command.descendants();
    expect(processes.length).toBeGreaterThan(0);
    served.command.process.kill("SIGKILL");
    await served.command.ended();
    await expect.poll(() => running(processes), { timeout: 5_000 }).toStrictEqual([]);
    await stop(await serve(data, CONFIG));
  });
});

describe("openDataFolder", () => {
  it("creates the folder and its parents and leaves only the lock file in it", () => {
    const folder = join(scratchDirectory(), "a/b");
    expect(openDataFolder(folder)).toBe(folder);
    expect(readdirSync(folder).filter((name) => !name.startsWith("wamp-edge.lock"))).toStrictEqual([]);
    expect(() => openDataFolder(folder)).toThrow(
      new UserError(`WAMP_DATA: another router is using the folder ${folder}`),
    );
  });
});

describe("the keys of objects", () => {
  function folderOf(...names: string[]): string {
    const folder = scratchDirectory();
    for (const name of names) mkdirSync(join(folder, name));
    return folder;
  }

  it("have the same prefix in every new folder, whatever the name of the Worker", () => {
    expect(findKeyPrefix(folderOf(), "renamed")).toBe("wamp-edge");
    expect(findKeyPrefix(join(scratchDirectory(), "none"), "renamed")).toBe("wamp-edge");
  });

  it("keep their prefix when the Worker is renamed", () => {
    expect(findKeyPrefix(folderOf("wamp-edge-RealmObject", "wamp-edge-WebhookObject"), "renamed")).toBe("wamp-edge");
    expect(findKeyPrefix(folderOf("my-own-RealmObject"), "renamed")).toBe("my-own");
  });

  it("have the Worker's name as prefix when the folder holds several; another name is an error", () => {
    const folder = folderOf("one-RealmObject", "two-RealmObject");
    expect(findKeyPrefix(folder, "two")).toBe("two");
    const fault = `WAMP_DATA: ${folder} holds the state of one, two; set one of them as name in wrangler.toml`;
    expect(() => findKeyPrefix(folder, "three")).toThrow(new UserError(fault));
  });

  it("let npm run serve continue with state of another prefix", async () => {
    const data = folderOf("earlier-name-RealmObject");
    const served = await serve(data, CONFIG);
    await retain(served, "kept");
    await stop(served);
    const folders = readdirSync(data).filter((name) => name.endsWith("-RealmObject"));
    expect(folders).toStrictEqual(["earlier-name-RealmObject"]);
    const again = await serve(data, CONFIG);
    expect(await retained(again)).toBe("kept");
    await stop(again);
  });
});

describe("the databases of realms that store nothing", () => {
  it("are removed at the next start, and no others", async () => {
    const data = scratchDirectory();
    const objects = join(data, "wamp-edge-RealmObject");
    const databases = () => readdirSync(objects).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name)).length;
    const first = await serve(data, TENANTS);
    for (const name of ["a", "b", "c"]) {
      const client = await RawClient.connect(`${first.socketUrl}/ws/tenant-${name}`, "wamp.2.json");
      client.socket.close();
    }
    await retain(first, "kept");
    await stop(first);
    expect(databases()).toBe(4);
    const second = await serve(data, TENANTS);
    await stop(second);
    expect(databases()).toBe(1);
  });

  it("do not include files with a write-ahead log or other names", () => {
    const folder = scratchDirectory();
    const [empty, logged] = ["a".repeat(64), "b".repeat(64)];
    for (const name of [empty, logged, "metadata"]) writeFileSync(join(folder, `${name}.sqlite`), Buffer.alloc(4096));
    writeFileSync(join(folder, `${empty}.sqlite-wal`), "");
    writeFileSync(join(folder, `${logged}.sqlite-wal`), "frames");
    removeEmptyDatabases(folder);
    expect(readdirSync(folder).sort()).toEqual([`${logged}.sqlite`, `${logged}.sqlite-wal`, "metadata.sqlite"]);
  });
});
