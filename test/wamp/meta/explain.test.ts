/** The answers of `wamp.edge.explain`, and what its caller may ask. */

import { describe, expect, test, vi } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { LocalSession } from "../../../src/wamp/local/local-session.ts";
import { INTERNAL } from "../../../src/wamp/session/session.ts";
import { type Client, TestRealm } from "../host/test-realm.ts";
import { ask, joinAs } from "./meta-calls.ts";

// biome-ignore lint/suspicious/noExplicitAny: each test names the keys that it is about.
type Answer = any;

/** The roles of docs/authorization.md, "Find the rule". */
const USER = {
  name: "user",
  permissions: [
    { uri: "com.shop.*", allow: { call: true, publish: true, subscribe: true } },
    { uri: "com.shop.prices", allow: { subscribe: true } },
    { uri: "com.*.secret", allow: {} },
  ],
};
const BACKEND = { name: "backend", "allow-by-default": true };
const VIEWER = { name: "viewer", console: true };

function realmOf(input: Partial<RealmInput> = {}, ...roles: NonNullable<RealmInput["roles"]>): TestRealm {
  return new TestRealm({ ...input, roles: [{ name: "anonymous" }, USER, BACKEND, VIEWER, ...roles] });
}

/** Makes a function that asks with a session of the role `viewer`. */
function viewerOf(realm: TestRealm): (query: object) => Answer {
  const viewer = joinAs(realm, "viewer", "viewer");
  return (query) => {
    const [[, message] = [], ...others] = ask(realm, viewer, "wamp.edge.explain", [query]);
    expect(others).toStrictEqual([]);
    const elements = message as unknown as unknown[][];
    return (elements[0] as unknown) === 50 ? elements[3]![0] : elements[4];
  };
}

function register(realm: TestRealm, callee: Client, request: number, procedure: string, options: object = {}): void {
  callee.send([64, request, options, procedure]);
  realm.take();
}

describe("the permission", () => {
  const explain = viewerOf(realmOf());

  test.each([
    ["subscribe", "com.shop.prices", {}, true, "com.shop.prices", "exact", 1],
    ["publish", "com.shop.prices", {}, false, "com.shop.prices", "exact", 1],
    ["publish", "com.shop.orders", {}, true, "com.shop.", "prefix", 0],
    ["subscribe", "com.shop.secret", {}, false, "com..secret", "wildcard", 2],
    ["subscribe", "com.shop.", { match: "prefix" }, false, "com..secret", "wildcard", 2],
    ["register", "com.shop.stock", {}, false, "com.shop.", "prefix", 0],
  ])("of joe to %s %s %j is decided by the rule that docs name", (action, uri, options, allowed, ...rule) => {
    const answer = explain({ authid: "joe", role: "user", action, uri, options });
    const [of, match, index] = rule;
    expect(answer.permission).toMatchObject({ allowed, by: "rule", rule: { uri: of, match, index } });
    expect(answer.permission.rule.source).toBe("configuration");
    if (allowed) return expect(answer.refused).toBeNull();
    expect(answer.step).toBe("permission");
    expect(answer.refused.error).toBe("wamp.error.not_authorized");
    expect(answer.refused.message).toContain("session (authid 'joe', authrole 'user') not authorized to ");
  });

  test("is denied without a rule, and not asked for a URI that is not valid or reserved", () => {
    const none = explain({ role: "user", action: "call", uri: "com.depot.stock" });
    expect(none.permission).toMatchObject({ allowed: false, by: "no rule", rule: null });
    for (const uri of ["wamp.stock", "com..stock"]) {
      const { permission, refused } = explain({ role: "user", action: "register", uri });
      expect([permission.by, refused.error]).toStrictEqual(["uri", "wamp.error.invalid_uri"]);
    }
  });

  test("says which role allows by default, and that an unknown role may do nothing", () => {
    expect(explain({ role: "backend", action: "publish", uri: "com.x" }).permission).toMatchObject({
      allowed: true,
      by: "allow-by-default",
    });
    expect(explain({ role: "unknown", action: "publish", uri: "com.x" }).permission.allowed).toBe(false);
  });

  test("names rules made at run time, which replace those of the configuration", () => {
    const realm = realmOf({}, { name: "boss", permissions: [{ uri: "wamp.edge.*", allow: { call: true } }] });
    const explainNow = viewerOf(realm);
    const rule = { uri: "com.shop.prices", allow: { publish: true } };
    ask(realm, joinAs(realm, "boss", "boss"), "wamp.edge.permission.add", ["user", rule]);
    const { permission } = explainNow({ role: "user", action: "publish", uri: "com.shop.prices" });
    expect(permission).toMatchObject({ allowed: true, rule: { uri: "com.shop.prices", source: "run time" } });
    const other = explainNow({ role: "user", action: "publish", uri: "com.shop.orders" });
    expect(other.permission.rule.source).toBe("configuration");
  });

  test("is open where an authorizer would be asked, which is not called", () => {
    const realm = realmOf({}, { name: "guest", authorizer: "com.auth" });
    const explainNow = viewerOf(realm);
    const query = { role: "guest", action: "subscribe", uri: "com.x" };
    const authorizer = { procedure: "com.auth", registered: false };
    expect(explainNow(query).permission).toMatchObject({ allowed: null, by: "authorizer", authorizer });
    register(realm, joinAs(realm, "auth", "backend"), 1, "com.auth");
    expect(explainNow(query).permission.authorizer).toStrictEqual({ procedure: "com.auth", registered: true });
  });

  test("of the procedures of the console and of managers is told as they are guarded", () => {
    const stats = explain({ role: "backend", action: "call", uri: "wamp.edge.stats" });
    expect(stats.permission).toMatchObject({ allowed: false, by: "console" });
    const roles = explain({ role: "backend", action: "call", uri: "wamp.edge.role.list" });
    expect([roles.permission.allowed, roles.step, roles.refused.error]).toStrictEqual([
      true,
      "route",
      "wamp.error.not_authorized",
    ]);
  });
});

describe("a call", () => {
  test("shows all registrations that match, the one that wins, and the callee of the next turn", () => {
    const realm = realmOf();
    const explain = viewerOf(realm);
    const [one, two] = [joinAs(realm, "one", "backend"), joinAs(realm, "two", "backend")];
    register(realm, one, 1, "com.shop.", { match: "prefix" });
    register(realm, one, 2, "com.shop.buy", { invoke: "roundrobin" });
    register(realm, two, 1, "com.shop.buy", { invoke: "roundrobin" });
    const query = { role: "user", authid: "joe", action: "call", uri: "com.shop.buy", options: { timeout: 500 } };
    const answer = explain(query);
    expect(answer.registrations.map(({ uri, match, callees }: Answer) => [uri, match, callees])).toStrictEqual([
      ["com.shop.buy", "exact", 2],
      ["com.shop.", "prefix", 1],
    ]);
    expect(answer).toMatchObject({ step: "route", refused: null, registration: answer.registrations[0].id });
    expect(answer).toMatchObject({ callee: { authid: "one" }, waits: false, timeout: 500, details: {} });
    expect(explain(query).callee.authid).toBe("one");
    joinAs(realm, "joe", "user").send([48, 1, {}, "com.shop.buy"]);
    expect(explain(query).callee.authid).toBe("two");
  });

  test("without a callee is refused, as is one whose caller must not be disclosed", () => {
    const hidden = { uri: "com.x", allow: { call: true }, disclose: { caller: false } };
    const realm = realmOf({}, { name: "hidden", permissions: [hidden] });
    const explain = viewerOf(realm);
    const query = { role: "hidden", action: "call", uri: "com.x", options: { disclose_me: true } };
    expect(explain(query).refused.error).toBe("wamp.error.no_such_procedure");
    register(realm, joinAs(realm, "one", "backend"), 1, "com.x");
    const misspelt = explain({ role: "backend", action: "call", uri: "com.y" });
    expect([misspelt.refused.error, misspelt.nearest]).toStrictEqual(["wamp.error.no_such_procedure", "com.x"]);
    expect(explain(query).refused.error).toBe("wamp.error.option_disallowed.disclose_me");
    expect(explain({ ...query, options: {} }).refused).toBeNull();
  });
});

describe("a publication", () => {
  test("shows its receivers with those of the router, and why others are excluded", () => {
    const history = [{ uri: "com.shop.orders", match: "exact", limit: 5 } as const];
    const realm = realmOf({ store: { "event-history": history, retain: { decline: [] } } });
    const explain = viewerOf(realm);
    const [joe, ann] = [joinAs(realm, "joe", "user"), joinAs(realm, "ann", "user")];
    for (const client of [joe, ann]) client.send([32, 1, {}, "com.shop.orders"]);
    const webhook = { authid: "webhook orders", authrole: "backend", authmethod: INTERNAL, authprovider: "static" };
    const local = new LocalSession(realm.realm, realm, {
      name: "webhook",
      identity: webhook,
      roles: { subscriber: {} },
      onMessage: () => {},
    });
    local.subscribeConfigured("com.shop.", "prefix");
    const session = [...realm.realm.sessions.byId.values()].find(({ identity }) => identity.authid === "joe")!.id;
    const query = { session, action: "publish", uri: "com.shop.orders" };
    const answer = explain({ ...query, options: { exclude_authid: ["ann"], retain: true, disclose_me: true } });
    expect(answer).toMatchObject({ authid: "joe", refused: null, retained: true, events: 1, excluded_count: 2 });
    expect(answer.excluded.map(({ authid, by }: Answer) => [authid, by])).toStrictEqual([
      ["joe", "exclude_me"],
      ["ann", "exclude_authid"],
    ]);
    expect(answer.internal.map(({ authid }: Answer) => authid)).toStrictEqual(["webhook orders"]);
    expect(answer.history.map(({ uri }: Answer) => uri)).toStrictEqual(["com.shop.orders"]);
    expect(answer.details).toStrictEqual({ publisher: session, publisher_authid: "joe", publisher_authrole: "user" });
  });

  test("lists a hundred receivers, and counts all", () => {
    const realm = realmOf();
    const explain = viewerOf(realm);
    for (let count = 0; count < 103; count++) {
      const local = new LocalSession(realm.realm, realm, {
        name: `s${count}`,
        identity: { authid: `s${count}`, authrole: "backend", authmethod: INTERNAL, authprovider: "static" },
        roles: { subscriber: {} },
        onMessage: () => {},
      });
      local.subscribeConfigured("com.x", "exact");
    }
    const { events, receivers } = explain({ role: "backend", action: "publish", uri: "com.x" });
    expect([events, receivers.length]).toStrictEqual([103, 100]);
  });
});

describe("a login", () => {
  const auth = {
    anonymous: { type: "static", role: "anonymous" },
    ticket: { type: "static", require_tls: true, principals: { joe: { ticket: "secret", role: "user" } } },
    wampcra: { type: "static", users: { ann: { secret: "secret", role: "user" } } },
  } as const;

  test.each([
    [undefined, undefined],
    [undefined, "joe"],
    [["ticket"], "joe"],
    [["ticket"], undefined],
    [["wampcra", "ticket"], "ann"],
    [["cookie", "scram"], "joe"],
    [["cryptosign", "anonymous"], "joe"],
    [["wampcra"], "x".repeat(600)],
  ])("with %j and authid %s is answered as explained", async (authmethods, authid) => {
    for (const is_secure of [true, false]) {
      const realm = realmOf({ auth });
      const explain = viewerOf(realm);
      const { refused, candidates } = explain({ action: "login", authmethods, authid, is_secure });
      const facts = { is_secure, websocket_protocol: "wamp.2.json", http_headers_received: {} };
      const client = realm.connect("client", facts);
      client.send([1, "realm1", { roles: { caller: {} }, authmethods, authid }]);
      // WAMP-CRA digests on another thread, which takes longer on a busy machine.
      await vi.waitFor(() => expect(realm.recording).not.toHaveLength(0), { timeout: 10_000 });
      const [, [type, ...elements]] = realm.take()[0] as [string, unknown[]];
      if (refused !== null) expect([type, elements[1]]).toStrictEqual([3, refused.error]);
      else {
        const [of, details] = elements as [string, { authmethod: string }];
        expect(candidates).toContain(type === 4 ? of : details.authmethod);
      }
    }
  });

  test("shows why each method can serve or not, and no secret", () => {
    const realm = realmOf({ auth });
    const answer = viewerOf(realm)({ action: "login", authmethods: ["ticket"], authid: "joe", is_secure: false });
    expect(answer).toStrictEqual({
      action: "login",
      step: "login",
      refused: {
        error: "wamp.error.no_matching_auth_method",
        message: "none of the offered authentication methods is accepted",
        ends_session: false,
      },
      candidates: [],
      methods: [
        { method: "anonymous", offered: false, fit: "open", locked_out: false },
        { method: "ticket", offered: true, fit: "no", locked_out: false },
        { method: "wampcra", offered: false, fit: "unknown", locked_out: false },
      ],
    });
  });
});

describe("a query", () => {
  const explain = viewerOf(realmOf());

  test.each([
    [{}, "action is missing"],
    [{ action: "cancel" }, "action is invalid"],
    [{ action: "toString" }, "action is invalid"],
    [{ action: "call" }, "role is missing"],
    [{ action: "call", role: 1 }, "role is invalid"],
    [{ action: "call", role: "user" }, "uri is missing"],
    [{ action: "call", role: "user", uri: "com.x", options: [] }, "options is invalid"],
    [{ action: "call", role: "user", uri: "com.x", args: {} }, "args is invalid"],
    [{ action: "login", address: 7 }, "address is invalid"],
  ])("%j is refused", (query, message) => {
    const realm = realmOf();
    const viewer = joinAs(realm, "viewer", "viewer");
    const [[, error] = []] = ask(realm, viewer, "wamp.edge.explain", [query]);
    expect(error).toStrictEqual([8, 48, 1, {}, "wamp.error.invalid_argument", [message]]);
  });

  test("names a session that exists", () => {
    expect(explain({ action: "call", session: 999_999, uri: "com.x" })).toBe("wamp.error.no_such_session");
  });

  test("with options that end a session says so", () => {
    const answer = explain({ role: "user", action: "publish", uri: "com.x", options: { exclude: 1 } });
    expect(answer).toMatchObject({
      step: "message",
      refused: { error: "wamp.error.protocol_violation", message: "PUBLISH: invalid exclude", ends_session: true },
    });
  });
});
