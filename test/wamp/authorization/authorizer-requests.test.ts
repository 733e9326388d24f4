/** Dynamic authorization: which actions an authorizer decides, and its arguments (Authorization). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { ALL_ROLES, TestRealm } from "../host/test-realm.ts";
import { AUTHORIZE, createTestRealm, joinAs, type Roles, requestIn, settled } from "./authorizer-test-realm.ts";

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
