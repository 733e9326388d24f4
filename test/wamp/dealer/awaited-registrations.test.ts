/** HELLO and messages that arrive before their authenticator or authorizer has registered, as after a restart. */

import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Auth, AuthTestRealm, FAILED, waitForReply } from "../authentication/auth-test-realm.ts";
import type { Client } from "../host/test-realm.ts";
import { ALL_ROLES, ANYTHING, type TestRealm } from "../host/test-realm.ts";

const AUTHENTICATE = "com.app.authenticate";
const DYNAMIC = { type: "dynamic", authenticator: AUTHENTICATE } as const;
const AUTH: Auth = {
  anonymous: { type: "static", role: "admin" },
  ticket: DYNAMIC,
  wampcra: DYNAMIC,
};

/** A client that has sent HELLO with a method, and AUTHENTICATE if the method is ticket. */
async function connectWaiting(
  realm: AuthTestRealm,
  method: string,
  name = "joe",
  authextra: object = {},
): Promise<Client> {
  const client = realm.connect(name);
  client.send([1, "realm1", { roles: ALL_ROLES, authid: name, authmethods: [method], authextra }]);
  if (method === "ticket") client.send([5, "secret!!!", {}]);
  await setImmediate();
  return client;
}

/** Joins a session that registers the authenticator. */
function register(realm: TestRealm, options: object = {}, uri = AUTHENTICATE): Client {
  const authenticator = realm.join("authenticator");
  authenticator.send([64, 1, options, uri]);
  return authenticator;
}

describe("a client that sends HELLO before its authenticator has registered", () => {
  test.each([
    ["ticket", {}, AUTHENTICATE],
    ["wampcra", {}, AUTHENTICATE],
    ["ticket", { match: "prefix" }, "com.app."],
    ["ticket", { match: "wildcard" }, "com..authenticate"],
  ])(
    "[DYN-01][AUTH-08] a client with %s is authenticated as soon as its authenticator registers: %j %s",
    async (method, options, uri) => {
      const realm = new AuthTestRealm(AUTH);
      const client = await connectWaiting(realm, method);
      realm.advance(8_999);
      realm.take();
      const authenticator = register(realm, options, uri);
      await setImmediate();
      const invocation = realm.takeMessages(authenticator).find(([type]) => type === 68)!;
      expect(invocation.slice(0, 2)).toStrictEqual([68, 1]);
      authenticator.send([70, 1, {}, [{ role: "user", secret: "secret123" }]]);
      await waitForReply(client);
      expect(realm.takeReply(client)[0]).toBe(method === "ticket" ? 2 : 4);
      expect(realm.logged).toStrictEqual([]);
    },
  );

  test("[DYN-01] thousands of waiting clients are all authenticated, in the order of their HELLO", async () => {
    const realm = new AuthTestRealm(AUTH);
    const clients: Client[] = [];
    for (let n = 0; n < 3_000; n++) {
      const client = realm.connect(`c${n}`);
      client.send([1, "realm1", { roles: ALL_ROLES, authid: `c${n}`, authmethods: ["ticket"] }], [5, "secret!!!", {}]);
      clients.push(client);
    }
    await setImmediate();
    realm.take();
    const authenticator = register(realm);
    await setImmediate();
    const invocations = realm.takeMessages(authenticator).filter(([type]) => type === 68);
    expect(invocations.map(([, , , , args]) => (args as string[])[1])).toStrictEqual(clients.map(({ name }) => name));
    for (const [, request] of invocations) authenticator.send([70, request, {}, ["user"]]);
    await setImmediate();
    expect(clients.every(({ peer }) => peer.state.kind === "open")).toBe(true);
  });

  test("[AUTH-08] a waiting client is refused after nine seconds if no authenticator registers, and no deadline is left", async () => {
    const realm = new AuthTestRealm(AUTH);
    const client = await connectWaiting(realm, "ticket");
    realm.take();
    realm.advance(8_999);
    await setImmediate();
    expect(realm.take()).toStrictEqual([]);
    realm.advance(1);
    await waitForReply(client);
    expect(realm.takeReply(client)).toStrictEqual(FAILED);
    expect(realm.logged).toMatchObject([{ event: "login.refused", cause: "wamp.error.no_such_procedure" }]);
    expect(realm.realm.nextDeadline()).toBe(undefined);
  });

  test("[AUTH-08] a client does not wait longer than hello_timeout", async () => {
    const realm = new AuthTestRealm(AUTH, { limits: { hello_timeout: 2_000 } });
    const client = await connectWaiting(realm, "ticket");
    realm.take();
    realm.advance(2_000);
    await waitForReply(client);
    expect(realm.takeReply(client)).toStrictEqual(FAILED);
  });

  test("[AUTH-12] a client that sends ABORT while it waits is not authenticated later", async () => {
    const realm = new AuthTestRealm(AUTH);
    const client = await connectWaiting(realm, "ticket");
    client.send([3, {}, "com.app.giving_up"]);
    realm.take();
    const authenticator = register(realm);
    await setImmediate();
    for (const [type, request] of realm.takeMessages(authenticator))
      if (type === 68) authenticator.send([70, request, {}, ["user"]]);
    await setImmediate();
    expect(realm.take()).toStrictEqual([]);
    expect(realm.realm.sessions.byId.size).toBe(1);
  });

  test("[AUTH-15] a waiting client is refused when the realm has slept in the meantime", async () => {
    const realm = new AuthTestRealm(AUTH);
    const client = await connectWaiting(realm, "ticket");
    realm.take();
    realm.sleepAndWake();
    expect(realm.takeReply(client)).toStrictEqual(FAILED);
    expect(client.record).not.toContain("secret!!!");
  });

  test("[AUTH-08] a client is refused at once if the waiting messages exceed their limit, and the others go on", async () => {
    const realm = new AuthTestRealm(AUTH, { limits: { message_bytes: 8_000_000 } });
    const large = { text: "x".repeat(6_000_000) };
    const clients = [];
    for (const name of ["a", "b", "c"]) clients.push(await connectWaiting(realm, "wampcra", name, large));
    await waitForReply(clients[2]!);
    expect(clients.map(({ peer }) => peer.state.kind)).toStrictEqual(["authenticating", "authenticating", "closed"]);
    expect(realm.takeReply(clients[2]!)).toStrictEqual(FAILED);
    expect((await connectWaiting(realm, "ticket", "d")).peer.state.kind).toBe("authenticating");
    realm.advance(9_000);
    await waitForReply(clients[0]!);
    await connectWaiting(realm, "wampcra", "e", large);
    expect((await connectWaiting(realm, "wampcra", "f", large)).peer.state.kind).toBe("authenticating");
  });

  test("[AUTH-08] an authenticator that needs itself to log in is refused, and other clients do not wait for it", async () => {
    const realm = new AuthTestRealm({ anonymous: { type: "static", role: "admin" }, ticket: DYNAMIC });
    const authenticator = await connectWaiting(realm, "ticket", "authenticator");
    realm.take();
    expect(realm.join("ann").peer.state.kind).toBe("open");
    realm.advance(9_000);
    await waitForReply(authenticator);
    expect(realm.takeReply(authenticator)).toStrictEqual(FAILED);
  });
});

describe("a message that arrives before its authorizer has registered", () => {
  const roles = [
    { name: "anonymous", authorizer: "com.authorize" },
    { name: "authorizer", permissions: [ANYTHING] },
  ];
  const auth: Auth = {
    anonymous: { type: "static", role: "anonymous" },
    ticket: { type: "static", principals: { authorizer: { ticket: "secret!!!", role: "authorizer" } } },
  };

  async function joinAuthorizer(realm: AuthTestRealm): Promise<Client> {
    const authorizer = await realm.sendHello({ authmethods: ["ticket"], authid: "authorizer" }, "authorizer");
    await realm.sendFrom(authorizer, [5, "secret!!!", {}]);
    return authorizer;
  }

  test("[AZ-04][ORD-05] a message waits for its authorizer with the later messages of its session, in order; other sessions go on", async () => {
    const realm = new AuthTestRealm(auth, { roles });
    const authorizer = await joinAuthorizer(realm);
    const ann = realm.join("ann");
    ann.send([32, 1, {}, "com.a"], [34, 2, 99], [32, 3, {}, "com.b"]);
    await setImmediate();
    realm.take();
    authorizer.send([16, 1, { acknowledge: true }, "com.other"]);
    expect(realm.take()).toStrictEqual([["authorizer", [17, 1, expect.any(Number)]]]);
    realm.advance(4_999);
    expect(realm.take()).toStrictEqual([]);
    authorizer.send([64, 2, {}, "com.authorize"]);
    await setImmediate();
    const invocations = realm.takeMessages(authorizer).filter(([type]) => type === 68);
    expect(invocations.map(([, , , , args]) => (args as unknown[])[1])).toStrictEqual(["com.a"]);
    authorizer.send([70, 1, {}, [true]]);
    await setImmediate();
    authorizer.send([70, 2, {}, [true]]);
    await setImmediate();
    const answers = realm.take().flatMap(([name, message]) => (name === "ann" ? [message.slice(0, 3)] : []));
    expect(answers.map(([type, request, of]) => (type === 8 ? [type, of] : [type, request]))).toStrictEqual([
      [33, 1],
      [8, 2],
      [33, 3],
    ]);
    expect(realm.logged).toStrictEqual([]);
  });

  test("[AZ-04] a waiting message is refused after authorizer_timeout if no authorizer registers", async () => {
    const realm = new AuthTestRealm(auth, { roles, limits: { authorizer_timeout: 1_000 } });
    const ann = realm.join("ann");
    ann.send([32, 1, {}, "com.a"]);
    await setImmediate();
    realm.advance(999);
    await setImmediate();
    expect(realm.take()).toStrictEqual([]);
    realm.advance(1);
    await setImmediate();
    expect(realm.takeReply(ann).slice(0, 5)).toStrictEqual([8, 32, 1, {}, "wamp.error.authorization_failed"]);
    expect(realm.logged).toMatchObject([{ event: "authorizer.failed", cause: "wamp.error.no_such_procedure" }]);
  });

  test("[AZ-13] a waiting message of a session that has ended is not authorized", async () => {
    const realm = new AuthTestRealm(auth, { roles });
    const ann = realm.join("ann");
    ann.send([32, 1, {}, "com.a"]);
    await setImmediate();
    ann.disconnect();
    realm.advance(5_000);
    await setImmediate();
    expect(realm.take()).toStrictEqual([]);
    expect(realm.realm.nextDeadline()).toBe(undefined);
  });
});
