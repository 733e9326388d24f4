/** Event retention: the retained events that a subscription to a pattern receives. */

import { describe, expect, test } from "vitest";
import { argsOf, receiveRetained, testRealmWithEvents } from "./retained-events.ts";

describe("SUBSCRIBE with get_retained to a pattern", () => {
  const TOPICS = [
    [{ retain: true }, "a.b.c", [1]],
    [{ retain: true }, "a.b", [2]],
    [{ retain: true }, "a.x.c", [3]],
    [{ retain: true }, "ab.b.c", [4]],
    [{ retain: true }, "a.b", [5]],
    [{ retain: true }, "b.b.c", [6]],
  ] as const;

  test.each([
    ["prefix", "a.", ["a.b.c", "a.x.c", "a.b"]],
    ["prefix", "a", ["a.b.c", "a.x.c", "ab.b.c", "a.b"]],
    ["prefix", "", ["a.b.c", "a.x.c", "ab.b.c", "a.b", "b.b.c"]],
    ["prefix", "c", []],
    ["wildcard", "a..c", ["a.b.c", "a.x.c"]],
    ["wildcard", ".b.c", ["a.b.c", "ab.b.c", "b.b.c"]],
    ["wildcard", "a.b", ["a.b"]],
    ["wildcard", "..", ["a.b.c", "a.x.c", "ab.b.c", "b.b.c"]],
  ])(
    "[RET-10] a subscription to the %s %j receives one retained event per topic, oldest first, each with its topic",
    (match, pattern, topics) => {
      for (const sleeps of [false, true]) {
        const realm = testRealmWithEvents(TOPICS);
        if (sleeps) realm.sleepAndWake();
        const events = receiveRetained(realm, "subscriber", pattern, { match });
        expect(events.map(([, , , details]) => details)).toStrictEqual(
          topics.map((topic) => ({ retained: true, topic })),
        );
      }
    },
  );

  test("[RET-10][RET-11] retained events keep the publication ids they were published with", () => {
    const realm = testRealmWithEvents(TOPICS);
    const ids = receiveRetained(realm, "one", "a.", { match: "prefix" }).map(([, , publication]) => publication);
    expect(ids).toStrictEqual([2, 4, 6]);
  });

  test("[RET-10] a subscription to a pattern receives at most `replay` retained events, the latest ones", () => {
    const realm = testRealmWithEvents(TOPICS, { store: { retain: { replay: 2 } } });
    expect(argsOf(receiveRetained(realm, "subscriber", "a", { match: "prefix" }))).toStrictEqual([[4], [5]]);
  });

  test("[RET-10] a subscription to a pattern receives at most as many bytes as a client may leave unread", () => {
    const megabyte = "x".repeat(1_000_000);
    const messages = Array.from({ length: 12 }, (_, i) => [{ retain: true }, `a.t${i}`, [megabyte]] as const);
    const realm = testRealmWithEvents(messages);
    expect(receiveRetained(realm, "subscriber", "a", { match: "prefix" })).toHaveLength(8);
  });
});
