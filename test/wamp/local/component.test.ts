/** Components: procedures and subscriptions. */

import { describe, expect, it } from "vitest";
import { ApplicationError } from "../../../src/wamp/local/application-error.ts";
import { Result } from "../../../src/wamp/local/component.ts";
import type { List } from "../../../src/wamp/protocol/values.ts";
import { routerError } from "../host/router-errors.ts";
import { answer, faults, outcome, realmWith } from "./component-realm.ts";

describe("a procedure of a component", () => {
  it.each([
    ["a value", () => 3, [[3]]],
    ["nothing", () => undefined, []],
    ["null", () => null, [[null]]],
    ["a list", () => [1, 2], [[[1, 2]]]],
    ["a Result", () => new Result([1, 2], { exact: true }), [[1, 2], { exact: true }]],
    ["an empty Result", () => new Result(), []],
    ["a promise", async () => 3, [[3]]],
    ["a binary string", () => new Uint8Array([1, 2]), [["\0AQI="]]],
  ])("answers with %s", async (_, handler, payload) => {
    const { testRealm } = realmWith({ maths: (session) => void session.register("p", handler) });
    const [ann] = testRealm.joinAll("ann");
    expect(await answer(testRealm, ann)).toEqual([["ann", [50, 1, {}, ...payload]]]);
  });

  it("is given args, kwargs and details, and copies of its own of them", async () => {
    const heard: unknown[] = [];
    const { testRealm } = realmWith({
      maths: (session) => {
        session.register("p", ([list], kwargs, { signal, ...details }) => {
          heard.push(structuredClone([list, kwargs, details]), signal.aborted);
          (list as unknown[]).push("changed");
          return list;
        });
        session.register("com.", (_args, _kwargs, { procedure }) => procedure, { match: "prefix" });
      },
    });
    const [ann] = testRealm.joinAll("ann");
    const calls = await answer(testRealm, ann, { disclose_me: true }, [[1]], { a: 1 });
    expect(calls).toEqual([["ann", [50, 1, {}, [[1, "changed"]]]]]);
    const details = { procedure: "p", caller: 1, caller_authid: expect.any(String), caller_authrole: "anonymous" };
    expect(heard).toEqual([[[1], { a: 1 }, { ...details, caller: expect.any(Number) }], false]);
    ann.send([48, 2, {}, "com.example"]);
    expect(await outcome(testRealm)).toEqual([["ann", [50, 2, {}, ["com.example"]]]]);
  });

  it.each([
    [
      "an ApplicationError",
      new ApplicationError("com.error", ["no"], { limit: 2 }),
      "com.error",
      [["no"], { limit: 2 }],
    ],
    ["anything that has a URI", { uri: "com.error" }, "com.error", []],
  ])("throws %s at its caller, and the log hears nothing", async (_, thrown, uri, payload) => {
    const { testRealm } = realmWith({
      sync: (session) => {
        session.register("p", () => {
          throw thrown;
        });
        session.register("async", async () => {
          throw thrown;
        });
      },
    });
    const [ann] = testRealm.joinAll("ann");
    expect(await answer(testRealm, ann)).toEqual([["ann", [8, 48, 1, {}, uri, ...payload]]]);
    ann.send([48, 2, {}, "async"]);
    expect(await outcome(testRealm)).toEqual([["ann", [8, 48, 2, {}, uri, ...payload]]]);
    expect(testRealm.logged).toEqual([]);
  });

  it.each([
    ["an Error", new RangeError("too much"), "too much"],
    ["a text", "too much", "too much"],
    ["an Error whose URI is none", Object.assign(new Error("odd"), { uri: "no uri" }), "odd"],
  ])("that throws %s is a runtime error, and is logged", async (_, thrown, message) => {
    const { testRealm } = realmWith({
      faulty: (session) => {
        session.register("p", () => {
          throw thrown;
        });
        session.register("other", () => "fine");
      },
    });
    const [ann] = testRealm.joinAll("ann");
    expect(await answer(testRealm, ann)).toEqual([["ann", [8, 48, 1, {}, "wamp.error.runtime_error", [message]]]]);
    expect(faults(testRealm)).toEqual([String(thrown)]);
    ann.send([48, 2, {}, "other"]);
    expect(await outcome(testRealm)).toEqual([["ann", [50, 2, {}, ["fine"]]]]);
  });

  it("that answers with what cannot be sent fails by itself", async () => {
    const endless: unknown[] = [];
    endless.push(endless);
    const { testRealm } = realmWith({ faulty: (session) => void session.register("p", () => endless) });
    const [ann] = testRealm.joinAll("ann");
    expect(await answer(testRealm, ann)).toEqual([
      ["ann", [8, 48, 1, {}, "wamp.error.runtime_error", ["Maximum call stack size exceeded"]]],
    ]);
    expect(faults(testRealm)).toHaveLength(1);
  });

  it("hangs alone, and its caller can give up", async () => {
    const { testRealm, works } = realmWith({
      slow: (session) => {
        session.register("p", () => new Promise(() => {}));
        session.register("other", () => "fine");
      },
    });
    const [ann] = testRealm.joinAll("ann");
    expect(await answer(testRealm, ann, { timeout: 1000 })).toEqual([]);
    expect(works).toHaveLength(1);
    ann.send([48, 2, {}, "other"]);
    expect(await outcome(testRealm)).toEqual([["ann", [50, 2, {}, ["fine"]]]]);
    testRealm.advance(1000);
    expect(await outcome(testRealm)).toEqual([["ann", [8, 48, 1, {}, ...routerError("wamp.error.timeout")]]]);
    expect(works).toHaveLength(1);
  });

  it("tells of its progress to callers that ask", async () => {
    const { testRealm } = realmWith({
      counter: (session) => {
        session.register("p", async (_args, _kwargs, { progress }) => {
          progress?.([1]);
          await undefined;
          progress?.([2], { half: true });
          setImmediate(() => progress?.(["too late"]));
          return 3;
        });
      },
    });
    const [ann] = testRealm.joinAll("ann");
    expect(await answer(testRealm, ann, { receive_progress: true })).toEqual([
      ["ann", [50, 1, { progress: true }, [1]]],
      ["ann", [50, 1, { progress: true }, [2], { half: true }]],
      ["ann", [50, 1, {}, [3]]],
    ]);
    ann.send([48, 2, {}, "p"]);
    expect(await outcome(testRealm)).toEqual([["ann", [50, 2, {}, [3]]]]);
  });

  it.each([["kill"], ["killnowait"]])(
    "is told when its caller cancels (%s), who need not wait for it",
    async (mode) => {
      let reason: unknown;
      const { testRealm } = realmWith({
        slow: (session) => {
          session.register("p", (_args, _kwargs, { signal }) => {
            signal.addEventListener("abort", () => {
              reason = signal.reason;
            });
            return new Promise(() => {});
          });
        },
      });
      const [ann] = testRealm.joinAll("ann");
      await answer(testRealm, ann);
      ann.send([49, 1, { mode }]);
      expect(await outcome(testRealm)).toEqual([
        // With kill the answer is that of the component.
        ["ann", [8, 48, 1, {}, ...(mode === "kill" ? ["wamp.error.canceled"] : routerError("wamp.error.canceled"))]],
      ]);
      expect(reason).toMatchObject({ uri: "wamp.error.canceled" });
    },
  );

  it("stops when its caller is gone", async () => {
    let isAborted = false;
    const { testRealm } = realmWith({
      slow: (session) => {
        session.register("p", (_args, _kwargs, { signal }) => {
          signal.addEventListener("abort", () => {
            isAborted = true;
          });
          return new Promise(() => {});
        });
      },
    });
    const [ann] = testRealm.joinAll("ann");
    await answer(testRealm, ann);
    ann.disconnect();
    expect(await outcome(testRealm)).toEqual([]);
    expect(isAborted).toBe(true);
  });

  it("ends with unregister", async () => {
    const { testRealm, sessions } = realmWith({
      brief: (session) => void session.register("p", () => 1).then((it) => session.unregister(it)),
    });
    const [ann] = testRealm.joinAll("ann");
    await outcome(testRealm);
    expect(await answer(testRealm, ann)).toEqual([
      ["ann", [8, 48, 1, {}, ...routerError("wamp.error.no_such_procedure")]],
    ]);
    const unknown = { id: 4711, procedure: "p", handler: () => 1 };
    await expect(sessions.brief!.unregister(unknown)).rejects.toThrow("wamp.error.no_such_registration");
  });

  it("shares its calls with others where they register so", async () => {
    const { testRealm } = realmWith({
      one: (session) => void session.register("p", () => "one", { invoke: "roundrobin" }),
      two: (session) => void session.register("p", () => "two", { invoke: "roundrobin" }),
    });
    const [ann] = testRealm.joinAll("ann");
    ann.send([48, 1, {}, "p"], [48, 2, {}, "p"]);
    expect((await outcome(testRealm)).map(([, message]) => (message as List)[3])).toEqual([["one"], ["two"]]);
  });
});

describe("a subscription of a component", () => {
  it("brings events with their details", async () => {
    const heard: unknown[] = [];
    const { testRealm } = realmWith({
      ear: (session) => {
        session.subscribe("news.", (...event) => void heard.push(event), { match: "prefix" });
        session.subscribe("exact", (...event) => void heard.push(event));
      },
    });
    const [ann] = testRealm.joinAll("ann");
    testRealm.lastId = 100;
    ann.send([16, 1, {}, "news.local", ["hi"], { a: 1 }], [16, 2, { disclose_me: true }, "exact"]);
    await outcome(testRealm);
    expect(heard).toEqual([
      [["hi"], { a: 1 }, { topic: "news.local", publication: 101 }],
      [[], {}, expect.objectContaining({ topic: "exact", publication: 102, publisher_authrole: "anonymous" })],
    ]);
  });

  it("has as many handlers as there are, and ends with the last of them", async () => {
    const heard: string[] = [];
    const { testRealm, sessions } = realmWith({ ear: () => {} });
    const { ear } = sessions;
    const first = await ear!.subscribe("t", () => void heard.push("first"));
    const second = await ear!.subscribe("t", () => void heard.push("second"));
    expect(second.id).toBe(first.id);
    const [ann] = testRealm.joinAll("ann");
    ann.send([16, 1, {}, "t"]);
    await outcome(testRealm);
    await ear!.unsubscribe(first);
    ann.send([16, 2, {}, "t"]);
    await outcome(testRealm);
    await ear!.unsubscribe(second);
    expect(heard).toEqual(["first", "second", "second"]);
    ann.send([48, 1, {}, "wamp.subscription.match", ["t"]]);
    expect(await outcome(testRealm)).toEqual([["ann", [50, 1, {}, [null]]]]);
    await expect(ear!.unsubscribe(second)).rejects.toThrow("wamp.error.no_such_subscription");
  });

  it("gets what is retained, though its handler is that new", async () => {
    const heard: List[] = [];
    const { testRealm, sessions } = realmWith({ ear: () => {} });
    const [ann] = testRealm.joinAll("ann");
    ann.send([16, 1, { retain: true }, "t", ["kept"]]);
    sessions.ear!.subscribe("t", (args) => void heard.push(args), { get_retained: true });
    await outcome(testRealm);
    expect(heard).toEqual([["kept"]]);
  });

  it("outlives a handler that throws, which only the log shows", async () => {
    const heard: number[] = [];
    const { testRealm } = realmWith({
      ear: (session) => {
        session.subscribe("t", () => {
          throw new Error("sync");
        });
        session.subscribe("t", async () => {
          throw new Error("async");
        });
        session.subscribe("t", ([n]) => void heard.push(n as number));
      },
    });
    const [ann] = testRealm.joinAll("ann");
    ann.send([16, 1, {}, "t", [1]], [16, 2, {}, "t", [2]]);
    expect(await outcome(testRealm)).toEqual([]);
    expect(heard).toEqual([1, 2]);
    expect(faults(testRealm).sort()).toEqual(["Error: async", "Error: async", "Error: sync", "Error: sync"]);
  });

  it("shows each its own copy of an event", async () => {
    const heard: unknown[] = [];
    const take = ([list]: List): void => {
      (list as unknown[]).push("mine");
      heard.push(list);
    };
    const { testRealm } = realmWith({
      one: (it) => void it.subscribe("t", take),
      two: (it) => void it.subscribe("t", take),
    });
    const [ann] = testRealm.joinAll("ann");
    ann.send([16, 1, {}, "t", [[]]]);
    await outcome(testRealm);
    expect(heard).toEqual([["mine"], ["mine"]]);
  });
});
