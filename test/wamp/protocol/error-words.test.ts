/** The words of the router's own errors, in args[0]: they name the URI or id concerned, as at Crossbar.io and nexus. */

import { expect, test } from "vitest";
import { TestRealm } from "../host/test-realm.ts";

test.each([
  [[48, 5, {}, "com.none"], "no_such_procedure", "no callee is registered for procedure com.none"],
  [[48, 5, {}, "wamp.nothing"], "no_such_procedure", "the router has no procedure wamp.nothing"],
  [[64, 5, {}, "com.taken"], "procedure_already_exists", "procedure com.taken is registered already"],
  [[34, 5, 77], "no_such_subscription", "the session does not hold subscription 77"],
  [[66, 5, 78], "no_such_registration", "the session does not hold registration 78"],
  [[32, 5, {}, "no uri"], "invalid_uri", '"no uri" is not a URI to subscribe'],
  [[64, 5, {}, "wamp.mine"], "invalid_uri", '"wamp.mine" is not a URI to register'],
  [[48, 5, {}, "wamp.session.get", [79]], "no_such_session", "there is no session 79"],
  [[48, 5, {}, "wamp.subscription.get", [80]], "no_such_subscription", "there is no subscription 80"],
  [[48, 5, {}, "wamp.registration.get", [81]], "no_such_registration", "there is no registration 81"],
])("%j is refused with %s: %s", (message, error, words) => {
  const realm = new TestRealm();
  realm.join("callee").send([64, 1, {}, "com.taken"]);
  const ann = realm.join("ann");
  realm.take();
  ann.send(message);
  expect(realm.take()).toStrictEqual([["ann", [8, message[0], 5, {}, `wamp.error.${error}`, [words]]]]);
});
