/** Worker and objects of different versions, as for minutes after a deployment (docs/upgrading.md). */

import { runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { CalleeWorker } from "../../../src/worker/callees/callee-entrypoint.ts";
import type { Job } from "../../../src/worker/callees/job.ts";
import { ticketRequest } from "../../../src/worker/routing/object-requests.ts";
import { type RealmRpc, readRpcOutcome } from "../../../src/worker/routing/realm-rpc.ts";
import { DeliveryQueue } from "../../../src/worker/webhooks/delivery-queue.ts";
import { readBatch } from "../../../src/worker/webhooks/webhook-batch.ts";
import { join } from "../socket.ts";
import { logLines } from "./sleepers.ts";

type UntypedRpc = { readonly [method in "call" | "publish"]: (...parameters: unknown[]) => Promise<unknown> };

/** A realm's object with methods that take any values, as from a Worker of another version. */
const realmObject = (realm: string) => env.REALM.getByName(realm) as unknown as UntypedRpc;

afterEach(() => void vi.restoreAllMocks());

describe("a realm that serves a Worker of another version", () => {
  test("uses defaults for missing fields, and ignores unknown ones", async () => {
    const subscriber = await join("bridged-versions");
    subscriber.send([32, 1, {}, "com.topic"]);
    await subscriber.next();
    const role = { kind: "role", role: "web" };
    const { publish, call } = realmObject("bridged-versions");
    expect(await publish(role, { uri: "com.topic" })).toMatchObject({ kind: "outcome", outcome: { ok: true } });
    expect(await subscriber.next()).toEqual([36, expect.any(Number), expect.any(Number), {}]);
    const request = { uri: "com.topic", args: [1], kwargs: {}, options: { future: 1 }, future: [] };
    const credentials = { ...role, authid: "a", by: "test", future: { x: 1 } };
    expect(await publish(credentials, request)).toMatchObject({ kind: "outcome", outcome: { ok: true } });
    expect(await subscriber.next()).toEqual([36, expect.any(Number), expect.any(Number), {}, [1]]);
    const outcome = { ok: false, uri: "wamp.error.no_such_procedure" };
    expect(await call(role, { uri: "com.none" })).toMatchObject({ kind: "outcome", outcome });
    expect(await call(role, {})).toMatchObject({ kind: "outcome", outcome: { ok: false } });
  });

  test.each([[{ kind: "passkey", key: "k" }], [{ kind: "role" }], [{}]])(
    "refuses the unknown credentials %j",
    async (credentials) => {
      const { call, publish } = realmObject("bridged-versions");
      for (const method of [call, publish]) {
        expect(await method(credentials, { uri: "com.topic", args: [], kwargs: {}, options: {} })).toMatchObject({
          kind: "refused",
          reason: "denied",
          uri: "wamp.error.not_authorized",
        });
      }
    },
  );
});

test.each<[string, unknown, unknown]>([
  [
    "an unknown field",
    { kind: "outcome", outcome: { ok: true, args: [1], kwargs: {}, more: 1 }, more: 2 },
    { kind: "outcome", outcome: { ok: true, args: [1], kwargs: {} } },
  ],
  [
    "no args and kwargs",
    { kind: "outcome", outcome: { ok: true } },
    { kind: "outcome", outcome: { ok: true, args: [], kwargs: {} } },
  ],
  [
    "an error without a URI",
    { kind: "outcome", outcome: { ok: false } },
    { kind: "outcome", outcome: { ok: false, uri: "wamp.error.runtime_error", args: [], kwargs: {} } },
  ],
  [
    "a refusal for an unknown reason",
    { kind: "refused", reason: "tired", uri: "a.b", message: "m" },
    { kind: "refused", reason: "full", uri: "a.b", message: "m" },
  ],
  [
    "a refusal without text",
    { kind: "refused", reason: "denied" },
    { kind: "refused", reason: "denied", uri: "wamp.error.not_authorized", message: "" },
  ],
  [
    "an unknown kind",
    { kind: "redirect", to: "x" },
    { kind: "refused", reason: "full", uri: "wamp.error.unavailable", message: expect.stringContaining("redirect") },
  ],
])("a Worker reads the answer of a realm with %s", (_, answer, expected) => {
  expect(readRpcOutcome(answer as Awaited<ReturnType<RealmRpc["call"]>>)).toEqual(expected);
});

describe("a Worker that serves a call for a realm's object of another version", () => {
  /** The Worker's entry point that objects call. */
  const entry = (exports as unknown as { CalleeWorker: { work(job: unknown, ticket?: unknown): Promise<void> } })
    .CalleeWorker;
  const REQUEST_BODY = { args: [1], kwargs: { a: 2 } };

  /**
   * Calls a procedure whose job `alter` changes on its way to the Worker, with a valid ticket, and then a second time
   * without changes. Returns the caller's answer to the first call, and the bodies that the API received for it.
   */
  async function callWith(realm: string, alter: (job: Job, callee: Job["callee"]) => unknown) {
    const bodies: unknown[] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation(async (request) => {
      bodies.push(await (request as Request).json());
      return Response.json({ args: ["done"] });
    });
    // Once, because the replacement calls the entry point, too.
    vi.spyOn(CalleeWorker.prototype, "work").mockImplementationOnce((job, ticket) =>
      entry.work(alter(job, job.callee), ticket),
    );
    const caller = await join(realm);
    caller.send([48, 1, {}, "api.any", REQUEST_BODY.args, REQUEST_BODY.kwargs]);
    const answer = await caller.next();
    caller.send([48, 2, {}, "api.any"]);
    expect(await caller.next()).toEqual([50, 2, {}, ["done"]]);
    return { answer, bodies: bodies.slice(0, -1) };
  }

  const without = (value: object, ...names: string[]) =>
    Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));

  test.each<[string, string, Parameters<typeof callWith>[1], unknown]>([
    [
      "ignores unknown fields",
      "callees-versions-more",
      (job, callee) => ({ ...job, future: 1, callee: { ...callee, future: { x: 1 } }, details: { future: [] } }),
      REQUEST_BODY,
    ],
    [
      "uses empty args, kwargs and details if they are missing",
      "callees-versions-less",
      (job) => without(job, "args", "kwargs", "details"),
      { args: [], kwargs: {} },
    ],
    [
      "uses the default timeout if it is missing",
      "callees-versions-usual",
      (job, callee) => ({ ...job, callee: without(callee, "timeout") }),
      REQUEST_BODY,
    ],
  ])("%s", async (_, realm, alter, body) => {
    expect(await callWith(realm, alter)).toEqual({ answer: [50, 1, {}, ["done"]], bodies: [body] });
  });

  test("refuses an unknown kind of callee with an error", async () => {
    const unknown = (job: Job, callee: object) => ({ ...job, callee: { ...without(callee, "url"), queue: "orders" } });
    expect(await callWith("callees-versions-kind", unknown)).toEqual({
      answer: [
        ...[8, 48, 1, {}, "wamp.error.feature_not_supported"],
        ["this version of the router does not know the kind of callee"],
      ],
      bodies: [],
    });
  });

  test("refuses a realm that is not in its configuration", async () => {
    const lines = logLines("callee.failed", "callees-versions-realm");
    expect(await callWith("callees-versions-realm", (job) => ({ ...job, realm: "" }))).toEqual({
      answer: [8, 48, 1, {}, "wamp.error.network_failure", ["the callee could not be started"]],
      bodies: [],
    });
    expect(lines()).toMatchObject([{ cause: expect.stringContaining("the configuration has no such realm") }]);
  });

  test("refuses a job without a ticket, which release 0.1.0 sends", async () => {
    const callee = { procedure: "api.", match: "prefix", url: "https://api.example/", timeout: 1000 };
    const job = { realm: "callees-versions-ticket", request: 1, callee, procedure: "api.any", args: [], kwargs: {} };
    // An RPC returns a proxy that `rejects` does not accept; an async function returns a plain promise.
    const work = async () => entry.work(job);
    await expect(work()).rejects.toThrow("of a version that gives no ticket");
  });
});

describe("a realm whose callees' Worker is of another version", () => {
  /** Makes a Worker answer the next call with these messages; `"request"` is replaced by the request id. */
  function answerWith(...messages: (readonly unknown[])[]): void {
    vi.spyOn(CalleeWorker.prototype, "work").mockImplementationOnce(async ({ realm, request }, ticket) => {
      const { webSocket } = await env.REALM.getByName(realm).fetch(ticketRequest(ticket));
      webSocket!.accept();
      for (const message of messages) {
        webSocket!.send(JSON.stringify(message.map((element) => (element === "request" ? request : element))));
      }
    });
  }

  test("ignores unknown fields of an answer", async () => {
    const caller = await join("callees-answers");
    answerWith([70, "request", { future: { x: 1 } }, ["done"]]);
    caller.send([48, 1, {}, "api.any"]);
    expect(await caller.next()).toEqual([50, 1, {}, ["done"]]);
    answerWith([8, 68, "request", { future: 1 }, "com.error.some", ["why"]]);
    caller.send([48, 2, {}, "api.any"]);
    expect(await caller.next()).toEqual([8, 48, 2, {}, "com.error.some", ["why"]]);
  });

  test.each([
    ["a message of an unknown type", [99, "request", {}, []]],
    ["a message that no callee sends", [64, 1, {}, "com.other"]],
    ["a message without its options", [70, "request"]],
    ["an option of a wrong type", [70, "request", { progress: "yes" }]],
    ["an error without a URI", [8, 68, "request", {}]],
    ["an answer to another call", [70, 4711, {}, ["done"]]],
    ["a payload of a scheme that was not announced", [70, "request", { ppt_scheme: "x_new" }, ["\u0000AAEC"]]],
    ["an ERROR for another message type", [8, 48, "request", {}, "com.error.some"]],
  ])("fails the call after %s, and serves other calls", async (name, message) => {
    const caller = await join(`callees-answers-${name.replaceAll(/[^a-z]/g, "-")}`);
    let isReady = false;
    // Polls, because a test cannot resolve a promise of another request.
    const api = vi.spyOn(globalThis, "fetch").mockImplementation(async () => {
      while (!isReady) await scheduler.wait(1);
      return Response.json({ args: ["done"] });
    });
    caller.send([48, 1, {}, "api.any"]);
    await vi.waitFor(() => expect(api).toHaveBeenCalled());
    answerWith(message);
    caller.send([48, 2, {}, "api.any"]);
    const error = ["wamp.error.runtime_error", ["the answer is none that this version of the router knows"]];
    expect(await caller.next()).toEqual([8, 48, 2, {}, ...error]);
    isReady = true;
    expect(await caller.next()).toEqual([50, 1, {}, ["done"]]);
    caller.send([48, 3, {}, "api.any"]);
    expect(await caller.next()).toEqual([50, 3, {}, ["done"]]);
  });
});

describe("a delivery queue", () => {
  const EVENT = { publication: 1, topic: "com.a", sequence: 5, body: "{}" };

  test("reads a batch from a realm of another version", () => {
    const log = vi.fn();
    const batch = {
      future: 1,
      events: [{ ...EVENT, future: 2 }, { publication: 2, topic: "com.a", body: "{}" }, { publication: 3 }],
    };
    expect(readBatch(batch as never, 1_000, log)).toEqual({
      after: undefined,
      events: [EVENT, { publication: 2, topic: "com.a", sequence: 1_000_001, body: "{}" }],
    });
    expect(log.mock.calls).toMatchObject([[{ event: "record.unreadable", kind: "mail" }]]);
    expect(readBatch({} as never, 1_000, log)).toEqual({ after: undefined, events: [] });
  });

  test("makes an unreadable row a dead letter, and continues with the next row", async () => {
    await runInDurableObject(env.REALM.getByName("queue-unreadable"), (_, { storage: { sql } }) => {
      const log = vi.fn();
      const queue = new DeliveryQueue(sql, log);
      queue.accept({ after: undefined, events: [EVENT, { ...EVENT, publication: 2, sequence: 6 }] }, 1_000);
      sql.exec("UPDATE pending SET body = NULL WHERE publication = 1");
      expect(queue.head("com.a")).toMatchObject({ publication: 2, tries: 0 });
      expect(log.mock.calls).toMatchObject([
        [{ event: "record.unreadable", kind: "mail", cause: "body is of a wrong type" }],
      ]);
      expect(sql.exec("SELECT publication, reason FROM dead").toArray()).toEqual([
        { publication: 1, reason: "unreadable: body is of a wrong type" },
      ]);
      expect(queue.deadLetters(0, 10)).toEqual([]);
    });
  });

  test("with a newer schema is neither read nor written", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const stub = env.WEBHOOK.getByName(JSON.stringify(["hooked-newer", "orders"]));
    await runInDurableObject(stub, async (object, { storage }) => {
      storage.sql.exec("UPDATE schema_version SET number = 9");
      const { constructor: Class } = Object.getPrototypeOf(object) as {
        constructor: typeof import("../../../src/index.ts").WebhookObject;
      };
      const newer = new Class((object as unknown as { ctx: DurableObjectState }).ctx, env as never);
      const batch = {
        kind: "webhook",
        realm: "hooked-newer",
        webhook: "orders",
        after: undefined,
        events: [EVENT],
      } as const;
      await expect(newer.accept(batch)).rejects.toThrow("newer");
      expect(storage.sql.exec("SELECT * FROM pending").toArray()).toEqual([]);
      await newer.alarm();
      expect(await storage.getAlarm()).toBeGreaterThan(0);
    });
  });
});

test("a long-poll object refuses an unknown action, and continues", async () => {
  const opened = await exports.default.fetch("http://router.test/lp/long-poll-versions/open", {
    method: "POST",
    body: JSON.stringify({ protocols: ["wamp.2.json"] }),
  });
  const { transport } = (await opened.json()) as { transport: string };
  const stub = env.LONG_POLL.get(env.LONG_POLL.idFromString(transport));
  const act = (action: string) => stub.fetch(`https://transport/${action}`, { method: "POST" });
  expect((await act("pause")).status).toBe(404);
  expect((await act("close")).status).toBe(204);
});
