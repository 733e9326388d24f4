/** HTTP bodies with null for absent values: of the HTTP bridge, and of answers from callees and queues. */

import { expect, test } from "vitest";
import { readRequest } from "../../src/worker/bridge/request.ts";
import { errorIn, resultOf } from "../../src/worker/callees/http-outcome.ts";

test("a callee's or queue's body may have null for args and kwargs", () => {
  expect(resultOf({ args: null, kwargs: { a: 1 } })).toStrictEqual({ ok: true, args: [], kwargs: { a: 1 } });
  expect(resultOf({ args: [1], kwargs: null })).toStrictEqual({ ok: true, args: [1], kwargs: {} });
  expect(errorIn({ error: "com.broken", args: null, kwargs: null })).toStrictEqual({
    ...{ ok: false, uri: "com.broken", args: [], kwargs: {} },
  });
});

test("a body of the HTTP bridge may have null for args, kwargs and options", () => {
  const { args, kwargs, options } = readRequest(
    '{"topic":"com.topic","args":null,"kwargs":null,"options":null}',
    64,
    "topic",
  );
  expect([args, kwargs, options]).toStrictEqual([[], {}, {}]);
});
