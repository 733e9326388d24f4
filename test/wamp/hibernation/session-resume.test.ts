import { describe, expect, test, vi } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { denial } from "../authorization/denial-errors.ts";
import type { Client, Entry, Line } from "../host/test-realm.ts";
import { ALL_ROLES, ANYTHING, aborted, TestRealm, violated } from "../host/test-realm.ts";

const TIME = 60_000;
const RESUMING: Partial<RealmInput> = { options: { resume: { time: TIME / 1000 } } };
const BOUNDED: Partial<RealmInput> = {
  options: { resume: { time: TIME / 1000, buffer: { messages: 3, bytes: 2_000 } } },
};

/** A session that can be resumed, as its client knows it. */
interface Held {
  readonly client: Client;
  readonly id: number;
  readonly token: string;
}

/** The details of WELCOME about resumption. */
function offered(realm: TestRealm, name: string): { id: number; token: string; resumed: unknown; resumable: unknown } {
  const index = realm.recording.findLastIndex(([receiver, line]) => receiver === name && line[0] === 2);
  if (index < 0) throw new Error(`no WELCOME but ${JSON.stringify(realm.recording)}`);
  const [[, line]] = realm.recording.splice(index, 1) as [Entry];
  const [, id, details] = line as unknown as [number, number, Record<string, unknown>];
  return { id, token: details.resume_token as string, resumed: details.resumed, resumable: details.resumable };
}

/** Joins and asks for a session that can be resumed; drops the replies. */
function hold(realm: TestRealm, name: string, roles: object = ALL_ROLES): Held {
  const client = realm.connect(name);
  client.send([1, "realm1", { roles, resumable: true }]);
  const { id, token, resumed, resumable } = offered(realm, name);
  expect([resumed, resumable]).toEqual([false, true]);
  return { client, id, token };
}

/** Resumes on a new transport; the messages after WELCOME stay in the recording. */
function comeBack(realm: TestRealm, { id, token }: Pick<Held, "id" | "token">, details: object = {}, name = "a") {
  const client = realm.connect(name);
  const wish = { roles: ALL_ROLES, resumable: true, "resume-session": id, "resume-token": token };
  client.send([1, "realm1", { ...wish, ...details }]);
  return { client, ...offered(realm, name) };
}

/** The client's own request, and its answer: not recorded. */
function ask(realm: TestRealm, client: Client, line: Line): Line {
  client.send(line);
  const index = realm.recording.findIndex(([receiver]) => receiver === client.name);
  return realm.recording.splice(index, 1)[0]![1] as Line;
}

/** Events of the object that may happen at any time. */
const INTERLUDES = [
  ["awake", () => {}],
  ["asleep between all steps", (realm: TestRealm) => realm.sleepAndWake()],
] as const;

describe.each(INTERLUDES)("[SES-29] a session that can be resumed, %s,", (_, pause) => {
  test("keeps its id and its subscriptions, and gets what it missed in order after WELCOME", () => {
    const realm = new TestRealm(RESUMING);
    const a = hold(realm, "a");
    const topic = ask(realm, a.client, [32, 1, {}, "t"])[2];
    const pattern = ask(realm, a.client, [32, 2, { match: "prefix" }, "u"])[2];
    const publisher = realm.join("p");
    publisher.send([16, 1, {}, "t", ["seen"]]);
    expect(realm.take()).toEqual([["a", [36, topic, expect.any(Number), {}, ["seen"]]]]);
    pause(realm);
    a.client.disconnect();
    pause(realm);
    publisher.send([16, 2, {}, "t", ["first"], { k: 1 }], [16, 3, {}, "u.v"]);
    pause(realm);
    publisher.send([16, 4, {}, "t", ["third"]]);
    pause(realm);
    expect(realm.take()).toEqual([]);
    realm.advance(TIME - 1);
    const back = comeBack(realm, a);
    expect(back).toMatchObject({ id: a.id, resumed: true, resumable: true });
    expect(realm.take()).toEqual([
      ["a", [36, topic, expect.any(Number), {}, ["first"], { k: 1 }]],
      ["a", [36, pattern, expect.any(Number), { topic: "u.v" }]],
      ["a", [36, topic, expect.any(Number), {}, ["third"]]],
    ]);
    pause(realm);
    publisher.send([16, 5, {}, "t", ["live"]]);
    expect(realm.take()).toEqual([["a", [36, topic, expect.any(Number), {}, ["live"]]]]);
    expect(realm.store.parked.owners()).toEqual([]);
  });

  test("has its calls answered, and answers those it was called with", () => {
    const realm = new TestRealm(RESUMING);
    const a = hold(realm, "a");
    const b = realm.join("b");
    const registration = ask(realm, a.client, [64, 1, {}, "a.p"])[2];
    ask(realm, b, [64, 1, {}, "b.p"]);
    a.client.send([48, 2, {}, "b.p"]);
    b.send([48, 2, {}, "a.p", ["early"]]);
    realm.take();
    a.client.disconnect();
    pause(realm);
    b.send([70, 1, {}, ["answer"]]);
    pause(realm);
    b.send([48, 3, {}, "a.p", ["late"]]);
    pause(realm);
    expect(realm.take()).toEqual([]);
    const { client } = comeBack(realm, a);
    expect(realm.take()).toEqual([
      ["a", [50, 2, {}, ["answer"]]],
      ["a", [68, 2, registration, {}, ["late"]]],
    ]);
    pause(realm);
    client.send([70, 1, {}, ["one"]], [70, 2, {}, ["two"]]);
    expect(realm.take()).toEqual([
      ["b", [50, 2, {}, ["one"]]],
      ["b", [50, 3, {}, ["two"]]],
    ]);
  });

  test("loses a call to it by its timeout while it waits, and is interrupted when it is back", () => {
    const realm = new TestRealm(RESUMING);
    const a = hold(realm, "a", { ...ALL_ROLES, callee: { features: { call_canceling: true } } });
    ask(realm, a.client, [64, 1, {}, "a.p"]);
    const b = realm.join("b");
    b.send([48, 1, { timeout: 5_000 }, "a.p"]);
    realm.take();
    a.client.disconnect();
    pause(realm);
    realm.advance(5_000);
    expect(realm.take()).toEqual([["b", [8, 48, 1, {}, ...denial("wamp.error.timeout")]]]);
    comeBack(realm, a, { roles: { ...ALL_ROLES, callee: { features: { call_canceling: true } } } });
    expect(realm.take()).toEqual([["a", [69, 1, { mode: "killnowait" }]]]);
  });

  test("ends when its client does not come back in time, as any session does, and not before", () => {
    const realm = new TestRealm(RESUMING);
    const watcher = realm.join("w");
    ask(realm, watcher, [32, 1, { match: "prefix" }, "wamp.session."]);
    ask(realm, watcher, [64, 2, {}, "w.p"]);
    const a = hold(realm, "a");
    ask(realm, a.client, [64, 1, {}, "a.p"]);
    watcher.send([48, 3, {}, "a.p"]);
    realm.take();
    a.client.disconnect();
    pause(realm);
    realm.advance(TIME - 1);
    expect(realm.take()).toEqual([]);
    realm.advance(1);
    expect(realm.take()).toEqual([
      ["w", [8, 48, 3, {}, "wamp.error.canceled", expect.anything()]],
      [
        "w",
        [
          36,
          expect.any(Number),
          expect.any(Number),
          { topic: "wamp.session.on_leave" },
          [a.id, expect.any(String), "anonymous"],
        ],
      ],
    ]);
    expect(realm.store.parked.owners()).toEqual([]);
    expect(comeBack(realm, a)).toMatchObject({ resumed: false, resumable: true });
    realm.take();
    watcher.send([48, 4, {}, "a.p"]);
    expect(realm.take()).toEqual([["w", [8, 48, 4, {}, ...denial("wamp.error.no_such_procedure")]]]);
  });

  test("causes no session meta events when its connection is lost and when it is resumed", () => {
    const realm = new TestRealm(RESUMING);
    const watcher = realm.join("w");
    ask(realm, watcher, [32, 1, { match: "prefix" }, "wamp."]);
    const a = hold(realm, "a");
    realm.take();
    a.client.disconnect();
    pause(realm);
    expect(ask(realm, watcher, [48, 2, {}, "wamp.session.count"])[3]).toEqual([2]);
    comeBack(realm, a);
    expect(realm.take()).toEqual([]);
  });

  test("[TST-07] publishes its detached testaments when its transport is lost, the others when it ends", () => {
    const realm = new TestRealm(RESUMING);
    const heir = realm.join("h");
    const topic = ask(realm, heir, [32, 1, {}, "bye"])[2];
    const a = hold(realm, "a");
    ask(realm, a.client, [48, 1, {}, "wamp.session.add_testament", ["bye", ["detached"]], { scope: "detached" }]);
    ask(realm, a.client, [48, 2, {}, "wamp.session.add_testament", ["bye", ["destroyed"]]]);
    pause(realm);
    a.client.disconnect();
    expect(realm.take()).toEqual([["h", [36, topic, expect.any(Number), {}, ["detached"]]]]);
    pause(realm);
    const back = comeBack(realm, a);
    pause(realm);
    back.client.disconnect();
    expect(realm.take()).toEqual([]);
    pause(realm);
    realm.advance(TIME);
    expect(realm.take()).toEqual([["h", [36, topic, expect.any(Number), {}, ["destroyed"]]]]);
  });

  test("can be resumed again and again, each time with another token, and each token once", () => {
    const realm = new TestRealm(RESUMING);
    let held: Held = hold(realm, "a");
    const tokens = new Set([held.token]);
    for (let n = 0; n < 3; n++) {
      held.client.disconnect();
      pause(realm);
      const back = comeBack(realm, held);
      expect(back).toMatchObject({ id: held.id, resumed: true });
      const thief = comeBack(realm, held, {}, "thief");
      expect(thief.resumed).toBe(false);
      expect(thief.id).not.toBe(held.id);
      tokens.add(back.token).add(thief.token);
      held = back;
      pause(realm);
    }
    expect(tokens.size).toBe(7);
    expect(realm.take()).toEqual([]);
  });

  test("is moved when its client comes back before the old connection is known to be dead", () => {
    const realm = new TestRealm(RESUMING);
    const a = hold(realm, "a");
    const topic = ask(realm, a.client, [32, 1, {}, "t"])[2];
    pause(realm);
    const back = comeBack(realm, a, {}, "a2");
    expect(back).toMatchObject({ id: a.id, resumed: true });
    expect(realm.take()).toEqual([["a", "closed", 1000]]);
    pause(realm);
    a.client.send([16, 2, { exclude_me: false }, "t", ["from the grave"]]);
    a.client.disconnect();
    pause(realm);
    realm.join("p").send([16, 1, {}, "t"]);
    expect(realm.take()).toEqual([["a2", [36, topic, expect.any(Number), {}]]]);
  });

  test("ends when more waits for it than may be kept, and its client gets a new session", () => {
    const realm = new TestRealm(BOUNDED);
    const a = hold(realm, "a");
    ask(realm, a.client, [32, 1, {}, "t"]);
    const watcher = realm.join("w");
    ask(realm, watcher, [32, 1, {}, "wamp.session.on_leave"]);
    a.client.disconnect();
    watcher.send([16, 1, {}, "t"], [16, 2, {}, "t"], [16, 3, {}, "t"]);
    pause(realm);
    realm.advance(0);
    expect(realm.take()).toEqual([]);
    watcher.send([16, 4, {}, "t"]);
    pause(realm);
    realm.advance(0);
    expect(realm.take()).toEqual([
      ["w", [36, expect.any(Number), expect.any(Number), {}, [a.id, expect.any(String), "anonymous"]]],
    ]);
    expect(comeBack(realm, a)).toMatchObject({ resumed: false });
    expect(realm.store.parked.owners()).toEqual([]);
  });

  test("cannot be resumed once too much waits, even if it has not ended yet", () => {
    const realm = new TestRealm(BOUNDED);
    const a = hold(realm, "a");
    ask(realm, a.client, [32, 1, {}, "t"]);
    a.client.disconnect();
    const publisher = realm.join("p");
    publisher.send([16, 1, {}, "t", ["x".repeat(2_000)]]);
    pause(realm);
    expect(comeBack(realm, a)).toMatchObject({ resumed: false });
    expect(realm.take()).toEqual([]);
  });

  test("that is killed while it waits is over", () => {
    const realm = new TestRealm(RESUMING);
    const a = hold(realm, "a");
    a.client.disconnect();
    pause(realm);
    const killer = realm.join("k");
    killer.send([48, 1, {}, "wamp.session.kill", [a.id]]);
    expect(realm.take()).toEqual([["k", [50, 1, {}]]]);
    pause(realm);
    expect(comeBack(realm, a)).toMatchObject({ resumed: false });
    realm.advance(2 * TIME);
    expect(realm.take()).toEqual([]);
  });

  test("[SREV-01] receives UNSUBSCRIBED afterwards for a subscription that was revoked", () => {
    const realm = new TestRealm(RESUMING);
    const roles = { ...ALL_ROLES, subscriber: { features: { subscription_revocation: true } } };
    const a = hold(realm, "a", roles);
    const topic = ask(realm, a.client, [32, 1, {}, "t"])[2];
    a.client.disconnect();
    pause(realm);
    const other = realm.join("o");
    other.send([16, 1, {}, "t", ["before"]]);
    other.send([48, 2, {}, "wamp.subscription.remove_subscriber", [topic, a.id]]);
    other.send([16, 3, {}, "t", ["after"]]);
    realm.take();
    pause(realm);
    comeBack(realm, a, { roles });
    expect(realm.take()).toEqual([
      ["a", [36, topic, expect.any(Number), {}, ["before"]]],
      ["a", [35, 0, { subscription: topic }]],
    ]);
  });

  test("sends a client that counts its messages exactly those that it has not received", () => {
    const realm = new TestRealm(BOUNDED);
    const a = hold(realm, "a");
    ask(realm, a.client, [32, 1, {}, "t"]);
    const publisher = realm.join("p");
    a.client.send([48, 2, {}, "nowhere"]);
    publisher.send([16, 1, {}, "t", ["on its way"]]);
    realm.take();
    a.client.disconnect();
    publisher.send([16, 2, {}, "t", ["meanwhile"]]);
    pause(realm);
    // SUBSCRIBED and ERROR have arrived, the first event has not.
    const back = comeBack(realm, a, { _resume_received: 2 });
    expect(back.resumed).toBe(true);
    expect(realm.take().map(([, line]) => line[4])).toEqual([["on its way"], ["meanwhile"]]);
    pause(realm);
    back.client.disconnect();
    pause(realm);
    expect(comeBack(realm, back, { _resume_received: 4 }).resumed).toBe(true);
    expect(realm.take()).toEqual([]);
  });
});

describe("[SES-29] a client that counts its messages", () => {
  test.each([
    ["more than was sent", 6],
    ["less than what is kept", 1],
  ])("gets a new session when its count is %s", (_, received) => {
    const realm = new TestRealm(BOUNDED);
    const a = hold(realm, "a");
    ask(realm, a.client, [32, 1, {}, "t"]);
    const publisher = realm.join("p");
    for (let n = 1; n <= 4; n++) publisher.send([16, n, {}, "t"]);
    a.client.disconnect();
    realm.take();
    expect(comeBack(realm, a, { _resume_received: received })).toMatchObject({ resumed: false });
    expect(comeBack(realm, a, { _resume_received: 5 })).toMatchObject({ resumed: false });
    expect(realm.take()).toEqual([]);
  });

  test("gets a new session where a message was lost before the object slept", () => {
    const realm = new TestRealm(RESUMING);
    const a = hold(realm, "a");
    ask(realm, a.client, [32, 1, {}, "t"]);
    realm.join("p").send([16, 1, {}, "t"]);
    realm.sleepAndWake();
    a.client.disconnect();
    realm.take();
    expect(comeBack(realm, a, { _resume_received: 1 })).toMatchObject({ resumed: false });
  });

  test.each([-1, 1.5, "1"])("breaks the protocol with %j", (received) => {
    const realm = new TestRealm(RESUMING);
    realm.connect("a").send([1, "realm1", { roles: ALL_ROLES, resumable: true, _resume_received: received }]);
    expect(realm.take()).toEqual(violated("a", "HELLO: _resume_received must be a count"));
  });
});

describe("[SES-29] nothing of a session goes to", () => {
  test.each([
    ["a wrong token", { "resume-token": "A".repeat(44) }],
    ["a shorter token", { "resume-token": "" }],
    ["no token", { "resume-token": null }],
    ["another session's id", { "resume-session": 4711 }],
    ["a client that announces something else", { roles: { subscriber: {} } }],
  ])("%s, and its client still finds it", (_, details) => {
    const realm = new TestRealm(RESUMING);
    const a = hold(realm, "a");
    ask(realm, a.client, [32, 1, {}, "t"]);
    a.client.disconnect();
    const stranger = comeBack(realm, a, details, "s");
    expect(stranger).toMatchObject({ resumed: false, resumable: true });
    expect(stranger.id).not.toBe(a.id);
    expect(realm.take()).toEqual([]);
    expect(comeBack(realm, a)).toMatchObject({ id: a.id, resumed: true });
  });

  test("another principal with the token, and the right principal has to authenticate", () => {
    const ticket = (secret: string) => ({ ticket: secret, role: "user" });
    const principals = { joe: ticket("j"), ann: ticket("a") };
    const realm = new TestRealm({
      ...RESUMING,
      roles: [{ name: "user", permissions: [ANYTHING] }],
      auth: { ticket: { type: "static", principals } },
    });
    const enter = (name: string, authid: string, secret: string, details: object = {}) => {
      const client = realm.connect(name);
      client.send([1, "realm1", { roles: ALL_ROLES, authmethods: ["ticket"], authid, resumable: true, ...details }]);
      realm.sleepAndWake();
      client.send([5, secret, {}]);
      return { client };
    };
    const told = (name: string, what: unknown) =>
      vi.waitUntil(() =>
        realm.recording.some(([who, message]) => who === name && [message, message[0]].includes(what)),
      );
    return (async () => {
      const { client } = enter("joe", "joe", "j");
      await told("joe", 2);
      const joe = offered(realm, "joe");
      client.disconnect();
      const wish = { "resume-session": joe.id, "resume-token": joe.token };
      enter("ann", "ann", "a", wish);
      await told("ann", 2);
      expect(offered(realm, "ann")).toMatchObject({ resumed: false });
      realm.take();
      enter("liar", "joe", "wrong", wish);
      await told("liar", "closed");
      expect(realm.take().at(-1)).toEqual(["liar", "closed", 1000]);
      enter("joe2", "joe", "j", wish);
      await told("joe2", 2);
      expect(offered(realm, "joe2")).toMatchObject({ id: joe.id, resumed: true });
    })();
  });
});

describe("[SES-29] a session cannot be resumed", () => {
  test.each([
    ["its client said GOODBYE", [6, {}, "wamp.close.close_realm"]],
    ["its client said ABORT", [3, {}, "wamp.error.canceled"]],
    ["it broke the protocol", [32, "x", {}, "t"]],
  ])("after %s", (_, message) => {
    const realm = new TestRealm(RESUMING);
    const a = hold(realm, "a");
    a.client.send(message);
    a.client.disconnect();
    realm.take();
    expect(comeBack(realm, a)).toMatchObject({ resumed: false });
    expect(realm.take()).toEqual([]);
  });

  test("after the router said GOODBYE", () => {
    const realm = new TestRealm(RESUMING);
    const a = hold(realm, "a");
    realm.join("k").send([48, 1, {}, "wamp.session.kill", [a.id]]);
    a.client.disconnect();
    realm.take();
    expect(comeBack(realm, a)).toMatchObject({ resumed: false });
  });

  test("if its client did not ask for it", () => {
    const realm = new TestRealm(RESUMING);
    const watcher = realm.join("w");
    ask(realm, watcher, [32, 1, {}, "wamp.session.on_leave"]);
    realm.join("a").disconnect();
    expect(realm.take()).toEqual([["w", [36, expect.any(Number), expect.any(Number), {}, expect.anything()]]]);
  });

  test("where the realm does not offer it: HELLO is answered as without the request", () => {
    const realm = new TestRealm();
    const [plain, wishing] = [realm.connect("plain"), realm.connect("wishing")];
    plain.send([1, "realm1", { roles: ALL_ROLES }]);
    wishing.send([1, "realm1", { roles: ALL_ROLES, resumable: true, "resume-session": 1, "resume-token": "x" }]);
    const [first, second] = realm.take().map(([, line]) => Object.keys(line[2] as object));
    expect(second).toEqual(first);
    expect(first).not.toContain("resumable");
    wishing.disconnect();
    realm.flush();
    expect(realm.store.parked.owners()).toEqual([]);
  });

  test("by a HELLO that does not ask, which is answered as ever", () => {
    const realm = new TestRealm(RESUMING);
    const plain = realm.connect("plain");
    plain.send([1, "realm1", { roles: ALL_ROLES }]);
    const told = Object.keys(realm.take()[0]![1][2] as object);
    expect(told.filter((key) => key.startsWith("resum"))).toEqual([]);
    plain.disconnect();
    realm.flush();
    expect(realm.store.parked.owners()).toEqual([]);
  });
});

describe("[SES-29][SES-30] when the object ends without notice", () => {
  test("a session that waits is still there, with what was stored for it", () => {
    const realm = new TestRealm(RESUMING);
    const a = hold(realm, "a");
    const topic = ask(realm, a.client, [32, 1, {}, "t"])[2];
    const registration = ask(realm, a.client, [64, 2, {}, "p"])[2];
    const b = realm.join("b");
    ask(realm, b, [64, 1, {}, "b.p"]);
    a.client.send([48, 3, {}, "b.p"]);
    realm.take();
    a.client.disconnect();
    b.send([16, 2, {}, "t", ["missed"]]);
    realm.flush();
    realm.restart();
    realm.flush();
    const c = realm.join("c");
    c.send([48, 1, {}, "p"]);
    expect(realm.take()).toEqual([]);
    expect(comeBack(realm, a)).toMatchObject({ id: a.id, resumed: true });
    expect(realm.take()).toEqual([
      ["a", [36, topic, expect.any(Number), {}, ["missed"]]],
      // Its callee ended with the object.
      ["a", [8, 48, 3, {}, "wamp.error.canceled", expect.anything()]],
      ["a", [68, 1, registration, {}]],
    ]);
  });

  test("a session of which storage did not know everything yet is over, and so is one with a connection", () => {
    const realm = new TestRealm(RESUMING);
    const [a, b] = [hold(realm, "a"), hold(realm, "b")];
    ask(realm, a.client, [32, 1, {}, "t"]);
    a.client.disconnect();
    realm.flush();
    realm.join("p").send([16, 1, {}, "t"]);
    realm.restart();
    expect(comeBack(realm, a)).toMatchObject({ resumed: false });
    expect(comeBack(realm, b)).toMatchObject({ resumed: false });
    expect(realm.store.parked.owners()).toEqual([]);
    expect(realm.take()).toEqual([]);
  });

  test("the time of a session that waits goes on", () => {
    const realm = new TestRealm(RESUMING);
    const a = hold(realm, "a");
    a.client.disconnect();
    realm.advance(TIME / 2);
    realm.restart();
    realm.advance(TIME / 2);
    expect(realm.store.parked.owners()).toEqual([]);
    expect(comeBack(realm, a)).toMatchObject({ resumed: false });
  });
});

test("[SES-29] aborts a client for which a message that waited is too large", () => {
  const realm = new TestRealm(RESUMING);
  const a = hold(realm, "a");
  ask(realm, a.client, [32, 1, {}, "t"]);
  a.client.disconnect();
  realm.join("p").send([16, 1, {}, "t", ["x".repeat(9_000)]]);
  const client = realm.connect("a");
  client.transport.maxLength = 8_000;
  const wish = { "resume-session": a.id, "resume-token": a.token };
  client.send([1, "realm1", { roles: ALL_ROLES, ...wish }]);
  expect(offered(realm, "a").resumed).toBe(true);
  expect(realm.take()).toEqual(
    aborted("a", "wamp.error.payload_size_exceeded", 1009, "a message that waited is too large"),
  );
});

test("[SES-29] a session is resumed also where the realm is full; a new one in its place is refused", () => {
  const realm = new TestRealm({ ...RESUMING, limits: { sessions: 1 } });
  const a = hold(realm, "a");
  a.client.disconnect();
  const stranger = { roles: ALL_ROLES, resumable: true, "resume-session": a.id, "resume-token": "wrong" };
  realm.connect("b").send([1, "realm1", stranger]);
  expect(realm.take()).toEqual(aborted("b", "wamp.edge.error.limit_exceeded", 1013, "the realm is full"));
  expect(comeBack(realm, a)).toMatchObject({ id: a.id, resumed: true });
});
