/** Calls by RPC that their callers cancel. */

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { RealmRpc, RpcCredentials } from "../../../src/worker/routing/realm-rpc.ts";
import { freshRealm } from "../bridge/bridge-client.ts";
import { connect } from "../socket.ts";

const ROLE: RpcCredentials = { kind: "role", role: "web", authid: "shop", by: "bridge" };
const FACTS = { is_secure: false, websocket_protocol: "http", http_headers_received: {} };
const TICKET: RpcCredentials = { kind: "ticket", authid: "joe", ticket: "joes-ticket", facts: FACTS };
const REQUEST = { uri: "com.slow", args: [], kwargs: {}, options: { timeout: 60_000 } };
const CANCELED = { kind: "outcome", outcome: { ok: false, uri: "wamp.error.canceled", args: [], kwargs: {} } };

function objectOf(realm: string): RealmRpc {
  return env.REALM.getByName(realm) as unknown as RealmRpc;
}

/** A callee of `com.slow` that can be interrupted. */
async function slowCallee(realm: string) {
  const client = await connect(realm);
  client.send([1, realm, { roles: { callee: { features: { call_canceling: true } } } }]);
  await client.next();
  client.send([64, 1, {}, "com.slow"]);
  await client.next();
  return client;
}

it.each([
  ["role", ROLE],
  ["ticket", TICKET],
])("a call by %s is canceled with INTERRUPT for its callee, and no longer keeps the realm awake", async (_, pass) => {
  const realm = freshRealm();
  const callee = await slowCallee(realm);
  const outcome = objectOf(realm).call(pass, REQUEST, undefined, "this call");
  const [, request] = await callee.next();
  await objectOf(realm).cancel("another call");
  await objectOf(realm).cancel("this call");
  expect(await callee.next()).toEqual([69, request, { mode: "killnowait" }]);
  expect(await outcome).toEqual(CANCELED);
  await evictDurableObject(env.REALM.getByName(realm));
});

it("a call that is canceled while its ticket is verified reaches no callee", async () => {
  const realm = freshRealm();
  const callee = await slowCallee(realm);
  const object = objectOf(realm);
  const [outcome] = await Promise.all([object.call(TICKET, REQUEST, undefined, "early"), object.cancel("early")]);
  expect(outcome).toEqual(CANCELED);
  const next = object.call(ROLE, REQUEST, undefined, "next");
  expect((await callee.next()).slice(0, 2)).toEqual([68, 1]);
  await object.cancel("next");
  await next;
});
