/** Session resumption inside workerd: through sleep, by alarm, and after a crash of the object. */

import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import type { TestClient } from "../socket.ts";
import { connect, join } from "../socket.ts";

const realmOf = (name: string) => env.REALM.getByName(name);

interface Resumable {
  readonly client: TestClient;
  readonly id: unknown;
  readonly token: unknown;
  readonly resumed: unknown;
}

/** Joins with a resumable session, or resumes the earlier one. */
async function joinResumable(realm: string, earlier?: Resumable): Promise<Resumable> {
  const client = await connect(realm);
  const roles = { publisher: {}, subscriber: {}, caller: {}, callee: {} };
  const wish = earlier && { "resume-session": earlier.id, "resume-token": earlier.token };
  client.send([1, realm, { roles, resumable: true, ...wish }]);
  const [, id, details] = (await client.next()) as [number, unknown, Record<string, unknown>];
  return { client, id, token: details.resume_token, resumed: details.resumed };
}

async function ask(client: TestClient, message: readonly unknown[]): Promise<unknown[]> {
  client.send(message);
  return client.next();
}

/** Number of rows of parked sessions; 0 without a table. */
const parkedIn = (realm: string) =>
  runInDurableObject(realmOf(realm), (_, { storage }) => {
    const tables = storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'parked_session'").toArray();
    return tables.length === 0 ? [] : storage.sql.exec("SELECT session, entry FROM parked_session").toArray();
  });

/** Closes the connection, and waits until the realm has noticed. */
async function lose(realm: string, { client, id }: Resumable): Promise<void> {
  client.socket.close(1001);
  await vi.waitFor(async () => {
    expect(await parkedIn(realm)).toContainEqual({ session: id, entry: -1 });
  });
}

describe("[SES-29] a session that can be resumed", () => {
  it("keeps its subscriptions and gets missed messages, though the realm sleeps between all steps", async () => {
    const realm = "resume-1";
    const first = await joinResumable(realm);
    expect(first.resumed).toBe(false);
    const subscription = (await ask(first.client, [32, 1, {}, "t"]))[2];
    const registration = (await ask(first.client, [64, 2, {}, "p"]))[2];
    const other = await join(realm);
    await ask(other, [64, 1, {}, "q"]);
    first.client.send([48, 3, {}, "q"]);
    expect((await other.next())[0]).toBe(68);
    await evictDurableObject(realmOf(realm));
    await lose(realm, first);
    await evictDurableObject(realmOf(realm));
    expect((await ask(other, [16, 2, { acknowledge: true }, "t", ["one"]]))[0]).toBe(17);
    await evictDurableObject(realmOf(realm));
    other.send([70, 1, {}, ["answer"]]);
    other.send([48, 3, {}, "p", ["call"]]);
    expect((await ask(other, [16, 4, { acknowledge: true }, "t", ["two"]]))[0]).toBe(17);
    await evictDurableObject(realmOf(realm));
    const second = await joinResumable(realm, first);
    expect(second).toMatchObject({ id: first.id, resumed: true });
    expect(second.token).not.toBe(first.token);
    expect(await second.client.next()).toEqual([36, subscription, expect.any(Number), {}, ["one"]]);
    expect(await second.client.next()).toEqual([50, 3, {}, ["answer"]]);
    expect(await second.client.next()).toEqual([68, 1, registration, {}, ["call"]]);
    expect(await second.client.next()).toEqual([36, subscription, expect.any(Number), {}, ["two"]]);
    await evictDurableObject(realmOf(realm));
    second.client.send([70, 1, {}, ["late"]]);
    expect(await other.next()).toEqual([50, 3, {}, ["late"]]);
    expect(await parkedIn(realm)).toEqual([]);
    expect(await joinResumable(realm, first)).toMatchObject({ resumed: false });
  });

  it("ends by alarm in the realm's sleep, and leaves nothing in storage", async () => {
    const realm = "resume-soon-1";
    const watcher = await join(realm);
    await ask(watcher, [32, 1, {}, "wamp.session.on_leave"]);
    const session = await joinResumable(realm);
    await lose(realm, session);
    await evictDurableObject(realmOf(realm));
    expect((await watcher.next())[4]).toEqual([session.id, expect.any(String), "anonymous"]);
    expect(await parkedIn(realm)).toEqual([]);
    expect(await joinResumable(realm, session)).toMatchObject({ resumed: false });
  });

  it("ends when too many messages wait for it", async () => {
    const realm = "resume-soon-2";
    const session = await joinResumable(realm);
    await ask(session.client, [32, 1, {}, "t"]);
    const other = await join(realm);
    await ask(other, [32, 1, {}, "wamp.session.on_leave"]);
    await lose(realm, session);
    for (let n = 2; n <= 5; n++) other.send([16, n, {}, "t"]);
    expect((await other.next())[4]).toEqual([session.id, expect.any(String), "anonymous"]);
    expect(await joinResumable(realm, session)).toMatchObject({ resumed: false });
  });

  it("moves from a connection that is still open, which is closed", async () => {
    const realm = "resume-2";
    const first = await joinResumable(realm);
    const subscription = (await ask(first.client, [32, 1, {}, "t"]))[2];
    const closed = new Promise<number>((resolve) => {
      first.client.socket.addEventListener("close", ({ code }) => resolve(code));
    });
    const second = await joinResumable(realm, first);
    expect(second).toMatchObject({ id: first.id, resumed: true });
    expect(await closed).toBe(1000);
    await evictDurableObject(realmOf(realm));
    const other = await join(realm);
    other.send([16, 1, {}, "t"]);
    expect(await second.client.next()).toEqual([36, subscription, expect.any(Number), {}]);
  });
});

describe("[SES-29][SES-30] when the object ends without notice", () => {
  it("a parked session can still be resumed, one with a connection cannot", async () => {
    const realm = "resume-3";
    const [waiting, connected] = [await joinResumable(realm), await joinResumable(realm)];
    const subscription = (await ask(waiting.client, [32, 1, {}, "t"]))[2];
    await lose(realm, waiting);
    await abortAllDurableObjects();
    const other = await join(realm);
    expect((await ask(other, [16, 1, { acknowledge: true }, "t"]))[0]).toBe(17);
    const back = await joinResumable(realm, waiting);
    expect(back).toMatchObject({ id: waiting.id, resumed: true });
    expect(await back.client.next()).toEqual([36, subscription, expect.any(Number), {}]);
    expect(await joinResumable(realm, connected)).toMatchObject({ resumed: false });
  });
});
