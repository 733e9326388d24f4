/** How the meta API ends sessions (Session Meta API: the kill procedures). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { answered, ask, joinAs, refused, testRealmOfRoles, watch } from "./meta-calls.ts";

const KILLED = [6, {}, "wamp.close.killed"];
/** Each procedure with arguments by which the anonymous caller would end a session called ben. */
const KILLS = [
  ["wamp.session.kill", [2]],
  ["wamp.session.kill_by_authid", ["ben"]],
  ["wamp.session.kill_by_authrole", ["user"]],
  ["wamp.session.kill_all", []],
] as const;

function testRealmOfTwo() {
  const realm = testRealmOfRoles();
  return { realm, ann: realm.join("ann"), ben: joinAs(realm, "ben", "user") };
}

describe("every kill procedure", () => {
  test.each(KILLS)("[MS-07][MS-09][META-07] sends the given reason and message: %s", (procedure, args) => {
    const { realm, ann } = testRealmOfTwo();
    const kwargs = { reason: "com.app.banned", message: "bye", foo: 1 };
    expect(ask(realm, ann, procedure, [...args, 7], kwargs).slice(1)).toStrictEqual([
      ["ben", [6, { message: "bye" }, "com.app.banned"]],
    ]);
  });

  test.each(KILLS)("[MS-09] says wamp.close.killed and no more without them: %s", (procedure, args) => {
    for (const kwargs of [{}, { reason: null, message: null }]) {
      const { realm, ann } = testRealmOfTwo();
      expect(ask(realm, ann, procedure, [...args], kwargs).slice(1)).toStrictEqual([["ben", KILLED]]);
    }
  });

  test.each(KILLS)("[MS-10] refuses a reason that is no URI, and ends no session: %s", (procedure, args) => {
    const { realm, ann } = testRealmOfTwo();
    for (const reason of ["", "no uri", "a..b", "a#b", 7, false, {}, ["com.app.banned"]]) {
      expect(ask(realm, ann, procedure, [...args], { reason })).toStrictEqual(
        refused("ann", "wamp.error.invalid_uri", "reason is no URI"),
      );
    }
    expect(realm.realm.sessions.byId.size).toBe(2);
  });

  test.each(KILLS)("[META-05] refuses a message that is no text, and ends no session: %s", (procedure, args) => {
    const { realm, ann } = testRealmOfTwo();
    expect(ask(realm, ann, procedure, [...args], { message: 7 })).toStrictEqual(
      refused("ann", "wamp.error.invalid_argument", "message is invalid"),
    );
    expect(realm.realm.sessions.byId.size).toBe(2);
  });

  test.each(KILLS)("[MS-15] detaches the session before anything else happens: %s", (procedure, args) => {
    const { realm, ann, ben } = testRealmOfTwo();
    ben.send([32, 1, {}, "com.topic"], [64, 2, {}, "com.add"], [64, 3, {}, "com.sub"]);
    ann.send([64, 2, {}, "com.mul"], [48, 3, {}, "com.sub"]);
    ben.send([48, 4, {}, "com.mul"]);
    expect(ask(realm, ann, procedure, [...args])).toContainEqual([
      "ann",
      [8, 48, 3, {}, "wamp.error.canceled", ["the callee's session ended"]],
    ]);
    ben.send([16, 5, {}, "com.topic"], [48, 6, {}, "com.mul"], [70, 1, {}], [32, 7, {}, "com.topic"]);
    ann.send([16, 4, {}, "com.topic"], [48, 5, {}, "com.add"], [70, 1, {}]);
    expect(realm.take()).toStrictEqual([["ann", [8, 48, 5, {}, ...routerError("wamp.error.no_such_procedure")]]]);
    expect([...realm.realm.sessions.byId.keys()]).toStrictEqual([1]);
    realm.sleepAndWake();
    ben.send([16, 8, {}, "com.topic"], [6, {}, "wamp.close.goodbye_and_out"]);
    expect(realm.take()).toStrictEqual([["ben", "closed", 1000]]);
  });

  test.each(KILLS.slice(0, 3))(
    "[MS-03][ORD-09] is answered before any session receives an event about the end: %s",
    (procedure, args) => {
      const { realm, ann, ben } = testRealmOfTwo();
      watch(realm, ben, "com.topic", "wamp.session.on_leave");
      watch(realm, ann, "wamp.session.on_leave", "wamp.subscription.on_delete");
      expect(ask(realm, ann, procedure, [...args])).toStrictEqual([
        ["ann", [50, 1, {}, ...(procedure === "wamp.session.kill" ? [] : [expect.anything()])]],
        ["ben", KILLED],
        ["ann", [36, 5, 6, {}, [2, 3]]],
        ["ann", [36, 4, 7, {}, [2, "ben", "user"]]],
      ]);
    },
  );
});

describe("wamp.session.kill", () => {
  test("[MS-07] ends one session, with an empty answer", () => {
    const { realm, ann } = testRealmOfTwo();
    realm.join("cat");
    expect(ask(realm, ann, "wamp.session.kill", [2])).toStrictEqual([...answered("ann"), ["ben", KILLED]]);
    expect([...realm.realm.sessions.byId.keys()]).toStrictEqual([1, 3]);
  });

  test("[MS-07][MS-08] finds no session that is gone, and not the caller's own", () => {
    const { realm, ann } = testRealmOfTwo();
    ask(realm, ann, "wamp.session.kill", [2]);
    for (const id of [1, 2, 99]) {
      expect(ask(realm, ann, "wamp.session.kill", [id])).toStrictEqual(refused("ann", "wamp.error.no_such_session"));
    }
    expect([...realm.realm.sessions.byId.keys()]).toStrictEqual([1]);
  });
});

describe("killing several", () => {
  function testRealmOfFive() {
    const realm = testRealmOfRoles();
    const ann = joinAs(realm, "ann", "admin");
    joinAs(realm, "ben", "user");
    joinAs(realm, "ben2", "user", "ben");
    joinAs(realm, "ann2", "admin", "ann");
    joinAs(realm, "cat", "user");
    return { realm, ann };
  }

  test.each([
    ["wamp.session.kill_by_authid", ["ben"], [[2, 3]], ["ben", "ben2"]],
    ["wamp.session.kill_by_authid", ["ann"], [[4]], ["ann2"]],
    ["wamp.session.kill_by_authid", ["unknown"], [[]], []],
    ["wamp.session.kill_by_authrole", ["user"], [3], ["ben", "ben2", "cat"]],
    ["wamp.session.kill_by_authrole", ["admin"], [1], ["ann2"]],
    ["wamp.session.kill_by_authrole", ["unknown"], [0], []],
    ["wamp.session.kill_all", [], [4], ["ben", "ben2", "ann2", "cat"]],
  ])(
    "[MS-11][MS-12][MS-13] answers ids to an authid and counts otherwise, never the caller: %s %j",
    (procedure, args, result, victims) => {
      const { realm, ann } = testRealmOfFive();
      expect(ask(realm, ann, procedure, args)).toStrictEqual([
        ...answered("ann", ...result),
        ...victims.map((name) => [name, KILLED]),
      ]);
      expect(realm.realm.sessions.byId.size).toBe(5 - victims.length);
    },
  );

  test.each([
    ["wamp.session.kill_by_authid", "authid"],
    ["wamp.session.kill_by_authrole", "authrole"],
  ])("[META-05] a name is text: %s", (procedure, name) => {
    const { realm, ann } = testRealmOfFive();
    expect(ask(realm, ann, procedure)).toStrictEqual(
      refused("ann", "wamp.error.invalid_argument", `${name} is missing`),
    );
    for (const value of [1, ["ben"], {}, false]) {
      expect(ask(realm, ann, procedure, [value])).toStrictEqual(
        refused("ann", "wamp.error.invalid_argument", `${name} is invalid`),
      );
    }
    expect(realm.realm.sessions.byId.size).toBe(5);
  });

  test("[MS-14] with kill_all causes no session meta events, but those about registrations", () => {
    const { realm, ann } = testRealmOfFive();
    watch(realm, ann, "wamp.session.on_leave", "wamp.registration.on_unregister");
    realm.join("dan").send([64, 1, {}, "com.add"], [32, 2, {}, "wamp.session.on_leave"]);
    const received = ask(realm, ann, "wamp.session.kill_all").filter(([name]) => name === "ann" || name === "dan");
    expect(received).toStrictEqual([...answered("ann", 5), ["dan", KILLED], ["ann", [36, 7, 10, {}, [8, 9]]]]);
  });
});
