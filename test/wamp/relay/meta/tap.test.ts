/** `wamp.edge.tap` over relays: the messages of sessions anywhere reach a reader anywhere. */

import { describe, expect, test } from "vitest";
import { type ComparedClient, SpreadRealm } from "./compared-realms.ts";

const ROLES = {
  publisher: {},
  subscriber: {},
  caller: { features: { progressive_call_results: true, call_canceling: true } },
};

type Shown = Readonly<Record<string, unknown>>;

/** A realm whose taps see the messages of its clients, as the platform has it. */
function newRealm() {
  const realm = new SpreadRealm(2);
  const clients = [0, 1, 2].map((place) => realm.join(place, `client ${place}`, "user", ROLES));
  return { realm, clients };
}

function open(realm: SpreadRealm, place: number, kwargs: object = {}): ComparedClient {
  const reader = realm.join(place, "reader", "user", ROLES);
  reader.send([48, 1, { receive_progress: true }, "wamp.edge.tap", [], kwargs]);
  return reader;
}

/** The progressive results of a tap: who sent what, or was sent it. */
function shown({ received }: ComparedClient): unknown[] {
  const results = received as [number, number, object, [Shown]][];
  return results.flatMap(([type, , , [dict]]) => {
    return type === 50 && dict.type ? [[dict.authid, dict.direction, dict.type, dict.uri]] : [];
  });
}

describe.each([0, 1, 2])("a tap whose reader is at place %i", (place) => {
  test("shows what sessions of all objects send, and no result of the tap", () => {
    const { realm, clients } = newRealm();
    const reader = open(realm, place, { uri: "com.", match: "prefix" });
    for (const client of clients) client.send([16, 1, {}, "com.a"]);
    expect(shown(reader)).toStrictEqual([0, 1, 2].map((each) => [`client ${each}`, "received", "PUBLISH", "com.a"]));
  });

  test("shows the messages of one session wherever it is", () => {
    const { realm, clients } = newRealm();
    const reader = open(realm, place, { session: clients[2]!.id });
    for (const client of clients) client.send([16, 1, { acknowledge: true }, "com.a"]);
    expect(shown(reader)).toStrictEqual([
      ["client 2", "received", "PUBLISH", "com.a"],
      ["client 2", "sent", "PUBLISHED", "com.a"],
    ]);
  });

  test("ends everywhere with CANCEL, and with its duration", () => {
    const { realm } = newRealm();
    const taps = () => [realm.core, ...realm.relays].map((object) => object.realm.monitor.taps.size);
    const reader = open(realm, place);
    expect(taps()).toStrictEqual([1, 1, 1]);
    reader.send([49, 1, { mode: "killnowait" }]);
    expect(taps()).toStrictEqual([0, 0, 0]);
    const other = open(realm, place, { duration: 10 });
    realm.advance(10_000);
    expect(taps()).toStrictEqual([0, 0, 0]);
    expect(other.received.at(-1)).toMatchObject([50, 1, {}, [{ seconds: 10 }]]);
  });
});

test("a tap of everything does not show its own results at the relay of its reader", () => {
  const { realm, clients } = newRealm();
  const reader = open(realm, 1);
  clients[1]!.send([16, 1, {}, "com.a"]);
  const before = reader.received.length;
  realm.advance(60_000);
  expect(reader.received.length).toBe(before);
});

test("a relay that gets its first session while a tap runs shows its messages, too", () => {
  const realm = new SpreadRealm(2);
  const reader = open(realm, 1, { uri: "com.a" });
  realm.join(2, "late").send([16, 1, {}, "com.a"]);
  expect(shown(reader)).toStrictEqual([["late", "received", "PUBLISH", "com.a"]]);
});

test("a relay ends a tap that a restarted core does not know", () => {
  const { realm, clients } = newRealm();
  open(realm, 1);
  realm.core.crash();
  clients[2]!.send([16, 1, {}, "com.a"]);
  realm.advance(10_000);
  expect(realm.relays[1]!.realm.monitor.taps.size).toBe(0);
});
