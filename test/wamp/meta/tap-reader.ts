/** A client that taps a realm, for the tests of `wamp.edge.tap`. */

import type { Client, Entry, TestRealm } from "../host/test-realm.ts";

/** The request of the tap. */
export const REQUEST = 7;

/** A message as a tap shows it. */
export type Tapped = Readonly<Record<string, unknown>> & { readonly message: readonly unknown[] };

/** The dicts of a session's progressive results, without that of the start. */
export function takeTapped(realm: TestRealm, reader: Client): Tapped[] {
  return resultsIn(realm.take(), reader);
}

/** Calls `wamp.edge.tap`, and forgets what happened before and that the tap runs. */
export function tap(realm: TestRealm, reader: Client, kwargs: object = {}, options: object = {}): void {
  realm.take();
  reader.send([48, REQUEST, { receive_progress: true, ...options }, "wamp.edge.tap", [], kwargs]);
  const started = realm.recording.findIndex(([, message]) => isTapped(message) && isStart(dictIn(message)));
  if (started !== -1) realm.recording.splice(started, 1);
}

/** Message type and direction of each message that a tap has shown: `> PUBLISH` was received. */
export function takeSteps(realm: TestRealm, reader: Client): string[] {
  return takeTapped(realm, reader).map(({ direction, type }) => `${direction === "received" ? ">" : "<"} ${type}`);
}

/** The messages to a session which are not results of its tap in progress. */
export function takeOthers(realm: TestRealm, reader: Client): Entry[] {
  return realm.take().filter(([name, message]) => name === reader.name && !isTapped(message));
}

function resultsIn(entries: readonly Entry[], reader: Client): Tapped[] {
  const results = entries.filter(([name, message]) => name === reader.name && isTapped(message));
  return results.map(([, message]) => dictIn(message)).filter((dict) => !isStart(dict));
}

function dictIn(message: Entry[1]): Tapped {
  return (message as unknown[][])[3]![0] as Tapped;
}

/** Says the dict that the tap runs? */
function isStart(dict: Tapped): boolean {
  return "started" in dict;
}

function isTapped(message: Entry[1]): boolean {
  return message[0] === 50 && message[1] === REQUEST && (message[2] as { progress?: boolean }).progress === true;
}
