/** What the console makes of the statistics of a realm with relays, each of which counts from a time of its own. */

import { describe, expect, it } from "vitest";
import type { ChannelSession } from "../../../src/client/channel-session.ts";
import { dailyCost } from "../../../src/console/session/daily-cost.ts";
import { askStats, growthOf, type ObjectStats, type Stats } from "../../../src/console/session/stats.ts";
import { findWarnings } from "../../../src/console/session/warnings.ts";

const at = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** An object that woke at a second and has received so many PUBLISHs. */
function object(name: string, since: number, time: number, publications: number, extra: object = {}): ObjectStats {
  return {
    object: name,
    ...{ since: at(since), time: at(time), sessions: 1, frames_received: publications, logins: {}, rates: [] },
    messages: { received: { PUBLISH: publications }, sent: {} },
    ...extra,
  } as unknown as ObjectStats;
}

/** The answer of the realm, with the sums of its objects; the core is the first. */
function realm(objects: readonly ObjectStats[]): Stats {
  const publications = objects.reduce((sum, { messages }) => sum + messages.received.PUBLISH!, 0);
  return { ...objects[0]!, messages: { received: { PUBLISH: publications }, sent: {} }, objects };
}

/** A session that gets these answers, one after the other. */
function sessionWith(answers: Readonly<Record<string, readonly unknown[]>>): ChannelSession {
  const left = Object.fromEntries(Object.entries(answers).map(([uri, list]) => [uri, [...list]]));
  return { call: async (uri: string) => ({ args: [left[uri]?.shift()] }) } as unknown as ChannelSession;
}

describe("the rates", () => {
  const ratesOf = async (...objects: readonly (readonly ObjectStats[])[]) => {
    const session = sessionWith({ "wamp.edge.stats": objects.map(realm) });
    let points: readonly { readonly publications: number }[] = [];
    for (const _ of objects) ({ points } = await askStats(session));
    return points.map(({ publications }) => publications);
  };

  it("do not fall below 0 when a relay has left the list with its last session", async () => {
    const before = [object("core", 0, 10, 0), object("weur.0", 0, 10, 500), object("apac.0", 0, 10, 70)];
    const after = [object("core", 0, 12, 0), object("apac.0", 0, 12, 90)];
    expect(await ratesOf(before, after)).toStrictEqual([10]);
  });

  it("count a relay that has just woken from then on", async () => {
    const before = [object("core", 0, 10, 0), object("apac.0", 0, 10, 70)];
    const after = [object("core", 0, 12, 0), object("apac.0", 11, 12, 5)];
    expect(await ratesOf(before, after)).toStrictEqual([5]);
  });
});

it("a count grows by what the objects of both answers have counted, and by what has woken in between", () => {
  const before = [object("core", 0, 10, 0), object("weur.0", 0, 10, 500), object("apac.0", 0, 10, 70)];
  const after = [object("core", 0, 12, 3), object("apac.0", 11, 12, 5), object("enam.0", 0, 12, 900)];
  expect(growthOf(realm(after), realm(before), ({ messages }) => messages.received.PUBLISH!)).toBe(3 + 5);
});

it("the cost of a day extends what each object has counted since it woke, and has their batches", () => {
  const links = { batches: { received: 20, sent: 10 }, messages: { received: 20, sent: 10 } };
  const day = 86_400;
  const objects = [object("core", day - 10, day, 0), object("weur.0", 0, day, 2_000, { links })];
  const [connections, requests] = dailyCost(realm(objects));
  expect(connections!.count).toBe(0);
  expect(requests!.count).toBe(2_000 / 20 + 20);
});

it("a relay that is nearly full is a warning, although the realm is not", async () => {
  const capacity = (used: number) => ({ capacity: { sessions: { used, limit: 100 } } });
  const objects = [object("core", 0, 10, 0, capacity(0)), object("weur.0", 0, 10, 0, capacity(85))];
  const stats = { ...realm(objects), capacity: { sessions: { used: 85, limit: 200 } }, limits: {}, logins: {} };
  const warnings = await findWarnings(sessionWith({ "wamp.edge.stats": [stats] }));
  expect(warnings).toStrictEqual([{ text: "85 % of the limit sessions of weur.0 are in use: 85 of 100." }]);
});
