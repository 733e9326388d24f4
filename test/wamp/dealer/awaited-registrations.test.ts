/** After a restart all come back at once: who comes before the authenticator or authorizer waits for it. */

import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Auth, AuthTestRealm, FAILED, thinking } from "../authentication/auth-test-realm.ts";
import type { Client } from "../host/test-realm.ts";
import { ALL_ROLES, ANYTHING, type TestRealm } from "../host/test-realm.ts";

const AUTHENTICATE = "com.app.authenticate";
const DYNAMIC = { type: "dynamic", authenticator: AUTHENTICATE } as const;
const AUTH: Auth = {
  anonymous: { type: "static", role: "admin" },
  ticket: DYNAMIC,
  wampcra: DYNAMIC,
};

/** A client that has sent HELLO with a method, and its ticket, if that is the method. */
async function waiting(realm: AuthTestRealm, method: string, name = "joe", authextra: object = {}): Promise<Client> {
  const client = realm.connect(name);
  client.send([1, "realm1", { roles: ALL_ROLES, authid: name, authmethods: [method], authextra }]);
  if (method === "ticket") client.send([5, "secret!!!", {}]);
  await setImmediate();
  return client;
}

/** A session that registers the authenticator. */
function register(realm: TestRealm, options: object = {}, uri = AUTHENTICATE): Client {
  const official = realm.join("official");
  official.send([64, 1, options, uri]);
  return official;
}

describe("a client that comes before its authenticator", () => {
  test.each([
    ["ticket", {}, AUTHENTICATE],
    ["wampcra", {}, AUTHENTICATE],
    ["ticket", { match: "prefix" }, "com.app."],
    ["ticket", { match: "wildcard" }, "com..authenticate"],
  ])("[DYN-01][AUTH-08] by %s, is asked about as soon as it registers: %j %s", async (method, options, uri) => {
    const realm = new AuthTestRealm(AUTH);
    const client = await waiting(realm, method);
    realm.advance(8_999);
    realm.take();
    const official = register(realm, options, uri);
    await setImmediate();
    const question = realm.heard(official).find(([type]) => type === 68)!;
    expect(question.slice(0, 2)).toStrictEqual([68, 1]);
    official.send([70, 1, {}, [{ role: "user", secret: "secret123" }]]);
    await thinking(client);
    expect(realm.answer(client)[0]).toBe(method === "ticket" ? 2 : 4);
    expect(realm.logged).toStrictEqual([]);
  });

  test("[DYN-01] is one of thousands, all of which get in, in the order they came", async () => {
    const realm = new AuthTestRealm(AUTH);
    const clients: Client[] = [];
    for (let n = 0; n < 3_000; n++) {
      const client = realm.connect(`c${n}`);
      client.send([1, "realm1", { roles: ALL_ROLES, authid: `c${n}`, authmethods: ["ticket"] }], [5, "secret!!!", {}]);
      clients.push(client);
    }
    await setImmediate();
    realm.take();
    const official = register(realm);
    await setImmediate();
    const asked = realm.heard(official).filter(([type]) => type === 68);
    expect(asked.map(([, , , , args]) => (args as string[])[1])).toStrictEqual(clients.map(({ name }) => name));
    for (const [, request] of asked) official.send([70, request, {}, ["user"]]);
    await setImmediate();
    expect(clients.every(({ peer }) => peer.state.kind === "open")).toBe(true);
  });

  test("[AUTH-08] fails after nine seconds if none comes, and nothing is left of it", async () => {
    const realm = new AuthTestRealm(AUTH);
    const client = await waiting(realm, "ticket");
    realm.take();
    realm.advance(8_999);
    await setImmediate();
    expect(realm.take()).toStrictEqual([]);
    realm.advance(1);
    await thinking(client);
    expect(realm.answer(client)).toStrictEqual(FAILED);
    expect(realm.logged).toMatchObject([{ event: "login.refused", cause: "wamp.error.no_such_procedure" }]);
    expect(realm.realm.nextDeadline()).toBe(undefined);
  });

  test("[AUTH-08] waits no longer than for HELLO", async () => {
    const realm = new AuthTestRealm(AUTH, { limits: { hello_timeout: 2_000 } });
    const client = await waiting(realm, "ticket");
    realm.take();
    realm.advance(2_000);
    await thinking(client);
    expect(realm.answer(client)).toStrictEqual(FAILED);
  });

  test("[AUTH-12] may give up, and no authenticator is asked about its session", async () => {
    const realm = new AuthTestRealm(AUTH);
    const client = await waiting(realm, "ticket");
    client.send([3, {}, "com.app.giving_up"]);
    realm.take();
    const official = register(realm);
    await setImmediate();
    for (const [type, request] of realm.heard(official)) if (type === 68) official.send([70, request, {}, ["user"]]);
    await setImmediate();
    expect(realm.take()).toStrictEqual([]);
    expect(realm.realm.sessions.byId.size).toBe(1);
  });

  test("[AUTH-15] fails cleanly when the realm has slept meanwhile", async () => {
    const realm = new AuthTestRealm(AUTH);
    const client = await waiting(realm, "ticket");
    realm.take();
    realm.sleepAndWake();
    expect(realm.answer(client)).toStrictEqual(FAILED);
    expect(client.record).not.toContain("secret!!!");
  });

  test("[AUTH-08] is refused at once where more waits than may, and others go on", async () => {
    const realm = new AuthTestRealm(AUTH, { limits: { message_bytes: 8_000_000 } });
    const large = { text: "x".repeat(6_000_000) };
    const clients = [];
    for (const name of ["a", "b", "c"]) clients.push(await waiting(realm, "wampcra", name, large));
    await thinking(clients[2]!);
    expect(clients.map(({ peer }) => peer.state.kind)).toStrictEqual(["authenticating", "authenticating", "closed"]);
    expect(realm.answer(clients[2]!)).toStrictEqual(FAILED);
    expect((await waiting(realm, "ticket", "d")).peer.state.kind).toBe("authenticating");
    realm.advance(9_000);
    await thinking(clients[0]!);
    await waiting(realm, "wampcra", "e", large);
    expect((await waiting(realm, "wampcra", "f", large)).peer.state.kind).toBe("authenticating");
  });

  test("[AUTH-08] that is the authenticator itself waits for itself in vain, and others do not wait for it", async () => {
    const realm = new AuthTestRealm({ anonymous: { type: "static", role: "admin" }, ticket: DYNAMIC });
    const official = await waiting(realm, "ticket", "official");
    realm.take();
    expect(realm.join("ann").peer.state.kind).toBe("open");
    realm.advance(9_000);
    await thinking(official);
    expect(realm.answer(official)).toStrictEqual(FAILED);
  });
});

describe("a message that comes before its authorizer", () => {
  const roles = [
    { name: "anonymous", authorizer: "com.authorize" },
    { name: "judge", permissions: [ANYTHING] },
  ];
  const auth: Auth = {
    anonymous: { type: "static", role: "anonymous" },
    ticket: { type: "static", principals: { judge: { ticket: "secret!!!", role: "judge" } } },
  };

  async function judgeIn(realm: AuthTestRealm): Promise<Client> {
    const judge = await realm.knock({ authmethods: ["ticket"], authid: "judge" }, "judge");
    await realm.say(judge, [5, "secret!!!", {}]);
    return judge;
  }

  test("[AZ-04][ORD-05] waits for it with those behind it, in order, and holds up no other session", async () => {
    const realm = new AuthTestRealm(auth, { roles });
    const judge = await judgeIn(realm);
    const ann = realm.join("ann");
    ann.send([32, 1, {}, "com.a"], [34, 2, 99], [32, 3, {}, "com.b"]);
    await setImmediate();
    realm.take();
    judge.send([16, 1, { acknowledge: true }, "com.other"]);
    expect(realm.take()).toStrictEqual([["judge", [17, 1, expect.any(Number)]]]);
    realm.advance(4_999);
    expect(realm.take()).toStrictEqual([]);
    judge.send([64, 2, {}, "com.authorize"]);
    await setImmediate();
    const asked = realm.heard(judge).filter(([type]) => type === 68);
    expect(asked.map(([, , , , args]) => (args as unknown[])[1])).toStrictEqual(["com.a"]);
    judge.send([70, 1, {}, [true]]);
    await setImmediate();
    judge.send([70, 2, {}, [true]]);
    await setImmediate();
    const answers = realm.take().flatMap(([name, message]) => (name === "ann" ? [message.slice(0, 3)] : []));
    expect(answers.map(([type, request, of]) => (type === 8 ? [type, of] : [type, request]))).toStrictEqual([
      [33, 1],
      [8, 2],
      [33, 3],
    ]);
    expect(realm.logged).toStrictEqual([]);
  });

  test("[AZ-04] fails after authorizer_timeout if none comes", async () => {
    const realm = new AuthTestRealm(auth, { roles, limits: { authorizer_timeout: 1_000 } });
    const ann = realm.join("ann");
    ann.send([32, 1, {}, "com.a"]);
    await setImmediate();
    realm.advance(999);
    await setImmediate();
    expect(realm.take()).toStrictEqual([]);
    realm.advance(1);
    await setImmediate();
    expect(realm.answer(ann).slice(0, 5)).toStrictEqual([8, 32, 1, {}, "wamp.error.authorization_failed"]);
    expect(realm.logged).toMatchObject([{ event: "authorizer.failed", cause: "wamp.error.no_such_procedure" }]);
  });

  test("[AZ-13] of a session that has ended is never decided", async () => {
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
