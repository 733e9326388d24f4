/** Roles and rules changed at run time: permissions, effect on sessions, storage (Authorization). */

import { describe, expect, test } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { routerError } from "../host/router-errors.ts";
import { ALL_ROLES, ANYTHING, TestRealm } from "../host/test-realm.ts";
import { answered, ask, joinAs, refused } from "./meta-calls.ts";

type Roles = NonNullable<RealmInput["roles"]>;

const ALL = { call: true, register: true, publish: true, subscribe: true };
const NONE = { call: false, register: false, publish: false, subscribe: false };
const MANAGER = { uri: "wamp.edge.", match: "prefix", allow: { call: true } } as const;
const ROLES: Roles = [
  { name: "anonymous", permissions: [{ uri: "com.open", allow: ALL }] },
  { name: "admin", permissions: [MANAGER] },
];
const DENIED = "wamp.error.not_authorized";
const NOTHING = "wamp.edge.error.nothing_to_manage";

function realmOf(roles: Roles = ROLES): TestRealm {
  return new TestRealm({
    roles: roles.some(({ name }) => name === "anonymous") ? roles : [{ name: "anonymous" }, ...roles],
  });
}

function realmWithAdmin(roles: Roles = ROLES) {
  const realm = realmOf(roles);
  return { realm, admin: joinAs(realm, "admin", "admin"), ann: realm.join("ann") };
}

/** Publishes to a topic; returns true, or the URI of the error. */
function published(realm: TestRealm, client: ReturnType<TestRealm["join"]>, topic: string): unknown {
  realm.take();
  client.send([16, 1, { acknowledge: true }, topic]);
  const [, message] = realm.take()[0] ?? [];
  return message?.[0] === 17 ? true : message?.[4];
}

/** The reason of the ABORT that a new client gets. */
function refusal(realm: TestRealm): unknown {
  realm.take();
  realm.connect("ben").send([1, "realm1", { roles: ALL_ROLES }]);
  return realm.take()[0]?.[1][2];
}

describe("managing roles", () => {
  const mayList = (permissions: Roles[number]["permissions"], role: Partial<Roles[number]> = {}) => {
    const realm = realmOf([{ name: "boss", permissions, ...role }]);
    return ask(realm, joinAs(realm, "boss", "boss"), "wamp.edge.role.list");
  };

  test.each([
    ["a rule for anything", [ANYTHING]],
    ["a rule for all meta procedures", [{ uri: "wamp.", match: "prefix", allow: ALL }]],
    ["a wildcard rule", [{ uri: "..role.list", match: "wildcard", allow: ALL }]],
    ["a rule for another procedure", [{ uri: "wamp.edge.role.get", allow: ALL }]],
    ["a rule for other actions", [{ uri: "wamp.edge.", match: "prefix", allow: { ...ALL, call: false } }]],
    ["a better rule that denies", [MANAGER, { uri: "wamp.edge.role.", match: "prefix" }]],
    ["no rule", []],
  ] as [string, Roles[number]["permissions"]][])("[AZ-15] is denied with %s", (_, permissions) => {
    expect(mayList(permissions)).toStrictEqual(refused("boss", DENIED));
  });

  test("[AZ-15] is denied to a role that allows everything by default", () => {
    const realm = realmOf([{ name: "boss", "allow-by-default": true }]);
    const boss = joinAs(realm, "boss", "boss");
    expect(ask(realm, boss, "wamp.edge.role.list")).toStrictEqual(refused("boss", DENIED));
  });

  test.each([
    ["for all of it", [MANAGER]],
    ["for this procedure", [{ uri: "wamp.edge.role.list", allow: { call: true } }]],
    ["with a star", [{ uri: "wamp.edge.role.*", allow: { call: true } }]],
    ["beside one for anything", [ANYTHING, MANAGER]],
  ] as [string, Roles[number]["permissions"]][])("[AZ-15] is allowed by a rule of its own %s", (_, permissions) => {
    expect(mayList(permissions)).toStrictEqual(answered("boss", ["anonymous", "boss"]));
  });

  test("[AZ-15] is denied though an authorizer allows it", async () => {
    const realm = realmOf([
      { name: "boss", authorizer: "com.authorize" },
      { name: "authorizer", permissions: [ANYTHING] },
    ]);
    const authorizer = joinAs(realm, "authorizer", "authorizer");
    authorizer.send([64, 1, {}, "com.authorize"]);
    const boss = joinAs(realm, "boss", "boss");
    boss.send([48, 1, {}, "wamp.edge.role.list"]);
    realm.take();
    authorizer.send([70, 1, {}, [true]]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(realm.take()).toStrictEqual(refused("boss", DENIED));
  });

  test("[META-01] is impossible in a realm without the meta API", () => {
    const realm = new TestRealm({ roles: ROLES, options: { enable_meta_api: false } });
    const admin = joinAs(realm, "admin", "admin");
    expect(ask(realm, admin, "wamp.edge.role.list")).toStrictEqual(refused("admin", "wamp.error.no_such_procedure"));
  });
});

describe("a role", () => {
  test("[AZ-15] is listed, and shown as the router understands it", () => {
    const { realm, admin } = realmWithAdmin();
    expect(ask(realm, admin, "wamp.edge.role.list")).toStrictEqual(answered("admin", ["admin", "anonymous"]));
    const permissions = [
      { uri: "wamp.edge.", match: "prefix", allow: { ...NONE, call: true }, disclose: {}, cache: false },
    ];
    const role = { name: "admin", permissions, "allow-by-default": false };
    expect(ask(realm, admin, "wamp.edge.role.get", ["admin"])).toStrictEqual(answered("admin", role));
    expect(ask(realm, admin, "wamp.edge.permission.list", ["admin"])).toStrictEqual(answered("admin", permissions));
  });

  test("[AZ-15] that is removed denies its sessions everything, and no new session gets it", () => {
    const { realm, admin, ann } = realmWithAdmin();
    expect(published(realm, ann, "com.open")).toBe(true);
    expect(ask(realm, admin, "wamp.edge.role.remove", ["anonymous"])).toStrictEqual(answered("admin"));
    expect(published(realm, ann, "com.open")).toBe(DENIED);
    ann.send([32, 1, {}, "com.open"], [64, 2, {}, "com.open"], [48, 3, {}, "com.open"]);
    expect(realm.take().map(([, message]) => message[4])).toStrictEqual([DENIED, DENIED, DENIED]);
    expect(refusal(realm)).toBe("wamp.error.no_such_role");
  });

  test("[AZ-15] that is removed revokes what its sessions hold", () => {
    const { realm, admin, ann } = realmWithAdmin();
    ann.send([32, 1, {}, "com.open"], [64, 2, {}, "com.open"]);
    ask(realm, admin, "wamp.edge.role.remove", ["anonymous"]);
    ask(realm, admin, "wamp.edge.role.add", ["admin", { permissions: [ANYTHING, MANAGER] }]);
    admin.send([16, 1, {}, "com.open"], [48, 2, {}, "com.open"]);
    expect(realm.take()).toStrictEqual(
      refused("admin", "wamp.error.no_such_procedure").map(([name]) => [
        name,
        [8, 48, 2, {}, ...routerError("wamp.error.no_such_procedure")],
      ]),
    );
  });

  test("[SREV-05] that is removed revokes subscriptions with UNSUBSCRIBED, where the client announced it", () => {
    const { realm, admin } = realmWithAdmin();
    const features = { subscription_revocation: true };
    realm.join("bob", { ...ALL_ROLES, subscriber: { features } }).send([32, 1, {}, "com.open"]);
    const [, [, , subscription]] = realm.take()[0] as [string, [33, number, number]];
    admin.send([48, 1, {}, "wamp.edge.role.remove", ["anonymous"]]);
    expect(realm.take()).toContainEqual(["bob", [35, 0, { subscription, reason: "wamp.error.not_authorized" }]]);
  });

  test("[AZ-15] takes away only what its sessions may not have any more", () => {
    const { realm, admin, ann } = realmWithAdmin();
    ann.send([32, 1, {}, "com.open"]);
    ask(realm, admin, "wamp.edge.role.add", [
      "anonymous",
      { permissions: [{ uri: "com.*", allow: { subscribe: true } }] },
    ]);
    ask(realm, admin, "wamp.edge.role.add", ["admin", { permissions: [ANYTHING, MANAGER] }]);
    admin.send([16, 1, {}, "com.open"]);
    expect(realm.take().map(([name, message]) => [name, message[0]])).toStrictEqual([["ann", 36]]);
  });

  test("[AZ-15] that is reset is again what the configuration says, or not there", () => {
    const { realm, admin, ann } = realmWithAdmin();
    ask(realm, admin, "wamp.edge.role.remove", ["anonymous"]);
    ask(realm, admin, "wamp.edge.role.add", ["new"]);
    expect(ask(realm, admin, "wamp.edge.role.reset", ["anonymous"])).toStrictEqual(answered("admin"));
    expect(ask(realm, admin, "wamp.edge.role.reset", ["new"])).toStrictEqual(answered("admin"));
    expect(published(realm, ann, "com.open")).toBe(true);
    realm.sleepAndWake();
    expect(ask(realm, admin, "wamp.edge.role.list")).toStrictEqual(answered("admin", ["admin", "anonymous"]));
    expect([...realm.store.roles.all()]).toStrictEqual([]);
  });

  test("[AZ-15] that allows by default stays so", () => {
    const { realm, admin, ann } = realmWithAdmin();
    ask(realm, admin, "wamp.edge.role.add", ["anonymous", { "allow-by-default": true }]);
    realm.sleepAndWake();
    expect(published(realm, ann, "com.any")).toBe(true);
  });

  test("[AZ-15][AZ-10] may get an authorizer while its sessions are there, and what one decided before is void", async () => {
    const { realm, admin, ann } = realmWithAdmin([...ROLES, { name: "authorizer", permissions: [ANYTHING] }]);
    const authorizer = joinAs(realm, "authorizer", "authorizer");
    authorizer.send([64, 1, {}, "com.authorize"]);
    const isAsked = async () => {
      realm.take();
      ann.send([16, 1, {}, "com.x"]);
      const invocation = realm.take().find(([name]) => name === "authorizer")?.[1] as unknown[] | undefined;
      if (invocation !== undefined) authorizer.send([70, invocation[1], {}, [{ allow: true, cache: true }]]);
      await new Promise((resolve) => setImmediate(resolve));
      return invocation !== undefined;
    };
    expect(await isAsked()).toBe(false);
    ask(realm, admin, "wamp.edge.role.add", ["anonymous", { authorizer: "com.authorize" }]);
    expect(await isAsked()).toBe(true);
    expect(await isAsked()).toBe(false);
    ask(realm, admin, "wamp.edge.role.add", ["anonymous", { authorizer: "com.authorize" }]);
    expect(await isAsked()).toBe(true);
  });
});

describe("a rule", () => {
  test("[AZ-15] is in force for the next message of every session", () => {
    const { realm, admin, ann } = realmWithAdmin();
    expect(published(realm, ann, "com.x")).toBe(DENIED);
    const rule = { uri: "com.x", allow: { publish: true } };
    expect(ask(realm, admin, "wamp.edge.permission.add", ["anonymous", rule])).toStrictEqual(answered("admin"));
    expect(published(realm, ann, "com.x")).toBe(true);
    expect(ask(realm, admin, "wamp.edge.permission.remove", ["anonymous", "com.x"])).toStrictEqual(answered("admin"));
    expect(published(realm, ann, "com.x")).toBe(DENIED);
    expect(published(realm, ann, "com.open")).toBe(true);
  });

  test("[AZ-14] grants what took a grant, and takes the grant back", () => {
    const grantable = { uri: "com.x", allow: {}, grantable: true };
    const { realm, admin, ann } = realmWithAdmin([
      { name: "anonymous", permissions: [grantable] },
      { name: "admin", permissions: [MANAGER] },
    ]);
    const grant = { uri: "com.x", allow: { publish: true } };
    for (const [rule, outcome] of [
      [grantable, "wamp.error.authorization_required"],
      [grant, true],
      [grantable, "wamp.error.authorization_required"],
    ] as const) {
      expect(ask(realm, admin, "wamp.edge.permission.add", ["anonymous", rule])).toStrictEqual(answered("admin"));
      realm.sleepAndWake();
      expect(published(realm, ann, "com.x")).toBe(outcome);
    }
  });

  test("[AZ-15] replaces the one for the same URI and match, and no other", () => {
    const { realm, admin } = realmWithAdmin();
    for (const rule of [
      { uri: "com.*", allow: { call: true } },
      { uri: "com.", match: "exact" },
      { uri: "com.", match: "prefix", allow: { publish: true } },
    ]) {
      ask(realm, admin, "wamp.edge.permission.add", ["anonymous", rule]);
    }
    const [[, answer] = []] = ask(realm, admin, "wamp.edge.permission.list", ["anonymous"]);
    const [rules] = (answer as unknown as [50, 1, object, [{ uri: string; match: string; allow: object }[]]])[3];
    expect(rules.map(({ uri, match, allow }) => [uri, match, allow])).toStrictEqual([
      ["com.open", "exact", ALL],
      ["com.", "prefix", { ...NONE, publish: true }],
    ]);
  });

  test("[AZ-15] is removed by its match, or by its stars", () => {
    const { realm, admin } = realmWithAdmin();
    const add = () => ask(realm, admin, "wamp.edge.permission.add", ["anonymous", { uri: "a.*.c", allow: ALL }]);
    for (const which of [["a.*.c"], ["a..c", { match: "wildcard" }]]) {
      add();
      expect(ask(realm, admin, "wamp.edge.permission.remove", ["anonymous", ...which])).toStrictEqual(
        answered("admin"),
      );
    }
    add();
    for (const which of [["a.*.c", { match: "prefix" }], ["a.b"]]) {
      const [[, error] = []] = ask(realm, admin, "wamp.edge.permission.remove", ["anonymous", ...which]);
      expect(error?.[0]).toBe(8);
    }
  });
});

describe("a change", () => {
  const changeAll = (realm: TestRealm, admin: ReturnType<TestRealm["join"]>) => {
    ask(realm, admin, "wamp.edge.permission.add", ["anonymous", { uri: "com.x", allow: { publish: true } }]);
    ask(realm, admin, "wamp.edge.role.add", ["new", { permissions: [ANYTHING] }]);
  };

  test("[AZ-15] survives sleep", () => {
    const { realm, admin, ann } = realmWithAdmin();
    changeAll(realm, admin);
    realm.sleepAndWake();
    expect(published(realm, ann, "com.x")).toBe(true);
    expect(ask(realm, admin, "wamp.edge.role.list")).toStrictEqual(answered("admin", ["admin", "anonymous", "new"]));
  });

  test("[AZ-15] survives a restart, and a configuration that says something else of the role", () => {
    const { realm, admin } = realmWithAdmin();
    changeAll(realm, admin);
    ask(realm, admin, "wamp.edge.role.add", ["gone"]);
    ask(realm, admin, "wamp.edge.role.remove", ["gone"]);
    realm.restart({ roles: [{ name: "anonymous" }, { name: "admin", permissions: [MANAGER] }] });
    expect(published(realm, realm.join("ben"), "com.x")).toBe(true);
    const again = joinAs(realm, "admin", "admin");
    expect(ask(realm, again, "wamp.edge.role.list")).toStrictEqual(answered("admin", ["admin", "anonymous", "new"]));
  });

  test("[AZ-15] that removed a role of the configuration survives a restart, too", () => {
    const { realm, admin } = realmWithAdmin();
    ask(realm, admin, "wamp.edge.role.remove", ["anonymous"]);
    realm.restart();
    expect(refusal(realm)).toBe("wamp.error.no_such_role");
  });

  test("[AZ-15] that cannot be read any more leaves the role nothing", () => {
    const realm = realmOf();
    realm.store.roles.put("anonymous", JSON.stringify({ name: "anonymous", permissions: [{ uri: "com.x", foo: 1 }] }));
    realm.restart();
    expect(refusal(realm)).toBe("wamp.error.no_such_role");
    const [line, refused] = realm.logged;
    expect(line).toMatchObject({ level: "error", event: "record.unreadable", kind: "role", role: "anonymous" });
    expect(line?.cause).toContain("foo");
    expect(refused).toMatchObject({ event: "login.refused", uri: "wamp.error.no_such_role" });
  });

  test.each([
    ["role.get", ["none"], NOTHING],
    ["role.remove", ["none"], NOTHING],
    ["role.remove", ["trusted"], NOTHING],
    ["permission.list", ["none"], NOTHING],
    ["permission.add", ["none", { uri: "com.x" }], NOTHING],
    ["permission.remove", ["anonymous", "com.none"], NOTHING],
    ["permission.remove", ["anonymous", "com.open", { match: "no" }], "wamp.error.invalid_argument"],
    ["permission.remove", ["anonymous", "a..b"], "wamp.error.invalid_argument"],
    ["permission.add", ["anonymous"], "wamp.error.invalid_argument"],
    ["permission.add", ["anonymous", { uri: "com.x", alow: {} }], "wamp.error.invalid_argument"],
    ["permission.add", ["anonymous", { uri: "com.x", allow: { call: 1 } }], "wamp.error.invalid_argument"],
    ["permission.add", ["anonymous", { uri: "com.x", validate: { call: "T" } }], "wamp.error.feature_not_supported"],
    ["role.add", [], "wamp.error.invalid_argument"],
    ["role.add", [""], "wamp.error.invalid_argument"],
    ["role.add", ["trusted"], "wamp.error.invalid_argument"],
    ["role.add", ["new", { permission: [] }], "wamp.error.invalid_argument"],
    ["role.add", ["new", { permissions: [{ uri: "a" }, { uri: "a" }] }], "wamp.error.invalid_argument"],
    ["role.add", ["new", { permissions: [], "allow-by-default": true }], "wamp.error.invalid_argument"],
    ["role.add", ["new", { permissions: [{ uri: `a${"b".repeat(300_000)}` }] }], "wamp.error.invalid_argument"],
    ["role.add", ["new".repeat(70_000)], "wamp.edge.error.limit_exceeded"],
  ])("[META-05][AZ-15] that cannot be made is refused, and changes nothing: %s %j", (procedure, args, error) => {
    const { realm, admin } = realmWithAdmin();
    const [[, answer] = []] = ask(realm, admin, `wamp.edge.${procedure}`, args);
    expect(answer?.slice(0, 5)).toStrictEqual([8, 48, 1, {}, error]);
    expect([...realm.store.roles.all()]).toStrictEqual([]);
    expect(ask(realm, admin, "wamp.edge.role.list")).toStrictEqual(answered("admin", ["admin", "anonymous"]));
  });

  test("[AZ-15] says what is wrong with a rule, and where", () => {
    const { realm, admin } = realmWithAdmin();
    expect(
      ask(realm, admin, "wamp.edge.role.add", ["new", { permissions: [{ uri: "com.x", alow: {} }] }]),
    ).toStrictEqual(refused("admin", "wamp.error.invalid_argument", "permissions[0].alow is not a known key"));
  });

  test("[AZ-15] is the last of 1,000", () => {
    const { realm, admin } = realmWithAdmin();
    for (let n = 0; n < 1_000; n++) admin.send([48, 1, {}, "wamp.edge.role.add", [`r${n}`]]);
    const [[, answer] = []] = ask(realm, admin, "wamp.edge.role.add", ["r1000"]);
    expect(answer?.[4]).toBe("wamp.edge.error.limit_exceeded");
    expect(ask(realm, admin, "wamp.edge.role.remove", ["r0"])).toStrictEqual(answered("admin"));
    expect(ask(realm, admin, "wamp.edge.role.add", ["r1000"])).toStrictEqual(answered("admin"));
  });

  test("[AZ-15] is refused where all of them together would be too long for relays", () => {
    const { realm, admin } = realmWithAdmin();
    const name = (n: number) => `r${n}`.padEnd(100_000, "x");
    for (let n = 0; n < 49; n++) admin.send([48, 1, {}, "wamp.edge.role.add", [name(n)]]);
    const [[, answer] = []] = ask(realm, admin, "wamp.edge.role.add", [name(49)]);
    expect(answer?.slice(4)).toStrictEqual([
      "wamp.edge.error.limit_exceeded",
      ["all changed roles may have 10000000 characters of JSON"],
    ]);
    expect(ask(realm, admin, "wamp.edge.role.remove", [name(0)])).toStrictEqual(answered("admin"));
    expect(ask(realm, admin, "wamp.edge.role.add", [name(49)])).toStrictEqual(answered("admin"));
  });
});
