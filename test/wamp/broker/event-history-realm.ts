/** Realms that keep an event history: publishing to them, and querying them with the meta API. */

import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { routerError } from "../host/router-errors.ts";
import type { Client, Line } from "../host/test-realm.ts";
import { TestRealm } from "../host/test-realm.ts";

export const TOPIC = "com.mycompany.log.auth";
export const PREFIX = "com.mycompany.log.";

export type HistoryInput = NonNullable<NonNullable<RealmInput["store"]>["event-history"]>;

/** A realm with a history of `TOPIC`, a publisher, and a session that queries the history. */
export function testRealmOf(history: HistoryInput = [{ uri: TOPIC }], input: Partial<RealmInput> = {}) {
  const testRealm = new TestRealm({ store: { "event-history": history }, ...input });
  const [publisher, caller] = testRealm.joinAll("publisher", "caller");
  return { testRealm, publisher, caller };
}

/** The id of the last CALL or PUBLISH. */
export const requests = { last: 0 };

/** Publishes one second after the previous event; returns the publication id. */
export function publish(
  testRealm: TestRealm,
  publisher: Client,
  topic: string,
  payload: readonly unknown[] = [],
  options = {},
): number {
  testRealm.time += 1000;
  publisher.send([16, ++requests.last, { acknowledge: true, ...options }, topic, ...payload]);
  const published = testRealm.take().find(([, [type]]) => type === 17);
  return published?.[1][2] as number;
}

/** Publishes one event per Argument on `TOPIC`; returns the publication ids. */
export function publishAll(testRealm: TestRealm, publisher: Client, args: readonly unknown[], topic = TOPIC): number[] {
  return args.map((arg) => publish(testRealm, publisher, topic, [[arg]]));
}

export function call(
  testRealm: TestRealm,
  caller: Client,
  procedure: string,
  args: readonly unknown[],
  kwargs = {},
  options = {},
): Line[] {
  caller.send([48, ++requests.last, options, procedure, args, kwargs]);
  return testRealm.take().map(([, line]) => line as Line);
}

export function lookup(testRealm: TestRealm, caller: Client, topic: string, match = "exact"): unknown {
  const [result] = call(testRealm, caller, "wamp.subscription.lookup", [topic, { match }]);
  return (result?.[3] as unknown[] | undefined)?.[0];
}

/** Returns the answer of get_events for the history of `topic`. */
export function getEvents(
  testRealm: TestRealm,
  caller: Client,
  kwargs = {},
  topic = TOPIC,
  match = "exact",
): Line | undefined {
  const [answer] = call(
    testRealm,
    caller,
    "wamp.subscription.get_events",
    [lookup(testRealm, caller, topic, match)],
    kwargs,
  );
  return answer;
}

export interface EventDict {
  readonly timestamp: string;
  readonly subscription: number;
  readonly publication: number;
  readonly args?: unknown[];
}

export const eventsIn = (answer: Line | undefined) => (answer?.[3] ?? []) as EventDict[];
export const argsIn = (answer: Line | undefined) => eventsIn(answer).map(({ args }) => args?.[0]);
export const refused = (uri: string) => [8, 48, requests.last, {}, ...routerError(uri)];
