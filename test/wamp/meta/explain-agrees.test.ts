/** What `wamp.edge.explain` says of a message is what happens to it, in random realms. */

import { describe, expect, test } from "vitest";
import { Random } from "./explain-random.ts";
import { ExplainedRealm } from "./explained-realm.ts";

const SEEDS = Array.from({ length: 40 }, (_, seed) => seed);
const MESSAGES = 120;

const ACTIONS = ["call", "publish", "register", "subscribe"];
const KINDS = [
  ...ACTIONS.flatMap((action) =>
    ["message", "rate", "permission", "route"].map((step) => `${action} refused by ${step}`),
  ),
  ...["register", "subscribe"].map((action) => `${action} refused by role_check`),
  ...["uri", "rule", "no rule", "authorizer", "console"].map((by) => `permission by ${by}`),
  ...["call of the router", "call of one of 1", "call of one of 2", "call waits"],
  ...["exclude_me", "exclude", "exclude_authid", "eligible", "eligible_authrole", "rkey"].map(
    (by) => `publish excluded by ${by}`,
  ),
  ...["publish to receivers", "publish retained", "publish kept"],
  ...["register, new", "register, shared", "register, forced"],
  ...["subscribe anew", "subscribe, is_subscriber false", "subscribe, is_subscriber true"],
  "subscribe gets retained events",
];

describe("wamp.edge.explain", () => {
  const seen = new Set<string>();

  test.each(SEEDS)("says what happens to each message of a random realm (seed %i)", async (seed) => {
    const random = new Random(seed);
    const realm = new ExplainedRealm(random.realm(), seen);
    for (let count = 0; count < MESSAGES; count++) await realm.explainAndSend(random);
  });

  test("was asked for every step that refuses, and for every way of a message", () => {
    expect([...seen].sort()).toStrictEqual(KINDS.sort());
  });
});
