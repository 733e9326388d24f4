/** Selection of an event's receivers (Publisher Exclusion; Subscriber Black- and Whitelisting). */

import { describe, expect, test } from "vitest";
import { AuthTestRealm } from "../authentication/auth-test-realm.ts";
import type { Client } from "../host/test-realm.ts";

const ROLE_OF = { ann: "user", bob: "user", cyd: "admin", pub: "admin" } as const;

interface FourSubscribers {
  readonly publisher: Client;
  /** Session ids by authid. */
  readonly session: Readonly<Record<keyof typeof ROLE_OF, number>>;
  /** Publishes to the topic of the four subscribers; returns the receivers in order of subscription. */
  publish(options: object): string[];
}

async function joinFour(match = "exact", topic = "a.b"): Promise<FourSubscribers> {
  const principals = Object.fromEntries(Object.entries(ROLE_OF).map(([name, role]) => [name, { ticket: "t", role }]));
  const realm = new AuthTestRealm({ ticket: { type: "static", principals } });
  const session: Record<string, number> = {};
  let publisher: Client | undefined;
  for (const name of Object.keys(ROLE_OF)) {
    publisher = await realm.sendHello({ authmethods: ["ticket"], authid: name }, name);
    realm.take();
    await realm.sendFrom(publisher, [5, "t", {}]);
    session[name] = realm.take()[0]?.[1][1] as number;
    publisher.send([32, 1, { match }, topic]);
  }
  realm.take();
  return {
    publisher: publisher as Client,
    session: session as FourSubscribers["session"],
    publish: (options) => {
      publisher?.send([16, 2, options, "a.b"]);
      return realm.take().map(([name]) => name);
    },
  };
}

describe("publisher exclusion", () => {
  test("[EXC-01] a publisher does not receive its own event, with or without exclude_me: true", async () => {
    const { publish } = await joinFour();
    expect(publish({})).toStrictEqual(["ann", "bob", "cyd"]);
    expect(publish({ exclude_me: true })).toStrictEqual(["ann", "bob", "cyd"]);
  });

  test("[EXC-02] a publisher receives its own event with exclude_me: false", async () => {
    const { publish } = await joinFour();
    expect(publish({ exclude_me: false })).toStrictEqual(["ann", "bob", "cyd", "pub"]);
  });
});

describe("black- and whitelists", () => {
  test("[BWL-01][BWL-04] exclude and eligible select receivers by session id", async () => {
    const { publish, session } = await joinFour();
    expect(publish({ exclude: [session.ann, session.cyd] })).toStrictEqual(["bob"]);
    expect(publish({ eligible: [session.ann, session.cyd] })).toStrictEqual(["ann", "cyd"]);
  });

  test("[BWL-02][BWL-05] exclude_authid and eligible_authid select receivers by authid", async () => {
    const { publish } = await joinFour();
    expect(publish({ exclude_authid: ["bob"] })).toStrictEqual(["ann", "cyd"]);
    expect(publish({ eligible_authid: ["bob"] })).toStrictEqual(["bob"]);
  });

  test("[BWL-03][BWL-06] exclude_authrole and eligible_authrole select receivers by authrole", async () => {
    const { publish } = await joinFour();
    expect(publish({ exclude_authrole: ["user"] })).toStrictEqual(["cyd"]);
    expect(publish({ eligible_authrole: ["user"] })).toStrictEqual(["ann", "bob"]);
  });

  test("[BWL-07] all lists apply together, and exclusion takes precedence", async () => {
    const { publish, session } = await joinFour();
    expect(publish({ eligible: [session.ann, session.bob], exclude: [session.ann] })).toStrictEqual(["bob"]);
    expect(publish({ eligible_authrole: ["user"], exclude_authid: ["ann"] })).toStrictEqual(["bob"]);
    expect(publish({ eligible: [session.cyd], eligible_authrole: ["user"] })).toStrictEqual([]);
  });

  test("[BWL-08][BWL-09] an empty eligible list selects no session, and an empty exclude list excludes none", async () => {
    const { publish } = await joinFour();
    for (const list of ["eligible", "eligible_authid", "eligible_authrole"]) {
      expect(publish({ [list]: [] })).toStrictEqual([]);
    }
    for (const list of ["exclude", "exclude_authid", "exclude_authrole"]) {
      expect(publish({ [list]: [] })).toStrictEqual(["ann", "bob", "cyd"]);
    }
  });

  test("[BWL-10] ids and names that match no session are ignored", async () => {
    const { publish, session } = await joinFour();
    expect(publish({ exclude: [4711], exclude_authid: ["zoe"], exclude_authrole: ["none"] })).toHaveLength(3);
    expect(publish({ eligible: [4711, session.bob] })).toStrictEqual(["bob"]);
  });

  test("[BWL-11] a publisher in an eligible list still needs exclude_me: false to receive its event", async () => {
    const { publish, session } = await joinFour();
    expect(publish({ eligible: [session.pub] })).toStrictEqual([]);
    expect(publish({ eligible: [session.pub], exclude_me: false })).toStrictEqual(["pub"]);
  });

  test.each([
    ["prefix", "a."],
    ["wildcard", "a."],
  ])("[BWL-12] lists apply to subscriptions to a %s too", async (match, pattern) => {
    const { publish } = await joinFour(match, pattern);
    expect(publish({ exclude_authid: ["bob"] })).toStrictEqual(["ann", "cyd"]);
    expect(publish({ eligible: [] })).toStrictEqual([]);
  });
});
