/** Realms with retained events, and sessions that subscribe to them. */

import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import type { Line } from "../host/test-realm.ts";
import { TestRealm } from "../host/test-realm.ts";

export const TOPIC = "com.myapp.temp";

/** The retained events a new session of this name is sent when it subscribes with `get_retained`. */
export function retained(realm: TestRealm, name: string, topic = TOPIC, options: object = {}): Line[] {
  return retainedIn(subscribe(realm, name, topic, { get_retained: true, ...options }));
}

/** Leaves out SUBSCRIBED, and the meta events a broad pattern brings along. */
export function retainedIn(lines: readonly Line[]): Line[] {
  return lines.filter(([type, , , details]) => type === 36 && (details as { retained?: true }).retained);
}

/** What a new session of this name is sent when it subscribes. */
export function subscribe(realm: TestRealm, name: string, topic: string, options: object): Line[] {
  const client = realm.join(name);
  realm.take();
  client.send([32, 1, options, topic]);
  const lines = linesOf(realm);
  client.disconnect();
  realm.take();
  return lines;
}

/** A realm whose publisher has published these, each a millisecond after the other. */
export function published(
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

/** What was sent since, to whomever. */
export const linesOf = (realm: TestRealm) => realm.take().map(([, line]) => line as Line);

/** Arguments of the events. */
export const argsOf = (events: readonly Line[]) => events.map(([, , , , args]) => args);
