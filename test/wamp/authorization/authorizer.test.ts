/** Dynamic authorization: requests, responses, held messages and cached decisions (Authorization). */

import { describe, expect, test } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { routerError } from "../host/router-errors.ts";
import type { Client } from "../host/test-realm.ts";
import { ALL_ROLES, ANYTHING, aborted, TestRealm } from "../host/test-realm.ts";

type Roles = NonNullable<RealmInput["roles"]>;

const AUTHORIZE = "com.authorize";

/** Waits until the router has processed the responses of the authorizer. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

interface AuthorizerTestRealm {
  readonly testRealm: TestRealm;
  /** The client that serves the authorizer procedure. Its role may do anything. */
  readonly authorizer: Client;
  /** The last INVOCATION that the authorizer has not answered. */
  takeRequests(): Promise<unknown[][]>;
  /** Sends the response to an INVOCATION. */
  respond(request: unknown, ...args: unknown[]): Promise<void>;
}

/** Makes a realm whose role `anonymous` has an authorizer, and the client that serves the authorizer. */
function createTestRealm(input: Partial<RealmInput> = {}, role: Partial<Roles[number]> = {}): AuthorizerTestRealm {
  const roles: Roles = [
    { name: "anonymous", authorizer: AUTHORIZE, ...role },
    { name: "authorizer", permissions: [ANYTHING] },
  ];
  const testRealm = new TestRealm({ roles, ...input });
  const authorizer = joinAs(testRealm, "authorizer", "authorizer");
  authorizer.send([64, 1, {}, AUTHORIZE]);
  testRealm.take();
  return {
    testRealm,
    authorizer,
    takeRequests: async () => {
      await settled();
      const all = testRealm.take();
      expect(all.filter(([name]) => name !== "authorizer")).toStrictEqual([]);
      return all.map(([, message]) => [...(message as unknown[])]);
    },
    respond: async (request, ...args) => {
      authorizer.send([70, request, {}, args]);
      await settled();
    },
  };
}

/** Joins a client with this role and identity. */
function joinAs(
  testRealm: TestRealm,
  name: string,
  authrole: string,
  authid = name,
  authextra: object = {},
  roles: object = ALL_ROLES,
): Client {
  const client = testRealm.join(name, roles);
  client.alterSession({
    identity: { authid, authrole, authmethod: "ticket", authprovider: "static", authextra: { ...authextra } },
  });
  testRealm.sleepAndWake();
  return client;
}

/** The request id and Arguments of an INVOCATION of the authorizer, without the session's details. */
function requestIn([type, request, , , args]: unknown[]): unknown[] {
  expect(type).toBe(68);
  return [request, ...(args as unknown[]).slice(1)];
}

describe("the request to an authorizer", () => {
  test.each([
    ["call", [48, 1, { timeout: 5 }, "com.x"], "com.x", { timeout: 5 }],
    ["publish", [16, 1, { acknowledge: true, retain: true }, "com.x"], "com.x", { acknowledge: true, retain: true }],
    ["subscribe", [32, 1, { match: "prefix" }, "com."], "com.", { match: "prefix" }],
    [
      "register",
      [64, 1, { match: "wildcard", invoke: "random" }, "a..c"],
      "a..c",
      { match: "wildcard", invoke: "random" },
    ],
  ])(
    "[AZ-10][AZ-01] has the session's details, the URI, the action and the options: %s",
    async (action, message, uri, options) => {
      const { testRealm, takeRequests } = createTestRealm();
      const ann = joinAs(testRealm, "ann", "anonymous", "ann", { tenant: 7 });
      testRealm.take();
      ann.send(message);
      const details = {
        realm: "realm1",
        session: 3,
        authid: "ann",
        authrole: "anonymous",
        authmethod: "ticket",
        authprovider: "static",
        authextra: { tenant: 7 },
        transport: {},
      };
      expect(await takeRequests()).toStrictEqual([[68, 1, expect.any(Number), {}, [details, uri, action, options]]]);
    },
  );

  test("[AZ-02] contains realm, authrole and authid of anonymous sessions, too, each with its own authid", async () => {
    const { testRealm, takeRequests } = createTestRealm();
    for (const name of ["ann", "ben"]) testRealm.join(name).send([48, 1, {}, "com.x"]);
    const principals = (await takeRequests()).map(([, , , , args]) => {
      const [{ realm, authrole, authid }] = args as [Record<string, unknown>];
      return { realm, authrole, authid };
    });
    const anybody = { realm: "realm1", authrole: "anonymous", authid: expect.stringMatching(/./) };
    expect(principals).toStrictEqual([anybody, anybody]);
    expect(principals[0]?.authid).not.toBe(principals[1]?.authid);
  });

  test("[AZ-10] contains the transport info", async () => {
    const { testRealm, takeRequests } = createTestRealm();
    const facts = { is_secure: true, websocket_protocol: "wamp.2.json", http_headers_received: { a: "b" } };
    const ann = testRealm.connect("ann", facts);
    ann.send([1, "realm1", { roles: ALL_ROLES }], [48, 1, {}, "com.x"]);
    testRealm.recording.splice(0, 1);
    const [[, , , , args] = []] = await takeRequests();
    expect((args as [{ transport: object }])[0].transport).toStrictEqual(facts);
  });

  test("[URI-01][AZ-07] is not sent for an invalid or reserved URI", async () => {
    const { testRealm } = createTestRealm();
    const ann = testRealm.join("ann");
    ann.send([48, 1, {}, "com..x"], [64, 2, {}, "wamp.x"], [16, 3, { acknowledge: true }, "wamp.x"]);
    await settled();
    expect(testRealm.take()).toStrictEqual([
      ["ann", [8, 48, 1, {}, ...routerError("wamp.error.invalid_uri")]],
      ["ann", [8, 64, 2, {}, ...routerError("wamp.error.invalid_uri")]],
      ["ann", [8, 16, 3, {}, ...routerError("wamp.error.invalid_uri")]],
    ]);
  });

  test("[AZ-06] is not sent for UNSUBSCRIBE, UNREGISTER, YIELD, CANCEL and GOODBYE", async () => {
    const { testRealm, authorizer } = createTestRealm(
      {},
      { permissions: [{ uri: "com.own", allow: { subscribe: true, register: true } }] },
    );
    const ann = testRealm.join("ann");
    ann.send([32, 1, {}, "com.own"], [64, 2, {}, "com.own"]);
    const [subscription, registration] = testRealm.take().map(([, message]) => message[2]);
    authorizer.send([48, 9, {}, "com.own"]);
    ann.send([70, 1, {}], [34, 3, subscription], [66, 4, registration], [49, 5, {}], [6, {}, "wamp.close.close_realm"]);
    await settled();
    expect(testRealm.take().map(([name, message]) => [name, message[0]])).toStrictEqual([
      ["ann", 68],
      ["authorizer", 50],
      ["ann", 35],
      ["ann", 67],
      ["ann", 6],
    ]);
  });
});

describe("the response of an authorizer", () => {
  const CASES = [
    ["call", [48, 1, {}, "com.x"], [8, 48, 1, {}, ...routerError("wamp.error.no_such_procedure")]],
    ["publish", [16, 1, { acknowledge: true }, "com.x"], [17, 1, expect.any(Number)]],
    ["subscribe", [32, 1, { match: "prefix" }, "com.x"], [33, 1, expect.any(Number)]],
    ["register", [64, 1, { match: "wildcard" }, "com..x"], [65, 1, expect.any(Number)]],
  ] as const;

  test.each(CASES)("[AZ-10] that allows the action lets the message pass: %s", async (_, message, passed) => {
    for (const yes of [true, { allow: true }, { allow: true, disclose: null, cache: false, validate: null }]) {
      const { testRealm, respond } = createTestRealm();
      testRealm.join("ann").send(message);
      testRealm.take();
      await respond(1, yes);
      expect(testRealm.take()).toStrictEqual([["ann", passed]]);
    }
  });

  test.each(CASES)("[AZ-03][AZ-10] that denies the action leads to not_authorized: %s", async (_, message) => {
    for (const no of [false, { allow: false }, { allow: false, disclose: true, cache: true }]) {
      const { testRealm, respond } = createTestRealm();
      testRealm.join("ann").send(message);
      testRealm.take();
      await respond(1, no);
      expect(testRealm.take()).toStrictEqual([
        ["ann", [8, message[0], 1, {}, ...routerError("wamp.error.not_authorized")]],
      ]);
    }
  });

  test.each([
    ["nothing", []],
    ["null", [null]],
    ["text", ["yes"]],
    ["a number", [1]],
    ["a list", [[true]]],
    ["a dict without allow", [{ disclose: true }]],
    ["allow that is no bool", [{ allow: 1 }]],
    ["disclose that is no bool", [{ allow: true, disclose: "yes" }]],
    ["cache that is no bool", [{ allow: true, cache: 1 }]],
    ["an unknown key", [{ allow: true, admit: true }]],
    ["payload validation", [{ allow: true, validate: { call: "com.Type" } }]],
  ])("[AZ-04] that says %s fails that one action", async (_, args) => {
    const { testRealm, respond } = createTestRealm();
    testRealm.join("ann").send([48, 1, {}, "com.x"]);
    testRealm.take();
    await respond(1, ...args);
    expect(testRealm.take()).toStrictEqual([
      ["ann", [8, 48, 1, {}, ...routerError("wamp.error.authorization_failed")]],
    ]);
    const cause = "the authorizer's response is invalid";
    expect(testRealm.logged).toMatchObject([{ level: "error", event: "authorizer.failed", cause, uri: "com.x" }]);
  });

  test("[AZ-04] that is an ERROR leads to authorization_failed, whatever its URI", async () => {
    const { testRealm, authorizer } = createTestRealm();
    testRealm.join("ann").send([64, 1, {}, "com.x"]);
    authorizer.send([8, 68, 1, {}, "com.app.broken", ["secret"]]);
    await settled();
    expect(testRealm.take().slice(1)).toStrictEqual([
      ["ann", [8, 64, 1, {}, ...routerError("wamp.error.authorization_failed")]],
    ]);
  });

  test("[AZ-04] that does not come in time leads to authorization_failed, even if the callee forwards timeouts", async () => {
    const { testRealm, authorizer: first } = createTestRealm({ limits: { authorizer_timeout: 700 } });
    first.disconnect();
    const roles = { callee: { features: { call_timeout: true, call_canceling: true } } };
    const authorizer = joinAs(testRealm, "authorizer", "authorizer", "authorizer", {}, roles);
    authorizer.send([64, 1, { forward_timeout: true }, AUTHORIZE]);
    testRealm.join("ann").send([32, 1, {}, "com.x"]);
    testRealm.take();
    testRealm.advance(699);
    await settled();
    expect(testRealm.take()).toStrictEqual([]);
    testRealm.advance(1);
    await settled();
    expect(testRealm.take()).toStrictEqual([
      ["authorizer", [69, 1, { mode: "killnowait" }]],
      ["ann", [8, 32, 1, {}, ...routerError("wamp.error.authorization_failed")]],
    ]);
    authorizer.send([70, 1, {}, [true]]);
    await settled();
    expect(testRealm.take()).toStrictEqual([]);
  });

  test("[AZ-04] of a procedure without a callee leads to authorization_failed after the timeout", async () => {
    const { testRealm, authorizer } = createTestRealm();
    const ann = testRealm.join("ann");
    ann.send([32, 1, {}, "com.x"]);
    authorizer.disconnect();
    ann.send([32, 2, {}, "com.x"]);
    await settled();
    testRealm.advance(5_000);
    await settled();
    const failed = (request: number) => [
      "ann",
      [8, 32, request, {}, ...routerError("wamp.error.authorization_failed")],
    ];
    expect(testRealm.take().slice(1)).toStrictEqual([failed(1), failed(2)]);
  });

  test("[AZ-05] an unacknowledged PUBLISH is dropped silently when it is denied, and when the decision failed", async () => {
    const { testRealm, respond } = createTestRealm();
    testRealm.join("ann").send([16, 1, {}, "com.x"], [16, 2, {}, "com.y"]);
    await respond(1, false);
    await respond(2, "nonsense");
    expect(testRealm.take().filter(([name]) => name === "ann")).toStrictEqual([]);
  });

  test.each([
    [true, undefined, { publisher: 4, publisher_authid: "ann", publisher_authrole: "anonymous" }],
    [undefined, undefined, {}],
    [undefined, true, { publisher: 4, publisher_authid: "ann", publisher_authrole: "anonymous" }],
    [false, undefined, {}],
  ])("[PID-04][AZ-10] discloses the publisher as it says: %s, wish %s", async (disclose, wish, details) => {
    const { testRealm, authorizer, respond } = createTestRealm();
    authorizer.send([32, 2, {}, "com.x"]);
    const ann = joinAs(testRealm, "ann", "anonymous");
    testRealm.take();
    ann.send([16, 1, wish ? { disclose_me: true } : {}, "com.x"]);
    testRealm.take();
    await respond(1, { allow: true, ...(disclose !== undefined && { disclose }) });
    expect(testRealm.take()).toStrictEqual([["authorizer", [36, expect.any(Number), expect.any(Number), details]]]);
  });

  test("[CID-04] that forbids disclosure leads to option_disallowed.disclose_me where the caller asks for it", async () => {
    const { testRealm, authorizer, respond } = createTestRealm();
    authorizer.send([64, 2, {}, "com.x"]);
    testRealm.join("ann").send([48, 1, { disclose_me: true }, "com.x"]);
    testRealm.take();
    await respond(1, { allow: true, disclose: false });
    expect(testRealm.take()).toStrictEqual([
      ["ann", [8, 48, 1, {}, ...routerError("wamp.error.option_disallowed.disclose_me")]],
    ]);
  });
});

describe("rules beside an authorizer", () => {
  const RULES: Roles[number]["permissions"] = [
    { uri: "com.public.", match: "prefix", allow: { call: true, register: true, publish: true, subscribe: true } },
    { uri: "com.public.secret", match: "exact", allow: { call: true } },
    { uri: "com..closed", match: "wildcard" },
  ];
  const DENY = "wamp.error.not_authorized";
  /** Message → decision of the rules; undefined where the authorizer decides. */
  const MATRIX: [string, unknown[], string | number | undefined][] = [
    ["call, exact, under a rule that allows", [48, 1, {}, "com.public.x"], "wamp.error.no_such_procedure"],
    ["call, exact, under an exact rule that allows", [48, 1, {}, "com.public.secret"], "wamp.error.no_such_procedure"],
    ["call, exact, under a wildcard rule that denies", [48, 1, {}, "com.x.closed"], DENY],
    ["call, exact, under no rule", [48, 1, {}, "com.x"], undefined],
    ["publish, exact, under a rule that allows", [16, 1, { acknowledge: true }, "com.public.x"], 17],
    [
      "publish, exact, under a rule that allows other actions",
      [16, 1, { acknowledge: true }, "com.public.secret"],
      DENY,
    ],
    ["publish, exact, under no rule", [16, 1, { acknowledge: true }, "com.x"], undefined],
    ["subscribe, exact, under a rule that allows", [32, 1, {}, "com.public.x"], 33],
    ["subscribe, exact, under a rule that allows other actions", [32, 1, {}, "com.public.secret"], DENY],
    ["subscribe, exact, under no rule", [32, 1, {}, "com.x"], undefined],
    ["subscribe, prefix, all under a rule that allows", [32, 1, { match: "prefix" }, "com.public.x."], 33],
    ["subscribe, prefix, with a part that is denied", [32, 1, { match: "prefix" }, "com.public."], DENY],
    ["subscribe, prefix, beyond the rules, with a part that is denied", [32, 1, { match: "prefix" }, "com."], DENY],
    ["subscribe, prefix, under no rule", [32, 1, { match: "prefix" }, "org."], undefined],
    ["subscribe, wildcard, all under a rule that allows", [32, 1, { match: "wildcard" }, "com.public.x."], 33],
    ["subscribe, wildcard, under no rule", [32, 1, { match: "wildcard" }, "org..x"], undefined],
    ["register, exact, under a rule that allows", [64, 1, {}, "com.public.x"], 65],
    ["register, exact, under no rule", [64, 1, {}, "com.x"], undefined],
    ["register, prefix, all under a rule that allows", [64, 1, { match: "prefix" }, "com.public.x."], 65],
    ["register, prefix, with a part that is denied", [64, 1, { match: "prefix" }, "com.public.s"], DENY],
    ["register, prefix, under no rule", [64, 1, { match: "prefix" }, "org."], undefined],
    ["register, wildcard, under a rule that denies", [64, 1, { match: "wildcard" }, "com..closed"], DENY],
    ["register, wildcard, partly under a rule that denies", [64, 1, { match: "wildcard" }, "..closed"], DENY],
    ["register, wildcard, under no rule", [64, 1, { match: "wildcard" }, "org..x"], undefined],
  ];

  test.each(MATRIX)(
    "[AZ-08][AZ-10] decide where they match, the authorizer the rest: %s",
    async (_, message, expected) => {
      const { testRealm } = createTestRealm({}, { permissions: RULES! });
      testRealm.join("ann").send(message);
      await settled();
      const [[name, reply] = []] = testRealm.take() as [string, unknown[]][];
      if (expected === undefined) expect([name, reply?.[0]]).toStrictEqual(["authorizer", 68]);
      else if (typeof expected === "number") expect([name, reply?.[0]]).toStrictEqual(["ann", expected]);
      else expect([name, reply]).toStrictEqual(["ann", [8, message[0], 1, {}, ...routerError(expected)]]);
    },
  );
});

describe("the authorizer itself", () => {
  test("[AZ-12] is not called for its own session: only rules decide", async () => {
    const roles: Roles = [
      { name: "anonymous", authorizer: AUTHORIZE, permissions: [{ uri: AUTHORIZE, allow: { register: true } }] },
    ];
    const testRealm = new TestRealm({ roles });
    const authorizer = testRealm.join("authorizer");
    authorizer.send([64, 1, {}, AUTHORIZE]);
    testRealm.take();
    authorizer.send([48, 2, {}, "com.db"], [32, 3, {}, "com.x"]);
    await settled();
    expect(testRealm.take()).toStrictEqual([
      ["authorizer", [8, 48, 2, {}, ...routerError("wamp.error.not_authorized")]],
      ["authorizer", [8, 32, 3, {}, ...routerError("wamp.error.not_authorized")]],
    ]);
  });

  test("[AZ-12] can respond while its own message waits for another authorizer that waits for it", async () => {
    const roles: Roles = [
      { name: "anonymous" },
      { name: "left", authorizer: "com.right", permissions: [{ uri: "com.left", allow: { register: true } }] },
      { name: "right", authorizer: "com.left", permissions: [{ uri: "com.right", allow: { register: true } }] },
    ];
    const testRealm = new TestRealm({ roles });
    const [left, right] = [joinAs(testRealm, "left", "left"), joinAs(testRealm, "right", "right")];
    left.send([64, 1, {}, "com.left"]);
    right.send([64, 1, {}, "com.right"]);
    left.send([16, 2, { acknowledge: true }, "com.a"]);
    right.send([16, 2, { acknowledge: true }, "com.b"]);
    testRealm.take();
    left.send([70, 1, {}, [true]]);
    right.send([70, 1, {}, [true]]);
    await settled();
    expect(testRealm.take().map(([name, message]) => [name, message[0]])).toStrictEqual([
      ["right", 17],
      ["left", 17],
    ]);
  });
});

describe("a message that arrives while a decision is pending", () => {
  test("[ORD-05][ORD-01][ORD-03] waits behind it in order, for slow decisions of every kind", async () => {
    const { testRealm, authorizer, respond } = createTestRealm(
      {},
      { permissions: [{ uri: "static", allow: { publish: true, call: true } }] },
    );
    authorizer.send([32, 2, { match: "prefix" }, ""], [64, 3, {}, "static"], [64, 4, {}, "asked"]);
    const ann = testRealm.join("ann");
    testRealm.take();
    ann.send([16, 1, {}, "t1", [1]], [16, 2, {}, "static", [2]], [48, 3, {}, "static"], [16, 4, {}, "t2", [4]]);
    ann.send([48, 5, {}, "asked"], [16, 6, { acknowledge: true }, "static", [6]]);
    await settled();
    const id = expect.any(Number);
    const event = (topic: string, n: number) => ["authorizer", [36, id, id, { topic }, [n]]];
    const requestEntry = (request: number, ...rest: unknown[]) => [
      "authorizer",
      [68, request, id, {}, [expect.anything(), ...rest]],
    ];
    expect(testRealm.take()).toStrictEqual([requestEntry(1, "t1", "publish", {})]);
    await respond(1, true);
    expect(testRealm.take()).toStrictEqual([
      event("t1", 1),
      event("static", 2),
      ["authorizer", [68, 2, id, {}]],
      requestEntry(3, "t2", "publish", {}),
    ]);
    await respond(3, false);
    expect(testRealm.take()).toStrictEqual([requestEntry(4, "asked", "call", {})]);
    await respond(4, true);
    expect(testRealm.take()).toStrictEqual([["authorizer", [68, 5, id, {}]], ["ann", [17, 6, id]], event("static", 6)]);
  });

  test("[ORD-05] from another session does not wait", async () => {
    const { testRealm, respond } = createTestRealm({}, { permissions: [{ uri: "static", allow: { publish: true } }] });
    const [ann, ben] = testRealm.joinAll("ann", "ben");
    ann.send([16, 1, { acknowledge: true }, "t1"]);
    testRealm.take();
    ben.send([16, 1, { acknowledge: true }, "static"], [16, 2, { acknowledge: true }, "t2"]);
    expect(testRealm.take().map(([name, message]) => [name, message[0]])).toStrictEqual([
      ["ben", 17],
      ["authorizer", 68],
    ]);
    await respond(2, true);
    await respond(1, true);
    expect(testRealm.take().map(([name]) => name)).toStrictEqual(["ben", "ann"]);
  });

  test("static and cached decisions are made at once", async () => {
    const { testRealm, respond } = createTestRealm({}, { permissions: [{ uri: "static", allow: { publish: true } }] });
    const ann = testRealm.join("ann");
    ann.send([16, 1, {}, "t"]);
    await respond(1, { allow: true, cache: true });
    testRealm.take();
    ann.send([16, 2, { acknowledge: true }, "t"], [16, 3, { acknowledge: true }, "static"]);
    expect(testRealm.take().map(([, message]) => message.slice(0, 2))).toStrictEqual([
      [17, 2],
      [17, 3],
    ]);
  });

  test("[ORD-05] beyond the limit ends that session with limit_exceeded, and no other", async () => {
    const { testRealm, respond } = createTestRealm({ limits: { undecided_bytes: 2_000 } });
    const [ann, ben] = testRealm.joinAll("ann", "ben");
    ann.send([16, 1, {}, "t"]);
    ben.send([16, 1, { acknowledge: true }, "t"]);
    testRealm.take();
    ann.send([16, 2, {}, "t", ["x".repeat(1_000)]]);
    expect(testRealm.take()).toStrictEqual([]);
    ann.send([16, 3, {}, "t", ["x".repeat(1_000)]]);
    const error = "wamp.edge.error.limit_exceeded";
    expect(testRealm.take()).toStrictEqual(aborted("ann", error, 1008, "too much waits for an authorizer"));
    await respond(1, true);
    await respond(2, true);
    expect(testRealm.take().map(([name, message]) => [name, message[0]])).toStrictEqual([["ben", 17]]);
  });

  test("[ORD-05] within the limit is held, again and again", async () => {
    const { testRealm, respond } = createTestRealm({ limits: { undecided_bytes: 3_000 } });
    const ann = testRealm.join("ann");
    for (let round = 0; round < 5; round++) {
      ann.send([16, 1, {}, "t"], [16, 2, {}, "t", ["x".repeat(1_000)]], [16, 3, { acknowledge: true }, "t"]);
      for (const turn of [1, 2, 3]) await respond(3 * round + turn, true);
    }
    expect(testRealm.take().filter(([name]) => name === "ann")).toHaveLength(5);
  });

  test("[MSG-02] and is malformed aborts the session in its turn", async () => {
    const { testRealm, respond } = createTestRealm();
    const ann = testRealm.join("ann");
    ann.send([16, 1, { acknowledge: true }, "t"], [99], [16, 2, { acknowledge: true }, "t"]);
    testRealm.take();
    await respond(1, true);
    expect(
      testRealm.take().map(([name, message]) => [name, message === "closed" ? message : message[0]]),
    ).toStrictEqual([
      ["ann", 17],
      ["ann", 3],
      ["ann", "closed"],
    ]);
  });

  test("[ID-06] request ids stay sequential where they are checked", async () => {
    const { testRealm, respond } = createTestRealm({ options: { request_id_check: "strict" } });
    const ann = testRealm.join("ann");
    ann.send([16, 1, { acknowledge: true }, "t"], [32, 2, {}, "t"]);
    await respond(1, true);
    await respond(2, true);
    expect(
      testRealm
        .take()
        .filter(([name]) => name === "ann")
        .map(([, message]) => message[0]),
    ).toStrictEqual([17, 33]);
  });
});

describe("a session that ends while a decision is pending", () => {
  test("[AZ-13] by losing its connection drops its messages", async () => {
    const { testRealm, authorizer, respond } = createTestRealm();
    authorizer.send([32, 2, {}, "t"]);
    const ann = testRealm.join("ann");
    ann.send([16, 1, {}, "t"], [16, 2, {}, "t"], [64, 3, {}, "p"]);
    testRealm.take();
    ann.disconnect();
    await respond(1, true);
    authorizer.send([48, 3, {}, "p"]);
    expect(testRealm.take()).toStrictEqual([
      ["authorizer", [8, 48, 3, {}, ...routerError("wamp.error.no_such_procedure")]],
    ]);
  });

  test("[AZ-13] by ABORT ends at once", async () => {
    const { testRealm, respond } = createTestRealm();
    const ann = testRealm.join("ann");
    ann.send([64, 1, {}, "p"]);
    testRealm.take();
    ann.send([3, {}, "wamp.error.x"]);
    await respond(1, true);
    expect(testRealm.take()).toStrictEqual([["ann", "closed", 1000]]);
  });

  test("[AZ-13][WS-15] by its own GOODBYE ends in order, and the next session on the socket begins", async () => {
    const { testRealm, respond } = createTestRealm();
    const ann = testRealm.join("ann");
    ann.send(
      [16, 1, { acknowledge: true }, "t"],
      [6, {}, "wamp.close.close_realm"],
      [1, "realm1", { roles: ALL_ROLES }],
    );
    ann.send([16, 1, { acknowledge: true }, "u"], [16, 2, { acknowledge: true }, "v"]);
    await respond(1, true);
    expect(testRealm.take().map(([name, message]) => [name, message[0]])).toStrictEqual([
      ["authorizer", 68],
      ["ann", 17],
      ["ann", 6],
      ["ann", 2],
      ["authorizer", 68],
    ]);
    await respond(2, false);
    await respond(3, true);
    expect(testRealm.take().map(([name, message]) => [name, message[0]])).toStrictEqual([
      ["ann", 8],
      ["authorizer", 68],
      ["ann", 17],
    ]);
  });

  test("[AZ-13][SES-18] by the router's GOODBYE drops its messages, and its own GOODBYE behind them still counts", async () => {
    const { testRealm, authorizer, respond } = createTestRealm();
    const ann = testRealm.join("ann");
    ann.send([64, 1, {}, "p"], [6, {}, "wamp.close.close_realm"]);
    testRealm.take();
    authorizer.send([48, 2, {}, "wamp.session.kill_by_authrole", ["anonymous"]]);
    await settled();
    await respond(1, true);
    expect(testRealm.take()).toStrictEqual([
      ["authorizer", [50, 2, {}, [1]]],
      ["ann", [6, {}, "wamp.close.killed"]],
      ["ann", "closed", 1000],
    ]);
  });
});

describe("a cached decision", () => {
  /** Sends a message, which the authorizer allows; returns whether the authorizer was called. */
  async function isAsked(
    { testRealm, respond }: AuthorizerTestRealm,
    client: Client,
    message: unknown[],
    reply: unknown,
  ): Promise<boolean> {
    testRealm.take();
    client.send(message);
    const invocation = testRealm.take().find(([name, it]) => name === "authorizer" && it[0] === 68)?.[1] as
      | unknown[]
      | undefined;
    if (invocation !== undefined) await respond(requestIn(invocation)[0], reply);
    return invocation !== undefined;
  }
  const KEEP = { allow: true, cache: true };

  test("[AZ-11] exists only if the response has cache: true", async () => {
    for (const reply of [true, false, { allow: true }, { allow: true, cache: false }]) {
      const all = createTestRealm();
      const ann = all.testRealm.join("ann");
      expect(await isAsked(all, ann, [16, 1, {}, "t"], reply)).toBe(true);
      expect(await isAsked(all, ann, [16, 2, {}, "t"], reply)).toBe(true);
    }
    const all = createTestRealm();
    const ann = all.testRealm.join("ann");
    const no = { allow: false, cache: true };
    expect(await isAsked(all, ann, [48, 1, {}, "t"], no)).toBe(true);
    expect(await isAsked(all, ann, [48, 2, {}, "t"], no)).toBe(false);
    expect(all.testRealm.take()).toStrictEqual([]);
  });

  test("[AZ-11] holds for the same identity, and no other", async () => {
    const all = createTestRealm();
    const join = (name: string, authid: string, extra = {}) => joinAs(all.testRealm, name, "anonymous", authid, extra);
    const [a, b, c, d] = [join("a", "joe"), join("b", "joe"), join("c", "sue"), join("d", "joe", { tenant: 2 })];
    const message = [32, 1, {}, "t"];
    expect(await isAsked(all, a, message, KEEP)).toBe(true);
    expect(await isAsked(all, b, message, KEEP)).toBe(false);
    expect(await isAsked(all, c, message, KEEP)).toBe(true);
    expect(await isAsked(all, d, message, KEEP)).toBe(true);
  });

  test("[AZ-11] holds for the same URI, action, match and options", async () => {
    const all = createTestRealm();
    const ann = all.testRealm.join("ann");
    const first = [32, 1, { match: "prefix", get_retained: true }, "t"];
    expect(await isAsked(all, ann, first, KEEP)).toBe(true);
    expect(await isAsked(all, ann, [32, 2, { get_retained: true, match: "prefix" }, "t"], KEEP)).toBe(false);
    expect(await isAsked(all, ann, [32, 3, { match: "prefix" }, "t"], KEEP)).toBe(true);
    expect(await isAsked(all, ann, [32, 4, { get_retained: true }, "t"], KEEP)).toBe(true);
    expect(await isAsked(all, ann, [32, 5, { match: "prefix", get_retained: true }, "u"], KEEP)).toBe(true);
    expect(await isAsked(all, ann, [16, 6, { match: "prefix", get_retained: true }, "t"], KEEP)).toBe(true);
  });

  test("[AZ-11] holds whatever the options about acknowledgment, progress and timeout", async () => {
    const all = createTestRealm();
    const ann = all.testRealm.join("ann");
    expect(await isAsked(all, ann, [16, 1, {}, "t"], KEEP)).toBe(true);
    expect(await isAsked(all, ann, [16, 2, { acknowledge: true }, "t"], KEEP)).toBe(false);
  });

  test("[AZ-11] holds for a minute, or for authorizer-cache of the role", async () => {
    for (const [role, seconds] of [
      [{}, 60],
      [{ "authorizer-cache": 5 }, 5],
    ] as const) {
      const all = createTestRealm({}, role);
      const ann = all.testRealm.join("ann");
      await isAsked(all, ann, [16, 1, {}, "t"], KEEP);
      all.testRealm.advance(seconds * 1000 - 1);
      expect(await isAsked(all, ann, [16, 2, {}, "t"], KEEP)).toBe(false);
      all.testRealm.advance(1);
      expect(await isAsked(all, ann, [16, 3, {}, "t"], KEEP)).toBe(true);
    }
  });

  test("[AZ-11] does not exist with authorizer-cache: 0", async () => {
    const all = createTestRealm({}, { "authorizer-cache": 0 });
    const ann = all.testRealm.join("ann");
    await isAsked(all, ann, [16, 1, {}, "t"], KEEP);
    expect(await isAsked(all, ann, [16, 2, {}, "t"], KEEP)).toBe(true);
  });

  test("[AZ-11] is dropped when the authorizer registers again", async () => {
    const all = createTestRealm();
    const ann = all.testRealm.join("ann");
    await isAsked(all, ann, [16, 1, {}, "t"], KEEP);
    all.authorizer.send([66, 8, all.testRealm.realm.dealer.registrations.best(AUTHORIZE)?.id]);
    expect(await isAsked(all, ann, [16, 2, {}, "t"], KEEP)).toBe(false);
    all.authorizer.send([64, 9, {}, AUTHORIZE]);
    expect(await isAsked(all, ann, [16, 3, {}, "t"], KEEP)).toBe(true);
  });

  test("[AZ-11] is lost in sleep", async () => {
    const all = createTestRealm();
    const ann = all.testRealm.join("ann");
    await isAsked(all, ann, [16, 1, {}, "t"], KEEP);
    all.testRealm.sleepAndWake();
    expect(await isAsked(all, ann, [16, 2, {}, "t"], KEEP)).toBe(true);
  });

  test("[AZ-11] is dropped as the oldest beyond 5,000", async () => {
    const all = createTestRealm();
    const ann = all.testRealm.join("ann");
    for (let n = 0; n <= 5_000; n++) {
      ann.send([16, 1, {}, `t${n}`]);
      all.authorizer.send([70, n + 1, {}, [KEEP]]);
      await null;
      await null;
    }
    await settled();
    expect(await isAsked(all, ann, [16, 2, {}, "t1"], KEEP)).toBe(false);
    expect(await isAsked(all, ann, [16, 2, {}, "t0"], KEEP)).toBe(true);
  });
});

describe("a testament", () => {
  const TESTAMENT = [48, 1, {}, "wamp.session.add_testament", ["t", [7], {}]];
  const PERMISSIONS = { permissions: [{ uri: "wamp.", match: "prefix" as const, allow: { call: true } }] };

  test("[AZ-10][TST-01] is authorized when it is added, and published without another request", async () => {
    const { testRealm, authorizer, takeRequests, respond } = createTestRealm({}, PERMISSIONS);
    authorizer.send([32, 2, {}, "t"]);
    const ann = testRealm.join("ann");
    testRealm.take();
    ann.send(TESTAMENT);
    expect((await takeRequests()).map(requestIn)).toStrictEqual([[1, "t", "publish", {}]]);
    await respond(1, true);
    ann.disconnect();
    await settled();
    expect(testRealm.take().map(([name, message]) => [name, message[0]])).toStrictEqual([
      ["ann", 50],
      ["authorizer", 36],
    ]);
  });

  test("[AZ-03] is refused when it is added if its publication is denied", async () => {
    const { testRealm, authorizer, respond } = createTestRealm({}, PERMISSIONS);
    authorizer.send([32, 2, {}, "t"]);
    const ann = testRealm.join("ann");
    ann.send(TESTAMENT);
    testRealm.take();
    await respond(1, false);
    ann.disconnect();
    expect(testRealm.take()).toStrictEqual([["ann", [8, 48, 1, {}, ...routerError("wamp.error.not_authorized")]]]);
  });

  test("[AZ-10] takes two requests where the authorizer decides on calls, too", async () => {
    const { testRealm, takeRequests, respond } = createTestRealm();
    testRealm.join("ann").send(TESTAMENT);
    expect((await takeRequests()).map(requestIn)).toStrictEqual([[1, "wamp.session.add_testament", "call", {}]]);
    await respond(1, true);
    expect((await takeRequests()).map(requestIn)).toStrictEqual([[2, "t", "publish", {}]]);
    await respond(2, true);
    expect(testRealm.take()).toStrictEqual([["ann", [50, 1, {}]]]);
  });
});

test("[AZ-10] without authorizers no message is held", () => {
  expect(new TestRealm().realm.access.authorizer).toBeUndefined();
});

describe("message rates", () => {
  const rates = { session: { messages: { per_second: 1, burst: 1 } } };

  test("refuse messages beyond the rate without calling the authorizer", async () => {
    const { testRealm, takeRequests, respond } = createTestRealm({}, { rates });
    const ann = joinAs(testRealm, "ann", "anonymous");
    testRealm.take();
    ann.send([32, 1, {}, "com.a"]);
    const [invocation] = await takeRequests();
    await respond(invocation?.[1], true);
    expect(testRealm.take()).toStrictEqual([["ann", [33, 1, expect.any(Number)]]]);
    ann.send([32, 2, {}, "com.b"]);
    await settled();
    const cause = "the session exceeds its rate of messages";
    expect(testRealm.take()).toStrictEqual([["ann", [8, 32, 2, {}, "wamp.edge.error.rate_exceeded", [cause]]]]);
  });

  test("count a held message once", async () => {
    const burst = { session: { messages: { per_second: 1, burst: 2 } } };
    const { testRealm, takeRequests, respond } = createTestRealm({}, { rates: burst });
    const ann = joinAs(testRealm, "ann", "anonymous");
    testRealm.take();
    ann.send([32, 1, {}, "com.a"], [32, 2, {}, "com.b"], [32, 3, {}, "com.c"]);
    const [first] = await takeRequests();
    await respond(first?.[1], true);
    const second = testRealm.take();
    expect(second.map(([name, message]) => [name, message[0]])).toStrictEqual([
      ["ann", 33],
      ["authorizer", 68],
    ]);
    await respond(second[1]?.[1][1], true);
    expect(testRealm.take().map(([name, message]) => [name, message[0], message[2]])).toStrictEqual([
      ["ann", 33, expect.any(Number)],
      ["ann", 8, 3],
    ]);
  });
});
