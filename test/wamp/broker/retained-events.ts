/** Realms with retained events, and sessions that subscribe to them. */

import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import type { Line } from "../host/test-realm.ts";
import { TestRealm } from "../host/test-realm.ts";

export const TOPIC = "com.myapp.temp";

/** Joins a session, subscribes with `get_retained` and returns the retained events it receives. */
export function receiveRetained(realm: TestRealm, name: string, topic = TOPIC, options: object = {}): Line[] {
  return selectRetained(subscribe(realm, name, topic, { get_retained: true, ...options }));
}

/** Returns the retained events among the messages, without SUBSCRIBED and meta events. */
export function selectRetained(lines: readonly Line[]): Line[] {
  return lines.filter(([type, , , details]) => type === 36 && (details as { retained?: true }).retained);
}

/** Joins a session, subscribes and returns the messages it receives. */
export function subscribe(realm: TestRealm, name: string, topic: string, options: object): Line[] {
  const client = realm.join(name);
  realm.take();
  client.send([32, 1, options, topic]);
  const lines = linesOf(realm);
  client.disconnect();
  realm.take();
  return lines;
}

/** A realm whose publisher has published these messages, one per millisecond. */
export function testRealmWithEvents(
  messages: readonly (readonly [options: object, topic: string, ...payload: unknown[]])[],
  input: Partial<RealmInput> = {},
): TestRealm {
  const realm = new TestRealm(input);
  const publisher = realm.join("publisher");
  messages.forEach(([options, topic, ...payload], index) => {
    publisher.send([16, index + 1, options, topic, ...payload]);
    realm.time++;
  });
  realm.take();
  return realm;
}

/** Takes the messages that the router has sent, without their receivers. */
export const linesOf = (realm: TestRealm) => realm.take().map(([, line]) => line as Line);

/** Returns the Arguments of the events. */
export const argsOf = (events: readonly Line[]) => events.map(([, , , , args]) => args);
