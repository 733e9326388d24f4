/** A session that outlives its connections inside workerd: through sleep, by alarm, and after the object's sudden end. */

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

/** Joins with the wish for a session that can be resumed, or for the earlier one. */
async function enter(realm: string, earlier?: Resumable): Promise<Resumable> {
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

/** Rows of sessions that wait for their clients; no table means none. */
const parkedIn = (realm: string) =>
  runInDurableObject(realmOf(realm), (_, { storage }) => {
    const tables = storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'parked_session'").toArray();
    return tables.length === 0 ? [] : storage.sql.exec("SELECT session, entry FROM parked_session").toArray();
  });

/** Loses the connection, and waits until the realm knows. */
async function lose(realm: string, { client, id }: Resumable): Promise<void> {
  client.socket.close(1001);
  await vi.waitFor(async () => {
    expect(await parkedIn(realm)).toContainEqual({ session: id, entry: -1 });
  });
}

describe("[SES-29] a session that can be resumed", () => {
  it("keeps what it holds and gets what it missed, though the realm sleeps between all steps", async () => {
    const realm = "resume-1";
    const first = await enter(realm);
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
    const second = await enter(realm, first);
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
    expect(await enter(realm, first)).toMatchObject({ resumed: false });
  });

  it("ends by alarm in the realm's sleep, and the realm has forgotten it", async () => {
    const realm = "resume-soon-1";
    const watcher = await join(realm);
    await ask(watcher, [32, 1, {}, "wamp.session.on_leave"]);
    const session = await enter(realm);
    await lose(realm, session);
    await evictDurableObject(realmOf(realm));
    expect((await watcher.next())[4]).toEqual([session.id, expect.any(String), "anonymous"]);
    expect(await parkedIn(realm)).toEqual([]);
    expect(await enter(realm, session)).toMatchObject({ resumed: false });
  });

  it("ends when too much waits for it", async () => {
    const realm = "resume-soon-2";
    const session = await enter(realm);
    await ask(session.client, [32, 1, {}, "t"]);
    const other = await join(realm);
    await ask(other, [32, 1, {}, "wamp.session.on_leave"]);
    await lose(realm, session);
    for (let n = 2; n <= 5; n++) other.send([16, n, {}, "t"]);
    expect((await other.next())[4]).toEqual([session.id, expect.any(String), "anonymous"]);
    expect(await enter(realm, session)).toMatchObject({ resumed: false });
  });

  it("moves from a connection that is still open, which is closed", async () => {
    const realm = "resume-2";
    const first = await enter(realm);
    const subscription = (await ask(first.client, [32, 1, {}, "t"]))[2];
    const closed = new Promise<number>((resolve) => {
      first.client.socket.addEventListener("close", ({ code }) => resolve(code));
    });
    const second = await enter(realm, first);
    expect(second).toMatchObject({ id: first.id, resumed: true });
    expect(await closed).toBe(1000);
    await evictDurableObject(realmOf(realm));
    const other = await join(realm);
    other.send([16, 1, {}, "t"]);
    expect(await second.client.next()).toEqual([36, subscription, expect.any(Number), {}]);
  });
});

describe("[SES-29][SES-30] when the object ends without notice", () => {
  it("a session that waits can still be resumed, one with a connection cannot", async () => {
    const realm = "resume-3";
    const [waiting, connected] = [await enter(realm), await enter(realm)];
    const subscription = (await ask(waiting.client, [32, 1, {}, "t"]))[2];
    await lose(realm, waiting);
    await abortAllDurableObjects();
    const other = await join(realm);
    expect((await ask(other, [16, 1, { acknowledge: true }, "t"]))[0]).toBe(17);
    const back = await enter(realm, waiting);
    expect(back).toMatchObject({ id: waiting.id, resumed: true });
    expect(await back.client.next()).toEqual([36, subscription, expect.any(Number), {}]);
    expect(await enter(realm, connected)).toMatchObject({ resumed: false });
  });
});
