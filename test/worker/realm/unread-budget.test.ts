import { beforeEach, describe, expect, it } from "vitest";
import type { RouterMessage } from "../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import type { Frame } from "../../../src/wamp/serializers/serializer.ts";
import { ReadMarks } from "../../../src/worker/realm/read-marks.ts";
import type { Reader, Unread } from "../../../src/worker/realm/unread-budget.ts";
import { UnreadBudget } from "../../../src/worker/realm/unread-budget.ts";

const MIB = 1_048_576;
let now = 0;

/** A connection to a platform that takes every frame; the client reads only when the test says so. */
class TestReader implements Reader {
  readonly unread: Unread;
  queue: Frame[] = [];
  /** Bytes the platform has got. */
  delivered = 0;
  isCut = false;
  readonly #budget: UnreadBudget;

  constructor(budget: UnreadBudget) {
    this.#budget = budget;
    this.unread = budget.open(this);
  }

  send(frame: Frame): void {
    if (this.isCut) return;
    if (!this.#budget.add(this, frame)) return this.giveUp();
    this.queue.push(frame);
    this.flush();
    this.#budget.relieve();
  }

  flush(): void {
    const count = this.#budget.admit(this);
    for (const { length } of this.queue.splice(0, count)) this.delivered += length;
  }

  giveUp(): void {
    this.isCut = true;
    this.#budget.drop(this);
    this.queue = [];
  }
}

function newBudget(outgoing_bytes = 16 * MIB, realm_outgoing_bytes = 64 * MIB): UnreadBudget {
  return new UnreadBudget(
    { outgoing_bytes, realm_outgoing_bytes },
    () => {},
    () => now,
  );
}

beforeEach(() => {
  now = 0;
});

describe("the budget of unread bytes", () => {
  it("hands over to clients that do not read no more than half of the realm's bytes, and a little for each", () => {
    const budget = newBudget();
    const readers = Array.from({ length: 200 }, () => new TestReader(budget));
    for (let event = 0; event < 140; event++) {
      const frame = `${event}`.padEnd(100_000, "x");
      for (const reader of readers) reader.send(frame);
    }
    const delivered = readers.reduce((sum, reader) => sum + reader.delivered, 0);
    // What is presumed read after an idle time is spent on those that wait.
    expect(delivered).toBeLessThan(32 * MIB + 200 * 16_384 + 16 * MIB);
  });

  it("closes a connection over outgoing_bytes, and keeps the frames of others", () => {
    const budget = newBudget();
    const [stalled, other] = [new TestReader(budget), new TestReader(budget)];
    for (let sent = 0; sent < 17; sent++) stalled.send(`${sent}`.padEnd(MIB, "x"));
    other.send("small");
    expect([stalled.isCut, stalled.queue.length, other.isCut, other.delivered]).toEqual([true, 0, false, 5]);
  });

  it("closes the connections with the most waiting bytes first when the realm is over its limit", () => {
    const budget = newBudget(16 * MIB, 16 * MIB);
    const bystanders = Array.from({ length: 20 }, () => new TestReader(budget));
    const stalled = Array.from({ length: 4 }, () => new TestReader(budget));
    for (let round = 0; round < 12; round++) {
      for (const [index, reader] of stalled.entries()) reader.send(`${index} ${round}`.padEnd(MIB, "x"));
      for (const reader of bystanders) reader.send("x".repeat(1000));
    }
    expect(stalled.some(({ isCut }) => isCut)).toBe(true);
    expect(bystanders.filter(({ isCut }) => isCut)).toEqual([]);
    expect(bystanders.map(({ delivered }) => delivered)).toEqual(bystanders.map(() => 12_000));
  });

  it("counts a frame that waits for many connections once", () => {
    const budget = newBudget(16 * MIB, 16 * MIB);
    const readers = Array.from({ length: 500 }, () => new TestReader(budget));
    for (const reader of readers) reader.send("x".repeat(MIB));
    expect(readers.filter(({ isCut }) => isCut)).toEqual([]);
  });

  it("never closes 2,000 silent readers of small messages at the full speed of a realm", () => {
    const budget = newBudget();
    const readers = Array.from({ length: 2_000 }, () => new TestReader(budget));
    const frame = "x".repeat(150);
    // 100,000 frames a second, for 20 s.
    for (let turn = 0; turn < 1_000; turn++) {
      for (const reader of readers) reader.send(frame);
      now += 20;
    }
    expect(readers.filter(({ isCut, delivered }) => isCut || delivered !== 150_000)).toEqual([]);
  });

  it("resumes at once for a client that proves what it has read", () => {
    const budget = newBudget(16 * MIB, 4 * MIB);
    const reader = new TestReader(budget);
    for (let sent = 0; sent < 4; sent++) reader.send(`${sent}`.padEnd(MIB / 2, "x"));
    const { delivered } = reader;
    expect(delivered).toBeLessThan(4 * (MIB / 2));
    expect(reader.unread.hasProved).toBe(false);
    budget.prove(reader, delivered);
    expect(reader.unread.hasProved).toBe(true);
    expect(reader.delivered).toBeGreaterThan(delivered);
  });

  it("credits proofs no faster than the rate of the realm, because ids can be guessed", () => {
    const budget = newBudget();
    const forgers = Array.from({ length: 12 }, () => new TestReader(budget));
    for (let event = 0; event < 500; event++) {
      for (const [index, forger] of forgers.entries()) {
        forger.send(`${event} ${index}`.padEnd(MIB, "x"));
        budget.prove(forger, forger.unread.sent);
      }
      now += 2;
    }
    const delivered = forgers.reduce((sum, { delivered }) => sum + delivered, 0);
    // One second: what may be in the platform, what was saved up, and the rate.
    expect(delivered).toBeLessThan((32 + 16 + 128 + 12) * MIB);
  });

  it("counts what the platform has of a closed connection until its socket has ended", () => {
    const budget = newBudget(64 * MIB, 4 * MIB);
    const stalled = Array.from({ length: 50 }, () => new TestReader(budget));
    for (const reader of stalled) for (let sent = 0; sent < 9; sent++) reader.send(`${sent}`.padEnd(200_000, "x"));
    for (const reader of stalled) reader.giveUp();
    const late = new TestReader(budget);
    late.send("x".repeat(400_000));
    const before = late.delivered;
    for (const reader of stalled) budget.leave(reader);
    late.flush();
    expect([before, late.delivered]).toEqual([0, 400_000]);
  });
});

describe("marks of what a client has read", () => {
  const invocation = (request: number): RouterMessage => [68, request, 1, {}, Payload.NONE];

  it("are proved by answers to INVOCATION, by UNSUBSCRIBE and by UNREGISTER", () => {
    const marks = new ReadMarks(10);
    marks.note(invocation(1), 10);
    marks.note([33, 7, 4711], 30);
    marks.note(invocation(2), 50);
    expect(marks.provedBy([34, 8, 4711])).toBe(30);
    expect(marks.provedBy([70, 1, {}])).toBeUndefined();
    expect(marks.provedBy([8, 68, 2, {}, "a.b"])).toBe(50);
  });

  it("are not proved by messages that a client can send without reading", () => {
    const marks = new ReadMarks(10);
    marks.note(invocation(1), 10);
    for (const message of [
      [48, 1, {}, "p"],
      [16, 1, {}, "t"],
      [34, 1, 2],
      [70, 2, {}],
      [8, 48, 1, {}, "a.b"],
      [6, {}],
    ]) {
      expect(marks.provedBy(message)).toBeUndefined();
    }
  });

  it("stay few however many bytes are sent, and still prove the latest", () => {
    const marks = new ReadMarks(10);
    let last = 0;
    let noted = 0;
    for (let request = 1; request <= 100_000; request++) {
      if (request * 10 < marks.nextAt) continue;
      marks.note(invocation(request), request * 10);
      last = request;
      noted++;
    }
    expect(noted).toBeLessThan(1_000);
    expect(marks.provedBy([70, last, {}])).toBe(last * 10);
    expect(marks.nextAt).toBe(last * 10 + 10);
  });
});
