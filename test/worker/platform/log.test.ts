/** The log: which lines are written, which are counted, and how many a hostile client can cause. */

import { describe, expect, test } from "vitest";
import type { LogLine } from "../../../src/wamp/host/log-line.ts";
import { Log } from "../../../src/worker/platform/log.ts";

/** A log in memory, with a clock that the test sets. */
class Paper {
  time = 1_000_000;
  readonly lines: LogLine[] = [];
  bytes = 0;
  readonly log = new Log(
    (_, text) => {
      this.bytes += text.length;
      this.lines.push(JSON.parse(text) as LogLine);
    },
    () => this.time,
  );

  refuse(details: object = {}): void {
    this.log.add({ level: "warn", event: "login.refused", realm: "realm1", cause: "wrong ticket", ...details });
  }
}

describe("lines of one kind", () => {
  test("are written five times a minute, and counted after that", () => {
    const paper = new Paper();
    for (let n = 0; n < 9; n++) paper.refuse({ authid: `a${n}` });
    expect(paper.lines.map(({ authid }) => authid)).toStrictEqual(["a0", "a1", "a2", "a3", "a4"]);
    paper.time += 60_000;
    paper.refuse({ authid: "late" });
    expect(paper.lines.slice(5)).toStrictEqual([
      { level: "warn", event: "login.refused", realm: "realm1", cause: "wrong ticket", repeated: 4 },
      { level: "warn", event: "login.refused", realm: "realm1", cause: "wrong ticket", authid: "late" },
    ]);
  });

  test("are reported after the minute with the next line of any kind, or a sweep", () => {
    for (const end of [(log: Log) => log.add({ level: "info", event: "other.thing" }), (log: Log) => log.sweep()]) {
      const paper = new Paper();
      for (let n = 0; n < 7; n++) paper.refuse();
      paper.time += 59_999;
      end(paper.log);
      expect(paper.lines.filter(({ repeated }) => repeated !== undefined)).toStrictEqual([]);
      paper.time += 1;
      end(paper.log);
      expect(paper.lines.filter(({ repeated }) => repeated !== undefined)).toMatchObject([{ repeated: 2 }]);
      end(paper.log);
      expect(paper.lines.filter(({ repeated }) => repeated !== undefined)).toHaveLength(1);
    }
  });

  test("are reported at every power of ten", () => {
    const paper = new Paper();
    for (let n = 0; n < 1_000; n++) paper.refuse();
    expect(paper.lines.slice(5).map(({ repeated }) => repeated)).toStrictEqual([5, 90, 900]);
  });

  test("start a new count when the clock is set back", () => {
    const paper = new Paper();
    for (let n = 0; n < 7; n++) paper.refuse();
    paper.time -= 3_600_000;
    paper.refuse({ authid: "early" });
    expect(paper.lines.slice(5)).toMatchObject([{ repeated: 2 }, { authid: "early" }]);
  });
});

test("all lines of level info are written, because each one is a record that the configuration asks for", () => {
  const paper = new Paper();
  for (let n = 0; n < 9; n++) paper.log.add({ level: "info", event: "session.ended", cause: "lost", session: n });
  paper.time += 60_000;
  paper.log.sweep();
  expect(paper.lines.map(({ session }) => session)).toStrictEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test("62,600 hostile requests write some KB a minute, whatever names they use", () => {
  const paper = new Paper();
  for (let n = 0; n < 62_600; n++) {
    paper.time += 5;
    paper.refuse({ authid: `guest ${n}`, network: `203.0.${n % 256}.0/24`, cause: `com.made.up.${n}` });
    paper.log.add({ level: "warn", event: "action.refused", cause: "wamp.error.not_authorized", uri: `com.${n}` });
  }
  expect(paper.bytes).toBeLessThan(60_000);
  // Of five minutes; of those with one cause there are few.
  expect(paper.lines.filter(({ event }) => event === "action.refused").length).toBeLessThan(60);
  paper.time += 60_000;
  paper.log.sweep();
  const counted = paper.lines.filter(({ event }) => event === "login.refused");
  const total = counted.reduce((sum, { repeated }) => sum + ((repeated as number | undefined) ?? 1), 0);
  expect(total).toBe(62_600);
});

test("realms that clients name add a bounded number of kinds", () => {
  const paper = new Paper();
  for (let n = 0; n < 10_000; n++) paper.refuse({ realm: `tenant-${n}` });
  expect(paper.lines.length).toBeLessThan(35);
});

test("fields and lines have a limit, and values that JSON cannot hold are written as text", () => {
  const paper = new Paper();
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`field${n}`, "x".repeat(10_000)]));
  paper.refuse({ authid: "é".repeat(1_000), stack: "s".repeat(5_000), count: 7n, circle, nothing: undefined, ...many });
  const line = paper.lines[0]!;
  expect(line.authid).toBe(`${"é".repeat(200)}…`);
  expect((line.stack as string).length).toBe(1_001);
  expect(line).toMatchObject({ count: "7", circle: "[object Object]" });
  expect(line).not.toHaveProperty("nothing");
  expect(paper.bytes).toBeLessThan(5_000);
});
