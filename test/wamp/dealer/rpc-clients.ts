/** Callers and callees on a realm, with the features they announce. */

import type { Client } from "../host/test-realm.ts";
import { TestRealm } from "../host/test-realm.ts";

/** All features that a caller may announce. */
export const CALLER_FEATURES = [
  "call_canceling",
  "caller_identification",
  "payload_passthru_mode",
  "progressive_call_invocations",
  "progressive_call_results",
  "sharded_registration",
] as const;

/**
 * All features that a callee may announce, without `call_timeout` and `call_reroute`, which change what the dealer
 * does.
 */
export const CALLEE_FEATURES = [
  "call_canceling",
  "payload_passthru_mode",
  "progressive_call_invocations",
  "progressive_call_results",
  "registration_revocation",
] as const;

/** Joins a session with the role caller. */
export function joinCaller(realm: TestRealm, name: string, features: readonly string[] = CALLER_FEATURES): Client {
  return realm.join(name, { caller: { features: allOf(features) } });
}

/** A session with one registration, by default of `com.p`; discards the recorded messages. */
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
