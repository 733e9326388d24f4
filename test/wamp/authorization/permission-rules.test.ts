/** The rules of a role: Crossbar.io's vectors, its quirks that the router corrects. */

import { describe, expect, it } from "vitest";
import type { Match } from "../../../src/wamp/protocol/uri.ts";
import { ACTIONS, ALL, decideWith, type RuleInput, rolesOf } from "./role-rules.ts";

describe("the choice of the rule", () => {
  const crossbar = decideWith(
    { uri: "com..private", match: "wildcard", allow: { call: true } },
    { uri: "com.something_specific.private", match: "exact", allow: { register: true } },
    { uri: "com.", match: "prefix", allow: { publish: true } },
  );

  it.each([
    ["com.something_specific.private", "register", "exact before wildcard"],
    ["com.foo.private", "call", "wildcard before prefix"],
    ["com.whatever", "publish", "prefix where nothing better matches"],
    ["com.foo.private.more", "publish", "a wildcard matches as many components as it has"],
    ["org.whatever", "", "deny where no rule matches"],
  ])("[AZ-01][AZ-03] %s may: %s (%s)", (uri, actions) => {
    expect(crossbar.allowed(uri)).toBe(actions);
  });

  it("[AZ-01] grants each of the four actions by itself", () => {
    for (const action of ACTIONS) {
      expect(decideWith({ uri: "com.a", allow: { [action]: true } }).allowed("com.a")).toBe(action);
    }
  });

  it("[AZ-03] takes the longest of several prefixes, whatever their order", () => {
    const rules: RuleInput[] = [
      { uri: "com.", match: "prefix", allow: ALL },
      { uri: "com.secret.", match: "prefix", allow: {} },
      { uri: "com.secret.door", match: "prefix", allow: { call: true } },
    ];
    for (const { allowed } of [decideWith(...rules), decideWith(...rules.toReversed())]) {
      expect([allowed("com.x"), allowed("com.secret.x"), allowed("com.secret.doorbell")]).toEqual([
        "call register publish subscribe",
        "",
        "call",
      ]);
    }
  });

  it("takes the wildcard rule that is literal where the others first differ from it", () => {
    const { allowed } = decideWith(
      { uri: "com...c", match: "wildcard", allow: { call: true } },
      { uri: "com.a..c", match: "wildcard", allow: { publish: true } },
      { uri: "com..b.c", match: "wildcard", allow: { subscribe: true } },
    );
    expect([allowed("com.x.y.c"), allowed("com.a.b.c"), allowed("com.x.b.c")]).toEqual([
      "call",
      "publish",
      "subscribe",
    ]);
  });
});

describe("roles", () => {
  it("[AZ-03] knows no role but the configured ones and trusted, and denies the others everything", () => {
    const authorization = rolesOf({ name: "user", permissions: [{ uri: "", match: "prefix", allow: ALL }] });
    for (const name of ["unknown", "", "constructor", "__proto__", "User"]) {
      expect(authorization.hasRole(name)).toBe(false);
      expect(authorization.authorize(name, "call", "com.a", "exact").allow).toBe(false);
      expect(authorization.authorize(name, "subscribe", "", "prefix").allow).toBe(false);
    }
    expect([authorization.hasRole("user"), authorization.hasRole("trusted")]).toEqual([true, true]);
  });

  it("lets trusted do everything, reserved URIs and patterns included", () => {
    const authorization = rolesOf();
    for (const action of ACTIONS) {
      expect(authorization.authorize("trusted", action, "wamp.session.count", "exact").allow).toBe(true);
      expect(authorization.authorize("trusted", action, "", "prefix").allow).toBe(true);
    }
  });

  it("[AZ-03] denies a role without rules everything, unless it allows by default", () => {
    const authorization = rolesOf({ name: "none" }, { name: "all", "allow-by-default": true });
    for (const match of ["exact", "prefix", "wildcard"] as const) {
      expect(authorization.authorize("none", "subscribe", "com.a", match).allow).toBe(false);
      expect(authorization.authorize("all", "subscribe", "com.a", match).allow).toBe(true);
    }
  });

  it("keeps the rules of two roles apart", () => {
    const authorization = rolesOf(
      { name: "a", permissions: [{ uri: "com.a", allow: { call: true } }] },
      { name: "b", permissions: [{ uri: "com.b", allow: { call: true } }] },
    );
    expect(authorization.authorize("a", "call", "com.b", "exact").allow).toBe(false);
    expect(authorization.authorize("b", "call", "com.b", "exact").allow).toBe(true);
  });
});

describe("disclosure", () => {
  const { disclose } = decideWith(
    { uri: "always", allow: ALL, disclose: { caller: true, publisher: true } },
    { uri: "never", allow: ALL, disclose: { caller: false, publisher: false } },
    { uri: "asked", allow: ALL },
    { uri: "mixed", allow: ALL, disclose: { caller: true, publisher: false } },
  );

  it.each([
    ["always", true, true],
    ["never", false, false],
    ["asked", undefined, undefined],
    ["mixed", true, false],
  ])("rule %s gives caller %s and publisher %s", (uri, caller, publisher) => {
    expect([disclose("call", uri), disclose("publish", uri)]).toEqual([caller, publisher]);
  });

  it("does not apply to REGISTER and SUBSCRIBE", () => {
    expect([disclose("register", "always"), disclose("subscribe", "always")]).toEqual([undefined, undefined]);
  });
});

describe("trust levels", () => {
  it("[CTL-01] are said by the rule that decides, for calls and publications", () => {
    const { trustlevel } = decideWith(
      { uri: "com.", match: "prefix", allow: ALL, trustlevel: 0 },
      { uri: "com.high", allow: ALL, disclose: { caller: true }, trustlevel: 3 },
      { uri: "com.none", allow: ALL },
    );
    expect(["com.a", "com.high", "com.none"].map((uri) => trustlevel("call", uri))).toEqual([0, 3, undefined]);
    expect(["com.a", "com.high", "com.none"].map((uri) => trustlevel("publish", uri))).toEqual([0, 3, undefined]);
    expect(trustlevel("subscribe", "com.high")).toBeUndefined();
  });
});

describe("quirks of Crossbar.io that the router corrects", () => {
  it("an exact rule does not shadow a shorter prefix for longer URIs", () => {
    const { may } = decideWith(
      { uri: "com.a.", match: "prefix", allow: { call: true } },
      { uri: "com.a.foo", allow: {} },
    );
    expect([may("call", "com.a.foo"), may("call", "com.a.foobar"), may("call", "com.a.foo.bar")]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it("rules with the same URI and another match stand side by side", () => {
    const { allowed } = decideWith(
      { uri: "com.a", match: "exact", allow: { call: true } },
      { uri: "com.a", match: "prefix", allow: { publish: true } },
    );
    expect([allowed("com.a"), allowed("com.ab")]).toEqual(["call", "publish"]);
  });

  it("wildcard rules with the same beginning stand side by side", () => {
    const { allowed } = decideWith(
      { uri: "com..get", match: "wildcard", allow: { call: true } },
      { uri: "com..set", match: "wildcard", allow: { register: true } },
    );
    expect([allowed("com.x.get"), allowed("com.x.set")]).toEqual(["call", "register"]);
  });

  it("a wildcard acts also where its only empty component is the first or the last", () => {
    const { allowed } = decideWith(
      { uri: ".foo.bar", match: "wildcard", allow: { call: true } },
      { uri: "com.foo.", match: "wildcard", allow: { publish: true } },
    );
    expect([allowed("x.foo.bar"), allowed(".foo.bar"), allowed("com.foo.x"), allowed("com.foo.")]).toEqual([
      "call",
      "",
      "publish",
      "",
    ]);
  });

  it("a wildcard rule with an empty URI is about URIs of one component only", () => {
    const { allowed } = decideWith({ uri: "", match: "wildcard", allow: { call: true } });
    expect([allowed("a"), allowed("a.b")]).toEqual(["call", ""]);
  });
});

describe("patterns", () => {
  it.each<[rule: RuleInput, uri: string, match: Match, isAllowed: boolean]>([
    [{ uri: "com.app.", match: "prefix" }, "com.app.", "prefix", true],
    [{ uri: "com.app.", match: "prefix" }, "com.app.topic", "prefix", true],
    [{ uri: "com.app.", match: "prefix" }, "com.app", "prefix", false],
    [{ uri: "com.app.", match: "prefix" }, "com.", "prefix", false],
    [{ uri: "com.app.", match: "prefix" }, "", "prefix", false],
    [{ uri: "com.app.", match: "prefix" }, "com.app..x", "wildcard", true],
    [{ uri: "com.app.", match: "prefix" }, "com..x", "wildcard", false],
    [{ uri: "com.app.", match: "prefix" }, "..", "wildcard", false],
    [{ uri: "com.a", match: "prefix" }, "com.", "wildcard", false],
    [{ uri: "com..x", match: "wildcard" }, "com..x", "wildcard", true],
    [{ uri: "com..", match: "wildcard" }, "com..x", "wildcard", true],
    [{ uri: "com..x", match: "wildcard" }, "com..", "wildcard", false],
    [{ uri: "com..x", match: "wildcard" }, "com...x", "wildcard", false],
    [{ uri: "com.", match: "wildcard" }, "com.", "prefix", false],
    [{ uri: "com.app", match: "exact" }, "com.app", "prefix", false],
    [{ uri: "com.app", match: "exact" }, "com.app", "wildcard", true],
    [{ uri: "", match: "prefix" }, "", "prefix", true],
    [{ uri: "", match: "prefix" }, "...", "wildcard", true],
  ])("[AZ-08] rule %j allows %j as %s: %s", (rule, uri, match, isAllowed) => {
    const { may } = decideWith({ ...rule, allow: ALL }, { uri: "unrelated", allow: ALL });
    expect([may("subscribe", uri, match), may("register", uri, match)]).toEqual([isAllowed, isAllowed]);
  });

  it("[AZ-08] an exact rule for the literal text of a pattern does not grant the pattern", () => {
    const { may } = decideWith({ uri: "com.app", allow: { subscribe: true } });
    expect([may("subscribe", "com.app"), may("subscribe", "com.app", "prefix")]).toEqual([true, false]);
  });

  it.each<[denying: RuleInput, what: string]>([
    [{ uri: "com.secret", match: "exact" }, "one topic"],
    [{ uri: "com.secret.", match: "prefix" }, "a branch"],
    [{ uri: "com..secret", match: "wildcard" }, "a wildcard"],
    [{ uri: "..secret", match: "wildcard" }, "a wildcard that overlaps"],
  ])("[AZ-09] %j keeps a broader prefix from being subscribed (%s)", (denying) => {
    const { may } = decideWith({ uri: "", match: "prefix", allow: ALL }, { ...denying, allow: { call: true } });
    expect(may("subscribe", "com.", "prefix")).toBe(false);
    expect(may("call", "com.", "prefix")).toBe(true);
    expect(may("subscribe", "org.", "prefix")).toBe(denying.uri !== "..secret");
    expect(may("subscribe", "com.public", "exact")).toBe(true);
  });

  it("[AZ-09] a denying rule does not matter where a better one allows all of the overlap", () => {
    const { may } = decideWith(
      { uri: "", match: "prefix", allow: {} },
      { uri: "com.", match: "prefix", allow: ALL },
      { uri: "com.a.", match: "wildcard", allow: ALL },
      { uri: "com..", match: "wildcard", allow: {} },
    );
    expect(may("subscribe", "com.a.", "wildcard")).toBe(true);
    expect(may("subscribe", "com..", "wildcard")).toBe(false);
    expect(may("subscribe", "com.a.", "prefix")).toBe(true);
    expect(may("subscribe", "com.b.", "prefix")).toBe(false);
    expect(may("subscribe", "com.a.b.", "prefix")).toBe(true);
  });
});
