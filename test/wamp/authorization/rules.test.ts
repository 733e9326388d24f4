/** The rules of a role: Crossbar.io's vectors, its quirks that the router corrects, and a comparison with an oracle. */

import { describe, expect, it } from "vitest";
import { Authorization } from "../../../src/wamp/authorization/rules.ts";
import { parseRealm, type RealmInput } from "../../../src/wamp/config/realm.ts";
import { sharedUri } from "../../../src/wamp/matching/overlap.ts";
import type { Action } from "../../../src/wamp/protocol/action.ts";
import type { Match } from "../../../src/wamp/protocol/uri.ts";

type RoleInput = NonNullable<RealmInput["roles"]>[number];
type RuleInput = NonNullable<RoleInput["permissions"]>[number];

const ACTIONS: readonly Action[] = ["call", "register", "publish", "subscribe"];
const ALL = { call: true, register: true, publish: true, subscribe: true };

function rolesOf(...roles: RoleInput[]): Authorization {
  const parsed = parseRealm({ name: "realm1", roles });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return new Authorization(parsed.value.roles);
}

/** Makes a decide function for a role with these rules. */
function decideWith(...permissions: RuleInput[]) {
  const authorization = rolesOf({ name: "user", permissions });
  return {
    allowed: (uri: string) =>
      ACTIONS.filter((action) => authorization.authorize("user", action, uri, "exact").allow).join(" "),
    may: (action: Action, uri: string, match: Match = "exact") =>
      authorization.authorize("user", action, uri, match).allow,
    disclose: (action: Action, uri: string) => authorization.authorize("user", action, uri, "exact").disclose,
    trustlevel: (action: Action, uri: string) => authorization.authorize("user", action, uri, "exact").trustlevel,
  };
}

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

describe("the URI two patterns share", () => {
  it.each<[a: Match, uriA: string, b: Match, uriB: string, shared: string | undefined]>([
    ["prefix", "com.", "prefix", "com.a", "com.a#.#.#"],
    ["prefix", "com.", "prefix", "org.", undefined],
    ["prefix", "com.a", "exact", "com.ab", "com.ab"],
    ["prefix", "com.a.b", "exact", "com.a", undefined],
    ["prefix", "com.a", "wildcard", "com..", "com.a#.#"],
    ["prefix", "com.a.b.", "wildcard", "com.a.", undefined],
    ["wildcard", "com..x", "wildcard", "com.a.", "com.a.x"],
    ["wildcard", "com..", "wildcard", ".a.", "com.a.#"],
    ["wildcard", "com.", "wildcard", "com..", undefined],
    ["wildcard", "com.a", "exact", "com.a.b", undefined],
    ["wildcard", "com..x", "exact", "com.a.y", undefined],
  ])("%s %j and %s %j: %j", (a, uriA, b, uriB, shared) => {
    expect(sharedUri({ match: a, uri: uriA }, { match: b, uri: uriB }, 2)).toBe(shared);
    expect(sharedUri({ match: b, uri: uriB }, { match: a, uri: uriA }, 2)).toBe(shared);
  });
});

/** A small seeded generator (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

interface Pattern {
  readonly uri: string;
  readonly match: Match;
}

type Rule = Pattern & { readonly allow: { readonly subscribe: boolean } };

function randomPattern(random: (below: number) => number, matches: readonly Match[]): Pattern {
  const match = matches[random(matches.length)] ?? "exact";
  const words = ["a", "b", "ab"];
  const components = Array.from({ length: 1 + random(3) }, () => words[random(3)] ?? "a");
  const holed = components.map((word) => (match === "wildcard" && random(2) === 0 ? "" : word));
  if (match === "prefix" && random(2) === 0) holed[holed.length - 1] = "";
  return { uri: holed.join("."), match };
}

/** Matches one URI as the specification describes it. */
function matches({ uri: pattern, match }: Pattern, uri: string): boolean {
  if (match === "exact") return uri === pattern;
  if (match === "prefix") return uri.startsWith(pattern);
  const [wanted, found] = [pattern.split("."), uri.split(".")];
  return wanted.length === found.length && wanted.every((word, index) => word === "" || word === found[index]);
}

/** The precedence of a rule as text: the greatest text wins. */
function rank({ uri, match }: Pattern): string {
  if (match === "exact") return "3";
  if (match === "prefix") return `1${String(uri.length).padStart(4, "0")}`;
  return `2${uri
    .split(".")
    .map((word) => (word === "" ? 0 : 1))
    .join("")}`;
}

/** The oracle: the decision of the matching rule with the highest precedence. */
function oracleDecision(rules: readonly Rule[], uri: string): boolean {
  const best = rules.filter((rule) => matches(rule, uri)).toSorted((a, b) => (rank(a) < rank(b) ? 1 : -1))[0];
  return best?.allow.subscribe ?? false;
}

/** All URIs of one to four components, with words that occur in rules and words that do not. */
function allUris(): string[] {
  const words = ["a", "b", "ab", "z", "az", "bz", "abz"];
  const uris: string[][] = [words];
  for (let length = 2; length <= 4; length++) {
    uris.push((uris[length - 2] ?? []).flatMap((head) => words.map((word) => `${head}.${word}`)));
  }
  return uris.flat();
}

describe("random rules", () => {
  const uris = allUris();

  it.each(Array.from({ length: 60 }, (_, seed) => seed))(
    "[AZ-01][AZ-08][AZ-09] decide as an oracle for single URIs (seed %i)",
    (seed) => {
      const random = randomFrom(seed);
      const byPattern = new Map<string, Rule>();
      for (let count = random(8); count >= 0; count--) {
        const pattern = randomPattern(random, ["exact", "prefix", "wildcard"]);
        byPattern.set(`${pattern.match} ${pattern.uri}`, { ...pattern, allow: { subscribe: random(3) > 0 } });
      }
      if (random(2) === 0) byPattern.set("prefix ", { uri: "", match: "prefix", allow: { subscribe: true } });
      const rules = [...byPattern.values()];
      const { may } = decideWith(...rules);
      const isAllowed = new Map(uris.map((uri) => [uri, oracleDecision(rules, uri)]));
      expect(uris.filter((uri) => may("subscribe", uri) !== isAllowed.get(uri))).toEqual([]);
      for (let count = 0; count < 12; count++) {
        const pattern = randomPattern(random, ["prefix", "wildcard"]);
        const expected = uris.every((uri) => !matches(pattern, uri) || isAllowed.get(uri));
        expect([pattern, rules, may("subscribe", pattern.uri, pattern.match)]).toEqual([pattern, rules, expected]);
      }
    },
  );

  it("[AZ-08] the random patterns are neither all allowed nor all denied", () => {
    const random = randomFrom(1);
    const { may } = decideWith({ uri: "", match: "prefix", allow: ALL }, { uri: "a.", match: "prefix", allow: {} });
    const decisions = Array.from({ length: 200 }, () => randomPattern(random, ["prefix", "wildcard"])).map(
      ({ uri, match }) => may("subscribe", uri, match),
    );
    const allowed = decisions.filter(Boolean).length;
    expect(allowed).toBeGreaterThan(40);
    expect(allowed).toBeLessThan(160);
  });
});
