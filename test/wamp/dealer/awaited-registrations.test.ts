/** After a restart all come back at once: who comes before the authenticator or authorizer waits for it. */

import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Auth, Entrance, FAILED, thinking } from "../authentication/entrance.ts";
import type { Client } from "../host/recording-host.ts";
import { ALL_ROLES, ANYTHING, type Stage } from "../host/recording-host.ts";

const AUTHENTICATE = "com.app.authenticate";
const DYNAMIC = { type: "dynamic", authenticator: AUTHENTICATE } as const;
const AUTH: Auth = {
  anonymous: { type: "static", role: "admin" },
  ticket: DYNAMIC,
  wampcra: DYNAMIC,
};

/** A client that has sent HELLO with a method, and its ticket, if that is the method. */
async function waiting(entrance: Entrance, method: string, name = "joe", authextra: object = {}): Promise<Client> {
  const client = entrance.connect(name);
  client.send([1, "realm1", { roles: ALL_ROLES, authid: name, authmethods: [method], authextra }]);
  if (method === "ticket") client.send([5, "secret!!!", {}]);
  await setImmediate();
  return client;
}

/** A session that registers the authenticator. */
function register(entrance: Stage, options: object = {}, uri = AUTHENTICATE): Client {
  const official = entrance.join("official");
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
    const entrance = new Entrance(AUTH);
    const client = await waiting(entrance, method);
    entrance.advance(8_999);
    entrance.take();
    const official = register(entrance, options, uri);
    await setImmediate();
    const question = entrance.heard(official).find(([type]) => type === 68)!;
    expect(question.slice(0, 2)).toStrictEqual([68, 1]);
    official.send([70, 1, {}, [{ role: "user", secret: "secret123" }]]);
    await thinking(client);
    expect(entrance.answer(client)[0]).toBe(method === "ticket" ? 2 : 4);
    expect(entrance.logged).toStrictEqual([]);
  });

  test("[DYN-01] is one of thousands, all of which get in, in the order they came", async () => {
    const entrance = new Entrance(AUTH);
    const clients: Client[] = [];
    for (let n = 0; n < 3_000; n++) {
      const client = entrance.connect(`c${n}`);
      client.send([1, "realm1", { roles: ALL_ROLES, authid: `c${n}`, authmethods: ["ticket"] }], [5, "secret!!!", {}]);
      clients.push(client);
    }
    await setImmediate();
    entrance.take();
    const official = register(entrance);
    await setImmediate();
    const asked = entrance.heard(official).filter(([type]) => type === 68);
    expect(asked.map(([, , , , args]) => (args as string[])[1])).toStrictEqual(clients.map(({ name }) => name));
    for (const [, request] of asked) official.send([70, request, {}, ["user"]]);
    await setImmediate();
    expect(clients.every(({ peer }) => peer.state.kind === "open")).toBe(true);
  });

  test("[AUTH-08] fails after nine seconds if none comes, and nothing is left of it", async () => {
    const entrance = new Entrance(AUTH);
    const client = await waiting(entrance, "ticket");
    entrance.take();
    entrance.advance(8_999);
    await setImmediate();
    expect(entrance.take()).toStrictEqual([]);
    entrance.advance(1);
    await thinking(client);
    expect(entrance.answer(client)).toStrictEqual(FAILED);
    expect(entrance.logged).toMatchObject([{ event: "login.refused", cause: "wamp.error.no_such_procedure" }]);
    expect(entrance.realm.nextDeadline()).toBe(undefined);
  });

  test("[AUTH-08] waits no longer than for HELLO", async () => {
    const entrance = new Entrance(AUTH, { limits: { hello_timeout: 2_000 } });
    const client = await waiting(entrance, "ticket");
    entrance.take();
    entrance.advance(2_000);
    await thinking(client);
    expect(entrance.answer(client)).toStrictEqual(FAILED);
  });

  test("[AUTH-12] may give up, and nobody is asked about its session", async () => {
    const entrance = new Entrance(AUTH);
    const client = await waiting(entrance, "ticket");
    client.send([3, {}, "com.app.giving_up"]);
    entrance.take();
    const official = register(entrance);
    await setImmediate();
    for (const [type, request] of entrance.heard(official)) if (type === 68) official.send([70, request, {}, ["user"]]);
    await setImmediate();
    expect(entrance.take()).toStrictEqual([]);
    expect(entrance.realm.sessions.size).toBe(1);
  });

  test("[AUTH-15] fails cleanly when the realm has slept meanwhile", async () => {
    const entrance = new Entrance(AUTH);
    const client = await waiting(entrance, "ticket");
    entrance.take();
    entrance.sleepAndWake();
    expect(entrance.answer(client)).toStrictEqual(FAILED);
    expect(client.record).not.toContain("secret!!!");
  });

  test("[AUTH-08] is refused at once where more waits than may, and others go on", async () => {
    const entrance = new Entrance(AUTH, { limits: { message_bytes: 8_000_000 } });
    const large = { text: "x".repeat(6_000_000) };
    const clients = [];
    for (const name of ["a", "b", "c"]) clients.push(await waiting(entrance, "wampcra", name, large));
    await thinking(clients[2]!);
    expect(clients.map(({ peer }) => peer.state.kind)).toStrictEqual(["authenticating", "authenticating", "closed"]);
    expect(entrance.answer(clients[2]!)).toStrictEqual(FAILED);
    expect((await waiting(entrance, "ticket", "d")).peer.state.kind).toBe("authenticating");
    entrance.advance(9_000);
    await thinking(clients[0]!);
    await waiting(entrance, "wampcra", "e", large);
    expect((await waiting(entrance, "wampcra", "f", large)).peer.state.kind).toBe("authenticating");
  });

  test("[AUTH-08] that is the authenticator itself waits for itself in vain, and others do not wait for it", async () => {
    const entrance = new Entrance({ anonymous: { type: "static", role: "admin" }, ticket: DYNAMIC });
    const official = await waiting(entrance, "ticket", "official");
    entrance.take();
    expect(entrance.join("ann").peer.state.kind).toBe("open");
    entrance.advance(9_000);
    await thinking(official);
    expect(entrance.answer(official)).toStrictEqual(FAILED);
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

  async function judgeIn(entrance: Entrance): Promise<Client> {
    const judge = await entrance.knock({ authmethods: ["ticket"], authid: "judge" }, "judge");
    await entrance.say(judge, [5, "secret!!!", {}]);
    return judge;
  }

  test("[AZ-04][ORD-05] waits for it with those behind it, in order, and holds up no other session", async () => {
    const entrance = new Entrance(auth, { roles });
    const judge = await judgeIn(entrance);
    const ann = entrance.join("ann");
    ann.send([32, 1, {}, "com.a"], [34, 2, 99], [32, 3, {}, "com.b"]);
    await setImmediate();
    entrance.take();
    judge.send([16, 1, { acknowledge: true }, "com.other"]);
    expect(entrance.take()).toStrictEqual([["judge", [17, 1, expect.any(Number)]]]);
    entrance.advance(4_999);
    expect(entrance.take()).toStrictEqual([]);
    judge.send([64, 2, {}, "com.authorize"]);
    await setImmediate();
    const asked = entrance.heard(judge).filter(([type]) => type === 68);
    expect(asked.map(([, , , , args]) => (args as unknown[])[1])).toStrictEqual(["com.a"]);
    judge.send([70, 1, {}, [true]]);
    await setImmediate();
    judge.send([70, 2, {}, [true]]);
    await setImmediate();
    const answers = entrance.take().flatMap(([name, message]) => (name === "ann" ? [message.slice(0, 3)] : []));
    expect(answers.map(([type, request, of]) => (type === 8 ? [type, of] : [type, request]))).toStrictEqual([
      [33, 1],
      [8, 2],
      [33, 3],
    ]);
    expect(entrance.logged).toStrictEqual([]);
  });

  test("[AZ-04] fails after authorizer_timeout if none comes", async () => {
    const entrance = new Entrance(auth, { roles, limits: { authorizer_timeout: 1_000 } });
    const ann = entrance.join("ann");
    ann.send([32, 1, {}, "com.a"]);
    await setImmediate();
    entrance.advance(999);
    await setImmediate();
    expect(entrance.take()).toStrictEqual([]);
    entrance.advance(1);
    await setImmediate();
    expect(entrance.answer(ann).slice(0, 5)).toStrictEqual([8, 32, 1, {}, "wamp.error.authorization_failed"]);
    expect(entrance.logged).toMatchObject([{ event: "authorizer.failed", cause: "wamp.error.no_such_procedure" }]);
  });

  test("[AZ-13] of a session that has ended is never decided", async () => {
    const entrance = new Entrance(auth, { roles });
    const ann = entrance.join("ann");
    ann.send([32, 1, {}, "com.a"]);
    await setImmediate();
    ann.disconnect();
    entrance.advance(5_000);
    await setImmediate();
    expect(entrance.take()).toStrictEqual([]);
    expect(entrance.realm.nextDeadline()).toBe(undefined);
  });
});
