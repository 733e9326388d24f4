/** What the core knows of the subscriptions at its relays, and what relays know of subscriptions elsewhere. */

import { describe, expect, test } from "vitest";
import { InterestTable } from "../../../../src/wamp/relay/broker/interest-table.ts";
import { COOL_DOWN_MS, MAX_COOLING, RelayInterest } from "../../../../src/wamp/relay/broker/relay-interest.ts";
import { ToldRelays, ToldTopics } from "../../../../src/wamp/relay/broker/told-topics.ts";
import { CoolingRows, InterestRows, idOf, ToldRows } from "../relay-stores.ts";

describe("the interest table of the core", () => {
  test("finds each relay once whose patterns match a topic, except the one that publishes", () => {
    const table = new InterestTable(new InterestRows(), idOf);
    table.add(1, "exact", "com.a");
    table.add(1, "prefix", "com.");
    table.add(2, "wildcard", "com.");
    table.add(3, "exact", "com.b");
    expect([...table.relaysFor("com.a", 9)].sort()).toStrictEqual([1, 2]);
    expect([...table.relaysFor("com.a", 1)]).toStrictEqual([2]);
    expect([...table.relaysFor("org.a", 9)]).toStrictEqual([]);
  });

  test("writes a row at each edge only, and is rebuilt from the rows", () => {
    const rows = new InterestRows();
    const table = new InterestTable(rows, idOf);
    table.add(1, "exact", "com.a");
    table.add(1, "exact", "com.a");
    table.delete(2, "exact", "com.a");
    table.add(2, "prefix", "com.");
    expect(rows.writes).toBe(2);
    const woken = new InterestTable(rows, idOf);
    expect([...woken.relaysFor("com.a", 9)]).toStrictEqual([1, 2]);
    woken.delete(1, "exact", "com.a");
    expect([...new InterestTable(rows, idOf).relaysFor("com.a", 9)]).toStrictEqual([2]);
  });

  test("drops a relay whose sessions are gone, and keeps the others", () => {
    const rows = new InterestRows();
    const table = new InterestTable(rows, idOf);
    for (const relay of [1, 2]) table.add(relay, "exact", "com.a");
    table.add(1, "wildcard", "com..x");
    table.drop(1);
    expect([...rows.all()]).toStrictEqual([{ relay: 2, match: "exact", uri: "com.a" }]);
    expect([table.size, table.has(1, "exact", "com.a"), table.has(2, "exact", "com.a")]).toStrictEqual([
      1,
      false,
      true,
    ]);
  });

  test("refuses a pattern that has the id of another one, and leaves no trace of it", () => {
    const rows = new InterestRows();
    const table = new InterestTable(rows, () => 7);
    table.add(1, "exact", "com.a");
    expect(() => table.add(1, "exact", "com.b")).toThrow("another subscription has the id of com.b");
    table.delete(1, "exact", "com.a");
    table.add(1, "exact", "com.b");
    expect([...rows.all()]).toStrictEqual([{ relay: 1, match: "exact", uri: "com.b" }]);
  });
});

/** A relay's interest, and what it has asked of the core. */
class TestInterest {
  time = 0;
  readonly rows = new CoolingRows();
  readonly asked: string[] = [];
  interest = this.wake();

  wake(): RelayInterest {
    const clock = { now: () => this.time, wallTime: () => this.time, setAlarm: () => {} };
    return new RelayInterest({
      clock,
      announce: ({ match, uri }) => this.asked.push(`announce ${match} ${uri}`),
      withdraw: ({ match, uri }, session) => this.asked.push(`withdraw ${match} ${uri} ${session}`),
      store: this.rows,
    });
  }

  advance(milliseconds: number): void {
    this.time += milliseconds;
    this.interest.tick(this.time);
  }

  confirm(uri: string): void {
    this.interest.ask("exact", uri, 1, () => {});
    this.interest.answered("exact", uri);
    this.asked.length = 0;
  }
}

describe("the interest of a relay", () => {
  test("is announced once for all that wait, who hear of the confirmation in their order", () => {
    const { interest, asked } = new TestInterest();
    const heard: unknown[] = [];
    for (const name of ["ann", "ben"]) interest.ask("exact", "com.a", 1, (refusal) => heard.push(name, refusal));
    expect([asked, interest.isConfirmed("exact", "com.a"), interest.isWaiting]).toStrictEqual([
      ["announce exact com.a"],
      false,
      true,
    ]);
    interest.answered("exact", "com.a");
    interest.answered("exact", "com.a");
    expect([heard, interest.isConfirmed("exact", "com.a"), interest.isWaiting]).toStrictEqual([
      ["ann", undefined, "ben", undefined],
      true,
      false,
    ]);
  });

  test("that is refused can be announced again", () => {
    const { interest, asked } = new TestInterest();
    const heard: unknown[] = [];
    interest.ask("exact", "com.a", 1, (refusal) => heard.push(refusal));
    interest.answered("exact", "com.a", "no");
    interest.ask("exact", "com.a", 1, () => {});
    expect([heard, asked.length]).toStrictEqual([["no"], 2]);
  });

  test("is withdrawn 30 seconds after the last subscriber has gone, and not earlier", () => {
    const test = new TestInterest();
    test.confirm("com.a");
    test.interest.release("exact", "com.a", 2);
    expect(test.interest.nextDeadline()).toBe(COOL_DOWN_MS);
    test.advance(COOL_DOWN_MS - 1);
    expect([test.asked, test.interest.isConfirmed("exact", "com.a")]).toStrictEqual([[], true]);
    test.advance(1);
    expect([test.asked, test.interest.size, [...test.rows.all()]]).toStrictEqual([["withdraw exact com.a 2"], 0, []]);
    expect(test.interest.nextDeadline()).toBeUndefined();
  });

  test("is withdrawn earlier where a client subscribes to ever new topics: only so many cool down at once", () => {
    const test = new TestInterest();
    for (let index = 0; index <= MAX_COOLING + 1; index++) {
      test.time = index;
      test.confirm(`com.t${index}`);
      test.interest.release("exact", `com.t${index}`, 2);
    }
    expect([test.interest.size, test.interest.isConfirmed("exact", "com.t1"), test.asked]).toStrictEqual([
      MAX_COOLING,
      false,
      ["withdraw exact com.t1 2"],
    ]);
  });

  test("stays where a session subscribes meanwhile, without asking the core", () => {
    const test = new TestInterest();
    test.confirm("com.a");
    test.interest.release("exact", "com.a", 2);
    test.advance(20_000);
    test.interest.keep("exact", "com.a");
    test.advance(COOL_DOWN_MS);
    expect([test.asked, test.interest.isConfirmed("exact", "com.a"), [...test.rows.all()]]).toStrictEqual([
      [],
      true,
      [],
    ]);
  });

  test("that cools down is withdrawn in time although the relay has slept", () => {
    const test = new TestInterest();
    test.confirm("com.a");
    test.interest.release("exact", "com.a", 2);
    test.time += 12_000;
    test.interest = test.wake();
    expect([test.interest.nextDeadline(), test.interest.isConfirmed("exact", "com.a")]).toStrictEqual([30_000, true]);
    test.advance(18_000);
    expect(test.asked).toStrictEqual(["withdraw exact com.a 2"]);
  });

  test("is announced again where the core has restarted before it answered", () => {
    const test = new TestInterest();
    test.confirm("com.a");
    test.interest.ask("prefix", "com.", 1, () => {});
    test.interest.announceAgain();
    expect(test.asked).toStrictEqual(["announce prefix com.", "announce prefix com."]);
  });

  test("that waits is refused where the core cannot be reached; the confirmed one stays", () => {
    const test = new TestInterest();
    test.confirm("com.a");
    const heard: unknown[] = [];
    test.interest.ask("exact", "com.b", 1, (refusal) => heard.push(refusal));
    test.interest.refuseAll("gone");
    expect([heard, test.interest.size]).toStrictEqual([["gone"], 1]);
  });
});

describe("topics that a relay does not forward", () => {
  test("are forgotten where a new subscription matches them", () => {
    const topics = new ToldTopics();
    for (const topic of ["com.a", "com.b.x", "com.b.y", "org.a"]) topics.add(topic);
    expect(topics.revoke({ match: "exact", uri: "com.c" })).toBe(false);
    expect(topics.revoke({ match: "exact", uri: "com.a" })).toBe(true);
    expect(topics.revoke({ match: "wildcard", uri: "com..y" })).toBe(true);
    expect(topics.revoke({ match: "prefix", uri: "org" })).toBe(true);
    expect([topics.size, topics.has("com.b.x")]).toStrictEqual([1, true]);
  });

  test("are bounded: the topic told longest ago is forgotten", () => {
    const topics = new ToldTopics(2);
    for (const topic of ["com.a", "com.b", "com.a", "com.c"]) topics.add(topic);
    expect(["com.a", "com.b", "com.c"].map((topic) => topics.has(topic))).toStrictEqual([true, false, true]);
  });

  test("are revoked at the relays that were told, except the one that subscribes", () => {
    const rows = new ToldRows();
    const told = new ToldRelays(rows);
    told.tell(1, "com.a");
    told.tell(2, "com.a");
    told.tell(3, "com.b");
    const pattern = { match: "exact", uri: "com.a" } as const;
    expect(told.revoke(pattern, 2)).toStrictEqual([[1, pattern]]);
    expect(told.revoke(pattern, 9)).toStrictEqual([[2, pattern]]);
    expect([rows.writes, told.size]).toStrictEqual([3, 3]);
  });

  test("are all revoked, once, where the core has forgotten which ones it told a relay", () => {
    const rows = new ToldRows();
    new ToldRelays(rows).tell(1, "com.a");
    const woken = new ToldRelays(rows);
    const pattern = { match: "exact", uri: "org.z" } as const;
    expect(woken.revoke(pattern, 9)).toStrictEqual([[1, { match: "prefix", uri: "" }]]);
    expect(woken.revoke(pattern, 9)).toStrictEqual([]);
    woken.forget(1);
    expect([...rows.all()]).toStrictEqual([]);
  });

  test("of the core include those of the relay, whichever of both has slept", () => {
    const rows = new ToldRows();
    const core = new ToldRelays(rows, 3);
    let relay = new ToldTopics(3);
    const revoked = (topic: string): boolean => core.revoke({ match: "exact", uri: topic }, 9).length > 0;
    for (let turn = 0; turn < 200; turn++) {
      const topic = `com.t${(turn * 7) % 5}`;
      if (turn % 11 === 0) relay = new ToldTopics(3);
      core.tell(1, topic);
      relay.add(topic);
      const asked = `com.t${turn % 5}`;
      if (turn % 3 === 0 && relay.has(asked)) {
        expect(revoked(asked), `turn ${turn}`).toBe(true);
        relay.revoke({ match: "exact", uri: asked });
      }
    }
  });
});
