/** What the core answers from its tables is that of a realm of one object, wherever the caller is. */

import { describe, expect, test } from "vitest";
import type { RealmInput } from "../../../../src/wamp/config/realm.ts";
import { ANYTHING } from "../../host/test-realm.ts";
import { type ComparedClient, type ComparedRealm, compare, inputOf } from "./compared-realms.ts";

const MANAGER = [ANYTHING, { uri: "wamp.edge.", match: "prefix", allow: { call: true } }] as const;
const INPUT = inputOf({
  roles: [
    { name: "user", permissions: [...MANAGER], console: true },
    { name: "guest", permissions: [ANYTHING] },
  ],
  store: {
    retain: {},
    "event-history": [
      { uri: "com.h", limit: 10 },
      { uri: "com.p.", match: "prefix", limit: 10 },
    ],
  } as unknown as NonNullable<RealmInput["store"]>,
});

type Story = (place: number, realm: ComparedRealm) => readonly ComparedClient[];

const STORIES: readonly (readonly [title: string, story: Story])[] = [
  [
    "the events of a history, and of a subscription that it covers",
    (place, realm) => {
      const [reader, publisher] = [realm.join(place, "joe"), realm.join(2, "jim")];
      reader.send([32, 1, {}, "com.h"]);
      const history = reader.lastId;
      reader.send([32, 2, {}, "com.p.x"]);
      const covered = reader.lastId;
      reader.send([32, 3, {}, "com.none"]);
      const none = reader.lastId;
      publisher.send([16, 1, { acknowledge: true }, "com.h", [1]], [16, 2, { acknowledge: true }, "com.p.x", [2]]);
      publisher.send([16, 3, { acknowledge: true }, "com.p.y", [3]]);
      for (const id of [history, covered, none, 5_000_000_000_000_000]) {
        reader.call("wamp.subscription.get_events", [id, 5]);
      }
      return [reader, publisher];
    },
  ],
  [
    "a history without a subscriber",
    (place, realm) => {
      const reader = realm.join(place, "joe");
      realm.join(2, "jim").send([16, 1, { acknowledge: true }, "com.h", [1]]);
      reader.call("wamp.subscription.lookup", ["com.h"]);
      const [[, , , [id]]] = reader.received as unknown as [[number, number, object, [number]]];
      reader.call("wamp.subscription.get_events", [id]);
      reader.call("wamp.subscription.count_subscribers", [id]);
      reader.call("wamp.subscription.list");
      return [reader];
    },
  ],
  [
    "the removal of a retained event",
    (place, realm) => {
      const [actor, other] = [realm.join(place, "joe"), realm.join(2, "jim")];
      other.send([16, 1, { acknowledge: true, retain: true }, "com.kept", [1]]);
      actor.call("wamp.edge.retained.remove", ["com.kept"]);
      actor.call("wamp.edge.retained.remove", ["com.kept"]);
      actor.call("wamp.edge.retained.remove", ["no topic"]);
      return [actor, other];
    },
  ],
  [
    "roles, which only managers see and change",
    (place, realm) => {
      const [actor, guest] = [realm.join(place, "joe"), realm.join(place, "gil", "guest")];
      actor.call("wamp.edge.role.list");
      guest.call("wamp.edge.role.list");
      actor.call("wamp.edge.role.get", ["guest"]);
      actor.call("wamp.edge.role.get", ["none"]);
      return [actor, guest];
    },
  ],
];

describe.each([
  ["the core", 0],
  ["a relay", 1],
  ["another relay", 2],
] as const)("for a session at %s", (_, place) => {
  test.each(STORIES)("%s", (_, story) => {
    const { solo, spread } = compare((realm) => story(place, realm), INPUT);
    expect(spread).toStrictEqual(solo);
  });
});
