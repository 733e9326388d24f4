/** The configuration of one realm: defaults, values and faults. */

import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../../src/wamp/config/limits.ts";
import { faultsOf, faultsWith, ROLES, realm } from "./realm-settings.ts";

describe("a realm", () => {
  it("needs only its name; every other key has a default", () => {
    expect(realm({})).toEqual({
      name: "realm1",
      options: { uri_check: "loose", request_id_check: "loose", role_check: "loose", enable_meta_api: true },
      limits: DEFAULT_LIMITS,
      store: {
        "event-history": [],
        "call-queue": [],
        retain: { limit: 10_000, max_bytes: 67_108_864, replay: 1_000, decline: [] },
      },
      roles: [],
      auth: {},
    });
  });

  it("uses given values instead of the defaults", () => {
    const { options, limits } = realm({ options: { uri_check: "strict" }, limits: { sessions: 10, depth: 20 } });
    expect(options).toEqual({
      uri_check: "strict",
      request_id_check: "loose",
      role_check: "loose",
      enable_meta_api: true,
    });
    expect(limits).toEqual({ ...DEFAULT_LIMITS, sessions: 10, depth: 20 });
  });

  it("allows a session 5,000 subscriptions and registrations by default", () => {
    const { limits } = realm({});
    expect(limits.subscriptions_per_session).toBeGreaterThanOrEqual(5_000);
    expect(limits.registrations_per_session).toBeGreaterThanOrEqual(5_000);
  });

  it("fills in the defaults of a rule and of a role", () => {
    expect(realm({ roles: [{ name: "user", permissions: [{ uri: "com.a" }] }] }).roles).toEqual([
      {
        name: "user",
        "allow-by-default": false,
        permissions: [
          {
            uri: "com.a",
            match: "exact",
            allow: { call: false, register: false, publish: false, subscribe: false },
            disclose: {},
            cache: false,
          },
        ],
      },
    ]);
  });

  it.each(["realm1", "com.example.realm", "tenant-*", "*.example", `0x${"a".repeat(40)}`])(
    "may be named %s",
    (name) => {
      expect(faultsOf({ name })).toEqual([]);
    },
  );

  it.each(["", "a b", "a..b", ".a", "a.", "a#b", 7, null])("may not be named %j", (name) => {
    expect(faultsOf({ name }).map((fault) => fault.split(":")[0])).toEqual(["name"]);
  });
});

describe("the URI of a rule", () => {
  it.each([
    ["com.a", undefined, "com.a", "exact"],
    ["com.a.*", undefined, "com.a.", "prefix"],
    ["com.a*", undefined, "com.a", "prefix"],
    ["*", undefined, "", "prefix"],
    ["com.*.foo", undefined, "com..foo", "wildcard"],
    ["com.*.foo.*", undefined, "com..foo.", "wildcard"],
    ["*.foo", undefined, ".foo", "wildcard"],
    ["com.*", "exact", "com.*", "exact"],
    ["com.*", "prefix", "com.*", "prefix"],
    ["com.*..x", "wildcard", "com.*..x", "wildcard"],
    ["", "prefix", "", "prefix"],
    ["", "wildcard", "", "wildcard"],
  ])("%j with match %s is %j, %s", (uri, match, expectedUri, expectedMatch) => {
    const rule = match === undefined ? { uri } : { uri, match };
    const { roles } = realm({ roles: [{ name: "user", permissions: [rule] }] });
    const patterns = roles.flatMap(({ permissions }) =>
      permissions.map((permission) => [permission.uri, permission.match]),
    );
    expect(patterns).toEqual([[expectedUri, expectedMatch]]);
  });

  it.each([
    ["", undefined, 'matches nothing; for every URI write "match": "prefix"'],
    ["", "exact", 'matches nothing; for every URI write "match": "prefix"'],
    ["com.f*o", undefined, "may have stars for whole components, or one at its end"],
    ["com.*.foo*", undefined, "may have stars for whole components, or one at its end"],
    ["com..*.x", undefined, "may have stars for whole components, or one at its end"],
    ["com..a", undefined, "is not a valid URI for match exact"],
    ["com..a", "prefix", "is not a valid URI for match prefix"],
    ["a b", "wildcard", "is not a valid URI for match wildcard"],
  ])("%j with match %s is refused, as no topic could match it", (uri, match, message) => {
    const rule = match === undefined ? { uri } : { uri, match };
    expect(faultsWith({ roles: [{ name: "user", permissions: [{ uri: "com.ok" }, rule] }] })).toEqual([
      `roles[0].permissions[1].uri: ${message}`,
    ]);
  });
});

describe("a mistake", () => {
  it.each<[settings: object, fault: string]>([
    [{ colour: "red" }, "colour: is not a known key"],
    [{ options: { uri_check: "lose" } }, 'options.uri_check: must be ("loose" | "strict")'],
    [{ options: [] }, "options: must be an object"],
    [{ limits: [] }, "limits: must be an object"],
    [{ limits: { sessions: 0 } }, "limits.sessions: must be >=1"],
    [{ limits: { sessions: 40_000 } }, "limits.sessions: must be <=32768"],
    [{ limits: { depth: 1.5 } }, "limits.depth: must be an integer"],
    [{ limits: { depth: "64" } }, "limits.depth: must be number"],
    [{ limits: { message_kilobytes: 1 } }, "limits.message_kilobytes: is not a known key"],
    [{ options: { call_timeout: { maximum: 0 } } }, "options.call_timeout.maximum: must be >=1"],
    [{ options: { call_timeout: { maximum: 31_536_000_001 } } }, "options.call_timeout.maximum: must be <=31536000000"],
    [{ options: { call_timeout: { default: 1.5 } } }, "options.call_timeout.default: must be an integer"],
    [{ options: { call_timeout: 5 } }, "options.call_timeout: must be an object"],
    [{ store: { "call-queue": [{ uri: "com.p", limit: 0 }] } }, "store.call-queue[0].limit: must be >=1"],
    [
      { store: { "call-queue": [{ uri: "com..p" }] } },
      "store.call-queue[0]: must have a uri that is valid for its match",
    ],
    [{ store: { "call-queue": [{ uri: "com.p" }, { uri: "com.p", limit: 5 }] } }, "store.call-queue[1]: occurs twice"],
    [{ roles: {} }, "roles: must be a list"],
    [{ roles: [{}] }, "roles[0].name: is missing"],
    [{ roles: [null] }, "roles[0]: must be an object"],
    [{ roles: [{ name: "trusted" }] }, "roles[0].name: is the name of a built-in role that has every permission"],
    [{ roles: [{ name: "a" }, { name: "b" }, { name: "a" }] }, "roles[2].name: is the same as that of entry 0"],
    [
      { roles: [{ name: "a", permissions: [{ uri: "x", trustlevel: -1 }] }] },
      "roles[0].permissions[0].trustlevel: must be >=0",
    ],
    [
      { roles: [{ name: "a" }, { name: "b", permissions: [{ uri: "x", match: "fuzzy" }] }] },
      'roles[1].permissions[0].match: must be ("exact" | "prefix" | "wildcard")',
    ],
    [
      { roles: [{ name: "a", permissions: [{ uri: "x.*" }, { uri: "x.", match: "prefix" }] }] },
      "roles[0].permissions[1].uri: is the same as that of entry 0",
    ],
    [
      { roles: [{ name: "a", permissions: [{ uri: "x", allow: { cal: true } }] }] },
      "roles[0].permissions[0].allow.cal: is not a known key",
    ],
    [
      { roles: [{ name: "a", permissions: [{ uri: "x", disclose: { caller: "yes" } }] }] },
      "roles[0].permissions[0].disclose.caller: must be boolean",
    ],
    [
      { roles: [{ name: "a", permissions: [], "allow-by-default": true }] },
      'roles[0].allow-by-default: is for roles with neither permissions nor authorizer; add a rule { "uri": "", "match": "prefix" }',
    ],
    [{ auth: { password: {} } }, "auth.password: is not a known key"],
    [{ auth: { anonymous: {} } }, 'auth.anonymous.type: must be ("static" | "dynamic")'],
    [
      { auth: { anonymous: { type: "static" } } },
      'auth.anonymous.role: is "anonymous" by default, a role this realm does not have',
    ],
    [
      { auth: { anonymous: { type: "static", role: "guest" } } },
      'auth.anonymous.role: is "guest", a role this realm does not have',
    ],
    [
      { auth: { anonymous: { type: "static", role: "trusted" } } },
      'auth.anonymous.role: is "trusted", a role this realm does not have',
    ],
    [
      { auth: { ticket: { type: "dynamic", authenticator: "com.auth", "default-role": "x" } } },
      'auth.ticket.default-role: is "x", a role this realm does not have',
    ],
    [
      { auth: { ticket: { type: "static", principals: { joe: { ticket: "t" } } } } },
      "auth.ticket.principals.joe: needs a role, or its method a default-role",
    ],
    [
      { roles: ROLES, auth: { ticket: { type: "static", principals: { "joe@x y": { role: "user" } } } } },
      'auth.ticket.principals["joe@x y"].ticket: is missing',
    ],
    [{ auth: { ticket: { type: "static", principals: [] } } }, "auth.ticket.principals: must be an object"],
    [
      { roles: ROLES, auth: { wampcra: { type: "static", users: { ann: { role: "user" } } } } },
      "auth.wampcra.users.ann: must have either secret or salted-key",
    ],
    [
      { roles: ROLES, auth: { wampcra: { type: "static", users: { ann: { secret: "s", salt: "x", role: "user" } } } } },
      "auth.wampcra.users.ann: must have all of salt, iterations and keylen, or, with secret, none",
    ],
    [
      {
        roles: ROLES,
        auth: { cryptosign: { type: "static", principals: { e: { authorized_keys: ["ab"], role: "user" } } } },
      },
      "auth.cryptosign.principals.e.authorized_keys[0]: must be 32 bytes in hex",
    ],
    [
      { auth: { jwt: { type: "static" } } },
      "auth.jwt: must have jwks, key, or an issuer whose metadata names its keys",
    ],
    [
      { store: { "event-history": [{ uri: "a..b" }] } },
      "store.event-history[0]: must have a uri that is valid for its match",
    ],
    [
      { store: { "event-history": [{ uri: "wamp.session.on_join" }] } },
      "store.event-history[0]: must not cover wamp topics: events of the router are not stored",
    ],
    [
      { store: { "event-history": [{ uri: "a" }, { uri: "a", match: "prefix" }, { uri: "a", limit: 5 }] } },
      "store.event-history[2]: occurs twice",
    ],
    [{ store: { retain: { limit: 0 } } }, "store.retain.limit: must be >=1"],
    [
      { store: { retain: { decline: [{ uri: "a b" }] } } },
      "store.retain.decline[0]: must have a uri that is valid for its match",
    ],
  ])("in %j is told by its path", (settings, fault) => {
    expect(faultsWith(settings)).toEqual([fault]);
  });

  it.each([undefined, null, 7, "realm1", [], [{ name: "realm1" }]])("of giving %j for a realm is told", (input) => {
    expect(faultsOf(input)).toEqual([": must be an object"]);
  });

  it("does not hide another: all faults are listed together, of shape and of consistency, with every unknown key", () => {
    const settings = {
      nme: "realm1",
      nam: "realm1",
      roles: [{ name: "a", permission: [] }, { name: "a" }, { name: 7 }],
      auth: { anonymous: { type: "static", role: "b" } },
      limits: { depth: 0, dept: 1 },
    };
    expect(faultsOf(settings).map((fault) => fault.split(":")[0])).toEqual([
      "name",
      "limits.depth",
      "limits.dept",
      "roles[0].permission",
      "roles[2].name",
      "nme",
      "nam",
      "roles[1].name",
      "auth.anonymous.role",
    ]);
  });

  it("at the place of a secret does not quote the value", () => {
    const auth = {
      ticket: { type: "static", principals: { joe: { ticket: 998877, role: "user" } } },
      scram: {
        type: "static",
        principals: {
          bob: {
            kdf: "pbkdf2",
            iterations: 4096,
            salt: "00".repeat(8),
            "stored-key": "hunter2",
            "server-key": "00".repeat(32),
            role: "user",
          },
        },
      },
    };
    const faults = faultsWith({ roles: ROLES, auth });
    expect(faults).toEqual([
      'auth.ticket.principals.joe.ticket: must be text or { "env": "NAME" }',
      "auth.scram.principals.bob.stored-key: must be 32 bytes in hex",
    ]);
  });

  it.each(["__proto__", "constructor", "prototype"])("of naming a principal %s is told, not passed over", (name) => {
    const principals = JSON.parse(`{ ${JSON.stringify(name)}: { "ticket": "t", "role": "user" } }`);
    expect(faultsWith({ roles: ROLES, auth: { ticket: { type: "static", principals } } })).toEqual([
      "auth.ticket.principals: none of __proto__, constructor, prototype can be a name here",
    ]);
  });

  it("with a key __proto__ is a fault, and changes no object", () => {
    const settings = JSON.parse(
      '{ "name": "realm1", "__proto__": { "polluted": true }, "options": { "__proto__": 1 } }',
    );
    expect(faultsOf(settings)).toEqual(["options.__proto__: is not a known key", "__proto__: is not a known key"]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
