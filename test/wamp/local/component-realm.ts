/** A test realm with components, and the messages of its clients. */

import { expect } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import type { Component, ComponentSession } from "../../../src/wamp/local/component.ts";
import { HostedComponent } from "../../../src/wamp/local/hosted-component.ts";
import type { Dict, List } from "../../../src/wamp/protocol/values.ts";
import { ANYTHING, type Client, type Entry, TestRealm } from "../host/test-realm.ts";

export type Join = Component<Dict>["onJoin"];

export interface ComponentRealm {
  readonly testRealm: TestRealm;
  /** The session of each component, as it was given last. */
  readonly sessions: Record<string, ComponentSession>;
  /** Promises that the realm has to stay awake for. */
  readonly works: PromiseLike<unknown>[];
  /** Names of components whose session was ended. */
  readonly left: string[];
}

export const ROLES = [
  { name: "anonymous", permissions: [ANYTHING] },
  { name: "backend", permissions: [ANYTHING] },
  { name: "reader", permissions: [{ uri: "", match: "prefix", allow: { subscribe: true } }] },
] as const;

/** Messages of clients that cause messages of components. */
export const LINES: readonly ((request: number) => List)[] = [
  (request) => [48, request, {}, "add", [request, 1]],
  (request) => [48, request, {}, "twice", [request]],
  (request) => [48, request, {}, "com.example.thing"],
  (request) => [16, request, { acknowledge: true }, "t", [request]],
  (request) => [32, request, {}, "echo"],
  (request) => [32, request, { match: "prefix" }, ""],
  (request) => [32, request, { get_retained: true }, "all"],
  (request) => [64, request, {}, "add"],
  (request) => [64, request, {}, "com.example.thing"],
  (request) => [48, request, {}, "wamp.registration.match", ["twice"]],
  (request) => [48, request, {}, "wamp.subscription.lookup", ["echo"]],
  (request) => [48, request, {}, "wamp.session.count"],
];

/** Makes a realm with these components; `quiet` has the role `reader`. */
export function realmWith(
  components: Record<string, Join | Component<Dict>>,
  input: Partial<RealmInput> = {},
): ComponentRealm {
  const testRealm = new TestRealm({ roles: ROLES, ...input });
  const sessions: ComponentRealm["sessions"] = {};
  const works: PromiseLike<unknown>[] = [];
  const left: string[] = [];
  testRealm.joinLocalSessions = (realm) => {
    for (const [name, program] of Object.entries(components)) {
      const component = typeof program === "function" ? { onJoin: program } : program;
      const role = name === "quiet" ? "reader" : "backend";
      const home = { realm, host: testRealm, env: { KEY: "k" }, onLeave: () => left.push(name) };
      const session = new HostedComponent(
        component,
        { name, role, extra: { greeting: "hi" } },
        {
          ...home,
          keepAwake: (work) => works.push(work),
        },
      );
      sessions[name] = session;
      session.join();
    }
  };
  testRealm.restart();
  return { testRealm, sessions, works, left };
}

/** Returns the recording after the components have run. */
export async function outcome(testRealm: TestRealm): Promise<Entry[]> {
  await new Promise(setImmediate);
  return testRealm.take();
}

/** Calls `p`, and returns the answer. */
export async function answer(
  testRealm: TestRealm,
  client: Client,
  options: Dict = {},
  ...payload: unknown[]
): Promise<Entry[]> {
  client.send([48, 1, options, "p", ...payload]);
  return outcome(testRealm);
}

/** The causes in the log lines about components. */
export function faults({ logged }: TestRealm): unknown[] {
  return logged.map(({ level, event, component, cause }) => {
    expect([level, event, component]).toEqual(["error", "component.failed", expect.any(String)]);
    return cause;
  });
}
