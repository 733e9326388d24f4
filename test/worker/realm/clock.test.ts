/** A realm whose wall clock is set back: deadlines are met nevertheless. */

import { afterEach, expect, it, vi } from "vitest";
import { join } from "../socket.ts";

const HOUR = 3_600_000;

afterEach(() => vi.restoreAllMocks());

it.each([100, 900])(
  "a call with a time-out of %d ms ends in time when the clock is set back an hour",
  async (timeout) => {
    const realm = `clock-${timeout}`;
    const [callee, caller] = [await join(realm), await join(realm)];
    callee.send([64, 1, {}, "com.slow"]);
    await callee.next();
    caller.send([48, 1, { timeout }, "com.slow"]);
    await callee.next();
    const now = Date.now.bind(Date);
    vi.spyOn(Date, "now").mockImplementation(() => now() - HOUR);
    const startedAt = performance.now();
    expect((await caller.next()).slice(0, 5)).toEqual([8, 48, 1, {}, "wamp.error.timeout"]);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  },
);
