/** Meta events and kills while the links between the objects lose and duplicate batches. */

import { afterEach, describe, expect, test, vi } from "vitest";
import { SeededRandom } from "../../../../src/testing/seeded-random.ts";
import { RelayPublications } from "../../../../src/wamp/relay/broker/relay-publications.ts";
import { ANSWER_MS } from "../../../../src/wamp/relay/meta/gatherings.ts";
import { RelayMeta } from "../../../../src/wamp/relay/meta/relay-meta.ts";
import type { Fate } from "../model/model-network.ts";
import { type ComparedClient, SpreadRealm } from "./compared-realms.ts";

const FATES: readonly Fate[] = ["lose call", "lose answer", "duplicate"];

/** A realm whose links lose or duplicate one batch in five. */
class LossyRealm extends SpreadRealm {
  readonly random: SeededRandom;

  constructor(seed: number) {
    super(3);
    this.random = new SeededRandom(seed);
  }

  override deliver(): number {
    // The constructor of the base class has no random numbers yet.
    if (this.random === undefined) return super.deliver();
    const { network } = this.world;
    const nextWay = () => network.busyWays().find((ends) => !ends.some((end) => this.cut.has(end)));
    for (let way = nextWay(); way !== undefined; way = nextWay()) {
      network.step(...way, this.random.below(5) > 0 ? "deliver" : FATES[this.random.below(3)]!);
    }
    return 0;
  }
}

/** Sessions of which the client heard that they joined, and that they left, in order. */
function heard({ received }: ComparedClient): unknown[][] {
  const events = received as [number, number, number, object, [{ session: number } | number]][];
  const ids = events.flatMap(([type, , , , args]) => (type === 36 ? [args[0]] : []));
  return [
    ids.flatMap((id) => (typeof id === "number" ? [] : [id.session])),
    ids.filter((id) => typeof id === "number"),
  ];
}

/** Returns what is wrong; undefined if nothing is. */
function faultOf(seed: number): string | undefined {
  const realm = new LossyRealm(seed);
  const watcher = realm.join(1 + realm.random.below(3), "watcher");
  watcher.send([32, 1, {}, "wamp.session.on_join"], [32, 2, {}, "wamp.session.on_leave"]);
  realm.advance(5_000);
  const clients = Array.from({ length: 9 }, (_, index) => realm.join(index % 4, index % 2 > 0 ? "odd" : "even"));
  clients[8]!.leave();
  realm.advance(5_000);
  // A relay that cannot be reached lets the call fail.
  if (seed % 3 === 0) realm.cut.add(3);
  watcher.call("wamp.session.kill_by_authid", ["odd"]);
  realm.advance(ANSWER_MS);
  realm.cut.clear();
  realm.deliver();
  realm.advance(10_000);
  const [joined, left] = heard(watcher);
  const victims = clients.filter(({ name }) => name === "odd");
  const ended = victims.filter(({ received }) => received.length > 0);
  const answers = (watcher.received as [number, number, object, unknown[][] & string][]).filter(
    ([type, request]) => (type === 50 && request === 1) || (type === 8 && (request as number) === 48),
  );
  const isDone = answers[0]?.[0] === 50;
  const all = clients.map(({ id }) => id).sort();
  const gone = [clients[8]!, ...(isDone ? victims : [])].map(({ id }) => id).sort();
  if (answers.length !== 1) return `${answers.length} answers`;
  if (ended.length !== (isDone ? victims.length : 0)) return `${ended.length} ended, although done is ${isDone}`;
  if (String(joined!.sort()) !== String(all)) return `joined ${joined}, not ${all}`;
  return String(left!.sort()) === String(gone) ? undefined : `left ${left}, not ${gone}`;
}

const SEEDS = Array.from({ length: 60 }, (_, index) => index);

describe("over links that lose and duplicate", () => {
  afterEach(() => vi.restoreAllMocks());

  test("each session joins and leaves once, and a kill ends all sessions or none", () => {
    expect(SEEDS.map(faultOf).filter((fault) => fault !== undefined)).toStrictEqual([]);
  });

  test("a relay that ends sessions before all relays have answered is found", () => {
    const { take } = RelayMeta.prototype;
    vi.spyOn(RelayMeta.prototype, "take").mockImplementation(function (this: RelayMeta, message) {
      take.call(this, message);
      if (message.kind === "meta") take.call(this, { kind: "meta done", number: message.number });
    });
    expect(SEEDS.some((seed) => faultOf(seed) !== undefined)).toBe(true);
  });

  test("a relay that does not know which events it has sent before is found", () => {
    const { receive } = RelayPublications.prototype;
    let count = 2 ** 52;
    vi.spyOn(RelayPublications.prototype, "receive").mockImplementation(function (this: RelayPublications, event) {
      receive.call(this, { ...event, count: count++ });
      receive.call(this, { ...event, count: count++ });
    });
    expect(SEEDS.some((seed) => faultOf(seed) !== undefined)).toBe(true);
  });
});
