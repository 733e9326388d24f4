/** Calls of configured callees whose Workers fail. */

import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { CalleeWorker } from "../../../src/worker/callees/callee-entrypoint.ts";
import type { Job } from "../../../src/worker/callees/job.ts";
import { calleeFaults } from "../../../src/worker/config/callee-bindings.ts";
import { formatFaults, loadConfig } from "../../../src/worker/config/load-config.ts";
import { ticketRequest } from "../../../src/worker/routing/object-requests.ts";
import { connect, join, type TestClient } from "../socket.ts";

const realmOf = (name: string) => env.REALM.getByName(name);

const LOST = ["the callee was lost"];

let realms = 0;
const freshRealm = () => `callees-${++realms}`;

/** One start of a Worker, which the test resolves or rejects. */
interface Start {
  readonly job: Job;
  /** Admits the Worker's WebSocket. */
  readonly ticket: string;
  outcome?: "begun" | Error;
}

const starts: Start[] = [];

/** Workers that only start. They poll, because a test cannot resolve a promise of another request. */
beforeEach(() => {
  starts.length = 0;
  vi.spyOn(CalleeWorker.prototype, "work").mockImplementation(async (job, ticket) => {
    const start: Start = { job, ticket };
    starts.push(start);
    while (start.outcome === undefined) await scheduler.wait(1);
    if (start.outcome !== "begun") throw start.outcome;
  });
});

/** Opens the socket of a Worker. */
async function open({ job, ticket }: Pick<Start, "job" | "ticket">): Promise<WebSocket> {
  const { webSocket, status } = await realmOf(job.realm).fetch(ticketRequest(ticket));
  if (webSocket === null) throw new Error(`refused with ${status}`);
  webSocket.accept();
  return webSocket;
}

/** Sends a CALL, and waits until a Worker is started for it. */
async function call(client: TestClient, request: number): Promise<Start> {
  const earlier = starts.length;
  client.send([48, request, {}, "api.any"]);
  await vi.waitFor(() => expect(starts).toHaveLength(earlier + 1));
  return starts[earlier]!;
}

/** A call whose Worker has opened its WebSocket. */
async function begun(client: TestClient, request = 1): Promise<{ job: Job; socket: WebSocket }> {
  const start = await call(client, request);
  const socket = await open(start);
  start.outcome = "begun";
  return { job: start.job, socket };
}

async function sessionCount(client: TestClient): Promise<unknown> {
  client.send([48, 99, {}, "wamp.session.count"]);
  return (await client.next())[3];
}

describe("a call whose Worker", () => {
  it("cannot be started fails", async () => {
    const client = await join(freshRealm());
    (await call(client, 1)).outcome = new Error("no more Workers");
    const error = ["wamp.error.network_failure", ["the callee could not be started"]];
    expect(await client.next()).toEqual([8, 48, 1, {}, ...error]);
  });

  it("closes its socket fails, and the procedures stay registered", async () => {
    const client = await join(freshRealm());
    const { socket } = await begun(client);
    socket.close();
    expect(await client.next()).toEqual([8, 48, 1, {}, "wamp.error.network_failure", LOST]);
    const { job, socket: next } = await begun(client, 2);
    next.send(JSON.stringify([70, job.request, {}, ["alive"]]));
    expect(await client.next()).toEqual([50, 2, {}, ["alive"]]);
  });

  it("closes its socket while the realm sleeps fails", async () => {
    const realm = freshRealm();
    const client = await join(realm);
    const { socket } = await begun(client);
    await evictDurableObject(realmOf(realm));
    socket.close();
    expect(await client.next()).toEqual([8, 48, 1, {}, "wamp.error.network_failure", LOST]);
  });

  it("ended with the realm's object fails for a caller that resumes its session", async () => {
    const realm = freshRealm();
    const first = await joinResumable(realm);
    await begun(first.client);
    first.client.socket.close(1001);
    await vi.waitFor(async () => expect(await parkedIn(realm)).toBe(1));
    await abortAllDurableObjects();
    const { client } = await joinResumable(realm, first);
    expect(await client.next()).toEqual([8, 48, 1, {}, "wamp.error.network_failure", LOST]);
  });

  it("sends an invalid message fails, and other calls continue", async () => {
    const client = await join(freshRealm());
    const [first, second, third] = [await begun(client, 1), await begun(client, 2), await begun(client, 3)];
    first.socket.send("[70,");
    expect((await client.next()).slice(0, 5)).toEqual([8, 48, 1, {}, "wamp.error.runtime_error"]);
    second.socket.send(new Uint8Array(3));
    expect((await client.next()).slice(0, 5)).toEqual([8, 48, 2, {}, "wamp.error.runtime_error"]);
    third.socket.send(JSON.stringify([70, third.job.request, {}, [1]]));
    expect(await client.next()).toEqual([50, 3, {}, [1]]);
  });

  it("connects after the call was canceled is refused with 410", async () => {
    const client = await join(freshRealm());
    const start = await call(client, 1);
    client.send([49, 1, { mode: "kill" }]);
    expect((await client.next()).slice(0, 5)).toEqual([8, 48, 1, {}, "wamp.error.canceled"]);
    await expect(open(start)).rejects.toThrow("refused with 410");
    start.outcome = new Error("refused with 410");
    expect(await sessionCount(client)).toEqual([1]);
  });
});

describe("the socket of a Worker", () => {
  it("is not counted as a client, before and after sleep, and closes with the answer", async () => {
    const realm = freshRealm();
    const client = await join(realm);
    const { job, socket } = await begun(client);
    expect(await sessionCount(client)).toEqual([1]);
    await evictDurableObject(realmOf(realm));
    expect(await sessionCount(client)).toEqual([1]);
    const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
    socket.send(JSON.stringify([70, job.request, { progress: true }, ["not asked for"]]));
    socket.send(JSON.stringify([70, job.request, {}, ["done"]]));
    expect(await client.next()).toEqual([50, 1, {}, ["done"]]);
    await closed;
    const sockets = () => runInDurableObject(realmOf(realm), (_, ctx) => ctx.getWebSockets().length);
    await vi.waitFor(async () => expect(await sockets()).toBe(1));
  });

  it("is accepted once, and only for a call that is being started", async () => {
    const realm = freshRealm();
    const client = await join(realm);
    const start = await call(client, 1);
    const { request } = start.job;
    const socket = await open(start);
    for (const ticket of [start.ticket, "", "A".repeat(start.ticket.length)]) {
      await expect(open({ job: start.job, ticket })).rejects.toThrow("refused with 410");
    }
    start.outcome = "begun";
    socket.send(JSON.stringify([70, request, {}, []]));
    expect(await client.next()).toEqual([50, 1, {}]);
    await expect(open(start)).rejects.toThrow("refused with 410");
  });

  it("cannot be opened from outside", async () => {
    const realm = freshRealm();
    const client = await join(realm);
    const start = await call(client, 1);
    const { request } = start.job;
    const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" };
    for (const path of [`/callee/${request}`, `/ws/callee/${request}`, `/ws/${realm}/../../callee/${request}`]) {
      expect((await exports.default.fetch(`http://router.test${path}`, { headers })).status).toBe(404);
    }
    await open(start);
    start.outcome = "begun";
  });
});

it("a client cannot register a configured procedure, and finds its registration", async () => {
  const client = await join(freshRealm());
  client.send([64, 1, { match: "prefix" }, "api."]);
  expect((await client.next())[4]).toBe("wamp.error.procedure_already_exists");
  client.send([48, 2, {}, "wamp.registration.match", ["api.any"]]);
  expect(await client.next()).toEqual([50, 2, {}, [expect.any(Number)]]);
});

it("a missing service binding is a fault", () => {
  const callees = ["REALM", "WAMP_CONFIG", "WEATHER"].map((binding) => ({ procedure: binding, binding }));
  const loaded = loadConfig({
    module: { version: 1, realms: [{ name: "a", callees }] },
    env: {},
    isDevelopment: false,
  });
  if (!loaded.ok) throw new Error(formatFaults(loaded.faults));
  expect(calleeFaults(loaded.config, env)).toEqual([
    {
      path: "realms[0].callees[1].binding",
      message: expect.stringContaining(
        "is WAMP_CONFIG, a service binding that this Worker does not have. Add to wrangler.toml",
      ),
    },
    {
      path: "realms[0].callees[2].binding",
      message: expect.stringContaining(
        "is WEATHER, a service binding that this Worker does not have. Add to wrangler.toml",
      ),
    },
  ]);
});

it("a missing service binding is found beside the other faults of the configuration", () => {
  const callees = [{ procedure: "com..a", binding: "WEATHER" }, "text", { binding: 7 }];
  const loaded = loadConfig({ module: { version: 1, realms: [{ callees }] }, env: {}, isDevelopment: false });
  if (loaded.ok) throw new Error("the configuration is faulty");
  expect(calleeFaults(loaded.config, env).map(({ path }) => path)).toEqual(["realms[0].callees[0].binding"]);
});

interface Resumable {
  readonly client: TestClient;
  readonly id: unknown;
  readonly token: unknown;
}

/** Joins with a resumable session, or resumes one. */
async function joinResumable(realm: string, earlier?: Resumable): Promise<Resumable> {
  const client = await connect(realm);
  const resume = earlier && { "resume-session": earlier.id, "resume-token": earlier.token };
  client.send([1, realm, { roles: { caller: {} }, resumable: true, ...resume }]);
  const [, id, details] = (await client.next()) as [number, unknown, { resume_token: unknown }];
  return { client, id, token: details.resume_token };
}

/** The number of parked sessions. */
function parkedIn(realm: string): Promise<number> {
  return runInDurableObject(realmOf(realm), (_, { storage }) => {
    const tables = storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'parked_session'").toArray();
    return tables.length === 0 ? 0 : storage.sql.exec("SELECT 1 FROM parked_session").toArray().length;
  });
}
