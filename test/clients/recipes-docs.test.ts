/** Runs the programs of docs/recipes.md for Node against a router whose connections are cut. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import autobahn, { type Connection, type Session } from "autobahn";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import Wampy from "wampy";
import { startProxy } from "./cuttable-proxy.ts";
import { importProgram, readPage, writeFolder } from "./docs-page.ts";
import { anonymousRealm, type Router, startRouter } from "./harness.ts";
import { ID, RawClient } from "./raw-client.ts";

// Autobahn warns of every closed connection.
autobahn.log.warn = () => {};

const { block } = readPage("recipes.md");
const RESUME = { options: { resume: { time: 60 } } };
const EVERYTHING = { uri: "", match: "prefix", allow: { call: true, register: true, publish: true, subscribe: true } };

let router: Router;

beforeAll(async () => {
  router = await startRouter({
    version: 1,
    realms: [
      anonymousRealm("plain"),
      anonymousRealm("resume-*", RESUME),
      {
        ...{ name: "ticket", ...RESUME, roles: [{ name: "user", permissions: [EVERYTHING] }] },
        auth: { ticket: { type: "static", principals: { joe: { ticket: "secret!!!", role: "user" } } } },
      },
    ],
  });
});
afterAll(() => router.close());

/** A client that is connected to the router itself, whose connection is not cut. */
async function observer(realm: string): Promise<RawClient> {
  const client = await RawClient.connect(router.realmUrl(realm), "wamp.2.json");
  onTestFinished(() => client.socket.terminate());
  await client.join(realm);
  return client;
}

/** Joins with Autobahn|JS, which reconnects soon; the connection closes with the test. */
async function joined(url: string, realm: string, options: object) {
  const connection: Connection = new autobahn.Connection({ url, realm, initial_retry_delay: 0.05, ...options });
  const sessions: Session[] = [];
  const lost = vi.fn(() => false);
  connection.onclose = lost;
  connection.onopen = (session) => void sessions.push(session);
  connection.open();
  onTestFinished(() => {
    connection.onclose = () => true;
    if (connection.isOpen) connection.close();
  });
  await vi.waitFor(() => expect(sessions).toHaveLength(1), { timeout: 5_000 });
  return { session: sessions[0]!, sessions, lost };
}

describe("the Node service", () => {
  /** Starts the service; `code` becomes the body of its procedure `com.example.report`. */
  function start(
    source: string,
    env: Readonly<Record<string, string>>,
  ): { readonly child: ChildProcess; printed(): string } {
    const path = writeFolder({ "service.js": source });
    const child = spawn(process.execPath, [join(path, "service.js")], { env: { ...process.env, ...env } });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += chunk));
    onTestFinished(() => {
      child.kill("SIGKILL");
      rmSync(path, { recursive: true });
    });
    return { child, printed: () => text };
  }

  test("registers again after its connection was cut, also when the router does not know yet", async () => {
    const proxy = await startProxy(router.origin);
    const fast = block("js service.js").replace("initial_retry_delay: 1,", "initial_retry_delay: 0.05,");
    const { printed } = start(fast, { ROUTER: `${proxy.origin}/ws/plain`, REALM: "plain" });
    await vi.waitFor(() => expect(printed()).toContain("ready"), { timeout: 10_000 });
    const client = await observer("plain");
    await client.send([48, 1, {}, "com.example.add", [23, 19]]);
    await client.expect([50, 1, {}, [42]]);
    proxy.cut();
    proxy.restore();
    await vi.waitFor(() => expect(printed()).toMatch(/ready.+next attempt in.+ready/s), { timeout: 10_000 });
    await client.send([48, 2, {}, "com.example.add", [1, 2]]);
    await client.expect([50, 2, {}, [3]]);
  });

  test("told to stop, takes no more calls, answers the one it has, and ends with 0", async () => {
    const held = Promise.withResolvers<ServerResponse>();
    const gate = createServer((_request, response) => held.resolve(response)).listen(0, "127.0.0.1");
    onTestFinished(() => void gate.close());
    await once(gate, "listening");
    const url = `http://127.0.0.1:${(gate.address() as AddressInfo).port}`;
    const slow = block("js service.js").replace(/`report of .*?`/, `(await fetch("${url}")).text()`);
    const { child, printed } = start(slow, { ROUTER: router.realmUrl("resume-service"), REALM: "resume-service" });
    await vi.waitFor(() => expect(printed()).toContain("ready"), { timeout: 10_000 });
    const client = await observer("resume-service");
    await client.send([32, 1, {}, "wamp.registration.on_delete"]);
    await client.expect([33, 1, ID]);
    await client.send([48, 2, {}, "com.example.report", ["Ann"]]);
    const response = await held.promise;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    for (const _ of ["com.example.add", "com.example.report"])
      await client.expect([36, ID, ID, expect.anything(), [ID, ID]]);
    await client.send([48, 3, {}, "com.example.add", [1, 2]]);
    expect((await client.next())[4]).toBe("wamp.error.no_such_procedure");
    response.end("the report");
    await client.expect([50, 2, {}, ["the report"]]);
    expect(await exited).toEqual([0, null]);
  });

  test("ends with 1 and the reason when the router refuses it", async () => {
    const { child, printed } = start(block("js service.js"), { ROUTER: router.realmUrl("other"), REALM: "other" });
    expect(await once(child, "exit")).toEqual([1, null]);
    expect(printed()).toContain("stopped: ");
  });
});

describe("the resumable socket", () => {
  const load = () => importProgram("resumable-socket.js", { "resumable-socket.js": block("js resumable-socket.js") });

  /** Opens a connection of Autobahn|JS over the socket of the page. */
  async function connect(url: string, realm: string, options: object = {}) {
    const { ResumableSocket } = await load();
    vi.stubGlobal("WebSocket", ResumableSocket);
    onTestFinished(() => void vi.unstubAllGlobals());
    return { ...(await joined(url, realm, options)), ResumableSocket };
  }

  test("Autobahn|JS keeps its session, gets the events of the outage, and the result of its call", async () => {
    const proxy = await startProxy(router.origin);
    const realm = "resume-autobahn";
    const { session, lost } = await connect(`${proxy.origin}/ws/${realm}`, realm);
    const events: unknown[] = [];
    await session.subscribe("com.example.news", ([text]) => void events.push(text));
    const other = await observer(realm);
    await other.send([64, 1, {}, "com.example.slow"]);
    await other.expect([65, 1, ID]);
    const call = session.call("com.example.slow");
    const [, invocation] = await other.next();
    proxy.cut();
    await other.send([16, 2, { acknowledge: true }, "com.example.news", ["missed"]]);
    await other.expect([17, 2, ID]);
    await other.send([70, invocation, {}, ["late"]]);
    // What is sent to a connection whose loss is not known yet may be lost; the recipe says so.
    await proxy.reconnecting();
    const meanwhile = session.publish("com.example.news", ["own"], {}, { exclude_me: false, acknowledge: true });
    proxy.restore();
    expect(await call).toBe("late");
    await meanwhile;
    await vi.waitFor(() => expect(events).toEqual(["missed", "own"]));
    await other.send([48, 3, {}, "wamp.session.get", [session.id]]);
    expect((await other.next())[0]).toBe(50);
    expect(lost).not.toHaveBeenCalled();
  });

  test("continues twice, and with credentials", async () => {
    const proxy = await startProxy(router.origin);
    const credentials = { authmethods: ["ticket"], authid: "joe", onchallenge: () => "secret!!!" };
    const { session: other } = await joined(router.realmUrl("ticket"), "ticket", credentials);
    const { session, lost, ResumableSocket } = await connect(`${proxy.origin}/ws/ticket`, "ticket", credentials);
    ResumableSocket.answer = async () => "secret!!!";
    const events: unknown[] = [];
    await session.subscribe("com.example.news", ([text]) => void events.push(text));
    for (const text of ["first", "second"]) {
      proxy.cut();
      await other.publish("com.example.news", [text], {}, { acknowledge: true });
      proxy.restore();
      await vi.waitFor(() => expect(events).toContain(text), { timeout: 5_000 });
    }
    expect(await session.call("wamp.session.count")).toBe(2);
    expect(lost).not.toHaveBeenCalled();
  });

  test("tells the client that the connection is lost when the session cannot continue", async () => {
    const realm = "resume-gone";
    const { session, sessions, lost } = await connect(router.realmUrl(realm), realm);
    await session.call("wamp.session.count");
    await router.evict(realm, "close");
    await vi.waitFor(() => expect(sessions).toHaveLength(2), { timeout: 5_000 });
    expect(lost).toHaveBeenCalledOnce();
    expect(await sessions[1]!.call("wamp.session.count")).toBe(1);
  });

  test("is an ordinary socket in a realm that does not resume", async () => {
    const proxy = await startProxy(router.origin);
    const { sessions, lost } = await connect(`${proxy.origin}/ws/plain`, "plain");
    proxy.cut();
    proxy.restore();
    await vi.waitFor(() => expect(sessions).toHaveLength(2), { timeout: 5_000 });
    expect(lost).toHaveBeenCalledOnce();
  });

  test("wampy keeps its session, too", async () => {
    const { ResumableSocket } = await load();
    const proxy = await startProxy(router.origin);
    const onReconnect = vi.fn();
    const realm = "resume-wampy";
    const wampy = new Wampy(`${proxy.origin}/ws/${realm}`, { realm, ws: ResumableSocket, onReconnect });
    await wampy.connect();
    onTestFinished(() => void wampy.disconnect());
    const events: unknown[] = [];
    await wampy.subscribe("com.example.news", ({ argsList }) => void events.push(argsList));
    const other = await observer(realm);
    proxy.cut();
    await other.send([16, 1, { acknowledge: true }, "com.example.news", ["missed"]]);
    await other.expect([17, 1, ID]);
    proxy.restore();
    await vi.waitFor(() => expect(events).toEqual([["missed"]]), { timeout: 5_000 });
    expect((await wampy.call("wamp.session.count")).argsList).toEqual([2]);
    expect(onReconnect).not.toHaveBeenCalled();
  });
});
