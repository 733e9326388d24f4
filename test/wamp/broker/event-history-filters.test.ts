/** Event history: the filters of wamp.subscription.get_events. */

import { describe, expect, test } from "vitest";
import {
  argsIn,
  call,
  getEvents,
  lookup,
  PREFIX,
  publish,
  refused,
  requests,
  testRealmOf,
} from "./event-history-realm.ts";

describe("the filters of get_events", () => {
  /** A realm with five events, published at 1, 2, 3, 4 and 5 s, of which the first three are written. */
  function fiveEvents() {
    const { testRealm, publisher, caller } = testRealmOf([{ uri: PREFIX, match: "prefix" }]);
    const ids = [1, 2, 3, 4, 5].map((n) => {
      const id = publish(testRealm, publisher, `${PREFIX}${n % 2 === 0 ? "even" : "odd"}`, [[n]]);
      if (n === 3) testRealm.flush();
      return id;
    });
    const query = (kwargs: object) => getEvents(testRealm, caller, kwargs, PREFIX, "prefix");
    return { testRealm, publisher, caller, ids, query };
  }

  const at = (second: number) => `1970-01-01T00:00:0${second}Z`;
  /** Stands for a publication id in the tables below. */
  const nth = (n: number) => ({ nth: n });

  /** Queries the events 1 to 5 and expects the events `found`, before and after sleep. */
  function expectFound(kwargs: Record<string, unknown>, found: number[]): void {
    for (const sleeps of [false, true]) {
      const { testRealm, ids, query } = fiveEvents();
      if (sleeps) testRealm.sleepAndWake();
      const named = Object.entries(kwargs).map(([key, value]) => {
        const isNth = typeof value === "object" && value !== null;
        return [key, isNth ? ids[(value as { nth: number }).nth - 1] : value];
      });
      expect(argsIn(query(Object.fromEntries(named)))).toStrictEqual(found);
    }
  }

  test.each<[kwargs: Record<string, unknown>, found: number[]]>([
    [{ limit: 2 }, [1, 2]],
    [{ limit: 5 }, [1, 2, 3, 4, 5]],
    [{ limit: 2, reverse: true }, [5, 4]],
  ])(
    "[HIS-04] limit is the largest number of events, counted from the oldest, or from the newest with reverse: %j",
    expectFound,
  );

  test.each<[kwargs: Record<string, unknown>, found: number[]]>([
    [{}, [1, 2, 3, 4, 5]],
    [{ reverse: false }, [1, 2, 3, 4, 5]],
    [{ reverse: true }, [5, 4, 3, 2, 1]],
  ])("[HIS-05] reverse: true returns the newest event first: %j", expectFound);

  test.each<[kwargs: Record<string, unknown>, found: number[]]>([
    [{ from_time: at(3) }, [3, 4, 5]],
    [{ after_time: at(3) }, [4, 5]],
    [{ before_time: at(3) }, [1, 2]],
    [{ until_time: at(3) }, [1, 2, 3]],
    [{ from_time: "1970-01-01T00:00:02.001Z", until_time: at(4) }, [3, 4]],
    [{ from_time: "1970-01-01T01:00:04+01:00" }, [4, 5]],
    [{ from_time: "1969-12-31t19:30:04-04:30" }, [4, 5]],
    [{ after_time: "1970-01-01T00:00:04.999999z" }, [5]],
  ])(
    "[HIS-06] time filters select events by publication time, inclusive (from, until) or exclusive (after, before): %j",
    expectFound,
  );

  test.each<[kwargs: Record<string, unknown>, found: number[]]>([
    [{ from_publication: nth(4) }, [4, 5]],
    [{ after_publication: nth(3) }, [4, 5]],
    [{ before_publication: nth(4) }, [1, 2, 3]],
    [{ until_publication: nth(3) }, [1, 2, 3]],
    [{ from_publication: nth(4), reverse: true }, [5, 4]],
    [{ after_publication: nth(3), reverse: true }, [5, 4]],
    [{ before_publication: nth(4), reverse: true }, [3, 2, 1]],
    [{ until_publication: nth(3), reverse: true }, [3, 2, 1]],
    [{ from_publication: nth(2), until_publication: nth(4) }, [2, 3, 4]],
    [{ after_publication: nth(2), before_publication: nth(4) }, [3]],
    [{ after_publication: nth(2), before_publication: nth(4), reverse: true }, [3]],
    [{ from_publication: nth(3), until_publication: nth(3) }, [3]],
    [{ from_publication: nth(3), after_publication: nth(3) }, [4, 5]],
    [{ from_publication: nth(2), after_publication: nth(3) }, [4, 5]],
    [{ until_publication: nth(4), before_publication: nth(3) }, [1, 2]],
    [{ from_publication: nth(4), until_publication: nth(2) }, []],
    [{ after_publication: nth(5) }, []],
    [{ before_publication: nth(1) }, []],
    [{ from_publication: 999_999 }, []],
    [{ until_publication: 999_999 }, []],
    [{ before_publication: 999_999, limit: 1 }, []],
    [{ after_publication: nth(2), limit: 2 }, [3, 4]],
    [{ before_publication: nth(4), limit: 2, reverse: true }, [3, 2]],
  ])("[HIS-07] publication filters select events by position in the log, inclusive or exclusive: %j", expectFound);

  test.each<[kwargs: Record<string, unknown>, found: number[]]>([
    [{ topic: `${PREFIX}even` }, [2, 4]],
    [{ topic: `${PREFIX}` }, []],
  ])("[HIS-08] topic selects events of exactly that topic: %j", expectFound);

  test.each<[kwargs: Record<string, unknown>, found: number[]]>([
    [{ topic: `${PREFIX}odd`, after_publication: nth(1), until_time: at(4), limit: 9 }, [3]],
    [{ from_time: at(3), until_time: at(2) }, []],
    [{ reverse: null, limit: null, from_time: null, topic: null, from_publication: null }, [1, 2, 3, 4, 5]],
  ])("[HIS-09] filters are combined with AND, and a null filter is ignored: %j", expectFound);

  test.each<[kwargs: Record<string, unknown>, found: number[]]>([[{ unknown: 1 }, [1, 2, 3, 4, 5]]])(
    "[META-07] an unknown keyword is ignored: %j",
    expectFound,
  );

  test("[HIS-09] a query that finds no events is answered without Arguments", () => {
    const { query } = fiveEvents();
    expect(query({ topic: "com.none" })).toStrictEqual([50, requests.last, {}]);
  });

  test("[HIS-04] the limit may be the second Argument (Crossbar.io); the keyword takes precedence", () => {
    const { testRealm, caller } = fiveEvents();
    const subscription = lookup(testRealm, caller, PREFIX, "prefix");
    const query = (args: unknown[], kwargs = {}) =>
      argsIn(call(testRealm, caller, "wamp.subscription.get_events", args, kwargs)[0]);
    expect(query([subscription, 2])).toStrictEqual([1, 2]);
    expect(query([subscription, 2], { limit: 3 })).toStrictEqual([1, 2, 3]);
    expect(query([subscription, null])).toHaveLength(5);
  });

  function expectRefused(kwargs: object): void {
    const { query } = fiveEvents();
    expect(query(kwargs)).toStrictEqual([...refused("wamp.error.invalid_argument"), expect.any(Array)]);
  }

  test.each<[object]>([[{ limit: 0 }], [{ limit: -1 }], [{ limit: 1.5 }], [{ limit: "1" }]])(
    "[HIS-04] %j is refused",
    expectRefused,
  );

  test.each<[object]>([[{ reverse: "yes" }]])("[HIS-05] %j is refused", expectRefused);

  test.each<[object]>([
    [{ from_time: "yesterday" }],
    [{ after_time: 5 }],
    [{ before_time: "1970-01-01" }],
    [{ until_time: "1970-01-01T00:00:00" }],
    [{ until_time: "1970-02-30T00:00:00Z" }],
    [{ until_time: "1970-13-01T00:00:00Z" }],
    [{ until_time: "1970-01-01T25:00:00Z" }],
  ])("[HIS-06] %j is refused", expectRefused);

  test.each<[object]>([[{ from_publication: "1" }], [{ until_publication: 0 }]])(
    "[HIS-07] %j is refused",
    expectRefused,
  );

  test.each<[object]>([[{ topic: 1 }]])("[HIS-08] %j is refused", expectRefused);
});
