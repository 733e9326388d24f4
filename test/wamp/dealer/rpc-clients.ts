/** Callers and callees on a realm, with the features they announce. */

import type { Client } from "../host/test-realm.ts";
import { TestRealm } from "../host/test-realm.ts";

/** Everything a caller may announce. */
export const CALLER_FEATURES = [
  "call_canceling",
  "caller_identification",
  "payload_passthru_mode",
  "progressive_call_invocations",
  "progressive_call_results",
  "sharded_registration",
] as const;

/** Everything a callee may announce but `call_timeout` and `call_reroute`, with which it takes over what is the dealer's. */
export const CALLEE_FEATURES = [
  "call_canceling",
  "payload_passthru_mode",
  "progressive_call_invocations",
  "progressive_call_results",
  "registration_revocation",
] as const;

/** A session that calls. */
export function joinCaller(realm: TestRealm, name: string, features: readonly string[] = CALLER_FEATURES): Client {
  return realm.join(name, { caller: { features: allOf(features) } });
}

/** A session with one registration, of `com.p` unless told otherwise; takes the recording. */
export function joinCallee(
  realm: TestRealm,
  name: string,
  features: readonly string[] = CALLEE_FEATURES,
  options: object = {},
  procedure = "com.p",
): Client {
  const callee = realm.join(name, { callee: { features: allOf(features) }, caller: {} });
  callee.send([64, 1, options, procedure]);
  realm.take();
  return callee;
}

/** A callee with `com.add` (registration 3) and a caller. */
export function testRealmWithAdd() {
  const realm = new TestRealm();
  const [callee, caller] = realm.joinAll("callee", "caller");
  callee.send([64, 1, {}, "com.add"]);
  realm.take();
  return { realm, callee, caller };
}

function allOf(features: readonly string[]): object {
  return Object.fromEntries(features.map((name) => [name, true]));
}
