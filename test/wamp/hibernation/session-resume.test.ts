import { describe, expect, test, vi } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { denial } from "../authorization/denial.ts";
import type { Client, Entry, Line } from "../host/recording-host.ts";
import { ALL_ROLES, ANYTHING, aborted, Stage, violated } from "../host/recording-host.ts";

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

/** What WELCOME says that has to do with resumption. */
function offered(stage: Stage, name: string): { id: number; token: string; resumed: unknown; resumable: unknown } {
  const index = stage.recording.findLastIndex(([receiver, line]) => receiver === name && line[0] === 2);
  if (index < 0) throw new Error(`no WELCOME but ${JSON.stringify(stage.recording)}`);
  const [[, line]] = stage.recording.splice(index, 1) as [Entry];
  const [, id, details] = line as unknown as [number, number, Record<string, unknown>];
  return { id, token: details.resume_token as string, resumed: details.resumed, resumable: details.resumable };
}

/** Joins with the wish; nothing of it stays in the recording. */
function hold(stage: Stage, name: string, roles: object = ALL_ROLES): Held {
  const client = stage.connect(name);
  client.send([1, "realm1", { roles, resumable: true }]);
  const { id, token, resumed, resumable } = offered(stage, name);
  expect([resumed, resumable]).toEqual([false, true]);
  return { client, id, token };
}

/** Comes back on a new transport; what follows WELCOME stays in the recording. */
function comeBack(stage: Stage, { id, token }: Pick<Held, "id" | "token">, details: object = {}, name = "a") {
  const client = stage.connect(name);
  const wish = { roles: ALL_ROLES, resumable: true, "resume-session": id, "resume-token": token };
  client.send([1, "realm1", { ...wish, ...details }]);
  return { client, ...offered(stage, name) };
}

/** The client's own request, and its answer: not recorded. */
function ask(stage: Stage, client: Client, line: Line): Line {
  client.send(line);
  const index = stage.recording.findIndex(([receiver]) => receiver === client.name);
  return stage.recording.splice(index, 1)[0]![1] as Line;
}

/** What may happen to the object at any time. */
const INTERLUDES = [
  ["awake", () => {}],
  ["asleep between all steps", (stage: Stage) => stage.sleepAndWake()],
] as const;

describe.each(INTERLUDES)("[SES-29] a session that can be resumed, %s,", (_, pause) => {
  test("keeps its id and its subscriptions, and gets what it missed in order after WELCOME", () => {
    const stage = new Stage(RESUMING);
    const a = hold(stage, "a");
    const topic = ask(stage, a.client, [32, 1, {}, "t"])[2];
    const pattern = ask(stage, a.client, [32, 2, { match: "prefix" }, "u"])[2];
    const publisher = stage.join("p");
    publisher.send([16, 1, {}, "t", ["seen"]]);
    expect(stage.take()).toEqual([["a", [36, topic, expect.any(Number), {}, ["seen"]]]]);
    pause(stage);
    a.client.disconnect();
    pause(stage);
    publisher.send([16, 2, {}, "t", ["first"], { k: 1 }], [16, 3, {}, "u.v"]);
    pause(stage);
    publisher.send([16, 4, {}, "t", ["third"]]);
    pause(stage);
    expect(stage.take()).toEqual([]);
    stage.advance(TIME - 1);
    const back = comeBack(stage, a);
    expect(back).toMatchObject({ id: a.id, resumed: true, resumable: true });
    expect(stage.take()).toEqual([
      ["a", [36, topic, expect.any(Number), {}, ["first"], { k: 1 }]],
      ["a", [36, pattern, expect.any(Number), { topic: "u.v" }]],
      ["a", [36, topic, expect.any(Number), {}, ["third"]]],
    ]);
    pause(stage);
    publisher.send([16, 5, {}, "t", ["live"]]);
    expect(stage.take()).toEqual([["a", [36, topic, expect.any(Number), {}, ["live"]]]]);
    expect(stage.store.parked.owners()).toEqual([]);
  });

  test("has its calls answered, and answers those it was called with", () => {
    const stage = new Stage(RESUMING);
    const a = hold(stage, "a");
    const b = stage.join("b");
    const registration = ask(stage, a.client, [64, 1, {}, "a.p"])[2];
    ask(stage, b, [64, 1, {}, "b.p"]);
    a.client.send([48, 2, {}, "b.p"]);
    b.send([48, 2, {}, "a.p", ["early"]]);
    stage.take();
    a.client.disconnect();
    pause(stage);
    b.send([70, 1, {}, ["answer"]]);
    pause(stage);
    b.send([48, 3, {}, "a.p", ["late"]]);
    pause(stage);
    expect(stage.take()).toEqual([]);
    const { client } = comeBack(stage, a);
    expect(stage.take()).toEqual([
      ["a", [50, 2, {}, ["answer"]]],
      ["a", [68, 2, registration, {}, ["late"]]],
    ]);
    pause(stage);
    client.send([70, 1, {}, ["one"]], [70, 2, {}, ["two"]]);
    expect(stage.take()).toEqual([
      ["b", [50, 2, {}, ["one"]]],
      ["b", [50, 3, {}, ["two"]]],
    ]);
  });

  test("loses a call to it by its timeout while it waits, and is interrupted when it is back", () => {
    const stage = new Stage(RESUMING);
    const a = hold(stage, "a", { ...ALL_ROLES, callee: { features: { call_canceling: true } } });
    ask(stage, a.client, [64, 1, {}, "a.p"]);
    const b = stage.join("b");
    b.send([48, 1, { timeout: 5_000 }, "a.p"]);
    stage.take();
    a.client.disconnect();
    pause(stage);
    stage.advance(5_000);
    expect(stage.take()).toEqual([["b", [8, 48, 1, {}, ...denial("wamp.error.timeout")]]]);
    comeBack(stage, a, { roles: { ...ALL_ROLES, callee: { features: { call_canceling: true } } } });
    expect(stage.take()).toEqual([["a", [69, 1, { mode: "killnowait" }]]]);
  });

  test("ends when its client does not come back in time, as any session does, and not before", () => {
    const stage = new Stage(RESUMING);
    const watcher = stage.join("w");
    ask(stage, watcher, [32, 1, { match: "prefix" }, "wamp.session."]);
    ask(stage, watcher, [64, 2, {}, "w.p"]);
    const a = hold(stage, "a");
    ask(stage, a.client, [64, 1, {}, "a.p"]);
    watcher.send([48, 3, {}, "a.p"]);
    stage.take();
    a.client.disconnect();
    pause(stage);
    stage.advance(TIME - 1);
    expect(stage.take()).toEqual([]);
    stage.advance(1);
    expect(stage.take()).toEqual([
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
    expect(stage.store.parked.owners()).toEqual([]);
    expect(comeBack(stage, a)).toMatchObject({ resumed: false, resumable: true });
    stage.take();
    watcher.send([48, 4, {}, "a.p"]);
    expect(stage.take()).toEqual([["w", [8, 48, 4, {}, ...denial("wamp.error.no_such_procedure")]]]);
  });

  test("leaves and enters no roll meanwhile: no session event is published when it goes and comes", () => {
    const stage = new Stage(RESUMING);
    const watcher = stage.join("w");
    ask(stage, watcher, [32, 1, { match: "prefix" }, "wamp."]);
    const a = hold(stage, "a");
    stage.take();
    a.client.disconnect();
    pause(stage);
    expect(ask(stage, watcher, [48, 2, {}, "wamp.session.count"])[3]).toEqual([2]);
    comeBack(stage, a);
    expect(stage.take()).toEqual([]);
  });

  test("[TST-07] publishes its detached testaments when its transport is lost, the others when it ends", () => {
    const stage = new Stage(RESUMING);
    const heir = stage.join("h");
    const topic = ask(stage, heir, [32, 1, {}, "bye"])[2];
    const a = hold(stage, "a");
    ask(stage, a.client, [48, 1, {}, "wamp.session.add_testament", ["bye", ["detached"]], { scope: "detached" }]);
    ask(stage, a.client, [48, 2, {}, "wamp.session.add_testament", ["bye", ["destroyed"]]]);
    pause(stage);
    a.client.disconnect();
    expect(stage.take()).toEqual([["h", [36, topic, expect.any(Number), {}, ["detached"]]]]);
    pause(stage);
    const back = comeBack(stage, a);
    pause(stage);
    back.client.disconnect();
    expect(stage.take()).toEqual([]);
    pause(stage);
    stage.advance(TIME);
    expect(stage.take()).toEqual([["h", [36, topic, expect.any(Number), {}, ["destroyed"]]]]);
  });

  test("can be resumed again and again, each time with another token, and each token once", () => {
    const stage = new Stage(RESUMING);
    let held: Held = hold(stage, "a");
    const tokens = new Set([held.token]);
    for (let n = 0; n < 3; n++) {
      held.client.disconnect();
      pause(stage);
      const back = comeBack(stage, held);
      expect(back).toMatchObject({ id: held.id, resumed: true });
      const thief = comeBack(stage, held, {}, "thief");
      expect(thief.resumed).toBe(false);
      expect(thief.id).not.toBe(held.id);
      tokens.add(back.token).add(thief.token);
      held = back;
      pause(stage);
    }
    expect(tokens.size).toBe(7);
    expect(stage.take()).toEqual([]);
  });

  test("moves over when its client comes back before the old connection is known to be dead", () => {
    const stage = new Stage(RESUMING);
    const a = hold(stage, "a");
    const topic = ask(stage, a.client, [32, 1, {}, "t"])[2];
    pause(stage);
    const back = comeBack(stage, a, {}, "a2");
    expect(back).toMatchObject({ id: a.id, resumed: true });
    expect(stage.take()).toEqual([["a", "closed", 1000]]);
    pause(stage);
    a.client.send([16, 2, { exclude_me: false }, "t", ["from the grave"]]);
    a.client.disconnect();
    pause(stage);
    stage.join("p").send([16, 1, {}, "t"]);
    expect(stage.take()).toEqual([["a2", [36, topic, expect.any(Number), {}]]]);
  });

  test("ends when more waits for it than may be kept, and its client is told by a new session", () => {
    const stage = new Stage(BOUNDED);
    const a = hold(stage, "a");
    ask(stage, a.client, [32, 1, {}, "t"]);
    const watcher = stage.join("w");
    ask(stage, watcher, [32, 1, {}, "wamp.session.on_leave"]);
    a.client.disconnect();
    watcher.send([16, 1, {}, "t"], [16, 2, {}, "t"], [16, 3, {}, "t"]);
    pause(stage);
    stage.advance(0);
    expect(stage.take()).toEqual([]);
    watcher.send([16, 4, {}, "t"]);
    pause(stage);
    stage.advance(0);
    expect(stage.take()).toEqual([
      ["w", [36, expect.any(Number), expect.any(Number), {}, [a.id, expect.any(String), "anonymous"]]],
    ]);
    expect(comeBack(stage, a)).toMatchObject({ resumed: false });
    expect(stage.store.parked.owners()).toEqual([]);
  });

  test("cannot be resumed once too much waits, even if it has not ended yet", () => {
    const stage = new Stage(BOUNDED);
    const a = hold(stage, "a");
    ask(stage, a.client, [32, 1, {}, "t"]);
    a.client.disconnect();
    const publisher = stage.join("p");
    publisher.send([16, 1, {}, "t", ["x".repeat(2_000)]]);
    pause(stage);
    expect(comeBack(stage, a)).toMatchObject({ resumed: false });
    expect(stage.take()).toEqual([]);
  });

  test("that is killed while it waits is over", () => {
    const stage = new Stage(RESUMING);
    const a = hold(stage, "a");
    a.client.disconnect();
    pause(stage);
    const killer = stage.join("k");
    killer.send([48, 1, {}, "wamp.session.kill", [a.id]]);
    expect(stage.take()).toEqual([["k", [50, 1, {}]]]);
    pause(stage);
    expect(comeBack(stage, a)).toMatchObject({ resumed: false });
    stage.advance(2 * TIME);
    expect(stage.take()).toEqual([]);
  });

  test("[SREV-01] hears afterwards of the subscription that was taken from it", () => {
    const stage = new Stage(RESUMING);
    const roles = { ...ALL_ROLES, subscriber: { features: { subscription_revocation: true } } };
    const a = hold(stage, "a", roles);
    const topic = ask(stage, a.client, [32, 1, {}, "t"])[2];
    a.client.disconnect();
    pause(stage);
    const other = stage.join("o");
    other.send([16, 1, {}, "t", ["before"]]);
    other.send([48, 2, {}, "wamp.subscription.remove_subscriber", [topic, a.id]]);
    other.send([16, 3, {}, "t", ["after"]]);
    stage.take();
    pause(stage);
    comeBack(stage, a, { roles });
    expect(stage.take()).toEqual([
      ["a", [36, topic, expect.any(Number), {}, ["before"]]],
      ["a", [35, 0, { subscription: topic }]],
    ]);
  });

  test("counts: a client that tells what it has had gets exactly what it has not", () => {
    const stage = new Stage(BOUNDED);
    const a = hold(stage, "a");
    ask(stage, a.client, [32, 1, {}, "t"]);
    const publisher = stage.join("p");
    a.client.send([48, 2, {}, "nowhere"]);
    publisher.send([16, 1, {}, "t", ["on its way"]]);
    stage.take();
    a.client.disconnect();
    publisher.send([16, 2, {}, "t", ["meanwhile"]]);
    pause(stage);
    // SUBSCRIBED and ERROR have arrived, the first event has not.
    const back = comeBack(stage, a, { _resume_received: 2 });
    expect(back.resumed).toBe(true);
    expect(stage.take().map(([, line]) => line[4])).toEqual([["on its way"], ["meanwhile"]]);
    pause(stage);
    back.client.disconnect();
    pause(stage);
    expect(comeBack(stage, back, { _resume_received: 4 }).resumed).toBe(true);
    expect(stage.take()).toEqual([]);
  });
});

describe("[SES-29] a client that counts what it has had", () => {
  test.each([
    ["more than was sent", 6],
    ["less than what is kept", 1],
  ])("gets a new session when it has had %s", (_, received) => {
    const stage = new Stage(BOUNDED);
    const a = hold(stage, "a");
    ask(stage, a.client, [32, 1, {}, "t"]);
    const publisher = stage.join("p");
    for (let n = 1; n <= 4; n++) publisher.send([16, n, {}, "t"]);
    a.client.disconnect();
    stage.take();
    expect(comeBack(stage, a, { _resume_received: received })).toMatchObject({ resumed: false });
    expect(comeBack(stage, a, { _resume_received: 5 })).toMatchObject({ resumed: false });
    expect(stage.take()).toEqual([]);
  });

  test("is told of a message lost before the object slept", () => {
    const stage = new Stage(RESUMING);
    const a = hold(stage, "a");
    ask(stage, a.client, [32, 1, {}, "t"]);
    stage.join("p").send([16, 1, {}, "t"]);
    stage.sleepAndWake();
    a.client.disconnect();
    stage.take();
    expect(comeBack(stage, a, { _resume_received: 1 })).toMatchObject({ resumed: false });
  });

  test.each([-1, 1.5, "1"])("breaks the protocol with %j", (received) => {
    const stage = new Stage(RESUMING);
    stage.connect("a").send([1, "realm1", { roles: ALL_ROLES, resumable: true, _resume_received: received }]);
    expect(stage.take()).toEqual(violated("a", "HELLO: _resume_received must be a count"));
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
    const stage = new Stage(RESUMING);
    const a = hold(stage, "a");
    ask(stage, a.client, [32, 1, {}, "t"]);
    a.client.disconnect();
    const stranger = comeBack(stage, a, details, "s");
    expect(stranger).toMatchObject({ resumed: false, resumable: true });
    expect(stranger.id).not.toBe(a.id);
    expect(stage.take()).toEqual([]);
    expect(comeBack(stage, a)).toMatchObject({ id: a.id, resumed: true });
  });

  test("another principal who has the token, and the right one must prove who he is", () => {
    const ticket = (secret: string) => ({ ticket: secret, role: "user" });
    const principals = { joe: ticket("j"), ann: ticket("a") };
    const stage = new Stage({
      ...RESUMING,
      roles: [{ name: "user", permissions: [ANYTHING] }],
      auth: { ticket: { type: "static", principals } },
    });
    const enter = (name: string, authid: string, secret: string, details: object = {}) => {
      const client = stage.connect(name);
      client.send([1, "realm1", { roles: ALL_ROLES, authmethods: ["ticket"], authid, resumable: true, ...details }]);
      stage.sleepAndWake();
      client.send([5, secret, {}]);
      return { client };
    };
    const told = (name: string, what: unknown) =>
      vi.waitUntil(() =>
        stage.recording.some(([who, message]) => who === name && [message, message[0]].includes(what)),
      );
    return (async () => {
      const { client } = enter("joe", "joe", "j");
      await told("joe", 2);
      const joe = offered(stage, "joe");
      client.disconnect();
      const wish = { "resume-session": joe.id, "resume-token": joe.token };
      enter("ann", "ann", "a", wish);
      await told("ann", 2);
      expect(offered(stage, "ann")).toMatchObject({ resumed: false });
      stage.take();
      enter("liar", "joe", "wrong", wish);
      await told("liar", "closed");
      expect(stage.take().at(-1)).toEqual(["liar", "closed", 1000]);
      enter("joe2", "joe", "j", wish);
      await told("joe2", 2);
      expect(offered(stage, "joe2")).toMatchObject({ id: joe.id, resumed: true });
    })();
  });
});

describe("[SES-29] a session cannot be resumed", () => {
  test.each([
    ["its client said GOODBYE", [6, {}, "wamp.close.close_realm"]],
    ["its client said ABORT", [3, {}, "wamp.error.canceled"]],
    ["it broke the protocol", [32, "x", {}, "t"]],
  ])("after %s", (_, message) => {
    const stage = new Stage(RESUMING);
    const a = hold(stage, "a");
    a.client.send(message);
    a.client.disconnect();
    stage.take();
    expect(comeBack(stage, a)).toMatchObject({ resumed: false });
    expect(stage.take()).toEqual([]);
  });

  test("after the router said GOODBYE", () => {
    const stage = new Stage(RESUMING);
    const a = hold(stage, "a");
    stage.join("k").send([48, 1, {}, "wamp.session.kill", [a.id]]);
    a.client.disconnect();
    stage.take();
    expect(comeBack(stage, a)).toMatchObject({ resumed: false });
  });

  test("if its client did not ask for it", () => {
    const stage = new Stage(RESUMING);
    const watcher = stage.join("w");
    ask(stage, watcher, [32, 1, {}, "wamp.session.on_leave"]);
    stage.join("a").disconnect();
    expect(stage.take()).toEqual([["w", [36, expect.any(Number), expect.any(Number), {}, expect.anything()]]]);
  });

  test("where the realm has it not, and the wish changes nothing", () => {
    const stage = new Stage();
    const [plain, wishing] = [stage.connect("plain"), stage.connect("wishing")];
    plain.send([1, "realm1", { roles: ALL_ROLES }]);
    wishing.send([1, "realm1", { roles: ALL_ROLES, resumable: true, "resume-session": 1, "resume-token": "x" }]);
    const [first, second] = stage.take().map(([, line]) => Object.keys(line[2] as object));
    expect(second).toEqual(first);
    expect(first).not.toContain("resumable");
    wishing.disconnect();
    stage.settle();
    expect(stage.store.parked.owners()).toEqual([]);
  });

  test("by a HELLO that does not ask, which is answered as ever", () => {
    const stage = new Stage(RESUMING);
    const plain = stage.connect("plain");
    plain.send([1, "realm1", { roles: ALL_ROLES }]);
    const told = Object.keys(stage.take()[0]![1][2] as object);
    expect(told.filter((key) => key.startsWith("resum"))).toEqual([]);
    plain.disconnect();
    stage.settle();
    expect(stage.store.parked.owners()).toEqual([]);
  });
});

describe("[SES-29][SES-30] when the object ends without notice", () => {
  test("a session that waits is still there, with what was stored for it", () => {
    const stage = new Stage(RESUMING);
    const a = hold(stage, "a");
    const topic = ask(stage, a.client, [32, 1, {}, "t"])[2];
    const registration = ask(stage, a.client, [64, 2, {}, "p"])[2];
    const b = stage.join("b");
    ask(stage, b, [64, 1, {}, "b.p"]);
    a.client.send([48, 3, {}, "b.p"]);
    stage.take();
    a.client.disconnect();
    b.send([16, 2, {}, "t", ["missed"]]);
    stage.settle();
    stage.restart();
    stage.settle();
    const c = stage.join("c");
    c.send([48, 1, {}, "p"]);
    expect(stage.take()).toEqual([]);
    expect(comeBack(stage, a)).toMatchObject({ id: a.id, resumed: true });
    expect(stage.take()).toEqual([
      ["a", [36, topic, expect.any(Number), {}, ["missed"]]],
      // Its callee ended with the object.
      ["a", [8, 48, 3, {}, "wamp.error.canceled", expect.anything()]],
      ["a", [68, 1, registration, {}]],
    ]);
  });

  test("a session of which storage did not know everything yet is over, and so is one with a connection", () => {
    const stage = new Stage(RESUMING);
    const [a, b] = [hold(stage, "a"), hold(stage, "b")];
    ask(stage, a.client, [32, 1, {}, "t"]);
    a.client.disconnect();
    stage.settle();
    stage.join("p").send([16, 1, {}, "t"]);
    stage.restart();
    expect(comeBack(stage, a)).toMatchObject({ resumed: false });
    expect(comeBack(stage, b)).toMatchObject({ resumed: false });
    expect(stage.store.parked.owners()).toEqual([]);
    expect(stage.take()).toEqual([]);
  });

  test("the time of a session that waits goes on", () => {
    const stage = new Stage(RESUMING);
    const a = hold(stage, "a");
    a.client.disconnect();
    stage.advance(TIME / 2);
    stage.restart();
    stage.advance(TIME / 2);
    expect(stage.store.parked.owners()).toEqual([]);
    expect(comeBack(stage, a)).toMatchObject({ resumed: false });
  });
});

test("[SES-29] aborts a client for which a message that waited is too large", () => {
  const stage = new Stage(RESUMING);
  const a = hold(stage, "a");
  ask(stage, a.client, [32, 1, {}, "t"]);
  a.client.disconnect();
  stage.join("p").send([16, 1, {}, "t", ["x".repeat(9_000)]]);
  const client = stage.connect("a");
  client.transport.maxLength = 8_000;
  const wish = { "resume-session": a.id, "resume-token": a.token };
  client.send([1, "realm1", { roles: ALL_ROLES, ...wish }]);
  expect(offered(stage, "a").resumed).toBe(true);
  expect(stage.take()).toEqual(
    aborted("a", "wamp.error.payload_size_exceeded", 1009, "a message that waited is too large"),
  );
});

test("[SES-29] a session is resumed also where the realm is full; a new one in its place is refused", () => {
  const stage = new Stage({ ...RESUMING, limits: { sessions: 1 } });
  const a = hold(stage, "a");
  a.client.disconnect();
  const stranger = { roles: ALL_ROLES, resumable: true, "resume-session": a.id, "resume-token": "wrong" };
  stage.connect("b").send([1, "realm1", stranger]);
  expect(stage.take()).toEqual(aborted("b", "wamp.edge.error.limit_exceeded", 1013, "the realm is full"));
  expect(comeBack(stage, a)).toMatchObject({ id: a.id, resumed: true });
});
