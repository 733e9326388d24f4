/**
 * Realms that a deployment no longer serves: their sockets close with 1012, and their sessions can be resumed later.
 */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Deployment, deploymentOf } from "../../../src/worker/config/deployment.ts";
import { loadConfig } from "../../../src/worker/config/load-config.ts";
import { joinByPolling } from "../long-poll/poller.ts";
import { connect, join } from "../socket.ts";
import { logLines, realmOf } from "./sleepers.ts";

const SERVED = { ...deploymentOf(env) };

/** Replaces the deployment that the Worker and its objects use. */
function deploy(deployment: Pick<Deployment, "config" | "faults">): void {
  Object.assign(deploymentOf(env), deployment);
}

/** The deployment of a faulty configuration. */
function faultyDeployment(): Pick<Deployment, "config" | "faults"> {
  const loaded = loadConfig({ text: '{"version":1,"realms":7}', module: undefined, env: {}, isDevelopment: false });
  if (loaded.ok) throw new Error("the configuration is not faulty");
  return { config: { version: 1, realms: [] }, faults: loaded.faults };
}

/** A deployment whose configuration lacks the realm of the clients. */
const WITHOUT_REALM = {
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

/** Joins with a resumable session; `details` are further entries of HELLO.Details, such as those that resume one. */
async function joinResumable(realm: string, details: object = {}) {
  const client = await connect(realm);
  client.send([1, realm, { roles: { caller: {} }, resumable: true, ...details }]);
  const [, id, welcome] = (await client.next()) as [number, number, { resumed?: boolean; resume_token: string }];
  return { client, id, welcome };
}

/** Number of sockets of the realm's object. */
const countSockets = (realm: string) => runInDurableObject(realmOf(realm), (_, ctx) => ctx.getWebSockets().length);

const CREDENTIALS = { kind: "role", role: "anonymous", authid: "a", by: "test" } as const;
const REQUEST = { uri: "wamp.session.count", args: [], kwargs: {}, options: {} };

describe.each([
  [
    "a faulty configuration",
    faultyDeployment(),
    { kind: "broken", cause: "the configuration is faulty" },
    "wamp.error.unavailable",
  ],
  ["a configuration without the realm", WITHOUT_REALM, { kind: "unknown" }, "wamp.error.no_such_realm"],
])("a realm that wakes with %s", (_, deployment, line, uri) => {
  test.each<[string, (realm: string, other: WebSocket) => unknown]>([
    ["a message", (_, other) => other.send(JSON.stringify([48, 1, {}, "wamp.session.count"]))],
    ["the close of a socket", (_, other) => other.close(1000)],
    ["its alarm", async (realm) => expect(await runDurableObjectAlarm(realmOf(realm))).toBe(true)],
    ["an RPC", (realm) => realmOf(realm).call(CREDENTIALS, REQUEST)],
  ])(
    "and is woken by %s closes all its sockets with 1012, logs one line and keeps parked sessions",
    async (trigger, wake) => {
      const realm = `callees-unserved-${line.kind}-${trigger.replaceAll(" ", "-")}`;
      const lines = logLines("realm.unserved", realm);
      let isAborted = false;
      // The API never answers; the callee's Worker aborts the request when its socket to the realm closes.
      const api = vi.spyOn(globalThis, "fetch").mockImplementation(async (_, init) => {
        const signal = init!.signal!;
        while (!signal.aborted) await scheduler.wait(1);
        isAborted = true;
        throw signal.reason;
      });
      const parked = await joinResumable(realm);
      parked.client.socket.close(1001);
      const [caller, other] = [await join(realm), await join(realm)];
      caller.send([48, 1, {}, "api.any"]);
      await vi.waitFor(() => expect(api).toHaveBeenCalled());
      const poll = (await joinByPolling(realm)).post("receive");
      // The sockets of the callers, the poller and the callee's Worker.
      await vi.waitFor(async () => expect(await countSockets(realm)).toBe(4));
      const closes = [caller, ...(trigger === "the close of a socket" ? [] : [other])].map(({ socket }) =>
        closeOf(socket),
      );
      await evictDurableObject(realmOf(realm));
      deploy(deployment);

      await wake(realm, other.socket);
      for (const close of closes) expect(await close).toEqual([1012, "the realm cannot be served now"]);
      expect(await (await poll).text()).toBe("");
      await vi.waitFor(() => expect(isAborted).toBe(true));
      await vi.waitFor(async () => expect(await countSockets(realm)).toBe(0));
      expect(lines()).toEqual([{ realm, level: "error", event: "realm.unserved", ...line }]);
      expect(await realmOf(realm).call(CREDENTIALS, REQUEST)).toMatchObject({ kind: "refused", reason: "full", uri });

      deploy(SERVED);
      const resume = { "resume-session": parked.id, "resume-token": parked.welcome.resume_token };
      const { client, id, welcome } = await joinResumable(realm, resume);
      expect([id, welcome.resumed]).toEqual([parked.id, true]);
      client.send([48, 1, {}, "wamp.session.count"]);
      expect(await client.next()).toEqual([50, 1, {}, [1]]);
    },
  );
});
