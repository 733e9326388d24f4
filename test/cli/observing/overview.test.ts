/** What `wamp-edge top` prints for a realm with relays. */

import { expect, it } from "vitest";
import { formatOverview, type Stats } from "../../../src/cli/observing/overview.ts";

/** An object that has received so many PUBLISHs in so many seconds, and as many batches. */
function object(name: string, seconds: number, publications: number, extra: object = {}): Stats {
  return {
    ...{ object: name, realm: "world", since: "2026-11-28T12:00:00.000Z" },
    ...{ time: new Date(Date.UTC(2026, 10, 28, 12, 0, seconds)).toISOString() },
    ...{ sessions: 3, parked_sessions: 0, handshakes: 0, subscriptions: 0, registrations: 0 },
    ...{ open_calls: 0, queued_calls: 0, errors: {}, logins: {}, limits: {} },
    messages: { received: { PUBLISH: publications }, sent: {} },
    links: { batches: { received: publications, sent: 0 } },
    ...extra,
  };
}

function realm(objects: readonly Stats[]): Stats {
  const publications = objects.reduce((sum, { messages }) => sum + messages.received.PUBLISH!, 0);
  const { object: _, ...core } = objects[0]!;
  return { ...core, messages: { received: { PUBLISH: publications }, sent: {} }, objects } as Stats;
}

it("has a line for each object, and rates that a relay without sessions does not make negative", () => {
  const earlier = realm([object("core", 10, 0), object("weur.0", 10, 100), object("apac.0", 10, 900)]);
  const lines = formatOverview(realm([object("core", 12, 4), object("weur.0", 12, 140)]), earlier);
  expect(lines.filter((line) => /PUBLISH|core|weur|object/.test(line))).toStrictEqual([
    "PUBLISH          22       0       144     0",
    "objects",
    "  object  sessions  received/s  sent/s  batches/s  awake since",
    "  core           3           2       0          2  2026-11-28 12:00:00",
    "  weur.0         3          20       0         20  2026-11-28 12:00:00",
  ]);
});
