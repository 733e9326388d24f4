/** Messages that a core which has restarted sends to the relay that their session has left, and that are lost on that way. */

import { describe, expect, test } from "vitest";
import { ALL_ROLES } from "../../host/test-realm.ts";
import { type RelayedClient, RelayedRealm } from "../relayed-realm.ts";

const FEATURES = {
  features: { progressive_call_invocations: true, progressive_call_results: true, call_canceling: true },
};
const ROLES = { ...ALL_ROLES, caller: FEATURES, callee: FEATURES };

/** What happens while the former relay of the session has the message, and sends it back. */
type Fault = (realm: RelayedRealm) => void;

/** The core does what is due within two seconds, and reaches all relays but these. */
function wait(realm: RelayedRealm, ...cut: number[]): void {
  for (const relay of cut) realm.cut.add(relay);
  realm.advance(2_000);
  realm.cut.clear();
}

function crashFormer({ relays: [former] }: RelayedRealm): void {
  former!.crash();
  former!.relay.begin();
  former!.after();
}

/** What that relay sends is lost for so long. */
function blockFor(realm: RelayedRealm, milliseconds: number, fate: "lose call" | "lose answer"): void {
  const { network } = realm.world;
  network.block(1, 0, fate);
  realm.advance(milliseconds);
  network.unblock();
}

/** `outcome` is the type of the answer to a call: RESULT or ERROR. */
const FAULTS: readonly (readonly [string, { readonly outcome: number; readonly fail: Fault }])[] = [
  ["arrives", { outcome: 50, fail: (realm) => realm.advance(1_000) }],
  ["is dropped by that relay in an outage", { outcome: 8, fail: (realm) => blockFor(realm, 70_000, "lose call") }],
  ["may have been sent back before", { outcome: 8, fail: (realm) => blockFor(realm, 30_000, "lose answer") }],
  ["is lost in a crash of that relay", { outcome: 8, fail: crashFormer }],
  [
    "is lost in another crash of the core",
    {
      outcome: 8,
      fail: (realm) => {
        wait(realm, 1, 2);
        wait(realm, 2);
        realm.core.crash();
      },
    },
  ],
  [
    "is dropped by that relay in an outage after another crash of the core",
    {
      outcome: 8,
      fail: (realm) => {
        wait(realm, 1, 2);
        wait(realm, 1);
        realm.core.crash();
        blockFor(realm, 70_000, "lose call");
      },
    },
  ],
  [
    "is lost in a crash of that relay after another one of the core",
    {
      outcome: 8,
      fail: (realm) => {
        wait(realm, 1);
        realm.core.crash();
        crashFormer(realm);
      },
    },
  ],
];

/**
 * A session of the first relay has left it for the second one, or for `taker`, of which the core has not heard before it has
 * restarted. `other`, at the third relay, has registered `com.q`.
 */
function moveUnheard(prepare: (client: RelayedClient, other: RelayedClient) => void, taker = 2) {
  const realm = new RelayedRealm(3, { options: { enable_meta_api: false, resume: { time: 600 } } });
  const { network } = realm.world;
  const [former, other] = [realm.connect(1), realm.join(3, ROLES)];
  const hello = { roles: ROLES, resumable: true };
  former.send([1, "realm1", hello]);
  const [[, id, { resume_token: token }]] = former.take() as [[number, number, { resume_token: string }]];
  other.send([64, 1, {}, "com.q"]);
  prepare(former, other);
  realm.advance(2_000);
  former.leave();
  other.take();
  const client = realm.connect(taker);
  client.say([1, "realm1", { ...hello, "resume-session": id, "resume-token": token }]);
  const [giver, next] = realm.relays;
  const hasLeft = () => (taker === 0 ? !giver!.realm.sessions.byId.has(id) : next!.realm.sessions.byId.has(id));
  while (!hasLeft()) network.step(...network.busyWays()[0]!, "deliver");
  realm.core.crash();
  return { realm, client, other };
}

/** A client of the third relay sends a message, which the core passes on to the former relay. */
function sendToFormer({ world: { network } }: RelayedRealm, client: RelayedClient, message: unknown[]): void {
  client.say(message);
  for (const [from, to] of [
    [3, 0],
    [0, 1],
  ] as const) {
    while (network.busyWays().some((way) => way[0] === from && way[1] === to)) network.step(from, to, "deliver");
  }
}

/** Lets the callee answer each invocation, and returns the types of what the caller has got. */
function answersOf(realm: RelayedRealm, callee: RelayedClient, caller: RelayedClient): unknown[] {
  realm.advance(70_000);
  const requests = (callee.take() as unknown[][]).flatMap(([type, request]) => (type === 68 ? [request] : []));
  callee.send(...requests.map((request) => [70, request, {}, ["done"]]));
  return (caller.take() as unknown[][]).map(([type]) => type);
}

describe.each(FAULTS)("where a message for a session %s,", (_, { outcome, fail }) => {
  test("a caller of the session gets one answer", () => {
    const { realm, client, other } = moveUnheard((former) => former.send([64, 1, {}, "com.p"]));
    sendToFormer(realm, other, [48, 1, {}, "com.p"]);
    fail(realm);
    expect(answersOf(realm, client, other)).toStrictEqual([outcome]);
  });

  test("a call of the session gets one answer", () => {
    const { realm, client, other } = moveUnheard((former) => former.send([48, 1, {}, "com.q"]));
    sendToFormer(realm, other, [70, 1, {}, ["done"]]);
    fail(realm);
    realm.advance(70_000);
    expect((client.take() as unknown[][]).map(([type]) => type)).toStrictEqual([2, outcome]);
  });

  test("a call with several inputs fails, because the session may lack one", () => {
    const { realm, client, other } = moveUnheard((former, caller) => {
      former.send([64, 1, {}, "com.p"]);
      caller.send([48, 1, { progress: true }, "com.p"]);
    });
    sendToFormer(realm, other, [48, 1, {}, "com.p"]);
    fail(realm);
    expect(answersOf(realm, client, other)).toStrictEqual([8]);
  });

  test("a call of the session with progressive results fails, because it may lack one", () => {
    const { realm, client, other } = moveUnheard((former) => {
      former.send([48, 1, { receive_progress: true }, "com.q"]);
    });
    sendToFormer(realm, other, [70, 1, { progress: true }, [1]]);
    fail(realm);
    other.send([70, 1, {}, [2]]);
    realm.advance(70_000);
    expect((client.take() as unknown[][]).map(([type]) => type)).toStrictEqual([2, 8]);
  });
});

test("a call with several inputs fails where the session comes to the core, and may lack one", () => {
  const { realm, other } = moveUnheard((former, caller) => {
    former.send([64, 1, {}, "com.p"]);
    caller.send([48, 1, { progress: true }, "com.p"]);
  }, 0);
  sendToFormer(realm, other, [48, 1, {}, "com.p"]);
  realm.advance(70_000);
  expect((other.take() as unknown[][]).map(([type]) => type)).toStrictEqual([8]);
});
