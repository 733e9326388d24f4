/** Messages that keep a realm awake until a record is saved: docs/costs.md lists them, because that time is billed. */

import { expect, it, vi } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { type Client, TestRealm } from "../host/test-realm.ts";

/** Whether messages of the clients have a record saved or events stored later. */
function keepsAwake(realm: TestRealm, clients: readonly Client[], send: () => void): boolean {
  const spies = [...clients.map(({ transport }) => vi.spyOn(transport, "save")), vi.spyOn(realm, "scheduleFlush")];
  send();
  return spies.some(({ mock }) => mock.calls.length > 0);
}

const HISTORY: Partial<RealmInput> = { store: { "event-history": [{ uri: "com.kept" }] } };

it.each<[string, unknown[], Partial<RealmInput>, boolean]>([
  ["SUBSCRIBE", [32, 9, {}, "com.new"], {}, true],
  ["UNSUBSCRIBE", [34, 9, 1], {}, true],
  ["REGISTER", [64, 9, {}, "com.new"], {}, true],
  ["UNREGISTER", [66, 9, 2], {}, true],
  ["CALL", [48, 9, {}, "com.procedure"], {}, true],
  ["GOODBYE", [6, {}, "wamp.close.close_realm"], {}, true],
  ["PUBLISH of an event that is kept", [16, 9, {}, "com.kept"], HISTORY, true],
  ["PUBLISH of an event that is retained", [16, 9, { retain: true }, "com.topic"], {}, true],
  ["PUBLISH of any other event", [16, 9, {}, "com.topic"], {}, false],
  ["acknowledged PUBLISH of any other event", [16, 9, { acknowledge: true }, "com.topic"], {}, false],
])("%s: %#", (_, message, input, expected) => {
  const realm = new TestRealm(input);
  const [ann, bob] = realm.joinAll("ann", "bob");
  bob.send([64, 1, {}, "com.procedure"]);
  realm.take();
  ann.send([32, 1, {}, "com.topic"], [64, 2, {}, "com.own"]);
  const [[, [, , subscription]], [, [, , registration]]] = realm.take() as [string, unknown[]][] as [
    [string, [number, number, number]],
    [string, [number, number, number]],
  ];
  const ids: Readonly<Record<number, number>> = { 34: subscription, 66: registration };
  const [type, ...rest] = message;
  const own = ids[type as number];
  const sent = own === undefined ? message : [type, rest[0], own];
  expect(keepsAwake(realm, [ann, bob], () => ann.send(sent))).toBe(expected);
});
