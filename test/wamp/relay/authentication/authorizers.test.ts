/** Dynamic authorization of the sessions of a relay, by an authorizer elsewhere. */

import { describe, expect, test } from "vitest";
import type { RealmInput } from "../../../../src/wamp/config/realm.ts";
import { ANYTHING } from "../../host/test-realm.ts";
import { idOf } from "../relay-stores.ts";
import { type RelayedClient, RelayedRealm } from "../relayed-realm.ts";

const AUTHORIZE = "com.authorize";
const AUTH = { ticket: { type: "static", principals: { a: { ticket: "t", role: "authorizer" } } } } as const;

/** The role `anonymous` has an authorizer; the role `authorizer` may do anything. */
function newRealm(input: Partial<RealmInput> = {}): RelayedRealm {
  const roles = [
    { name: "anonymous", authorizer: AUTHORIZE },
    { name: "authorizer", permissions: [ANYTHING] },
  ];
  const anonymous = { type: "static", role: "anonymous" } as const;
  return new RelayedRealm(2, { roles, auth: { anonymous, ...AUTH }, ...input });
}

async function joinAuthorizer(realm: RelayedRealm, object: number): Promise<RelayedClient> {
  const client = realm.connect(object);
  client.send([1, "realm1", { roles: { callee: {}, caller: {} }, authmethods: ["ticket"], authid: "a" }]);
  await realm.replyTo(client);
  client.say([5, "t", {}]);
  await realm.replyTo(client);
  client.send([64, 1, {}, AUTHORIZE]);
  client.take();
  return client;
}

/** The requests that the authorizer got: INVOCATION.Request, URI and action. */
function requestsTo(authorizer: RelayedClient): unknown[][] {
  return (authorizer.take() as unknown[][]).map(([, request, , , args]) => [
    request,
    ...(args as unknown[]).slice(1, 3),
  ]);
}

async function respond(realm: RelayedRealm, authorizer: RelayedClient, request: unknown, ...args: unknown[]) {
  authorizer.say([70, request, {}, args]);
  await realm.settle();
}

describe.each([0, 1, 2])("an authorizer at object %i", (at) => {
  test("decides on the messages of a relay's session, which wait in their order", async () => {
    const realm = newRealm();
    const authorizer = await joinAuthorizer(realm, at);
    const client = realm.join(1);
    client.say([32, 1, {}, "com.a"], [32, 2, {}, "com.b"]);
    await realm.settle();
    const [[first, ...request]] = requestsTo(authorizer) as [unknown[]];
    expect(request).toStrictEqual(["com.a", "subscribe"]);
    await respond(realm, authorizer, first, false);
    const [[second]] = requestsTo(authorizer) as [unknown[]];
    await respond(realm, authorizer, second, true);
    expect(client.take()).toStrictEqual([
      [8, 32, 1, {}, "wamp.error.not_authorized", expect.any(Array)],
      [33, 2, expect.any(Number)],
    ]);
  });

  test("decides on what a procedure of the router does that the core answers", async () => {
    const store = { "event-history": [{ uri: "log.", match: "prefix" as const }] };
    const realm = newRealm({ options: {}, store });
    const authorizer = await joinAuthorizer(realm, at);
    const client = realm.join(1);
    const calls = [
      [48, 1, {}, "wamp.subscription.get_events", [idOf("prefix", "log.")]],
      [48, 2, {}, "wamp.edge.retained.remove", ["com.a"]],
      [48, 3, {}, "wamp.subscription.get_events", [idOf("prefix", "log.")]],
    ];
    client.say(...calls);
    await realm.settle();
    const asked: unknown[] = [];
    for (const answer of [true, true, true, true, true, false]) {
      const [[request, ...action]] = requestsTo(authorizer) as [unknown[]];
      asked.push(action);
      await respond(realm, authorizer, request, answer);
    }
    const readsHistory = [
      ["wamp.subscription.get_events", "call"],
      ["log.", "subscribe"],
    ];
    const removes = [
      ["wamp.edge.retained.remove", "call"],
      ["com.a", "publish"],
    ];
    expect(asked).toStrictEqual([...readsHistory, ...removes, ...readsHistory]);
    expect(client.take()).toStrictEqual([
      [50, 1, {}],
      [50, 2, {}, [false]],
      [8, 48, 3, {}, "wamp.error.not_authorized", expect.any(Array)],
    ]);
  });

  test("is asked once for a decision that the relay keeps, and again once another one has registered", async () => {
    const realm = newRealm();
    const authorizer = await joinAuthorizer(realm, at);
    const client = realm.join(1);
    client.say([16, 1, { acknowledge: true }, "com.a"]);
    await realm.settle();
    const [[request]] = requestsTo(authorizer) as [unknown[]];
    await respond(realm, authorizer, request, { allow: true, cache: true });
    client.say([16, 2, { acknowledge: true }, "com.a"]);
    await realm.settle();
    expect([client.take().length, requestsTo(authorizer)]).toStrictEqual([2, []]);
    authorizer.leave();
    const other = await joinAuthorizer(realm, 2);
    client.say([16, 3, { acknowledge: true }, "com.a"]);
    await realm.settle();
    expect(requestsTo(other).length).toBe(1);
  });
});

test("an authorizer whose own messages need a decision is denied, not asked", async () => {
  const roles = [
    { name: "anonymous", permissions: [{ uri: AUTHORIZE, allow: { register: true } }], authorizer: AUTHORIZE },
  ];
  const realm = new RelayedRealm(2, { roles });
  const authorizer = realm.join(1);
  authorizer.send([64, 1, {}, AUTHORIZE]);
  authorizer.take();
  for (const request of [2, 3]) {
    authorizer.say([16, request, { acknowledge: true }, "com.a"]);
    await realm.settle();
    expect(authorizer.take()).toMatchObject([[8, 16, request, {}, "wamp.error.not_authorized", expect.anything()]]);
  }
});

test("a message fails if its authorizer is missing, or the core restarts", async () => {
  const realm = newRealm();
  const client = realm.join(1);
  client.say([32, 1, {}, "com.a"]);
  realm.advance(30_000);
  await realm.settle();
  realm.advance(30_000);
  await realm.settle();
  expect(client.take()).toMatchObject([[8, 32, 1, {}, "wamp.error.authorization_failed", expect.anything()]]);
  await joinAuthorizer(realm, 2);
  client.say([32, 2, {}, "com.a"]);
  await realm.settle();
  realm.core.crash();
  realm.advance(6_000);
  await realm.settle();
  expect(client.take()).toMatchObject([[8, 32, 2, {}, "wamp.error.authorization_failed", expect.anything()]]);
});
