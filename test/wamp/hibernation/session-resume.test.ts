/** Sessions that outlive their connections (docs/session-resume.md): what they keep. */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { ALL_ROLES, aborted, TestRealm } from "../host/test-realm.ts";
import {
  ask,
  BOUNDED,
  INTERLUDES,
  joinResumable,
  RESUMING,
  type ResumableClient,
  resumeSession,
  TIME,
  takeOffer,
} from "./resume-clients.ts";

describe.each(INTERLUDES)("[SES-29] a session that can be resumed, %s,", (_, pause) => {
  test("keeps its id and its subscriptions, and gets what it missed in order after WELCOME", () => {
    const realm = new TestRealm(RESUMING);
    const a = joinResumable(realm, "a");
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
    const back = resumeSession(realm, a);
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
    const a = joinResumable(realm, "a");
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
    const { client } = resumeSession(realm, a);
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
    const a = joinResumable(realm, "a", { ...ALL_ROLES, callee: { features: { call_canceling: true } } });
    ask(realm, a.client, [64, 1, {}, "a.p"]);
    const b = realm.join("b");
    b.send([48, 1, { timeout: 5_000 }, "a.p"]);
    realm.take();
    a.client.disconnect();
    pause(realm);
    realm.advance(5_000);
    expect(realm.take()).toEqual([["b", [8, 48, 1, {}, ...routerError("wamp.error.timeout")]]]);
    resumeSession(realm, a, { roles: { ...ALL_ROLES, callee: { features: { call_canceling: true } } } });
    expect(realm.take()).toEqual([["a", [69, 1, { mode: "killnowait" }]]]);
  });

  test("ends when its client does not come back in time, as any session does, and not before", () => {
    const realm = new TestRealm(RESUMING);
    const watcher = realm.join("w");
    ask(realm, watcher, [32, 1, { match: "prefix" }, "wamp.session."]);
    ask(realm, watcher, [64, 2, {}, "w.p"]);
    const a = joinResumable(realm, "a");
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
    expect(resumeSession(realm, a)).toMatchObject({ resumed: false, resumable: true });
    realm.take();
    watcher.send([48, 4, {}, "a.p"]);
    expect(realm.take()).toEqual([["w", [8, 48, 4, {}, ...routerError("wamp.error.no_such_procedure")]]]);
  });

  test("causes no session meta events when its connection is lost and when it is resumed", () => {
    const realm = new TestRealm(RESUMING);
    const watcher = realm.join("w");
    ask(realm, watcher, [32, 1, { match: "prefix" }, "wamp."]);
    const a = joinResumable(realm, "a");
    realm.take();
    a.client.disconnect();
    pause(realm);
    expect(ask(realm, watcher, [48, 2, {}, "wamp.session.count"])[3]).toEqual([2]);
    resumeSession(realm, a);
    expect(realm.take()).toEqual([]);
  });

  test("[TST-07] publishes its detached testaments when its transport is lost, the others when it ends", () => {
    const realm = new TestRealm(RESUMING);
    const heir = realm.join("h");
    const topic = ask(realm, heir, [32, 1, {}, "bye"])[2];
    const a = joinResumable(realm, "a");
    ask(realm, a.client, [48, 1, {}, "wamp.session.add_testament", ["bye", ["detached"]], { scope: "detached" }]);
    ask(realm, a.client, [48, 2, {}, "wamp.session.add_testament", ["bye", ["destroyed"]]]);
    pause(realm);
    a.client.disconnect();
    expect(realm.take()).toEqual([["h", [36, topic, expect.any(Number), {}, ["detached"]]]]);
    pause(realm);
    const back = resumeSession(realm, a);
    pause(realm);
    back.client.disconnect();
    expect(realm.take()).toEqual([]);
    pause(realm);
    realm.advance(TIME);
    expect(realm.take()).toEqual([["h", [36, topic, expect.any(Number), {}, ["destroyed"]]]]);
  });

  test("can be resumed again and again, each time with another token, and each token once", () => {
    const realm = new TestRealm(RESUMING);
    let held: ResumableClient = joinResumable(realm, "a");
    const tokens = new Set([held.token]);
    for (let n = 0; n < 3; n++) {
      held.client.disconnect();
      pause(realm);
      const back = resumeSession(realm, held);
      expect(back).toMatchObject({ id: held.id, resumed: true });
      const thief = resumeSession(realm, held, {}, "thief");
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
    const a = joinResumable(realm, "a");
    const topic = ask(realm, a.client, [32, 1, {}, "t"])[2];
    pause(realm);
    const back = resumeSession(realm, a, {}, "a2");
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
    const a = joinResumable(realm, "a");
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
    expect(resumeSession(realm, a)).toMatchObject({ resumed: false });
    expect(realm.store.parked.owners()).toEqual([]);
  });

  test("cannot be resumed once too much waits, even if it has not ended yet", () => {
    const realm = new TestRealm(BOUNDED);
    const a = joinResumable(realm, "a");
    ask(realm, a.client, [32, 1, {}, "t"]);
    a.client.disconnect();
    const publisher = realm.join("p");
    publisher.send([16, 1, {}, "t", ["x".repeat(2_000)]]);
    pause(realm);
    expect(resumeSession(realm, a)).toMatchObject({ resumed: false });
    expect(realm.take()).toEqual([]);
  });

  test("that is killed while it waits is over", () => {
    const realm = new TestRealm(RESUMING);
    const a = joinResumable(realm, "a");
    a.client.disconnect();
    pause(realm);
    const killer = realm.join("k");
    killer.send([48, 1, {}, "wamp.session.kill", [a.id]]);
    expect(realm.take()).toEqual([["k", [50, 1, {}]]]);
    pause(realm);
    expect(resumeSession(realm, a)).toMatchObject({ resumed: false });
    realm.advance(2 * TIME);
    expect(realm.take()).toEqual([]);
  });

  test("[SREV-01] receives UNSUBSCRIBED afterwards for a subscription that was revoked", () => {
    const realm = new TestRealm(RESUMING);
    const roles = { ...ALL_ROLES, subscriber: { features: { subscription_revocation: true } } };
    const a = joinResumable(realm, "a", roles);
    const topic = ask(realm, a.client, [32, 1, {}, "t"])[2];
    a.client.disconnect();
    pause(realm);
    const other = realm.join("o");
    other.send([16, 1, {}, "t", ["before"]]);
    other.send([48, 2, {}, "wamp.subscription.remove_subscriber", [topic, a.id]]);
    other.send([16, 3, {}, "t", ["after"]]);
    realm.take();
    pause(realm);
    resumeSession(realm, a, { roles });
    expect(realm.take()).toEqual([
      ["a", [36, topic, expect.any(Number), {}, ["before"]]],
      ["a", [35, 0, { subscription: topic }]],
    ]);
  });

  test("sends a client that counts its messages exactly those that it has not received", () => {
    const realm = new TestRealm(BOUNDED);
    const a = joinResumable(realm, "a");
    ask(realm, a.client, [32, 1, {}, "t"]);
    const publisher = realm.join("p");
    a.client.send([48, 2, {}, "nowhere"]);
    publisher.send([16, 1, {}, "t", ["on its way"]]);
    realm.take();
    a.client.disconnect();
    publisher.send([16, 2, {}, "t", ["meanwhile"]]);
    pause(realm);
    // SUBSCRIBED and ERROR have arrived, the first event has not.
    const back = resumeSession(realm, a, { _resume_received: 2 });
    expect(back.resumed).toBe(true);
    expect(realm.take().map(([, line]) => line[4])).toEqual([["on its way"], ["meanwhile"]]);
    pause(realm);
    back.client.disconnect();
    pause(realm);
    expect(resumeSession(realm, back, { _resume_received: 4 }).resumed).toBe(true);
    expect(realm.take()).toEqual([]);
  });
});

test("[SES-29] aborts a client for which a message that waited is too large", () => {
  const realm = new TestRealm(RESUMING);
  const a = joinResumable(realm, "a");
  ask(realm, a.client, [32, 1, {}, "t"]);
  a.client.disconnect();
  realm.join("p").send([16, 1, {}, "t", ["x".repeat(9_000)]]);
  const client = realm.connect("a");
  client.transport.maxLength = 8_000;
  const wish = { "resume-session": a.id, "resume-token": a.token };
  client.send([1, "realm1", { roles: ALL_ROLES, ...wish }]);
  expect(takeOffer(realm, "a").resumed).toBe(true);
  expect(realm.take()).toEqual(
    aborted("a", "wamp.error.payload_size_exceeded", 1009, "a message that waited is too large"),
  );
});

test("[SES-29] a session is resumed also where the realm is full; a new one in its place is refused", () => {
  const realm = new TestRealm({ ...RESUMING, limits: { sessions: 1 } });
  const a = joinResumable(realm, "a");
  a.client.disconnect();
  const stranger = { roles: ALL_ROLES, resumable: true, "resume-session": a.id, "resume-token": "wrong" };
  realm.connect("b").send([1, "realm1", stranger]);
  expect(realm.take()).toEqual(aborted("b", "wamp.edge.error.limit_exceeded", 1013, "the realm is full"));
  expect(resumeSession(realm, a)).toMatchObject({ id: a.id, resumed: true });
});
