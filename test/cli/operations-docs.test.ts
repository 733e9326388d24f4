/** The examples of docs/operations.md, checked by the programs that they are for, if installed. */

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { Command } from "./command.ts";
import { killServed, OPEN, type Served, scratchDirectory, serve, stop } from "./served.ts";

const PROJECT = join(import.meta.dirname, "../..");
const TEXT = readFileSync(join(PROJECT, "docs/operations.md"), "utf8");

afterEach(killServed);

/** The first block of code in a language. */
function block(language: string): string {
  const found = new RegExp(`^\`\`\`${language}\n(.*?)\n\`\`\`$`, "ms").exec(TEXT)?.[1];
  if (found === undefined) throw new Error(`docs/operations.md has no ${language}`);
  return found;
}

/** `text` with each key replaced by its value; each must be there. */
function replaced(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((all, [from, to]) => {
    expect(all).toContain(from);
    return all.replaceAll(from, to);
  }, text);
}

function isInstalled(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("the unit of systemd", () => {
  it.skipIf(!isInstalled("systemd-analyze"))("is valid (skipped where systemd is not installed)", () => {
    const file = join(scratchDirectory(), "wamp-edge.service");
    const unit = replaced(block("ini"), { "/opt/wamp-edge/node_modules/.bin/node": process.execPath });
    writeFileSync(file, unit);
    const { stdout, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", file], { encoding: "utf8" });
    // Only faults of this unit count.
    const faults = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("wamp-edge.service"));
    expect(faults).toStrictEqual([]);
  });
});

describe("the container file", () => {
  it("copies everything that its command needs", async () => {
    const folder = scratchDirectory();
    const lines = block("dockerfile").split("\n");
    const copies = lines.filter((line) => line.startsWith("COPY ")).map((line) => line.split(" ").slice(1));
    for (const copy of copies) {
      const target = copy.pop() as string;
      for (const source of copy) {
        const into = target.endsWith("/") ? join(folder, target, source) : join(folder, target);
        cpSync(join(PROJECT, source), into, { recursive: true });
      }
    }
    symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"));
    const [program, ...parameters] = JSON.parse(/^CMD (.*)$/m.exec(block("dockerfile"))?.[1] ?? "[]") as string[];
    expect(program).toBe("node");
    const command = new Command(
      [process.execPath, ...parameters],
      { WAMP_DATA: join(folder, "state") },
      undefined,
      folder,
    );
    const healthcheck = JSON.parse(/^HEALTHCHECK CMD (.*)$/m.exec(block("dockerfile"))?.[1] ?? "[]") as string[];
    const { port } = await command.origin();
    const probe = (at: string) => spawnSync(process.execPath, ["-e", replaced(healthcheck[2] ?? "", { 8787: at })]);
    expect(probe(port).status).toBe(0);
    command.process.kill("SIGTERM");
    expect(await command.ended()).toBe(0);
    expect(probe(port).status).toBe(1);
  });
});

describe("the configuration of Caddy", () => {
  it.skipIf(!isInstalled("caddy"))("is valid (skipped where Caddy is not installed)", () => {
    const file = join(scratchDirectory(), "Caddyfile");
    writeFileSync(file, `${block("caddyfile")}\n`);
    const command = ["adapt", "--config", file, "--adapter", "caddyfile", "--validate"];
    const { status, stderr } = spawnSync("caddy", command, { encoding: "utf8" });
    expect(status, stderr).toBe(0);
  });
});

describe.skipIf(!isInstalled("nginx") || !isInstalled("openssl"))(
  "nginx, as configured (skipped where it is not installed)",
  () => {
    const CONFIG = JSON.stringify({
      version: 1,
      realms: [{ name: "realm1", ...OPEN }],
      http: { require_tls: true, events: { role: "anonymous" } },
    });

    /** Runs nginx before a router until `work` is done. */
    async function behindNginx({ origin }: Served, work: (port: number) => Promise<void>): Promise<void> {
      const folder = mkdtempSync(join(tmpdir(), "wamp-edge-"));
      const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
      const subject = ["-subj", "/CN=wamp.example.com", "-keyout", key, "-out", certificate];
      execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", ...subject], {
        stdio: "ignore",
      });
      const port = await freePort();
      const server = replaced(block("nginx"), {
        "listen 443 ssl": `listen 127.0.0.1:${port} ssl`,
        "127.0.0.1:8787": origin.host,
        "/etc/ssl/wamp.example.com/fullchain.pem": certificate,
        "/etc/ssl/wamp.example.com/privkey.pem": key,
      });
      mkdirSync(join(folder, "temporary"));
      const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
        (kind) => `${kind}_temp_path ${folder}/temporary/${kind};`,
      );
      const http = `http {\naccess_log off;\n${places.join("\n")}\n${server}\n}`;
      const main = `daemon off;\npid ${folder}/pid;\nerror_log ${folder}/log warn;\nevents {}\n${http}\n`;
      writeFileSync(join(folder, "nginx.conf"), main);
      const nginx = spawn("nginx", ["-e", join(folder, "log"), "-c", join(folder, "nginx.conf")], { stdio: "ignore" });
      const ended = once(nginx, "exit");
      try {
        await expect.poll(() => existsSync(join(folder, "pid")), { timeout: 5_000 }).toBe(true);
        await work(port);
      } finally {
        nginx.kill("SIGTERM");
        await ended;
      }
    }

    it("forwards WebSockets and event streams, and tells the router that they came over TLS", async () => {
      const served = await serve(scratchDirectory(), CONFIG);
      expect((await fetch(new URL("/ws/realm1", served.origin))).status).toBe(403);
      await behindNginx(served, async (port) => {
        const options = { rejectUnauthorized: false };
        const socket = new WebSocket(`wss://127.0.0.1:${port}/ws/realm1`, "wamp.2.json", options);
        await once(socket, "open");
        socket.send(JSON.stringify([1, "realm1", { roles: { caller: {} } }]));
        const [welcome] = (await once(socket, "message")) as [Buffer];
        expect(JSON.parse(welcome.toString())[0]).toBe(2);
        // nginx must not buffer an event stream.
        const stream = get(`https://127.0.0.1:${port}/realms/realm1/events?topic=com.example.news`, options);
        const [events] = (await once(stream, "response")) as [IncomingMessage];
        const [first] = (await once(events.setEncoding("utf8"), "data")) as [string];
        expect(first).toContain("retry: 3000");
        const closed = once(socket, "close");
        served.command.process.kill("SIGTERM");
        expect((await closed)[0]).toBe(1012);
        expect(await served.command.ended()).toBe(0);
      });
    });
  },
);

describe("the backup of a running router", () => {
  it.skipIf(!isInstalled("sqlite3"))("copies every database (skipped where sqlite3 is not installed)", async () => {
    const data = scratchDirectory();
    const served = await serve(data, JSON.stringify({ version: 1, realms: [{ name: "realm1", ...OPEN }] }));
    const script = /^ {2}```sh\n(.*?)\n {2}```$/ms.exec(TEXT)?.[1] ?? "";
    const copy = scratchDirectory();
    execFileSync("sh", ["-e", "-c", replaced(script, { "/var/lib/wamp-edge": data, "/backup": copy })]);
    const databases = (folder: string) =>
      execFileSync("find", [".", "-name", "*.sqlite"], { cwd: folder, encoding: "utf8" });
    expect(databases(copy).split("\n").sort()).toStrictEqual(databases(data).split("\n").sort());
    expect(databases(copy)).not.toBe("");
    await stop(served);
  });
});
