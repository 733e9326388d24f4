/** Realms with a call queue, and callees that limit their concurrency. */

import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import type { Client } from "../host/test-realm.ts";
import { TestRealm } from "../host/test-realm.ts";
import { joinCallee, joinCaller } from "./rpc-clients.ts";

export const QUEUE = { store: { "call-queue": [{ uri: "com.", match: "prefix", limit: 3 }] } } as const;
export const BUSY = "crossbar.error.max_concurrency_reached";
export const ONE = { concurrency: 1 };
export const SHARED = { concurrency: 1, invoke: "roundrobin" };

/** A caller (session 1) and a callee (session 2) that takes one call of `com.p` (registration 3) at once. */
export function testRealmOfTwo(input: Partial<RealmInput> = QUEUE, options: object = ONE) {
  const realm = new TestRealm(input);
  const caller = joinCaller(realm, "caller");
  return { realm, caller, callee: joinCallee(realm, "callee", ["call_canceling"], options) };
}

/** Takes the recorded messages as `name type request args`, for messages with Arguments at the usual place. */
export function takeReceived(realm: TestRealm): string[] {
  return realm.take().map(([name, message]) => {
    if (message === "closed") return `${name} closed`;
    const [type] = message;
    if (type === 8) return `${name} ERROR ${message[2]} ${message[4]}`;
    const args = JSON.stringify(message[type === 68 ? 4 : 3] ?? []);
    return `${name} ${type === 68 ? "INVOCATION" : type} ${message[1]} ${args}`;
  });
}

export function call(client: Client, request: number, procedure = "com.p", options: object = {}): void {
  client.send([48, request, options, procedure, [`${client.name} ${request}`]]);
}
