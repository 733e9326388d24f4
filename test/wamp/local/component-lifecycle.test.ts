/** Components: their own requests, joining, leaving and sleep. */

import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../../src/testing/seeded-random.ts";
import { ApplicationError } from "../../../src/wamp/local/application-error.ts";
import { Result } from "../../../src/wamp/local/component.ts";
import type { Dict, List } from "../../../src/wamp/protocol/values.ts";
import type { Entry } from "../host/test-realm.ts";
import { answer, faults, LINES, outcome, ROLES, realmWith } from "./component-realm.ts";

describe("a component asks", () => {
  it("calls procedures, and gets args and kwargs, progress and errors", async () => {
    const { testRealm, sessions, works } = realmWith({
      maths: (session) => {
        session.register("add", ([a, b], { exact }, { progress }) => {
          progress?.(["soon"]);
          return new Result([(a as number) + (b as number)], { exact });
        });
        session.register("fail", () => {
          throw new ApplicationError("com.error", ["no"], { limit: 2 });
        });
      },
      asker: () => {},
    });
    const { asker } = sessions;
    const parts: unknown[] = [];
    const onProgress = (...part: unknown[]) => parts.push(part);
    expect(await asker!.call("add", [1, 2], { exact: true }, { onProgress })).toEqual({
      args: [3],
      kwargs: { exact: true },
    });
    expect(parts).toEqual([[["soon"], {}]]);
    expect(works).toHaveLength(1);
    const error = {
      name: "ApplicationError",
      message: "com.error: no",
      uri: "com.error",
      args: ["no"],
      kwargs: { limit: 2 },
    };
    await expect(asker!.call("fail")).rejects.toMatchObject(error);
    await expect(asker!.call("nothing")).rejects.toThrow("wamp.error.no_such_procedure");
    const [ann] = testRealm.joinAll("ann");
    ann.send([64, 1, {}, "client"]);
    const answered = asker!.call("client", ["x"], {}, { timeout: 1000 });
    expect((await outcome(testRealm)).at(-1)).toEqual(["ann", [68, 1, expect.any(Number), {}, ["x"]]]);
    ann.send([70, 1, {}, ["y"]]);
    expect(await answered).toEqual({ args: ["y"], kwargs: {} });
  });

  it("cancels its call by a signal", async () => {
    const { testRealm, sessions } = realmWith({ asker: () => {} });
    const callee = testRealm.join("ann", { callee: { features: { call_canceling: true } } });
    callee.send([64, 1, {}, "slow"]);
    const stop = new AbortController();
    const answered = sessions.asker!.call("slow", [], {}, { signal: stop.signal });
    testRealm.take();
    stop.abort();
    await expect(answered).rejects.toThrow("wamp.error.canceled");
    expect(await outcome(testRealm)).toEqual([["ann", [69, 1, { mode: "killnowait" }]]]);
    await expect(sessions.asker!.call("slow", [], {}, { signal: stop.signal })).rejects.toThrow("aborted");
    expect(await outcome(testRealm)).toEqual([]);
  });

  it("publishes events, and gets the publication id", async () => {
    const { testRealm, sessions } = realmWith({ mouth: () => {} });
    const [ann] = testRealm.joinAll("ann");
    ann.send([32, 1, {}, "t"]);
    const [[, [, , subscription]]] = testRealm.take() as [[string, [number, number, number]]];
    const publication = await sessions.mouth!.publish("t", ["hi"], { a: 1 }, { disclose_me: true });
    const details = { publisher: sessions.mouth!.id, publisher_authid: "mouth", publisher_authrole: "backend" };
    expect(await outcome(testRealm)).toEqual([["ann", [36, subscription, publication, details, ["hi"], { a: 1 }]]]);
  });

  it("is refused what its role may not do", async () => {
    const { sessions } = realmWith({ quiet: () => {} });
    const { quiet } = sessions;
    await expect(quiet!.register("p", () => 1)).rejects.toThrow("wamp.error.not_authorized");
    await expect(quiet!.call("p")).rejects.toThrow("wamp.error.not_authorized");
    await expect(quiet!.publish("t")).rejects.toThrow("wamp.error.not_authorized");
    await expect(quiet!.subscribe("t", () => {})).resolves.toMatchObject({ topic: "t" });
  });

  it("is refused what cannot be sent, and goes on", async () => {
    const { testRealm, sessions } = realmWith({ mouth: () => {} });
    const { mouth } = sessions;
    await expect(mouth!.publish("t", "text" as never)).rejects.toThrow("args must be a list");
    await expect(mouth!.publish("t", [], [] as never)).rejects.toThrow("kwargs must be an object");
    const endless: unknown[] = [];
    endless.push(endless);
    await expect(mouth!.publish("t", endless)).rejects.toThrow(RangeError);
    await expect(mouth!.publish("t")).resolves.toEqual(expect.any(Number));
    expect(await outcome(testRealm)).toEqual([]);
  });

  it("is refused what the authorizer of its role denies, and waits for it", async () => {
    const roles = [...ROLES.slice(0, 1), { name: "backend", authorizer: "authorize" }];
    const { testRealm, sessions } = realmWith({ one: () => {} }, { roles });
    const [ann] = testRealm.joinAll("ann");
    ann.send([64, 1, {}, "authorize"]);
    testRealm.take();
    const outcomes = [sessions.one!.publish("allowed"), sessions.one!.register("denied", () => 1)];
    for (const isAllowed of [true, false]) {
      const [[, invocation]] = (await outcome(testRealm)) as [[string, List]];
      ann.send([70, invocation[1], {}, [isAllowed]]);
    }
    await expect(outcomes[0]).resolves.toEqual(expect.any(Number));
    await expect(outcomes[1]).rejects.toThrow("wamp.error.not_authorized");
  });

  it("knows its realm, its part of the configuration and the bindings", () => {
    const { sessions } = realmWith({ one: () => {} });
    const { realm, extra, env } = sessions.one!;
    expect([realm, extra, env]).toEqual(["realm1", { greeting: "hi" }, { KEY: "k" }]);
  });

  it("acts after the turn it hears of something in, so that all hear things in one order", async () => {
    const { testRealm } = realmWith({
      echo: (session) => void session.subscribe("t", (args) => session.publish("echo", args)),
    });
    const [ann, ben] = testRealm.joinAll("ann", "ben");
    ben.send([32, 1, { match: "prefix" }, ""]);
    testRealm.take();
    ann.send([16, 1, {}, "t", [1]], [16, 2, {}, "t", [2]]);
    const topics = (await outcome(testRealm)).map(([, message]) => (message as unknown as [0, 0, 0, Dict])[3].topic);
    expect(topics).toEqual(["t", "t", "echo", "echo"]);
  });
});

describe("a component comes and goes", () => {
  it("is seen by the session meta API, as what it is", async () => {
    const told: unknown[] = [];
    const { testRealm, sessions } = realmWith({ one: (_session, details) => void told.push(details) });
    const [ann] = testRealm.joinAll("ann");
    ann.send([48, 1, {}, "wamp.session.get", [sessions.one!.id]]);
    const identity = { authid: "one", authrole: "backend", authmethod: "internal", authprovider: "static" };
    const details = expect.objectContaining({ session: sessions.one!.id, ...identity });
    expect(testRealm.take()).toEqual([["ann", [50, 1, {}, [details]]]]);
    expect(told).toEqual([{ realm: "realm1", session: sessions.one!.id, ...identity }]);
  });

  it("joins before the first message after a sleep is routed, without meta events", async () => {
    const { testRealm, sessions } = realmWith({
      maths: (session) => {
        session.register("p", () => "here");
        session.subscribe("t", (args) => session.publish("echo", args));
      },
    });
    const [ann] = testRealm.joinAll("ann");
    for (const [index, topic] of ["wamp.session.on_join", "wamp.registration.on_create", "echo"].entries()) {
      ann.send([32, index + 1, {}, topic]);
    }
    const ids = [
      [48, 4, {}, "wamp.registration.match", ["p"]],
      [48, 5, {}, "wamp.subscription.match", ["t"]],
    ];
    ann.send(...ids);
    const known = testRealm.take().slice(-2);
    const { id } = sessions.maths!;
    testRealm.sleepAndWake();
    ann.send(...ids);
    expect(testRealm.take()).toEqual(known);
    expect(sessions.maths!.id).toBe(id);
    testRealm.sleepAndWake();
    ann.send([48, 1, {}, "p"], [16, 4, {}, "t", ["x"]]);
    const messages = (await outcome(testRealm)).map(([, message]) => message);
    expect(messages).toEqual([
      [50, 1, {}, ["here"]],
      [36, expect.any(Number), expect.any(Number), {}, ["x"]],
    ]);
  });

  it.each(Array.from({ length: 40 }, (_, index) => [index + 1]))(
    "makes no difference by sleeping (seed %i)",
    async (seed) => {
      const story = async (sleeps: boolean): Promise<Partial<Record<string, Entry[]>>> => {
        const { testRealm } = realmWith({
          maths: (session) => {
            session.register("add", async ([a, b]) => (a as number) + (b as number));
            session.register("com.", (_args, _kwargs, { procedure }) => procedure, { match: "prefix" });
            session.subscribe("t", (args) => session.publish("echo", args));
          },
          twice: (session) => {
            session.register("twice", async ([n]) => new Result((await session.call("add", [n, n])).args));
            session.subscribe("echo", ([n]) => session.publish("all", [n], {}, { exclude_me: false, retain: true }));
            session.subscribe("all", () => session.publish("end"), { match: "wildcard" });
          },
        });
        const clients = testRealm.joinAll("ann", "ben");
        const random = new SeededRandom(seed);
        const entries: Entry[] = [];
        for (let request = 1; request <= 25; request++) {
          random.pick(clients).send(random.pick(LINES)(request));
          entries.push(...(await outcome(testRealm)));
          if (sleeps) testRealm.sleepAndWake();
        }
        // The order of subscribers does not matter.
        return Object.groupBy(entries, ([client]) => client);
      };
      expect(await story(true)).toEqual(await story(false));
    },
  );

  it("cancels calls that it forgot in its sleep, and none that came since", async () => {
    let isPatient = true;
    const { testRealm } = realmWith({
      slow: (session) => void session.register("p", () => (isPatient ? new Promise(() => {}) : "quick")),
    });
    testRealm.time = 5;
    const [ann] = testRealm.joinAll("ann");
    await answer(testRealm, ann);
    testRealm.advance(90_000);
    testRealm.sleepAndWake();
    isPatient = false;
    ann.send([48, 2, {}, "p"]);
    expect(await outcome(testRealm)).toEqual([
      ["ann", [8, 48, 1, {}, "wamp.error.canceled", ["the component was interrupted"]]],
      ["ann", [50, 2, {}, ["quick"]]],
    ]);
  });

  it("says goodbye when it is killed, and is told; others go on", async () => {
    const reasons: string[] = [];
    const { testRealm, sessions, left } = realmWith({
      victim: {
        onJoin: (session) => void session.register("p", () => new Promise(() => {})),
        onLeave: (_session, reason) => void reasons.push(reason),
      },
      other: (session) => void session.register("other", () => "fine"),
    });
    const [ann, ben] = testRealm.joinAll("ann", "ben");
    const pending = sessions.victim!.call("other", [], {}, {});
    await expect(pending).resolves.toMatchObject({ args: ["fine"] });
    ben.send([64, 1, {}, "silent"]);
    const unanswered = sessions.victim!.call("silent");
    await answer(testRealm, ann);
    ann.send([48, 2, {}, "wamp.session.kill", [sessions.victim!.id], { reason: "com.bye" }]);
    await expect(unanswered).rejects.toThrow("wamp.error.canceled");
    expect(await outcome(testRealm)).toEqual([
      ["ann", [50, 2, {}]],
      ["ann", [8, 48, 1, {}, "wamp.error.canceled", ["the callee's session ended"]]],
    ]);
    expect([reasons, left]).toEqual([["com.bye"], ["victim"]]);
    await expect(sessions.victim!.publish("t")).rejects.toThrow("wamp.error.no_such_session");
    // Nothing is left to be done about it.
    expect(testRealm.realm.nextDeadline()).toBeUndefined();
    ann.send([48, 3, {}, "other"]);
    expect(await outcome(testRealm)).toEqual([["ann", [50, 3, {}, ["fine"]]]]);
    testRealm.sleepAndWake();
    ann.send([48, 4, {}, "p"]);
    expect(await outcome(testRealm)).toEqual([]);
  });

  it("is aborted alone when it breaks the protocol", async () => {
    const reasons: string[] = [];
    const { testRealm, sessions, left } = realmWith({
      faulty: { onJoin: () => {}, onLeave: (_session, reason) => void reasons.push(reason) },
      other: (session) => void session.register("p", () => "fine"),
    });
    const [ann] = testRealm.joinAll("ann");
    await expect(sessions.faulty!.publish("t", [], {}, { exclude: "all" })).rejects.toThrow(
      "wamp.error.protocol_violation: PUBLISH: invalid exclude",
    );
    await outcome(testRealm);
    expect([reasons, left]).toEqual([["wamp.error.protocol_violation"], ["faulty"]]);
    expect(faults(testRealm)).toEqual(["PUBLISH: invalid exclude"]);
    expect(await answer(testRealm, ann)).toEqual([["ann", [50, 1, {}, ["fine"]]]]);
  });

  it("keeps what it has when onJoin throws, which the log hears of", async () => {
    const { testRealm } = realmWith({
      sync: (session) => {
        session.register("p", () => "fine");
        throw new Error("sync");
      },
      async: async () => {
        await undefined;
        throw new Error("async");
      },
    });
    const [ann] = testRealm.joinAll("ann");
    expect(await answer(testRealm, ann)).toEqual([["ann", [50, 1, {}, ["fine"]]]]);
    expect(faults(testRealm)).toEqual(["Error: sync", "Error: async"]);
  });
});
