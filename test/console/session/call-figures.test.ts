/** Figures of procedures from the messages of a tap. */

import { describe, expect, it } from "vitest";
import { CallFigures, patternOf } from "../../../src/console/session/call-figures.ts";
import type { TapMessage } from "../../../src/console/session/tap-message.ts";

const CALLER = 1;
const CALLEE = 2;

/** A message of the tap, `ms` milliseconds after the first one. */
function tapped(type: string, session: number, ms: number, uri: string | null, ...message: unknown[]): TapMessage {
  const rest = {
    authid: "joe",
    serializer: "json",
    bytes: 100,
    payload: "none",
    payload_bytes: 0,
    dropped: 0,
  } as const;
  const direction = ["CALL", "YIELD"].includes(type) ? "received" : "sent";
  return { ...rest, time: new Date(ms).toISOString(), direction, session, type, uri, message };
}

const call = (request: number, ms: number, uri: string) => tapped("CALL", CALLER, ms, uri, 48, request, {}, uri);
const result = (request: number, ms: number, details = {}) => tapped("RESULT", CALLER, ms, null, 50, request, details);
const error = (request: number, ms: number) => tapped("ERROR", CALLER, ms, null, 8, 48, request, {}, "com.shop.error");
const invocation = (request: number, uri: string, registration: number) =>
  tapped("INVOCATION", CALLEE, 0, uri, 68, request, registration, {});

function figuresOf(...messages: readonly TapMessage[]): CallFigures {
  const figures = new CallFigures();
  for (const message of messages) figures.take(message);
  return figures;
}

const SEARCH = { id: 10, uri: "com.shop.search", match: "exact" };
const DEVICES = { id: 11, uri: "com.shop.device.", match: "prefix" };

describe("the figures of calls", () => {
  it("pair each CALL with its RESULT or ERROR", () => {
    const figures = figuresOf(
      call(1, 0, SEARCH.uri),
      call(2, 5, SEARCH.uri),
      error(2, 10),
      result(1, 40),
      call(3, 50, SEARCH.uri),
    );
    expect(figures.of(SEARCH)).toEqual({ calls: 3, errors: 1, p50: 5, p95: 40 });
  });

  it("keep calls of two sessions with the same request id apart", () => {
    const figures = figuresOf(
      call(1, 0, SEARCH.uri),
      tapped("CALL", 3, 0, "com.shop.other", 48, 1, {}, "com.shop.other"),
      tapped("RESULT", 3, 7, null, 50, 1, {}),
    );
    expect(figures.of(SEARCH)).toEqual({ calls: 1, errors: 0, p50: undefined, p95: undefined });
    expect(figures.of({ ...SEARCH, uri: "com.shop.other" })).toMatchObject({ calls: 1, p50: 7 });
  });

  it("wait for the last of progressive results, and count a progressive call once", () => {
    const figures = figuresOf(
      call(1, 0, SEARCH.uri),
      call(1, 1, SEARCH.uri),
      result(1, 10, { progress: true }),
      result(1, 30),
    );
    expect(figures.of(SEARCH)).toEqual({ calls: 1, errors: 0, p50: 30, p95: 30 });
  });

  it("leave out answers whose call was not seen, and errors of other requests", () => {
    const figures = figuresOf(
      result(1, 10),
      call(2, 0, SEARCH.uri),
      tapped("ERROR", CALLER, 5, SEARCH.uri, 8, 32, 2, {}, "wamp.error.not_authorized"),
    );
    expect(figures.of(SEARCH)).toEqual({ calls: 1, errors: 0, p50: undefined, p95: undefined });
  });

  it("count the calls of a pattern by the registration of which the router invoked a callee", () => {
    const figures = figuresOf(
      call(1, 0, "com.shop.device.1"),
      invocation(1, "com.shop.device.1", DEVICES.id),
      result(1, 10),
      call(2, 0, "com.shop.device.2"),
      invocation(2, "com.shop.device.2", DEVICES.id),
      error(2, 30),
      call(3, 0, "com.shop.device.3"),
      invocation(3, "com.shop.device.3", 99),
    );
    expect(figures.of(DEVICES)).toEqual({ calls: 2, errors: 1, p50: 10, p95: 30 });
  });

  it("have the nearest rank as percentile, of the latest 500 times", () => {
    const figures = new CallFigures();
    for (let time = 1; time <= 600; time++) {
      figures.take(call(time, 0, SEARCH.uri));
      figures.take(result(time, time));
    }
    expect(figures.of(SEARCH)).toEqual({ calls: 600, errors: 0, p50: 350, p95: 575 });
  });

  it("sum what the tap left out", () => {
    const left = { ...call(1, 0, SEARCH.uri), dropped: 3 };
    expect(figuresOf(left, left).dropped).toBe(6);
  });

  it("forget the oldest of 10,000 open calls, and count no more than 5,000 URIs", () => {
    const figures = figuresOf(call(0, 0, SEARCH.uri));
    for (let request = 1; request <= 10_000; request++) figures.take(call(request, 0, `com.shop.wrong.${request}`));
    figures.take(result(0, 10));
    expect(figures.of(SEARCH)).toMatchObject({ calls: 1, p50: 10 });
    expect(figures.of({ ...SEARCH, uri: "com.shop.wrong.4999" }).calls).toBe(1);
    expect(figures.of({ ...SEARCH, uri: "com.shop.wrong.5000" }).calls).toBe(0);
    for (let request = 20_000; request <= 31_000; request++) figures.take(call(request, 0, SEARCH.uri));
    figures.take(result(20_000, 1_000));
    expect(figures.of(SEARCH).p95).toBe(10);
  });
});

describe("the pattern of a tap", () => {
  it.each([
    [[["com.shop.search", "exact"]], "com.shop.search"],
    [
      [
        ["com.shop.invoice.create", "exact"],
        ["com.shop.invoice.cancel", "exact"],
      ],
      "com.shop.invoice.c",
    ],
    [
      [
        ["com.shop.device.", "prefix"],
        ["com.shop..status", "wildcard"],
      ],
      "com.shop.",
    ],
    [
      [
        ["com.shop.search", "exact"],
        [".shop", "wildcard"],
      ],
      undefined,
    ],
    [
      [
        ["com.shop.search", "exact"],
        ["org.search", "exact"],
      ],
      undefined,
    ],
    [[["com.shop.search", "wildcard"]], "com.shop.search"],
  ])("of %j is %s", (registrations, pattern) => {
    expect(patternOf(registrations.map(([uri = "", match = ""]) => ({ uri, match })))).toBe(pattern);
  });
});
