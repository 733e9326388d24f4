/** Batches between two objects: order, acknowledgment, loss, duplicates, sleep of the receiver. */

import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../../../src/testing/seeded-random.ts";
import { GIVE_UP_MS, STREAM_PAUSE_MS } from "../../../../src/wamp/relay/link/link-sender.ts";
import { TestLink } from "./test-link.ts";

describe("a sender", () => {
  test("sends the messages of one turn in one batch, and none in a turn without messages", () => {
    const link = new TestLink();
    link.send("a", "b");
    link.sender.flush();
    const head = { seq: 1, stream: 1, attempt: 1, isRetry: false, epoch: 1, boot: 1 };
    expect(link.carried).toStrictEqual([{ ...head, messages: ["a", "b"] }]);
    link.deliver();
    expect([link.processed, link.sender.isIdle, link.alarm]).toStrictEqual([["a", "b"], true, undefined]);
  });

  test("does not wait for the answer to one batch before it sends the next", () => {
    const link = new TestLink();
    link.send("a");
    link.send("b");
    expect(link.carried.map(({ seq, messages }) => [seq, ...messages])).toStrictEqual([
      [1, "a"],
      [2, "b"],
    ]);
    expect(link.sender.size).toBe(2);
    link.deliverAll();
    expect([link.processed, link.sender.size]).toStrictEqual([["a", "b"], 0]);
  });

  test("says which part of its limit waits, and none in an outage, which no pause of its clients ends", () => {
    const link = new TestLink({ limit: 100 });
    const loads = [link.sender.load];
    link.sizes.set("long", 50);
    link.send("long");
    loads.push(link.sender.load);
    link.lose();
    loads.push(link.sender.load);
    link.advance(50);
    loads.push(link.sender.load);
    link.deliverAll();
    expect([...loads, link.sender.load]).toStrictEqual([0, 0.5, 0, 0.5, 0]);
  });

  test("calls back when the receiver has processed the message, not before", () => {
    const link = new TestLink();
    const done: string[] = [];
    link.sender.queue("a", () => done.push("a"));
    link.sender.queue("b", () => done.push("b"));
    link.sender.flush();
    link.lose();
    expect(done).toStrictEqual([]);
    link.advance(50);
    link.deliverAll();
    expect(done).toStrictEqual(["a", "b"]);
  });

  test("sends what was lost again after a delay that doubles, marked as retry, and later messages behind it", () => {
    const link = new TestLink();
    link.send("a");
    link.lose();
    link.send("b");
    expect([link.carried, link.alarm]).toStrictEqual([[], 1_050]);
    link.advance(49);
    expect(link.carried).toStrictEqual([]);
    link.advance(1);
    expect(link.carried.map(({ seq, isRetry }) => [seq, isRetry])).toStrictEqual([
      [1, true],
      [2, false],
    ]);
    link.lose();
    link.lose();
    link.advance(99);
    expect(link.carried).toStrictEqual([]);
    link.advance(1);
    link.deliverAll();
    expect(link.processed).toStrictEqual(["a", "b"]);
  });

  test("sends again from the gap that the receiver reports, once for all answers that report it", () => {
    const link = new TestLink();
    for (const message of ["a", "b", "c", "d"]) link.send(message);
    link.deliver();
    const [lost] = link.carried.splice(0, 1);
    link.deliver();
    link.deliver();
    expect(link.carried.map(({ seq }) => seq)).toStrictEqual([2, 3, 4]);
    // The loss is reported late: the batch is on its way again.
    link.sender.lost(lost!);
    expect(link.sender.nextDeadline()).toBeUndefined();
    link.deliverAll();
    expect(link.processed).toStrictEqual(["a", "b", "c", "d"]);
  });

  test("begins a new stream after a pause, so that a receiver that has slept knows nothing it would miss", () => {
    const link = new TestLink();
    link.send("a");
    link.deliver();
    link.advance(STREAM_PAUSE_MS - 1);
    link.send("b");
    link.deliver();
    link.restartReceiver();
    link.advance(STREAM_PAUSE_MS);
    link.send("c");
    expect(link.carried.map(({ stream, seq }) => [stream, seq])).toStrictEqual([[2, 1]]);
    link.deliver();
    expect([link.processed, link.recovered]).toStrictEqual([["a", "b", "c"], []]);
  });

  test("sends again what a receiver that has forgotten the stream has certainly not processed", () => {
    const link = new TestLink();
    link.send("a");
    link.deliver();
    link.restartReceiver();
    link.recover = () => [];
    link.send("b", "call");
    link.send("c");
    link.sender.queue("d");
    link.deliverAll();
    expect([link.processed, link.recovered]).toStrictEqual([["a", "b", "call", "c", "d"], [[]]]);
  });

  test("asks what to send again of the batches that such a receiver may have processed, and sends the others again", () => {
    const link = new TestLink();
    link.recover = (attempted) => attempted.filter((message) => message !== "call");
    link.send("a", "call");
    link.send("b", "call");
    link.lose();
    link.restartReceiver();
    link.time += 50;
    link.sender.queue("c");
    link.sender.tick(link.time);
    expect(link.carried.map(({ messages, isRetry }) => [isRetry, ...messages])).toStrictEqual([
      [false, "b", "call"],
      [true, "a", "call"],
      [true, "b", "call"],
      [false, "c"],
    ]);
    link.carried.shift();
    link.deliverAll();
    expect(link.recovered).toStrictEqual([["a", "call", "b", "call"]]);
    expect(link.processed).toStrictEqual(["a", "b", "c"]);
  });

  test("takes a batch for processed perhaps if an answer behind it came first", () => {
    const link = new TestLink();
    link.recover = () => [];
    for (const message of ["a", "b", "c"]) link.send(message);
    link.restartReceiver();
    link.carried.shift();
    link.deliverAll();
    expect([link.recovered, link.processed]).toStrictEqual([[["a"]], ["b", "c"]]);
  });

  test("asks so where an answer was lost before the receiver restarted", () => {
    const link = new TestLink();
    link.recover = () => [];
    link.send("a");
    link.deliver(true);
    link.restartReceiver();
    link.advance(50);
    link.deliverAll();
    expect([link.processed, link.recovered, link.sender.isIdle]).toStrictEqual([["a"], [["a"]], true]);
  });

  test("gives up what is not acknowledged in time, and goes on with what it must not lose", () => {
    const link = new TestLink();
    link.isKept = (message) => message === "leave";
    link.send("publish", "leave");
    while (link.overdue.length === 0) {
      link.lose();
      link.time = link.sender.nextDeadline()!;
      link.sender.tick(link.time);
    }
    expect(link.time).toBeGreaterThanOrEqual(1_000 + GIVE_UP_MS);
    expect(link.overdue).toStrictEqual([["publish", "leave"]]);
    link.deliverAll();
    expect([link.processed, link.sender.isIdle]).toStrictEqual([["leave"], true]);
  });

  test("probes with an empty batch, unless others are on their way", () => {
    const link = new TestLink();
    link.sender.probe();
    link.sender.probe();
    expect(link.carried.map(({ messages }) => messages)).toStrictEqual([[]]);
    link.deliver();
    expect(link.sender.isIdle).toBe(true);
  });
});

describe("a receiver", () => {
  test("drops what it has processed, and answers as before", () => {
    const link = new TestLink();
    link.send("a");
    const [batch] = link.carried;
    link.deliver();
    expect(link.answer(batch!)).toStrictEqual({ stream: 1, received: 1, isForgotten: false, epoch: 1, boot: 1 });
    expect(link.processed).toStrictEqual(["a"]);
  });

  test("drops a batch of a former stream", () => {
    const link = new TestLink();
    link.send("a");
    const [old] = link.carried;
    link.deliver();
    link.advance(STREAM_PAUSE_MS);
    link.send("b");
    link.deliver();
    link.answer(old!);
    expect(link.processed).toStrictEqual(["a", "b"]);
  });
});

/** Sends 40 messages over a link that loses batches and answers and delivers batches twice, until all arrive. */
function sendOverBadLink(seed: number): readonly string[] {
  const random = new SeededRandom(seed);
  const link = new TestLink();
  link.isKept = () => true;
  const sent = Array.from({ length: 40 }, (_, n) => `m${n}`);
  for (let next = 0; next < sent.length || !link.sender.isIdle; ) {
    if (next < sent.length && random.chance(0.4)) link.send(sent[next++]!);
    else if (link.carried.length === 0) link.advance(random.below(400));
    else if (random.chance(0.2)) link.lose();
    else {
      if (random.chance(0.2)) link.answer(link.carried[0]!);
      link.deliver(random.chance(0.2));
    }
  }
  expect(link.processed).toStrictEqual(sent);
  return link.processed;
}

test("every message arrives once and in order over a link that loses and duplicates", () => {
  for (let seed = 1; seed <= 300; seed++) sendOverBadLink(seed);
});
