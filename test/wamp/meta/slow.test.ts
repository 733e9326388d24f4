/** `wamp.edge.slow`: sessions by bytes that they are not known to have read. */

import { expect, test } from "vitest";
import { ANYTHING, type Client, TestRealm } from "../host/test-realm.ts";
import { ask } from "./meta-calls.ts";

const ROLE = { name: "anonymous", permissions: [ANYTHING], console: true };

function slowIn(realm: TestRealm, client: Client, kwargs: object = {}): unknown {
  const [[, message] = []] = ask(realm, client, "wamp.edge.slow", [], kwargs);
  return (message as unknown[][])[3]![0];
}

function setUnread({ transport }: Client, sent: number, queued: number, handedOver: number, hasProved = true): void {
  transport.traffic = { bytesReceived: 0, messagesSent: 1, unread: { sent, queued, handedOver, hasProved } };
}

test("wamp.edge.slow lists sessions for which the router keeps frames, then those with most unread bytes", () => {
  const realm = new TestRealm({ roles: [ROLE], limits: { outgoing_bytes: 5000, realm_outgoing_bytes: 9000 } });
  const [ann, ben, cleo, dan, eve] = realm.joinAll("ann", "ben", "cleo", "dan", "eve");
  setUnread(ann, 100, 0, 0);
  setUnread(ben, 9000, 0, 4000);
  setUnread(cleo, 3000, 10, 20);
  setUnread(dan, 200, 0, -5);
  const named = ({ savedSession: { id, identity } }: Client) => ({
    session: id,
    authid: identity.authid,
    authrole: "anonymous",
  });
  const [first, second] = [
    { ...named(cleo), unread: 30, queued: 10, sent: 3000, proves: true },
    { ...named(ben), unread: 4000, queued: 0, sent: 9000, proves: true },
  ];
  const rest = { unread: 4030, limits: { outgoing_bytes: 5000, realm_outgoing_bytes: 9000 } };
  expect(slowIn(realm, eve)).toStrictEqual({ sessions: [first, second], ...rest });
  expect(slowIn(realm, eve, { limit: 1 })).toStrictEqual({ sessions: [first], ...rest });
});

test("wamp.edge.slow lists clients that never proved what they read last, because they may have read all of it", () => {
  const realm = new TestRealm({ roles: [ROLE] });
  const [ann, ben, cleo, dan] = realm.joinAll("ann", "ben", "cleo", "dan");
  setUnread(ann, 9000, 0, 9000, false);
  setUnread(ben, 500, 0, 400);
  setUnread(cleo, 9000, 10, 8000, false);
  expect(slowIn(realm, dan)).toMatchObject({
    sessions: [
      { session: cleo.savedSession.id, proves: false },
      { session: ben.savedSession.id, proves: true },
      { session: ann.savedSession.id, proves: false },
    ],
  });
});
