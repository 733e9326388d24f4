/** Cached decisions of an authorizer (Authorization). */

import { describe, expect, test } from "vitest";
import type { Client } from "../host/test-realm.ts";
import {
  AUTHORIZE,
  type AuthorizerTestRealm,
  createTestRealm,
  joinAs,
  requestIn,
  settled,
} from "./authorizer-test-realm.ts";

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
