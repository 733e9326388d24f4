/** Components: programs inside the realm, with sessions as clients have them. */

import { describe, expect, it } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { ApplicationError } from "../../../src/wamp/local/application-error.ts";
import { type Component, type ComponentSession, Result } from "../../../src/wamp/local/component.ts";
import { HostedComponent } from "../../../src/wamp/local/hosted-component.ts";
import type { Dict, List } from "../../../src/wamp/protocol/values.ts";
import { denial } from "../authorization/denial-errors.ts";
import { SeededRandom } from "../host/seeded-random.ts";
import { ANYTHING, type Client, type Entry, TestRealm } from "../host/test-realm.ts";

type Join = Component<Dict>["onJoin"];

interface ComponentRealm {
  readonly testRealm: TestRealm;
  /** The session of each component, as it was given last. */
  readonly sessions: Record<string, ComponentSession>;
  /** Promises that the realm has to stay awake for. */
  readonly works: PromiseLike<unknown>[];
  /** Names of components whose session was ended. */
  readonly left: string[];
}

const ROLES = [
  { name: "anonymous", permissions: [ANYTHING] },
  { name: "backend", permissions: [ANYTHING] },
  { name: "reader", permissions: [{ uri: "", match: "prefix", allow: { subscribe: true } }] },
] as const;

/** Messages of clients that cause messages of components. */
const LINES: readonly ((request: number) => List)[] = [
  (request) => [48, request, {}, "add", [request, 1]],
  (request) => [48, request, {}, "twice", [request]],
  (request) => [48, request, {}, "com.example.thing"],
  (request) => [16, request, { acknowledge: true }, "t", [request]],
  (request) => [32, request, {}, "echo"],
  (request) => [32, request, { match: "prefix" }, ""],
  (request) => [32, request, { get_retained: true }, "all"],
  (request) => [64, request, {}, "add"],
  (request) => [64, request, {}, "com.example.thing"],
  (request) => [48, request, {}, "wamp.registration.match", ["twice"]],
  (request) => [48, request, {}, "wamp.subscription.lookup", ["echo"]],
  (request) => [48, request, {}, "wamp.session.count"],
];

/** Makes a realm with these components; `quiet` has the role `reader`. */
function realmWith(
  components: Record<string, Join | Component<Dict>>,
  input: Partial<RealmInput> = {},
): ComponentRealm {
  const testRealm = new TestRealm({ roles: ROLES, ...input });
  const sessions: ComponentRealm["sessions"] = {};
  const works: PromiseLike<unknown>[] = [];
  const left: string[] = [];
  testRealm.joinLocalSessions = (realm) => {
    for (const [name, program] of Object.entries(components)) {
      const component = typeof program === "function" ? { onJoin: program } : program;
      const role = name === "quiet" ? "reader" : "backend";
      const home = { realm, host: testRealm, env: { KEY: "k" }, onLeave: () => left.push(name) };
      const session = new HostedComponent(
        component,
        { name, role, extra: { greeting: "hi" } },
        {
          ...home,
          keepAwake: (work) => works.push(work),
        },
      );
      sessions[name] = session;
      session.join();
    }
  };
  testRealm.restart();
  return { testRealm, sessions, works, left };
}

/** Returns the recording after the components have run. */
async function outcome(testRealm: TestRealm): Promise<Entry[]> {
  await new Promise(setImmediate);
  return testRealm.take();
}

/** Calls `p`, and returns the answer. */
async function answer(
  testRealm: TestRealm,
  client: Client,
  options: Dict = {},
  ...payload: unknown[]
): Promise<Entry[]> {
  client.send([48, 1, options, "p", ...payload]);
  return outcome(testRealm);
}

/** The causes in the log lines about components. */
function faults({ logged }: TestRealm): unknown[] {
  return logged.map(({ level, event, component, cause }) => {
    expect([level, event, component]).toEqual(["error", "component.failed", expect.any(String)]);
    return cause;
  });
}

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
    expect(await outcome(testRealm)).toEqual([["ann", [8, 48, 1, {}, ...denial("wamp.error.timeout")]]]);
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
        ["ann", [8, 48, 1, {}, ...(mode === "kill" ? ["wamp.error.canceled"] : denial("wamp.error.canceled"))]],
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
    expect(await answer(testRealm, ann)).toEqual([["ann", [8, 48, 1, {}, ...denial("wamp.error.no_such_procedure")]]]);
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
