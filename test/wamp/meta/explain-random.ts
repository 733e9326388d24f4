/** Random realms and messages for the tests of `wamp.edge.explain`. */

import type { RealmInput } from "../../../src/wamp/config/realm.ts";

/** A message to explain and to send. */
export interface Sending {
  readonly action: "call" | "publish" | "register" | "subscribe";
  readonly uri: string;
  readonly options: Record<string, unknown>;
}

type Role = NonNullable<RealmInput["roles"]>[number];
type Rule = NonNullable<Role["permissions"]>[number];

export const ROLES = ["user", "guest"];
export const AUTHORIZER = "auth.decide";
const WORDS = ["a", "b", "ab"];
const MATCHES = ["exact", "exact", "prefix", "wildcard"] as const;
const POLICIES = ["single", "roundrobin", "roundrobin", "random", "first", "last"];

/** A small seeded generator (mulberry32), and what the tests draw with it. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** A realm with the roles `user` and `guest`, and limits that a few messages reach. */
  realm(): Partial<RealmInput> {
    return {
      roles: [
        ...ROLES.map((name) => this.#role(name)),
        {
          name: "service",
          permissions: [
            { uri: "", match: "prefix", allow: { call: true, register: true, publish: true, subscribe: true } },
          ],
        },
        { name: "viewer", console: true },
      ],
      options: {
        uri_check: this.pick(["loose", "strict"]),
        role_check: this.once(4) ? "strict" : "loose",
        ...(this.once(2) && { call_timeout: { default: 5_000, maximum: 60_000 } }),
        ...(this.once(2) && { accounting: "all" }),
      },
      limits: {
        subscriptions_per_session: 2 + this.below(6),
        registrations_per_session: 2 + this.below(6),
        pending_calls_per_session: 2 + this.below(6),
      },
      store: {
        "event-history": [this.#pattern(), this.#pattern()]
          .filter(({ match, uri }, index, all) => index === all.findIndex((it) => it.match === match && it.uri === uri))
          .map((pattern) => ({ ...pattern, limit: 10_000 })),
        "call-queue": this.once(2) ? [{ uri: "", match: "prefix", limit: 1 + this.below(2) }] : [],
        retain: { decline: [this.#pattern()] },
      },
    };
  }

  /** A message with options that fit its action, or rarely do not. */
  message(sessions: readonly number[]): Sending {
    const action = this.pick(["call", "call", "publish", "publish", "register", "subscribe"] as const);
    const isPattern = action === "register" || action === "subscribe";
    const pattern = isPattern && this.once(2) ? this.#pattern() : { match: "exact" as const, uri: this.#uri() };
    const options = this.#optionsOf(action, sessions);
    const uri = this.once(12) ? this.pick(["A.b", "a..b", "wamp.a", "a b", "b.#"]) : pattern.uri;
    const reserved = ["wamp.session.count", "wamp.edge.role.list", "wamp.edge.stats", "wamp.nothing"];
    const isReserved = action === "call" && this.once(8);
    return {
      action,
      uri: isReserved ? this.pick(reserved) : uri,
      options: pattern.match === "exact" ? options : { ...options, match: pattern.match },
    };
  }

  #optionsOf(action: Sending["action"], sessions: readonly number[]): Record<string, unknown> {
    if (this.once(150)) return { disclose_me: "yes", match: 7, exclude: 1 };
    const maybe = (name: string, value: unknown, times: number) => (this.once(times) ? { [name]: value } : {});
    switch (action) {
      case "call":
        return {
          ...maybe("disclose_me", true, 3),
          ...maybe("timeout", 100 * this.below(900), 4),
          ...maybe("receive_progress", true, 5),
          ...maybe("progress", true, 40),
          ...(this.once(4) && { runmode: "partition", rkey: this.once(8) ? undefined : this.pick(WORDS) }),
        };
      case "publish":
        return {
          ...maybe("acknowledge", true, 2),
          ...maybe("disclose_me", true, 3),
          ...maybe("exclude_me", false, 2),
          ...maybe("retain", true, 3),
          ...maybe("exclude", [this.pick(sessions)], 5),
          ...maybe("eligible", sessions.slice(0, this.below(5)), 6),
          ...maybe("exclude_authid", [this.pick(ROLES)], 8),
          ...maybe("eligible_authrole", [this.pick(ROLES)], 8),
          ...maybe("rkey", this.pick(WORDS), 2),
        };
      case "register":
        return {
          invoke: this.pick(POLICIES),
          concurrency: 1 + this.below(2),
          ...maybe("disclose_caller", true, 5),
          ...maybe("forward_timeout", true, 3),
          ...maybe("force_reregister", true, 6),
        };
      case "subscribe":
        return { ...maybe("nkey", this.pick(WORDS), 2), ...maybe("get_retained", true, 2) };
    }
  }

  #role(name: string): Role {
    const rates = { session: { messages: { per_second: 1, burst: 6 }, events: { per_second: 1, burst: 8 } } };
    const rules = new Map<string, Rule>();
    for (let count = this.below(5); count >= 0; count--) {
      const rule = this.#rule();
      rules.set(`${rule.match} ${rule.uri}`, rule);
    }
    const permissions = [...rules.values()];
    if (this.once(2)) permissions.push({ uri: "wamp.session.", match: "prefix", allow: { call: true } });
    return {
      name,
      permissions,
      ...(this.once(2) && { authorizer: AUTHORIZER }),
      ...(this.once(4) && { rates }),
    };
  }

  #rule(): Rule {
    const [call, register, publish, subscribe] = [1, 2, 3, 4].map(() => !this.once(4));
    const uri = this.once(3) ? { uri: "", match: "prefix" as const } : this.#pattern();
    return {
      ...uri,
      allow: { call, register, publish, subscribe },
      disclose: this.pick([{}, {}, { caller: true, publisher: true }, { caller: false, publisher: false }]),
      ...(this.once(4) && { grantable: true }),
      ...(this.once(4) && { trustlevel: this.below(5) }),
    };
  }

  #uri(): string {
    return Array.from({ length: 1 + this.below(3) }, () => this.pick(WORDS)).join(".");
  }

  #pattern(): { readonly uri: string; readonly match: "exact" | "prefix" | "wildcard" } {
    const match = this.pick(MATCHES);
    const words = this.#uri().split(".");
    const isOpen = this.once(2);
    if (match === "prefix" && isOpen) words[words.length - 1] = "";
    if (match === "wildcard") words[this.below(words.length)] = "";
    const uri = words.join(".");
    return match === "wildcard" && uri === ""
      ? { uri: "a.", match }
      : { uri: match === "prefix" && uri === "" ? "a" : uri, match };
  }
}
