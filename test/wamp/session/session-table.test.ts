/** Tables of broker and dealer by session. */

import { expect, test } from "vitest";
import { Session } from "../../../src/wamp/session/session.ts";
import { SessionTable } from "../../../src/wamp/session/session-table.ts";

const TRANSPORT = { send: () => undefined, close: () => {}, save: () => {} };
const IDENTITY = { authid: "ann", authrole: "user", authmethod: "anonymous", authprovider: "static" };

function newSession(id: number): Session {
  return new Session(TRANSPORT, { id, identity: IDENTITY, features: 0 });
}

test("a session table keeps the values of each session apart and drops those of a session that left", () => {
  const table = new SessionTable<string>();
  const [ann, bob] = [newSession(1), newSession(2)];
  expect(table.of(ann).size).toBe(0);
  table.set(ann, 7, "of ann");
  table.set(bob, 7, "of bob");
  table.set(bob, 8, "another");
  table.delete(bob, 8);
  table.delete(ann, 9);
  expect([table.get(ann, 7), ...table.of(bob)]).toStrictEqual(["of ann", [7, "of bob"]]);
  table.leave(bob);
  expect([table.get(bob, 7), table.of(bob).size, table.of(ann).size]).toStrictEqual([undefined, 0, 1]);
});
