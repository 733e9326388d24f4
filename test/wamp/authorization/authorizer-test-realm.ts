/** A realm with an authorizer procedure, for the tests of dynamic authorization. */

import { expect } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { ALL_ROLES, ANYTHING, type Client, TestRealm } from "../host/test-realm.ts";

export type Roles = NonNullable<RealmInput["roles"]>;

export const AUTHORIZE = "com.authorize";

/** Waits until the router has processed the responses of the authorizer. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

export interface AuthorizerTestRealm {
  readonly testRealm: TestRealm;
  /** The client that serves the authorizer procedure. Its role may do anything. */
  readonly authorizer: Client;
  /** The last INVOCATION that the authorizer has not answered. */
  takeRequests(): Promise<unknown[][]>;
  /** Sends the response to an INVOCATION. */
  respond(request: unknown, ...args: unknown[]): Promise<void>;
}

/** Makes a realm whose role `anonymous` has an authorizer, and the client that serves the authorizer. */
export function createTestRealm(
  input: Partial<RealmInput> = {},
  role: Partial<Roles[number]> = {},
): AuthorizerTestRealm {
  const roles: Roles = [
    { name: "anonymous", authorizer: AUTHORIZE, ...role },
    { name: "authorizer", permissions: [ANYTHING] },
  ];
  const testRealm = new TestRealm({ roles, ...input });
  const authorizer = joinAs(testRealm, "authorizer", "authorizer");
  authorizer.send([64, 1, {}, AUTHORIZE]);
  testRealm.take();
  return {
    testRealm,
    authorizer,
    takeRequests: async () => {
      await settled();
      const all = testRealm.take();
      expect(all.filter(([name]) => name !== "authorizer")).toStrictEqual([]);
      return all.map(([, message]) => [...(message as unknown[])]);
    },
    respond: async (request, ...args) => {
      authorizer.send([70, request, {}, args]);
      await settled();
    },
  };
}

/** Joins a client with this role and identity. */
export function joinAs(
  testRealm: TestRealm,
  name: string,
  authrole: string,
  authid = name,
  authextra: object = {},
  roles: object = ALL_ROLES,
): Client {
  const client = testRealm.join(name, roles);
  client.alterSession({
    identity: { authid, authrole, authmethod: "ticket", authprovider: "static", authextra: { ...authextra } },
  });
  testRealm.sleepAndWake();
  return client;
}

/** The request id and Arguments of an INVOCATION of the authorizer, without the session's details. */
export function requestIn([type, request, , , args]: unknown[]): unknown[] {
  expect(type).toBe(68);
  return [request, ...(args as unknown[]).slice(1)];
}
