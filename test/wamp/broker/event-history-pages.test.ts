/** Event history: answers that are too large for one RESULT. */

import { describe, expect, test } from "vitest";
import type { Client, Line, TestRealm } from "../host/test-realm.ts";
import { argsIn, call, eventsIn, getEvents, lookup, requests, TOPIC, testRealmOf } from "./event-history-realm.ts";

/** Returns the answers of get_events to a caller that takes progressive results. */
function getAllPages(testRealm: TestRealm, caller: Client): Line[] {
  const subscription = lookup(testRealm, caller, TOPIC);
  return call(testRealm, caller, "wamp.subscription.get_events", [subscription], {}, { receive_progress: true });
}

describe("a large answer of get_events", () => {
  const many = Array.from({ length: 2_500 }, (_, i) => i);

  function manyEvents(payload: unknown = undefined) {
    const { testRealm, publisher, caller } = testRealmOf([{ uri: TOPIC, limit: 100_000 }]);
    const count = payload === undefined ? many.length : 8;
    for (const n of many.slice(0, count)) publisher.send([16, 1, {}, TOPIC, [n, payload]]);
    testRealm.flush();
    return { testRealm, caller };
  }

  test("[HIS-16][HIS-15] an answer has at most 1,000 events and announces is_limit_reached; the caller asks for the next page", () => {
    const { testRealm, caller } = manyEvents();
    const pages: unknown[][] = [];
    let after: object = {};
    for (;;) {
      const answer = getEvents(testRealm, caller, after);
      pages.push(argsIn(answer));
      if ((answer?.[4] as { is_limit_reached?: boolean } | undefined)?.is_limit_reached !== true) break;
      after = { after_publication: eventsIn(answer).at(-1)?.publication };
    }
    expect(pages.map(({ length }) => length)).toStrictEqual([1000, 1000, 500]);
    expect(pages.flat()).toStrictEqual(many);
  });

  test("[HIS-15] an answer announces is_limit_reached only if more events follow", () => {
    const { testRealm, caller } = manyEvents();
    expect(getEvents(testRealm, caller, { limit: 500, after_time: "1970-01-01T00:00:01Z" })?.[4]).toBeUndefined();
    expect(getEvents(testRealm, caller, { limit: 999 })?.[4]).toStrictEqual({ is_limit_reached: true });
    const last = eventsIn(getEvents(testRealm, caller, { reverse: true, limit: 500 })).at(-1)?.publication;
    expect(getEvents(testRealm, caller, { from_publication: last, limit: 500 })?.[4]).toBeUndefined();
    expect(getEvents(testRealm, caller, { from_publication: last, limit: 499 })?.[4]).toStrictEqual({
      is_limit_reached: true,
    });
  });

  test("[HIS-16] a caller with receive_progress gets all pages as progressive results", () => {
    const { testRealm, caller } = manyEvents();
    const answers = getAllPages(testRealm, caller);
    expect(answers.map(([type, id, details, args]) => [type, id, details, (args as unknown[]).length])).toStrictEqual([
      [50, requests.last, { progress: true }, 1000],
      [50, requests.last, { progress: true }, 1000],
      [50, requests.last, {}, 500],
    ]);
    expect(answers.flatMap((answer) => argsIn(answer))).toStrictEqual(many);
  });

  test("[HIS-16] a page is limited by bytes too, and has at least one event", () => {
    const { testRealm, caller } = manyEvents("x".repeat(200_000));
    expect(argsIn(getEvents(testRealm, caller))).toStrictEqual([0, 1]);
    const huge = manyEvents("x".repeat(600_000));
    expect(argsIn(getEvents(huge.testRealm, huge.caller))).toStrictEqual([0]);
    const pages = getAllPages(testRealm, caller);
    expect(pages.map((page) => argsIn(page))).toStrictEqual([
      [0, 1],
      [2, 3],
      [4, 5],
      [6, 7],
    ]);
  });

  test("[HIS-16] an answer ends after 16 progressive results, with is_limit_reached", () => {
    const { testRealm, publisher, caller } = testRealmOf([{ uri: TOPIC, limit: 100 }]);
    for (let n = 0; n < 20; n++) publisher.send([16, 1, {}, TOPIC, [n, "x".repeat(520_000)]]);
    testRealm.take();
    const pages = getAllPages(testRealm, caller);
    expect(pages.map((page) => argsIn(page))).toStrictEqual(Array.from({ length: 16 }, (_, n) => [n]));
    expect(pages.at(-1)?.[4]).toStrictEqual({ is_limit_reached: true });
  });
});
