import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { join } from "../socket.ts";

const SESSIONS = 5000;

it("5,000 idle sessions, each with a subscription and a registration, are all routed after sleep [SES-30]", async () => {
  const realm = env.REALM.getByName("idle");
  const idle = await Promise.all(
    Array.from({ length: SESSIONS }, async (_, index) => {
      const client = await join("idle", realm);
      client.send([32, 1, {}, "com.example.all"]);
      client.send([64, 2, {}, `com.example.procedure${index}`]);
      const subscription = (await client.next())[2];
      const registration = (await client.next())[2];
      return { client, subscription, registration };
    }),
  );
  await evictDurableObject(realm);

  const active = await join("idle");
  active.send([16, 1, { acknowledge: true }, "com.example.all", ["hi"]]);
  const publication = (await active.next())[2];
  for (const { client, subscription } of idle) {
    expect(await client.next()).toEqual([36, subscription, publication, {}, ["hi"]]);
  }

  for (let index = 0; index < SESSIONS; index++) active.send([48, index + 2, {}, `com.example.procedure${index}`]);
  for (const { client, registration } of idle) {
    expect(await client.next()).toEqual([68, 1, registration, {}]);
    client.send([70, 1, {}]);
  }
  const answered = new Set<unknown>();
  for (let index = 0; index < SESSIONS; index++) answered.add((await active.next())[1]);
  expect(answered.size).toBe(SESSIONS);
}, 60_000);
