/** Changes the attachments and the storage of a sleeping realm. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";

export const realmOf = (realm: string) => env.REALM.getByName(realm);

/** Changes the attachments of clients, by the names in their agents, while the realm sleeps. */
export async function exchange(
  realm: string,
  attachments: Readonly<Record<string, (own: string) => unknown>>,
  run: (sql: SqlStorage) => void = () => {},
): Promise<void> {
  await evictDurableObject(realmOf(realm));
  await runInDurableObject(realmOf(realm), (_, ctx) => {
    for (const socket of ctx.getWebSockets()) {
      const own: unknown = socket.deserializeAttachment();
      const name = /agent ([a-z0-9.-]+)/.exec(String(own))?.[1];
      const change = name === undefined ? undefined : attachments[name];
      if (change !== undefined) socket.serializeAttachment(change(own as string));
    }
    run(ctx.storage.sql);
  });
  await evictDurableObject(realmOf(realm));
}

/** Runs SQL in the realm's storage while it sleeps. */
export async function inStorage<T>(realm: string, run: (sql: SqlStorage) => T): Promise<T> {
  await evictDurableObject(realmOf(realm));
  const result = await runInDurableObject(realmOf(realm), (_, { storage }) => run(storage.sql));
  await evictDurableObject(realmOf(realm));
  return result as T;
}

/** The log lines of an event for a realm, from now on. */
export function logLines(event: string, realm: string): () => object[] {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  return () =>
    error.mock.calls
      .map(([text]) => JSON.parse(String(text)) as { readonly event: string; readonly realm: string })
      .filter((line) => line.event === event && line.realm === realm);
}
