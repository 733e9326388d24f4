/** The messages that a live list keeps. */

import { describe, expect, it } from "vitest";
import { MessageLog } from "../../../src/console/live/message-log.ts";

describe("a log of messages", () => {
  it("keeps the latest 200, the last one first, and counts all", () => {
    const log = new MessageLog();
    for (let n = 1; n <= 250; n++) log.add({ time: String(n), dropped: 2 });
    expect(log.messages.length).toBe(200);
    expect(log.messages[0]).toMatchObject({ time: "250", index: 249 });
    expect(log.messages.at(-1)).toMatchObject({ time: "51" });
    expect([log.total, log.dropped]).toEqual([250, 500]);
  });

  it("counts the messages of a pause, and keeps those after it", () => {
    const log = new MessageLog();
    log.add({ time: "1" });
    log.pause(true);
    log.add({ time: "2" });
    log.pause(false);
    log.add({ time: "3" });
    expect(log.messages.map(({ time }) => time)).toEqual(["3", "1"]);
    expect(log.total).toBe(3);
  });

  it("never gives an index twice, also after it was cleared", () => {
    const log = new MessageLog();
    log.add({ time: "1" });
    log.clear();
    expect([log.messages.length, log.total]).toEqual([0, 0]);
    log.add({ time: "2" });
    expect(log.messages[0]?.index).toBe(1);
  });

  it("tells of each change until the listener is taken away", () => {
    const log = new MessageLog();
    let changes = 0;
    const stop = log.listen(() => changes++);
    log.add({ time: "1" });
    log.pause(true);
    log.clear();
    stop();
    log.add({ time: "2" });
    expect(changes).toBe(3);
  });
});
