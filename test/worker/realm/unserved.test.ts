/** Sockets that slept while a deployment took their realm away: clients are told to come again, and nothing is lost. */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Deployment, deploymentOf } from "../../../src/worker/config/deployment.ts";
import { loadConfig } from "../../../src/worker/config/load-config.ts";
import { joinByPolling } from "../long-poll/poller.ts";
import { connect, join } from "../socket.ts";
import { logLines, realmOf } from "./sleepers.ts";

const SERVED = { ...deploymentOf(env) };

/** What the Worker and its objects find as their deployment from now on. */
function deploy(deployment: Pick<Deployment, "config" | "faults">): void {
  Object.assign(deploymentOf(env), deployment);
}

/** As a Worker has it that was deployed with a faulty configuration. */
function faulty(): Pick<Deployment, "config" | "faults"> {
  const loaded = loadConfig({ text: '{"version":1,"realms":7}', module: undefined, env: {}, isDevelopment: false });
  if (loaded.ok) throw new Error("the configuration is not faulty");
  return { config: { version: 1, realms: [] }, faults: loaded.faults };
}

/** As a Worker has it whose configuration has no realm that the clients know. */
const GONE = {
  config: { ...SERVED.config, realms: SERVED.config.realms.filter(({ name }) => name === "bridged-*") },
  faults: [],
};

afterEach(() => {
  deploy(SERVED);
  vi.restoreAllMocks();
});

const closeOf = (socket: WebSocket) =>
  new Promise<[code: number, reason: string]>((resolve) => {
    socket.addEventListener("close", ({ code, reason }) => {
      socket.close();
      resolve([code, reason]);
    });
  });

/** Enters with the wish for a session that can be resumed, or for the earlier one. */
async function enter(realm: string, wish: object = {}) {
  const client = await connect(realm);
  client.send([1, realm, { roles: { caller: {} }, resumable: true, ...wish }]);
  const [, id, details] = (await client.next()) as [number, number, { resumed?: boolean; resume_token: string }];
  return { client, id, details };
}

/** The sockets that the object has. */
const socketsIn = (realm: string) => runInDurableObject(realmOf(realm), (_, ctx) => ctx.getWebSockets().length);

const PASS = { kind: "role", role: "anonymous", authid: "a", by: "test" } as const;
const REQUEST = { uri: "wamp.session.count", args: [], kwargs: {}, options: {} };

describe.each([
  [
    "a faulty configuration",
    faulty(),
    { kind: "broken", cause: "the configuration is faulty" },
    "wamp.error.unavailable",
  ],
  ["a configuration without the realm", GONE, { kind: "unknown" }, "wamp.error.no_such_realm"],
])("a realm that wakes under %s", (_, deployment, line, uri) => {
  test.each<[string, (realm: string, leaver: WebSocket) => unknown]>([
    ["a message", (_, leaver) => leaver.send(JSON.stringify([48, 1, {}, "wamp.session.count"]))],
    ["the close of a socket", (_, leaver) => leaver.close(1000)],
    ["its alarm", async (realm) => expect(await runDurableObjectAlarm(realmOf(realm))).toBe(true)],
    ["a visit", (realm) => realmOf(realm).call(PASS, REQUEST)],
  ])("by %s closes all its sockets with 1012, logs one line and loses nothing", async (waker, wake) => {
    const realm = `callees-unserved-${line.kind}-${waker.replaceAll(" ", "-")}`;
    const lines = logLines("realm.unserved", realm);
    let ended = false;
    // The API never answers; the Worker that has asked it gives up when its socket to the realm closes.
    const api = vi.spyOn(globalThis, "fetch").mockImplementation(async (_, init) => {
      const signal = init!.signal!;
      while (!signal.aborted) await scheduler.wait(1);
      ended = true;
      throw signal.reason;
    });
    const parked = await enter(realm);
    parked.client.socket.close(1001);
    const [caller, leaver] = [await join(realm), await join(realm)];
    caller.send([48, 1, {}, "api.any"]);
    await vi.waitFor(() => expect(api).toHaveBeenCalled());
    const poll = (await joinByPolling(realm)).post("receive");
    // The sockets of the callers, the poller and the callee's Worker.
    await vi.waitFor(async () => expect(await socketsIn(realm)).toBe(4));
    const closes = [caller, ...(waker === "the close of a socket" ? [] : [leaver])].map(({ socket }) =>
      closeOf(socket),
    );
    await evictDurableObject(realmOf(realm));
    deploy(deployment);

    await wake(realm, leaver.socket);
    for (const close of closes) expect(await close).toEqual([1012, "the realm cannot be served now"]);
    expect(await (await poll).text()).toBe("");
    await vi.waitFor(() => expect(ended).toBe(true));
    await vi.waitFor(async () => expect(await socketsIn(realm)).toBe(0));
    expect(lines()).toEqual([{ realm, level: "error", event: "realm.unserved", ...line }]);
    expect(await realmOf(realm).call(PASS, REQUEST)).toMatchObject({ kind: "refused", reason: "full", uri });

    deploy(SERVED);
    const wish = { "resume-session": parked.id, "resume-token": parked.details.resume_token };
    const { client, id, details } = await enter(realm, wish);
    expect([id, details.resumed]).toEqual([parked.id, true]);
    client.send([48, 1, {}, "wamp.session.count"]);
    expect(await client.next()).toEqual([50, 1, {}, [1]]);
  });
});
