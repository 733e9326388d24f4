/** The rows of remote sessions at the core: right when a message arrives, and not read or compared for each message. */

import { describe, expect, test, vi } from "vitest";
import { PEER } from "../../../../src/wamp/hibernation/session-record.ts";
import { read } from "../../../../src/wamp/stored-records/stored-record.ts";
import { RelayedRealm } from "../relayed-realm.ts";

/** What the rows of the core say: registrations and calls of each session. */
function rowsOf({ core }: RelayedRealm): unknown {
  return Array.from(core.sessions.all(), ({ text }) => {
    const reading = read(PEER, text);
    if (!reading.ok || reading.value.kind !== "open") throw new Error("the row cannot be read");
    const { registrations, calls } = reading.value.session;
    return [registrations.length, calls.length];
  });
}

describe("the row of a session at a relay", () => {
  test("follows each registration, and loses a call when it ends", () => {
    const realm = new RelayedRealm();
    const [caller, callee] = [realm.join(1), realm.join(2)];
    callee.send([64, 1, {}, "com.a"]);
    callee.send([64, 2, {}, "com.b"]);
    const [, [, , second]] = callee.take() as [unknown, [number, number, number]];
    const held = [rowsOf(realm)];
    callee.send([66, 3, second]);
    caller.send([48, 1, {}, "com.a"]);
    held.push(rowsOf(realm));
    realm.advance(1_000);
    realm.core.core.flush();
    held.push(rowsOf(realm));
    callee.send([70, 1, {}]);
    held.push(rowsOf(realm));
    expect(held).toStrictEqual([
      [[2, 0]],
      [[1, 0]],
      [
        [1, 0],
        [0, 1],
      ],
      [[1, 0]],
    ]);
  });

  test("is not written for the invocations of a callee", () => {
    const realm = new RelayedRealm();
    const [caller, callee] = [realm.join(1), realm.join(2)];
    callee.send([64, 1, {}, "com.a"]);
    realm.core.core.flush();
    const put = vi.spyOn(realm.core.sessions, "put");
    const rowOfCallee = expect.objectContaining({ text: expect.stringContaining("com.a"), relay: 2 });
    for (let request = 1; request <= 20; request++) {
      caller.send([48, request, {}, "com.a"]);
      realm.core.core.flush();
      callee.send([70, request, {}]);
    }
    expect(caller.take()).toHaveLength(20);
    expect(put).not.toHaveBeenCalledWith(rowOfCallee);
  });

  test("is not made anew for each call, which would cost as much as the session holds", () => {
    const realm = new RelayedRealm();
    const [caller, callee] = [realm.join(1), realm.join(2)];
    for (let request = 1; request <= 20; request++) callee.send([64, request, {}, `com.p${request}`]);
    for (let request = 1; request <= 20; request++) caller.send([48, request, {}, "com.p1"]);
    realm.core.core.flush();
    const recordsOf = vi.spyOn(realm.core.realm.dealer.registrations, "recordsOf");
    caller.send([48, 21, {}, "com.p2"]);
    callee.send([70, 21, {}]);
    expect(recordsOf).not.toHaveBeenCalled();
    expect((caller.take() as unknown[][]).map(([type, request]) => [type, request])).toStrictEqual([[50, 21]]);
  });
});
