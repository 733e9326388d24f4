/** Random conversations of several clients, generated from a seed and checked by an oracle. */

import { describe, expect, test } from "vitest";
import type { Entry } from "../host/test-realm.ts";
import { FuzzClients } from "./fuzz/fuzz-clients.ts";
import { Oracle } from "./fuzz/oracle.ts";

/** A failure prints its seed; add the seed here, so that it is always tried. */
const SEEDS_THAT_FAILED: readonly number[] = [];
const SEEDS = [...SEEDS_THAT_FAILED, ...Array.from({ length: 30 }, (_, index) => 1000 + index)];
const TURNS = 400;

function conversation(seed: number, isSleepy = false): FuzzClients {
  const clients = new FuzzClients(seed, isSleepy);
  clients.converse(TURNS);
  clients.finish();
  return clients;
}

/**
 * The messages of each client in each turn. The order among clients does not matter, nor that of messages due at one
 * time.
 */
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

describe.each(SEEDS)("clients with seed %d", (seed) => {
  test("[MSG-11][MSG-15][ID-02][ID-04][ID-09][ID-10][PUB-10][PUB-13] get the messages that the oracle expects, and every call gets one final answer", () => {
    const clients = conversation(seed);
    const oracle = new Oracle();
    oracle.hear(clients.turns);
    expect(oracle.openCalls()).toStrictEqual([]);
  });

  test("[SES-30] get the same messages when the realm sleeps between any two of them", () => {
    expect(byClient(conversation(seed, true))).toStrictEqual(byClient(conversation(seed)));
  });

  test("[WS-14][SES-24][LEAVE-06] leave no subscription, registration, session or stored row behind", () => {
    const clients = conversation(seed);
    clients.disperse();
    const { realm, store } = clients.realm;
    const { broker, dealer, sessions } = realm;
    expect([broker.subscriptions.size, dealer.registrations.size, sessions.byId.size]).toStrictEqual([0, 0, 0]);
    expect(realm.nextDeadline()).toBe(undefined);
    expect([...store.testaments.owners(), ...store.parked.owners()]).toStrictEqual([]);
  });
});

test("the clients cause every kind of message and error", () => {
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
