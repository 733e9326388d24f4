/** What a sender does with messages that pile up: batches of bounded size and number, and a minute of silence. */

import { describe, expect, test } from "vitest";
import { MAX_BATCH_BYTES, MAX_IN_FLIGHT } from "../../../../src/wamp/relay/link/link-sender.ts";
import { DOWN_AFTER_MS, DOWN_RETRY_MS } from "../../../../src/wamp/relay/link/outage.ts";
import { TestLink } from "./test-link.ts";

/** Lets all batches be lost until the sender goes down. */
function cutOff(link: TestLink): void {
  link.isKept = () => true;
  while (!link.sender.isDown) {
    while (link.carried.length > 0) link.lose();
    link.time = link.sender.nextDeadline()!;
    link.sender.tick(link.time);
  }
}

describe("a sender of much", () => {
  test("splits what is queued into batches of bounded size, and sends a longer message alone", () => {
    const link = new TestLink({ limit: 100 * MAX_BATCH_BYTES });
    link.sizes.set("half", MAX_BATCH_BYTES / 2).set("long", 2 * MAX_BATCH_BYTES);
    link.send("a", "half", "half", "long", "b", "c");
    expect(link.carried.map(({ messages }) => messages)).toStrictEqual([["a", "half"], ["half"], ["long"], ["b", "c"]]);
    link.deliverAll();
    expect(link.processed).toStrictEqual(["a", "half", "half", "long", "b", "c"]);
  });

  test("lets a bounded number of batches wait for their answers, and sends the rest in one", () => {
    const link = new TestLink();
    const messages = Array.from({ length: MAX_IN_FLIGHT + 10 }, (_, index) => `${index % 10}`);
    for (const message of messages) link.send(message);
    expect(link.carried.length).toBe(MAX_IN_FLIGHT);
    link.deliver();
    link.sender.flush();
    expect(link.carried.at(-1)!.messages).toStrictEqual(messages.slice(MAX_IN_FLIGHT));
    link.deliverAll();
    expect([link.processed, link.sender.bytes]).toStrictEqual([messages, 0]);
  });

  test("goes on with a message that is longer than twice its limit", () => {
    const link = new TestLink({ limit: 10 });
    link.send("x".repeat(30));
    link.send("y");
    link.deliverAll();
    expect([link.down, link.processed, link.sender.isFull]).toStrictEqual([[], ["x".repeat(30), "y"], false]);
  });

  test("says when it is full, and drops everything when as much as its limit has come since", () => {
    const link = new TestLink({ limit: 10 });
    link.send("x".repeat(10));
    expect(link.sender.isFull).toBe(false);
    link.send("y");
    expect([link.sender.isFull, link.sender.bytes]).toStrictEqual([true, 11]);
    link.send("z".repeat(10));
    expect(link.down).toStrictEqual([]);
    link.send("z");
    expect(link.down).toStrictEqual([["x".repeat(10), "y", "z".repeat(10), "z"]]);
    expect([link.sender.isDown, link.sender.isIdle, link.sender.bytes]).toStrictEqual([true, true, 0]);
  });
});

describe("a sender that hears nothing for a minute", () => {
  test("tries every two seconds, and then drops what it holds, so that its object can sleep", () => {
    const link = new TestLink();
    link.isKept = () => true;
    link.send("a");
    const ends: string[] = [];
    link.sender.queue("b", (end) => ends.push(end));
    link.sender.flush();
    const tries: number[] = [];
    while (!link.sender.isDown) {
      while (link.carried.length > 0) link.lose();
      tries.push(link.sender.nextDeadline()! - link.time);
      link.time = link.sender.nextDeadline()!;
      link.sender.tick(link.time);
    }
    expect(Math.max(...tries)).toBe(2_000);
    expect(link.time - 1_000).toBeGreaterThanOrEqual(DOWN_AFTER_MS);
    expect(link.time - 1_000).toBeLessThan(DOWN_AFTER_MS + 2_000);
    expect([link.down, new Set(ends), ends.at(-1)]).toStrictEqual([
      [["a", "b"]],
      new Set(["late", "dropped"]),
      "dropped",
    ]);
    expect(link.sender.isIdle).toBe(true);
    expect(link.sender.nextDeadline()).toBe(link.time + DOWN_RETRY_MS);
  });

  test("begins to count anew with a loss that comes long after the last one", () => {
    const link = new TestLink();
    link.send("a");
    while (!link.sender.isIdle) {
      link.lose();
      link.advance(2_000);
    }
    expect(link.overdue).toStrictEqual([["a"]]);
    link.time += DOWN_AFTER_MS;
    link.send("b");
    link.lose();
    link.advance(2_000);
    expect([link.sender.isDown, link.carried.length]).toStrictEqual([false, 1]);
  });

  test("asks each minute with an empty batch, and drops what is queued until an answer comes", () => {
    const link = new TestLink();
    link.send("a");
    cutOff(link);
    for (let minute = 0; minute < 3; minute++) {
      link.time = link.sender.nextDeadline()!;
      link.sender.tick(link.time);
      expect(link.carried.map(({ messages }) => messages)).toStrictEqual([[]]);
      link.lose();
      expect(link.sender.nextDeadline()).toBe(link.time + DOWN_RETRY_MS);
    }
    const ends: string[] = [];
    link.sender.queue("lost", (end) => ends.push(end));
    link.advance(DOWN_RETRY_MS);
    link.deliverAll();
    expect([ends, link.down.at(-1), link.sender.isDown, link.sender.nextDeadline()]).toStrictEqual([
      ["dropped"],
      "up",
      false,
      undefined,
    ]);
    link.send("b");
    link.deliverAll();
    expect(link.processed).toStrictEqual(["b"]);
  });

  test("asks sooner if there is something to send, but not all the time", () => {
    const link = new TestLink();
    link.send("a");
    cutOff(link);
    link.time += 2_000;
    link.send("b");
    link.send("c");
    expect(link.carried.map(({ messages }) => messages)).toStrictEqual([[]]);
    link.lose();
    link.send("d");
    expect(link.carried).toStrictEqual([]);
    link.time += 2_000;
    link.send("e");
    link.deliverAll();
    expect(link.down.at(-1)).toBe("up");
  });

  test("goes on when the receiver sends something, so that it can be answered", () => {
    const link = new TestLink();
    link.send("a");
    cutOff(link);
    link.sender.heard();
    link.send("b");
    link.deliverAll();
    expect([link.down.at(-1), link.processed]).toStrictEqual(["up", ["b"]]);
  });

  test("asks at once after its object has slept", () => {
    const link = new TestLink({ downSince: 0 });
    expect([link.sender.isFull, link.sender.nextDeadline()]).toStrictEqual([true, link.time]);
    link.sender.tick(link.time);
    link.deliverAll();
    expect([link.down, link.sender.isFull]).toStrictEqual([["up"], false]);
  });

  test("asks less and less if its object does not need the receiver, and stops, but asks again once it does", () => {
    const link = new TestLink();
    link.send("a");
    cutOff(link);
    const since = link.time;
    link.isNeeded = false;
    const asked: number[] = [];
    for (let next = link.sender.nextDeadline(); next !== undefined; next = link.sender.nextDeadline()) {
      link.time = next;
      link.sender.tick(link.time);
      asked.push((link.time - since) / DOWN_RETRY_MS);
      link.lose();
    }
    expect(asked).toStrictEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]);
    link.isNeeded = true;
    expect(link.sender.nextDeadline()).toBe(link.time + DOWN_RETRY_MS);
    link.time = link.sender.nextDeadline()!;
    link.sender.tick(link.time);
    link.deliverAll();
    expect(link.down.at(-1)).toBe("up");
  });
});
