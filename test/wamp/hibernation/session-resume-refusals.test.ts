/** Session resumption: counts of messages, clients that may not resume, and ends without notice. */

import { describe, expect, test, vi } from "vitest";
import { ALL_ROLES, ANYTHING, TestRealm, violated } from "../host/test-realm.ts";
import { ask, BOUNDED, joinResumable, RESUMING, resumeSession, TIME, takeOffer } from "./resume-clients.ts";

describe("[SES-29] a client that counts its messages", () => {
  test.each([
    ["more than was sent", 6],
    ["less than what is kept", 1],
  ])("gets a new session when its count is %s", (_, received) => {
    const realm = new TestRealm(BOUNDED);
    const a = joinResumable(realm, "a");
    ask(realm, a.client, [32, 1, {}, "t"]);
    const publisher = realm.join("p");
    for (let n = 1; n <= 4; n++) publisher.send([16, n, {}, "t"]);
    a.client.disconnect();
    realm.take();
    expect(resumeSession(realm, a, { _resume_received: received })).toMatchObject({ resumed: false });
    expect(resumeSession(realm, a, { _resume_received: 5 })).toMatchObject({ resumed: false });
    expect(realm.take()).toEqual([]);
  });

  test("gets a new session where a message was lost before the object slept", () => {
    const realm = new TestRealm(RESUMING);
    const a = joinResumable(realm, "a");
    ask(realm, a.client, [32, 1, {}, "t"]);
    realm.join("p").send([16, 1, {}, "t"]);
    realm.sleepAndWake();
    a.client.disconnect();
    realm.take();
    expect(resumeSession(realm, a, { _resume_received: 1 })).toMatchObject({ resumed: false });
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
    const a = joinResumable(realm, "a");
    ask(realm, a.client, [32, 1, {}, "t"]);
    a.client.disconnect();
    const stranger = resumeSession(realm, a, details, "s");
    expect(stranger).toMatchObject({ resumed: false, resumable: true });
    expect(stranger.id).not.toBe(a.id);
    expect(realm.take()).toEqual([]);
    expect(resumeSession(realm, a)).toMatchObject({ id: a.id, resumed: true });
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
      const joe = takeOffer(realm, "joe");
      client.disconnect();
      const wish = { "resume-session": joe.id, "resume-token": joe.token };
      enter("ann", "ann", "a", wish);
      await told("ann", 2);
      expect(takeOffer(realm, "ann")).toMatchObject({ resumed: false });
      realm.take();
      enter("liar", "joe", "wrong", wish);
      await told("liar", "closed");
      expect(realm.take().at(-1)).toEqual(["liar", "closed", 1000]);
      enter("joe2", "joe", "j", wish);
      await told("joe2", 2);
      expect(takeOffer(realm, "joe2")).toMatchObject({ id: joe.id, resumed: true });
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
    const a = joinResumable(realm, "a");
    a.client.send(message);
    a.client.disconnect();
    realm.take();
    expect(resumeSession(realm, a)).toMatchObject({ resumed: false });
    expect(realm.take()).toEqual([]);
  });

  test("after the router said GOODBYE", () => {
    const realm = new TestRealm(RESUMING);
    const a = joinResumable(realm, "a");
    realm.join("k").send([48, 1, {}, "wamp.session.kill", [a.id]]);
    a.client.disconnect();
    realm.take();
    expect(resumeSession(realm, a)).toMatchObject({ resumed: false });
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
    const a = joinResumable(realm, "a");
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
    expect(resumeSession(realm, a)).toMatchObject({ id: a.id, resumed: true });
    expect(realm.take()).toEqual([
      ["a", [36, topic, expect.any(Number), {}, ["missed"]]],
      // Its callee ended with the object.
      ["a", [8, 48, 3, {}, "wamp.error.canceled", expect.anything()]],
      ["a", [68, 1, registration, {}]],
    ]);
  });

  test("a session of which storage did not know everything yet is over, and so is one with a connection", () => {
    const realm = new TestRealm(RESUMING);
    const [a, b] = [joinResumable(realm, "a"), joinResumable(realm, "b")];
    ask(realm, a.client, [32, 1, {}, "t"]);
    a.client.disconnect();
    realm.flush();
    realm.join("p").send([16, 1, {}, "t"]);
    realm.restart();
    expect(resumeSession(realm, a)).toMatchObject({ resumed: false });
    expect(resumeSession(realm, b)).toMatchObject({ resumed: false });
    expect(realm.store.parked.owners()).toEqual([]);
    expect(realm.take()).toEqual([]);
  });

  test("the time of a session that waits goes on", () => {
    const realm = new TestRealm(RESUMING);
    const a = joinResumable(realm, "a");
    a.client.disconnect();
    realm.advance(TIME / 2);
    realm.restart();
    realm.advance(TIME / 2);
    expect(realm.store.parked.owners()).toEqual([]);
    expect(resumeSession(realm, a)).toMatchObject({ resumed: false });
  });
});
