/** The list of sessions of the console: what it asks the realm. */

import { expect, it, vi } from "vitest";
import { type TestRealm, testRealm } from "wamp-edge/testing";
import { getSessions, listIds } from "../../../src/console/session/sessions.ts";

function openRealm(): Promise<TestRealm> {
  const permissions = [{ uri: "wamp.session.*", allow: { call: true } }] as const;
  const user = { name: "user", permissions };
  return testRealm({ version: 1, realms: [{ name: "realm1", roles: [user], auth: {} }] });
}

it("each session is asked for once, however many questions are open at a time", async () => {
  await using realm = await openRealm();
  const console = await realm.join({ role: "user" });
  await Promise.all(Array.from({ length: 120 }, () => realm.join({ role: "user" })));
  const ids = await listIds(console);
  const asked = vi.spyOn(console, "call");
  const answers = await Promise.all([1, 2, 3].map(() => getSessions(console, ids)));
  for (const rows of answers) expect(rows.map(({ session }) => session)).toEqual(ids);
  expect(asked).toHaveBeenCalledTimes(121);
});

it("a session that has ended meanwhile is left out", async () => {
  await using realm = await openRealm();
  const console = await realm.join({ role: "user" });
  const other = await realm.join({ role: "user" });
  const ids = await listIds(console);
  await other.leave();
  expect((await getSessions(console, ids)).map(({ session }) => session)).toEqual([console.id]);
});
