/** Whole conversations of a crowd of clients, as a seed decides them, judged by a naive router. */

import { describe, expect, test } from "vitest";
import type { Entry } from "../host/test-realm.ts";
import { FuzzClients } from "./fuzz/fuzz-clients.ts";
import { Oracle } from "./fuzz/oracle.ts";

/** A failure prints its seed; put it here, so that it is tried for ever. */
const SEEDS_THAT_FAILED: readonly number[] = [];
const SEEDS = [...SEEDS_THAT_FAILED, ...Array.from({ length: 30 }, (_, index) => 1000 + index)];
const TURNS = 400;

function conversation(seed: number, isSleepy = false): FuzzClients {
  const crowd = new FuzzClients(seed, isSleepy);
  crowd.converse(TURNS);
  crowd.finish();
  return crowd;
}

/** What each client heard in each turn. The order among clients is nobody's to notice, nor that of what is due at once. */
function byClient({ turns }: FuzzClients): unknown[] {
  return turns.map(({ client, did, heard }) => {
    const order = client === "time" ? byText : byName;
    return { client, did, heard: [...heard].sort(order) };
  });
}

function byName([one]: Entry, [other]: Entry): number {
  return one.localeCompare(other);
}

function byText(one: Entry, other: Entry): number {
  return JSON.stringify(one).localeCompare(JSON.stringify(other));
}

describe.each(SEEDS)("a crowd with seed %d", (seed) => {
  test("[MSG-11][MSG-15][ID-02][ID-04][ID-09][ID-10][PUB-10][PUB-13] hears what a naive router would say, and every call gets one final answer", () => {
    const crowd = conversation(seed);
    const judge = new Oracle();
    judge.hear(crowd.turns);
    expect(judge.openCalls()).toStrictEqual([]);
  });

  test("[SES-30] does not notice that the realm sleeps between any two messages", () => {
    expect(byClient(conversation(seed, true))).toStrictEqual(byClient(conversation(seed)));
  });

  test("[WS-14][SES-24][LEAVE-06] leaves nothing behind", () => {
    const crowd = conversation(seed);
    crowd.disperse();
    const { realm, store } = crowd.realm;
    const { broker, dealer, sessions } = realm;
    expect([broker.subscriptions.size, dealer.registrations.size, sessions.byId.size]).toStrictEqual([0, 0, 0]);
    expect(realm.nextDeadline()).toBe(undefined);
    expect([...store.testaments.owners(), ...store.parked.owners()]).toStrictEqual([]);
  });
});

test("the crowd does everything it can, often enough to be worth its time", () => {
  const heard = SEEDS.slice(0, 10).flatMap((seed) =>
    conversation(seed).turns.flatMap((turn) => turn.heard.map(([, message]) => message)),
  );
  const counts = Map.groupBy(heard, ([type, , , , error]) => (type === 8 ? error : type));
  const kinds = [
    2,
    3,
    6,
    17,
    33,
    35,
    36,
    50,
    65,
    67,
    68,
    69,
    "com.app.error",
    "wamp.error.timeout",
    "wamp.error.canceled",
  ];
  expect(kinds.filter((kind) => (counts.get(kind)?.length ?? 0) < 20)).toStrictEqual([]);
});
