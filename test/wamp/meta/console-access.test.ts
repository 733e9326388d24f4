/** Which sessions may call the procedures that show what happens in a realm (`roles[].console`). */

import { describe, expect, test } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { LocalSession } from "../../../src/wamp/local/local-session.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import { ANYTHING, TestRealm } from "../host/test-realm.ts";
import { answered, ask, joinAs, refused } from "./meta-calls.ts";

type Role = NonNullable<RealmInput["roles"]>[number];

const DENIED = "wamp.error.not_authorized";
const PROCEDURES = ["stats", "explain", "tap", "unheard", "connections", "slow"].map((name) => `wamp.edge.${name}`);
const MANAGER = { uri: "wamp.edge.", match: "prefix", allow: { call: true } } as const;

function realmOf(role: Omit<Role, "name">, options: RealmInput["options"] = {}): TestRealm {
  const roles = [{ name: "anonymous" }, { name: "boss", ...role }, { name: "viewer", console: true }];
  return new TestRealm({ roles, options });
}

/** The error of a call by a session of the role `boss`, or undefined. */
function errorOf(realm: TestRealm, procedure: string, args: unknown[] = []): unknown {
  const [[, message] = [], ...others] = ask(realm, joinAs(realm, "boss", "boss"), procedure, args);
  expect(others).toStrictEqual([]);
  return (message as unknown[])[0] === 8 ? (message as unknown[])[4] : undefined;
}

describe("a procedure of the console", () => {
  test.each(PROCEDURES)("%s is denied to a role whose rules allow everything", (procedure) => {
    const permissions = [ANYTHING, MANAGER, { uri: procedure, allow: { call: true } }];
    expect(errorOf(realmOf({ permissions }), procedure)).toBe(DENIED);
    expect(errorOf(realmOf({ permissions, console: false }), procedure)).toBe(DENIED);
    expect(errorOf(realmOf({ "allow-by-default": true }), procedure)).toBe(DENIED);
  });

  test.each(PROCEDURES)("%s is not denied to a role with console, whatever its rules are", (procedure) => {
    const deny = { uri: procedure, allow: {} };
    expect(errorOf(realmOf({ console: true }), procedure)).not.toBe(DENIED);
    expect(errorOf(realmOf({ console: true, permissions: [deny] }), procedure)).not.toBe(DENIED);
  });

  test("is answered without the authorizer of the role", () => {
    const realm = realmOf({ authorizer: "com.example.authorize", console: true });
    expect(errorOf(realm, "wamp.edge.stats")).toBe(undefined);
  });

  test("is answered to a session without a connection, as those of HTTP requests are", async () => {
    const realm = realmOf({ console: true });
    const call = (authrole: string) => {
      const identity = { authid: "joe", authrole, authmethod: "internal", authprovider: "router" };
      const session = new LocalSession(realm.realm, realm, { identity, roles: { caller: {} } });
      return session.call("wamp.edge.stats", Payload.NONE, {});
    };
    expect(await call("boss")).toMatchObject({ ok: true, args: [{ realm: "realm1" }] });
    expect(await call("anonymous")).toMatchObject({ ok: false, uri: DENIED });
  });

  test("is recorded in the audit log as what it is: allowed or denied", () => {
    const realm = realmOf({ console: true }, { accounting: "all" });
    ask(realm, joinAs(realm, "boss", "boss"), "wamp.edge.stats");
    ask(realm, joinAs(realm, "ann", "anonymous"), "wamp.edge.stats");
    expect(realm.auditTrail.map(({ authrole, verdict }) => [authrole, verdict])).toStrictEqual([
      ["boss", "allowed"],
      ["anonymous", DENIED],
    ]);
  });
});

describe("a role with console", () => {
  test("gets no other permission by it", () => {
    const realm = realmOf({ console: true });
    for (const procedure of ["wamp.session.list", "wamp.session.kill_all", "wamp.edge.role.list", "com.example.any"]) {
      expect(ask(realm, joinAs(realm, "boss", "boss"), procedure), procedure).toStrictEqual(refused("boss", DENIED));
    }
  });

  test("cannot be added by a manager without console, whose own role would be next", () => {
    const realm = realmOf({ permissions: [MANAGER] });
    expect(errorOf(realm, "wamp.edge.role.add", ["boss", { console: true, permissions: [MANAGER] }])).toBe(DENIED);
    expect(errorOf(realm, "wamp.edge.role.add", ["other", { console: true }])).toBe(DENIED);
    expect(errorOf(realm, "wamp.edge.stats")).toBe(DENIED);
    expect(errorOf(realm, "wamp.edge.role.get", ["other"])).toBe("wamp.edge.error.nothing_to_manage");
  });

  test("can be added by a manager with console, and survives a restart", () => {
    const realm = realmOf({ permissions: [MANAGER], console: true });
    const boss = joinAs(realm, "boss", "boss");
    expect(ask(realm, boss, "wamp.edge.role.add", ["other", { console: true }])).toStrictEqual(answered("boss"));
    realm.restart();
    expect(ask(realm, joinAs(realm, "joe", "other"), "wamp.edge.stats")).toMatchObject([["joe", [50, 1, {}, [{}]]]]);
  });

  test("keeps it when a manager without console changes its rules", () => {
    const realm = realmOf({ permissions: [MANAGER] });
    const rule = { uri: "com.example.any", allow: { call: true } };
    expect(errorOf(realm, "wamp.edge.permission.add", ["viewer", rule])).toBe(undefined);
    const viewer = joinAs(realm, "viewer", "viewer");
    expect(ask(realm, viewer, "wamp.edge.stats")).toMatchObject([["viewer", [50, 1, {}, [{}]]]]);
  });

  test("loses it when the role is replaced by one without", () => {
    const realm = realmOf({ permissions: [MANAGER] });
    const viewer = joinAs(realm, "viewer", "viewer");
    expect(errorOf(realm, "wamp.edge.role.add", ["viewer", {}])).toBe(undefined);
    expect(ask(realm, viewer, "wamp.edge.stats")).toStrictEqual(refused("viewer", DENIED));
  });
});
