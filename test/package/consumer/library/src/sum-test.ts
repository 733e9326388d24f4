/** A test of a component: `wamp-edge/testing` needs no types of the Workers runtime, and no test runner. */

import { ApplicationError, type TestRealm, testRealm } from "wamp-edge/testing";
import { config, sum } from "./index.js";

export async function testSum(): Promise<void> {
  await using realm: TestRealm = await testRealm(config, { components: { sum } });
  const alice = await realm.join({ authid: "alice", role: "user" });
  const { args } = await alice.call("com.example.sum", [1, 2]);
  await realm.clock.advance(1000);
  await realm.sleep();
  const total: unknown = args[0];
  if (total !== 3) throw new ApplicationError("com.example.error.wrong_sum", [total]);
}
