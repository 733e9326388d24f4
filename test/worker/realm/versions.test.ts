/** Worker and objects of different versions, as for minutes after a deployment (docs/upgrading.md). */

import { runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type RealmRpc, readRpcOutcome } from "../../../src/worker/routing/realm-rpc.ts";
import { Mailbox } from "../../../src/worker/webhooks/delivery-queue.ts";
import { readMail } from "../../../src/worker/webhooks/webhook-batch.ts";
import { join } from "../socket.ts";

type Loose = { readonly [method in "call" | "publish"]: (...visit: unknown[]) => Promise<unknown> };

/** The realm's object as a Worker of another version calls it. */
const object = (realm: string) => env.REALM.getByName(realm) as unknown as Loose;

afterEach(() => void vi.restoreAllMocks());

describe("a realm that a Worker of another version visits", () => {
  test("takes defaults for what is missing, and ignores what it does not know", async () => {
    const subscriber = await join("bridged-versions");
    subscriber.send([32, 1, {}, "com.topic"]);
    await subscriber.next();
    const role = { kind: "role", role: "web" };
    const { publish, call } = object("bridged-versions");
    expect(await publish(role, { uri: "com.topic" })).toMatchObject({ kind: "outcome", outcome: { ok: true } });
    expect(await subscriber.next()).toEqual([36, expect.any(Number), expect.any(Number), {}]);
    const request = { uri: "com.topic", args: [1], kwargs: {}, options: { future: 1 }, future: [] };
    const pass = { ...role, authid: "a", by: "test", future: { x: 1 } };
    expect(await publish(pass, request)).toMatchObject({ kind: "outcome", outcome: { ok: true } });
    expect(await subscriber.next()).toEqual([36, expect.any(Number), expect.any(Number), {}, [1]]);
    const outcome = { ok: false, uri: "wamp.error.no_such_procedure" };
    expect(await call(role, { uri: "com.none" })).toMatchObject({ kind: "outcome", outcome });
    expect(await call(role, {})).toMatchObject({ kind: "outcome", outcome: { ok: false } });
  });

  test.each([[{ kind: "passkey", key: "k" }], [{ kind: "role" }], [{}]])(
    "refuses the pass %j, which it does not know",
    async (pass) => {
      const { call, publish } = object("bridged-versions");
      for (const visit of [call, publish]) {
        expect(await visit(pass, { uri: "com.topic", args: [], kwargs: {}, options: {} })).toMatchObject({
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

describe("a mailbox", () => {
  const EVENT = { publication: 1, topic: "com.a", sequence: 5, body: "{}" };

  test("reads the mail of a realm of another version", () => {
    const log = vi.fn();
    const mail = {
      future: 1,
      events: [{ ...EVENT, future: 2 }, { publication: 2, topic: "com.a", body: "{}" }, { publication: 3 }],
    };
    expect(readMail(mail as never, 1_000, log)).toEqual({
      after: undefined,
      events: [EVENT, { publication: 2, topic: "com.a", sequence: 1_000_001, body: "{}" }],
    });
    expect(log.mock.calls).toMatchObject([[{ event: "record.unreadable", kind: "mail" }]]);
    expect(readMail({} as never, 1_000, log)).toEqual({ after: undefined, events: [] });
  });

  test("sets a row aside that it cannot read, and goes on with the next", async () => {
    await runInDurableObject(env.REALM.getByName("mailbox-unreadable"), (_, { storage: { sql } }) => {
      const log = vi.fn();
      const mailbox = new Mailbox(sql, log);
      mailbox.accept({ after: undefined, events: [EVENT, { ...EVENT, publication: 2, sequence: 6 }] }, 1_000);
      sql.exec("UPDATE pending SET body = NULL WHERE publication = 1");
      expect(mailbox.head("com.a")).toMatchObject({ publication: 2, tries: 0 });
      expect(log.mock.calls).toMatchObject([
        [{ event: "record.unreadable", kind: "mail", cause: "body is of a wrong type" }],
      ]);
      expect(sql.exec("SELECT publication, reason FROM dead").toArray()).toEqual([
        { publication: 1, reason: "unreadable: body is of a wrong type" },
      ]);
      expect(mailbox.deadLetters(0, 10)).toEqual([]);
    });
  });

  test("of a newer schema takes and gives nothing, and loses nothing", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const stub = env.WEBHOOK.getByName(JSON.stringify(["hooked-newer", "orders"]));
    await runInDurableObject(stub, async (mailbox, { storage }) => {
      storage.sql.exec("UPDATE schema_version SET number = 9");
      const { constructor: Class } = Object.getPrototypeOf(mailbox) as {
        constructor: typeof import("../../../src/index.ts").WebhookObject;
      };
      const newer = new Class((mailbox as unknown as { ctx: DurableObjectState }).ctx, env as never);
      const mail = {
        kind: "webhook",
        realm: "hooked-newer",
        webhook: "orders",
        after: undefined,
        events: [EVENT],
      } as const;
      await expect(newer.accept(mail)).rejects.toThrow("newer");
      expect(storage.sql.exec("SELECT * FROM pending").toArray()).toEqual([]);
      await newer.alarm();
      expect(await storage.getAlarm()).toBeGreaterThan(0);
    });
  });
});

test("a long-poll object refuses an action that it does not know, and goes on", async () => {
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
