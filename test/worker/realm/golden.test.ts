/**
 * Sockets that slept under another version of the router: their sessions continue under this one (docs/upgrading.md).
 */

import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { DeliveryQueue } from "../../../src/worker/webhooks/delivery-queue.ts";
import release1 from "../../golden/sockets/0.1.0.json";
import formats2 from "../../golden/sockets/formats-2.json";
import { type GoldenSockets, playOnSockets, restoreTables, type Speaker, speakAll } from "../../golden/sockets.ts";
import { exchange, logLines, realmOf } from "./sleepers.ts";

const SETS = [
  ["0.1.0", release1],
  ["formats-2", formats2],
] as unknown as [name: string, golden: GoldenSockets][];

afterEach(() => void vi.restoreAllMocks());

test("attachments have the form of the current golden set; a new form needs a new format number and a new set", async () => {
  const written = await playOnSockets("resume-written");
  const form = ({ attachments }: GoldenSockets) => formOf(attachments);
  expect(form(written), `the new set: GOLDEN ${JSON.stringify(written)}`).toEqual(form(SETS.at(-1)![1]));
});

describe.each(SETS)("a realm whose sockets and storage are of the golden set %s", (name, golden) => {
  test("restores sessions, subscriptions, registrations and pending calls of every subprotocol", async () => {
    const realm = `resume-golden-${name}`;
    const lines = logLines("record.unreadable", realm);
    const clients = await speakAll(realm);
    const changes = Object.entries(golden.attachments).map(([client, text]) => [client, () => text] as const);
    // The one that has outgrown its attachment is at the same place in both.
    await exchange(realm, Object.fromEntries(changes), (sql) => restoreTables(sql, golden.realm));
    const [caller, ...callees] = [...clients.values()] as [Speaker, ...Speaker[]];
    for (const [index, callee] of callees.entries()) {
      callee.send([70, 1, {}], ["answer", callee.name]);
      expect(await caller.next()).toMatchObject([50, 10 + index, {}, ["answer", callee.name]]);
      caller.send([48, 100 + index, {}, `procedure.${callee.name}`], ["again"]);
      expect(await callee.next()).toMatchObject([68, 2, expect.any(Number), {}, ["again"]]);
      caller.send([16, 200 + index, {}, `topic.${callee.name}`], ["news"]);
      expect(await callee.next()).toMatchObject([36, expect.any(Number), expect.any(Number), {}, ["news"]]);
    }
    caller.send([16, 300, {}, "topic.many.599"], ["last"]);
    expect(await clients.get("spilled")!.next()).toMatchObject([
      36,
      expect.any(Number),
      expect.any(Number),
      {},
      ["last"],
    ]);
    expect(lines()).toEqual([]);
  });

  test("has the events of a webhook's delivery queue", async () => {
    await runInDurableObject(realmOf(`queue-${name}`), (_, { storage }) => {
      restoreTables(storage.sql, golden.mailbox);
      const queue = new DeliveryQueue(storage.sql);
      const sent = (publication: number, topic: string) => {
        return { publication, topic, sequence: publication, body: JSON.stringify({ publication, topic }) };
      };
      expect(queue.head("com.a")).toEqual({ ...sent(2, "com.a"), tries: 2 });
      expect(queue.head("com.c")).toBeUndefined();
      expect(queue.deadLetters(0, 10)).toMatchObject([{ publication: 3, reason: "HTTP status 410", tries: 4 }]);
      queue.accept({ after: undefined, events: [sent(1, "com.a"), sent(9, "com.c")] }, 6_000);
      expect(queue.head("com.c")).toMatchObject(sent(9, "com.c"));
    });
  });
});

/** Keys and types instead of values, also within JSON texts. */
function formOf(value: unknown): unknown {
  if (typeof value === "string") return value.startsWith('{"v":') ? formOf(JSON.parse(value)) : "text";
  if (Array.isArray(value)) return value.map(formOf);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, formOf(own)]));
}
