/** `wamp.edge.connections`: the latest logins, refused logins and ends of sessions. */

import { describe, expect, test, vi } from "vitest";
import { ALL_ROLES, ANYTHING, type Client, TestRealm } from "../host/test-realm.ts";
import { ask } from "./meta-calls.ts";

const ROLE = { name: "anonymous", permissions: [ANYTHING], console: true };
const FACTS = {
  peer: "203.0.113.7",
  is_secure: true,
  websocket_protocol: "wamp.2.json",
  http_headers_received: { origin: "https://shop.example" },
};
const EPOCH = "1970-01-01T00:00:00.000Z";
const JOINED = { event: "joined", time: EPOCH, authrole: "anonymous", authmethod: "anonymous" };

type Entry = Readonly<Record<string, unknown>>;

function newRealm(input: ConstructorParameters<typeof TestRealm>[0] = {}): TestRealm {
  return new TestRealm({ roles: [ROLE], ...input });
}

function logOf(realm: TestRealm, client: Client, kwargs: object = {}): Entry[] {
  const [[, message] = []] = ask(realm, client, "wamp.edge.connections", [], kwargs);
  return ((message as unknown[][])[3] as [Entry[]])[0];
}

describe("wamp.edge.connections", () => {
  test("has each login, with the network of its client", () => {
    const realm = newRealm();
    const ann = realm.join("ann");
    realm.connect("ben", FACTS).send([1, "realm1", { roles: ALL_ROLES, agent: "ben-1.0" }]);
    expect(logOf(realm, ann)).toStrictEqual([
      { id: 1, ...JOINED, session: expect.any(Number), authid: expect.any(String) },
      {
        ...{ id: 2, ...JOINED, session: expect.any(Number), authid: expect.any(String) },
        ...{ network: "203.0.113.0/24", agent: "ben-1.0" },
      },
    ]);
  });

  test("has address and origin in a realm whose authenticators get them", () => {
    const auth = { anonymous: { type: "static", role: "anonymous" }, cookie: {} } as const;
    const realm = newRealm({ auth });
    const ann = realm.join("ann");
    realm.connect("ben", FACTS).send([1, "realm1", { roles: ALL_ROLES, authmethods: ["anonymous"] }]);
    expect(logOf(realm, ann).at(-1)).toMatchObject({ address: "203.0.113.7", origin: "https://shop.example" });
  });

  test("has each end of a session, with reason, duration and messages", () => {
    const realm = newRealm();
    const [ann, ben, cleo, dan] = realm.joinAll("ann", "ben", "cleo", "dan");
    realm.time = 1500;
    ben.send([16, 1, {}, "com.topic"], [6, {}, "wamp.close.close_realm"]);
    cleo.disconnect();
    dan.send([1, "realm1", {}]);
    expect(logOf(realm, ann).slice(4)).toMatchObject([
      { event: "left", reason: "wamp.close.close_realm", duration_ms: 1500, messages_received: 2 },
      { event: "left", reason: "the connection was lost", duration_ms: 1500, messages_received: 0 },
      { event: "left", reason: "wamp.error.protocol_violation", duration_ms: 1500, messages_received: 1 },
    ]);
  });

  test("has the reason of a kill", () => {
    const realm = newRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    ask(realm, ann, "wamp.session.kill", [ben.savedSession.id], { reason: "com.example.banned" });
    expect(logOf(realm, ann).at(-1)).toMatchObject({ event: "left", reason: "com.example.banned" });
  });

  test("has no duration of a session that was there before the realm slept", () => {
    const realm = newRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    realm.sleepAndWake();
    ben.disconnect();
    const [left, ...others] = logOf(realm, ann);
    expect(others).toStrictEqual([]);
    expect(left).toMatchObject({ event: "left", authrole: "anonymous" });
    expect(left).not.toHaveProperty("duration_ms");
  });

  test("has each refused login with the cause that the client does not learn", async () => {
    const ticket = { type: "static", principals: { joe: { ticket: "right", role: "anonymous" } } } as const;
    const realm = newRealm({ auth: { anonymous: { type: "static", role: "anonymous" }, ticket } });
    const ann = realm.join("ann");
    const login = async (authid: string, signature: string) => {
      const client = realm.connect(authid, FACTS);
      client.send([1, "realm1", { roles: ALL_ROLES, authmethods: ["ticket"], authid }]);
      await vi.waitFor(() => expect(client.peer.state.kind).toBe("challenged"));
      client.send([5, signature, {}]);
      await vi.waitFor(() => expect(client.peer.state.kind).toBe("closed"));
    };
    await login("joe", "wrong");
    await login("eve", "right");
    const refused = { event: "refused", authmethod: "ticket", network: "203.0.113.0/24" };
    const reason = "wamp.error.authentication_denied";
    expect(logOf(realm, ann).slice(1)).toStrictEqual([
      { id: 2, time: EPOCH, ...refused, authid: "joe", reason, cause: expect.any(String) },
      { id: 3, time: EPOCH, ...refused, authid: "eve", reason, cause: "the principal is unknown" },
    ]);
  });

  test("has a client that breaks the protocol before it has a session", () => {
    const realm = newRealm();
    const ann = realm.join("ann");
    realm.connect("ben").send([48, 1, {}, "com.proc"]);
    expect(logOf(realm, ann).at(-1)).toMatchObject({
      ...{ event: "refused", reason: "wamp.error.protocol_violation", cause: "the first message must be HELLO" },
    });
  });

  test("has a client whose first message cannot be read", () => {
    const realm = newRealm();
    const ann = realm.join("ann");
    const ben = realm.connect("ben", FACTS);
    realm.realm.sessions.abort(ben.peer, "wamp.error.protocol_violation", "not JSON");
    expect(logOf(realm, ann).slice(1)).toStrictEqual([
      {
        ...{ id: 2, time: EPOCH, event: "refused", network: "203.0.113.0/24" },
        ...{ reason: "wamp.error.protocol_violation", cause: "not JSON" },
      },
    ]);
  });

  test.each<[what: string, reason: string, leave: (client: Client, realm: TestRealm) => void]>([
    ["loses its connection", "the connection was lost", (client) => client.disconnect()],
    ["sends no HELLO in time", "no HELLO in time", (_, { realm }) => realm.tick(10_000)],
    ["sends ABORT", "aborted by the client", (client) => client.send([3, {}, "wamp.error.canceled"])],
  ])("has a client that %s before it has a session", (_, reason, leave) => {
    const realm = newRealm();
    const ann = realm.join("ann");
    leave(realm.connect("ben", FACTS), realm);
    const entry = { id: 2, time: EPOCH, event: "abandoned", network: "203.0.113.0/24", reason };
    expect(logOf(realm, ann).slice(1)).toStrictEqual([entry]);
  });

  test("has a client that leaves without an answer to CHALLENGE, with its authid", async () => {
    const ticket = { type: "static", principals: { joe: { ticket: "right", role: "anonymous" } } } as const;
    const realm = newRealm({ auth: { anonymous: { type: "static", role: "anonymous" }, ticket } });
    const ann = realm.join("ann");
    const joe = realm.connect("joe");
    joe.send([1, "realm1", { roles: ALL_ROLES, authmethods: ["ticket"], authid: "joe" }]);
    await vi.waitFor(() => expect(joe.peer.state.kind).toBe("challenged"));
    joe.disconnect();
    expect(logOf(realm, ann).at(-1)).toMatchObject({ event: "abandoned", authid: "joe", authmethod: "ticket" });
  });

  test("has no entry for a connection that closes after its session has ended", () => {
    const realm = newRealm();
    const [ann, ben] = realm.joinAll("ann", "ben");
    ben.send([6, {}, "wamp.close.close_realm"]);
    ben.disconnect();
    expect(logOf(realm, ann).at(-1)).toMatchObject({ id: 3, event: "left" });
  });

  test("has a client for which the realm is full", () => {
    const realm = newRealm({ limits: { sessions: 1 } });
    const ann = realm.join("ann");
    realm.connect("ben").send([1, "realm1", { roles: ALL_ROLES }]);
    expect(logOf(realm, ann).at(-1)).toMatchObject({ event: "refused", cause: "the realm is full" });
  });

  test("keeps no long text of a client, because 500 of them could fill the memory", () => {
    const realm = newRealm();
    const ann = realm.join("ann");
    const long = "x".repeat(501);
    realm.join("ben").send([6, {}, `com.${long}`]);
    realm.connect("cleo").send([1, "realm1", { roles: ALL_ROLES, authid: long }]);
    const [left, refused] = logOf(realm, ann).slice(-2) as [Entry, Entry];
    expect([left.event, left.reason]).toStrictEqual(["left", undefined]);
    expect(refused).not.toHaveProperty("authid", long);
  });

  test("has a session that goes on with another connection", () => {
    const realm = newRealm({ options: { resume: { time: 60 } } });
    const ann = realm.join("ann");
    const ben = realm.connect("ben");
    ben.send([1, "realm1", { roles: ALL_ROLES, resume: true, resumable: true }]);
    const welcome = realm.take().find(([name]) => name === "ben")?.[1] as unknown as [
      number,
      number,
      { resume_token: string },
    ];
    ben.disconnect();
    const resume = { "resume-session": welcome[1], "resume-token": welcome[2].resume_token, resumable: true };
    realm.connect("bea").send([1, "realm1", { roles: ALL_ROLES, ...resume }]);
    expect(logOf(realm, ann).map(({ event, session }) => [event, session === welcome[1]])).toStrictEqual([
      ["joined", false],
      ["joined", true],
      ["resumed", true],
    ]);
  });

  test("keeps the latest 500 entries, and pages them", () => {
    const realm = newRealm();
    const ann = realm.join("ann");
    for (let count = 0; count < 300; count++) realm.join("ben").disconnect();
    const all = logOf(realm, ann);
    expect(all.map(({ id }) => id)).toStrictEqual(Array.from({ length: 500 }, (_, index) => index + 102));
    expect(logOf(realm, ann, { after: 599 })).toStrictEqual(all.slice(-2));
    expect(logOf(realm, ann, { limit: 3 })).toStrictEqual(all.slice(0, 3));
  });
});
