/** Messages that are held while an authorizer decides (Authorization). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { ALL_ROLES, aborted, TestRealm } from "../host/test-realm.ts";
import { createTestRealm, joinAs, settled } from "./authorizer-test-realm.ts";

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
