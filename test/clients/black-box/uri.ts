/** Validation of URIs (URIs). */

import { describe, expect, test } from "vitest";
import { ID } from "../raw-client.ts";
import type { RouterUnderTest } from "../router-under-test.ts";

const BAD_URIS = ["com..app", ".com", "com.", "com.my app", "com.#.app", "com.app\t", ""];
const LOOSE_URIS = ["com", "com.app.topic-1", "Com.APP.Topic", "com.müller.τόπος", "com.app.a$b@c:d/e", "wampum.app"];

/** The requests that carry a URI: name, code, options. */
const REQUESTS = [
  ["PUBLISH", 16, { acknowledge: true }],
  ["SUBSCRIBE", 32, {}],
  ["CALL", 48, {}],
  ["REGISTER", 64, {}],
] as const;

/** Tests of URIs in all requests. */
export function uris(underTest: RouterUnderTest): void {
  describe("URIs", () => {
    test.each(REQUESTS)(
      "[URI-01][URI-03][URI-04][SUB-05][REG-04] %s with an invalid URI is refused",
      async (_name, code, options) => {
        using realm = underTest.newRealm();
        const client = await realm.join();
        for (const [index, uri] of BAD_URIS.entries()) {
          await client.send([code, index + 1, options, uri]);
          await client.expectError(code, index + 1, "wamp.error.invalid_uri");
        }
      },
    );

    test("[URI-02][URI-12][URI-14] a loose URI is valid as a topic and as a procedure", async () => {
      using realm = underTest.newRealm();
      const client = await realm.join();
      for (const [index, uri] of LOOSE_URIS.entries()) {
        await client.send([32, 2 * index + 1, {}, uri]);
        await client.expect([33, 2 * index + 1, ID]);
        await client.send([64, 2 * index + 2, {}, uri]);
        await client.expect([65, 2 * index + 2, ID]);
      }
    });

    test("[URI-02] a strict realm refuses URIs that only the loose rule allows", async () => {
      using realm = underTest.newRealm("strict");
      const client = await realm.join();
      for (const [code, options] of [
        [16, { acknowledge: true }],
        [32, {}],
        [48, {}],
        [64, {}],
      ] as const) {
        await client.send([code, code, options, "Com.Foo"]);
        await client.expectError(code, code, "wamp.error.invalid_uri");
      }
      await client.send([32, 1, {}, "com.foo_1.bar"]);
      await client.expect([33, 1, ID]);
    });

    test("[URI-05] a prefix may end in a dot or be empty", async () => {
      using realm = underTest.newRealm();
      const client = await realm.join();
      await client.send([32, 9, { match: "prefix" }, "com..app"]);
      await client.expectError(32, 9, "wamp.error.invalid_uri");
      // The empty prefix is the last one, because it matches meta events.
      for (const [index, uri] of ["com.app.", "com.app.t", ""].entries()) {
        await client.send([32, index + 1, { match: "prefix" }, uri]);
        await client.expect([33, index + 1, ID]);
      }
    });

    test("[URI-06] empty components of a wildcard pattern match any component", async () => {
      using realm = underTest.newRealm();
      const client = await realm.join();
      await client.send([32, 9, { match: "wildcard" }, "com..my app"]);
      await client.expectError(32, 9, "wamp.error.invalid_uri");
      // Three empty components are the last pattern, because it matches meta events.
      for (const [index, uri] of ["com..app", ".app", "com.", ".."].entries()) {
        await client.send([32, index + 1, { match: "wildcard" }, uri]);
        await client.expect([33, index + 1, ID]);
      }
    });

    test("[URI-08] an invalid error URI of a callee is a protocol error", async () => {
      using realm = underTest.newRealm();
      const [caller, callee] = await realm.pair();
      await callee.send([64, 1, {}, "com.app.procedure"]);
      await callee.expect([65, 1, ID]);
      await caller.send([48, 1, {}, "com.app.procedure"]);
      await callee.expect([68, 1, ID, {}]);
      await callee.send([8, 68, 1, {}, "not a uri"]);
      await callee.expectAbort("wamp.error.protocol_violation", 1002);
      await caller.expectError(48, 1, "wamp.error.canceled");
    });

    test("[URI-09][URI-12] a procedure under wamp cannot be registered", async () => {
      using realm = underTest.newRealm();
      const client = await realm.join();
      for (const [index, uri] of ["wamp", "wamp.foo", "wamp.session.count"].entries()) {
        await client.send([64, index + 1, {}, uri]);
        await client.expectError(64, index + 1, "wamp.error.invalid_uri");
      }
    });

    test("[URI-10] a topic under wamp cannot be published to", async () => {
      using realm = underTest.newRealm();
      const [publisher, subscriber] = await realm.pair();
      await subscriber.send([32, 1, {}, "wamp.my.topic"]);
      await subscriber.expect([33, 1, ID]);
      await publisher.send([16, 1, { acknowledge: true }, "wamp.my.topic"]);
      await publisher.expectError(16, 1, "wamp.error.invalid_uri");
      await publisher.send([16, 2, {}, "wamp.my.topic"]);
      await publisher.expectNothing();
      await subscriber.expectNothing();
    });

    test("[URI-15] URIs are compared code point by code point", async () => {
      using realm = underTest.newRealm();
      const client = await realm.join();
      const ids: unknown[] = [];
      for (const [index, uri] of ["com.caf\u00e9", "com.cafe\u0301", "com.Caf\u00e9"].entries()) {
        await client.send([32, index + 1, {}, uri]);
        const [, , subscription] = await client.expect([33, index + 1, ID]);
        ids.push(subscription);
      }
      expect(new Set(ids).size).toBe(3);
    });
  });
}
