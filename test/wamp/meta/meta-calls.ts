/** Helpers of the meta API tests: calls of procedures, and sessions with identities. */

import { routerError } from "../host/router-errors.ts";
import type { Client, Entry } from "../host/test-realm.ts";
import { ANYTHING, TestRealm } from "../host/test-realm.ts";

/** A realm of several roles, all of which may do anything. */
export function testRealmOfRoles(): TestRealm {
  return new TestRealm({ roles: ["anonymous", "user", "admin"].map((name) => ({ name, permissions: [ANYTHING] })) });
}

/** Calls a meta procedure; returns the messages that all clients receive because of it. */
export function ask(realm: TestRealm, client: Client, procedure: string, args: unknown[] = [], kwargs: object = {}) {
  realm.take();
  client.send([48, 1, {}, procedure, args, kwargs]);
  return realm.take();
}

/** The RESULT that a caller receives. */
export function answered(client: string, ...args: unknown[]): Entry[] {
  return [[client, args.length === 0 ? [50, 1, {}] : [50, 1, {}, args]]];
}

/** The ERROR that a caller receives. */
export function refused(client: string, error: string, ...args: unknown[]): Entry[] {
  return [[client, args.length === 0 ? [8, 48, 1, {}, ...routerError(error)] : [8, 48, 1, {}, error, args]]];
}

/** Joins, and gives the session this identity by its stored record. */
export function joinAs(realm: TestRealm, name: string, authrole: string, authid = name): Client {
  const client = realm.join(name);
  client.alterSession({
    identity: { authid, authrole, authmethod: "ticket", authprovider: "static", authextra: { x: 1 } },
  });
  realm.sleepAndWake();
  return client;
}

/** Subscribes to each of the topics, numbered from request 1; drops the replies. */
export function watch(realm: TestRealm, client: Client, ...topics: string[]): void {
  client.send(...topics.map((topic, index) => [32, index + 1, {}, topic]));
  realm.take();
}
