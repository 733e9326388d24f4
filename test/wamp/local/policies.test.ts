/** Policies of the sessions that have no client: what each of them bypasses, and what others see of it. */

import { describe, expect, it } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { ALL_ROLES, ANYTHING, TestRealm } from "../host/test-realm.ts";
import { OPEN, type Open, type TestSession, TIMEOUT_MS } from "./local-sessions.ts";

/** A test realm with an observer that has taken the procedure "open" and the meta events of sessions. */
function observedRealm(input: Partial<RealmInput> = {}): TestRealm {
  const roles = [{ name: "anonymous", permissions: [ANYTHING] }, ...(input.roles ?? [])];
  const testRealm = new TestRealm({ ...input, roles });
  const observer = testRealm.join("observer", { ...ALL_ROLES, callee: { features: { caller_identification: true } } });
  observer.send([32, 1, {}, "wamp.session.on_join"], [32, 2, {}, "wamp.session.on_leave"], [64, 3, {}, "open"]);
  testRealm.take();
  return testRealm;
}

/** What a session gets for each request it can make of `uri`; a call that reaches the observer is answered. */
async function outcomes(testRealm: TestRealm, session: TestSession, uri: string): Promise<Record<string, string>> {
  const results: Record<string, string> = {};
  for (const request of ["call", "publish", "subscribe", "register"] as const) {
    const outcome = session[request]?.(uri);
    if (outcome === undefined) continue;
    // The authorizer is called before the procedure is.
    for (let round = 0; round < 3; round++) {
      answerCalls(testRealm);
      await new Promise(setImmediate);
    }
    // The internal caller waits for a registration of the procedure.
    testRealm.advance(TIMEOUT_MS);
    results[request] = (await outcome).replace(/^.*error\./, "");
  }
  return results;
}

/** Answers the calls that have reached the observer; returns what their INVOCATIONs say of the caller. */
function answerCalls(testRealm: TestRealm): unknown[] {
  const invocations = testRealm.take().filter(([, message]) => (message as unknown[])[0] === 68);
  return invocations.map(([name, message]) => {
    const [, request, , details] = message as [number, number, number, { readonly caller_authrole?: string }];
    testRealm.clients.find((client) => client.name === name)!.send([70, request, {}, [true]]);
    return details.caller_authrole;
  });
}

/** Opens a session of the role "own" in a realm with this role and these limits. */
function openIn(
  open: Open,
  role: object,
  input: Partial<RealmInput> = {},
): { testRealm: TestRealm; opened: TestSession } {
  const testRealm = observedRealm({ ...input, roles: [{ name: "own", permissions: [ANYTHING], ...role }] });
  const opened = open(testRealm, "own");
  testRealm.take();
  return { testRealm, opened };
}

/** What others see of the session: events, and the list of sessions. */
function visibilityOf(open: Open): readonly string[] {
  const testRealm = observedRealm();
  const opened = open(testRealm, "anonymous");
  const seen: string[] = [];
  if (testRealm.take().length > 0) seen.push("on_join");
  testRealm.clients[0]!.send([48, 4, {}, "wamp.session.count"]);
  if ((testRealm.take()[0]![1] as unknown[])[3]?.toString() === "2") seen.push("list");
  opened.end?.();
  if (testRealm.take().length > 0) seen.push("on_leave");
  return seen;
}

/** The permissions of the role are empty, and its authorizer allows everything. */
async function withAuthorizer(open: Open): Promise<Record<string, string>> {
  const { testRealm, opened } = openIn(open, { permissions: [], authorizer: "open" });
  return outcomes(testRealm, opened, "fresh");
}

/** The second of two requests, where the role allows one message. */
async function beyondRate(open: Open): Promise<Record<string, string>> {
  const { testRealm, opened } = openIn(open, { rates: { role: { messages: { per_second: 0.001, burst: 1 } } } });
  await outcomes(testRealm, opened, "first");
  return outcomes(testRealm, opened, "fresh");
}

async function beyondLimits(open: Open): Promise<Record<string, string>> {
  const limits = { subscriptions_per_session: 1, registrations_per_session: 1 };
  const { testRealm, opened } = openIn(open, {}, { limits });
  await outcomes(testRealm, opened, "first");
  return outcomes(testRealm, opened, "fresh");
}

/** Whether a call tells the callee of the caller, as the role asks for. */
async function isDisclosed(open: Open): Promise<boolean | undefined> {
  const disclosing = { ...ANYTHING, disclose: { caller: true } };
  const { testRealm, opened } = openIn(open, { permissions: [disclosing] });
  const outcome = opened.call?.("open");
  if (outcome === undefined) return undefined;
  const [authrole] = answerCalls(testRealm);
  await outcome;
  return authrole === "own";
}

function mayHoldAnything(open: Open): boolean | undefined {
  const { testRealm, opened } = openIn(open, {});
  if (opened.session === undefined) return undefined;
  try {
    testRealm.realm.records.check(opened.session, 1e12);
    return true;
  } catch {
    return false;
  }
}

/** Whether the session opens although the observer has taken the only place. */
function opensInFullRealm(open: Open): boolean {
  const { opened } = openIn(open, {}, { limits: { sessions: 1 } });
  return opened.isOpen;
}

/** Whether the session has the same id when the realm has slept and opens it again. */
function keepsId(open: Open): boolean | undefined {
  const testRealm = observedRealm();
  let opened: TestSession | undefined;
  testRealm.joinLocalSessions = () => {
    opened = open(testRealm, "anonymous");
  };
  testRealm.sleepAndWake();
  const id = opened?.session?.id;
  testRealm.sleepAndWake();
  return id === undefined ? undefined : id === opened?.session?.id;
}

const REFUSED = { call: "not_authorized", publish: "not_authorized" };
/** A call that passes all checks finds no procedure. */
const PASSED = { call: "no_such_procedure", publish: "ok" };
const EXCEEDED = { call: "rate_exceeded", publish: "rate_exceeded" };
const INVALID = { call: "invalid_uri", publish: "invalid_uri" };
/** The router itself holds what the configuration asks for: no rule and no limit stands against it. */
const ALWAYS = { subscribe: "ok", register: "ok" };

/** What each kind of session may do and what others see of it, as far as it can make the request at all. */
const POLICIES: Record<keyof typeof OPEN, unknown> = {
  "an RPC session": {
    seen: [],
    opensInFullRealm: true,
    keepsId: undefined,
    mayHoldAnything: undefined,
    isDisclosed: true,
    withoutPermission: REFUSED,
    withAuthorizer: PASSED,
    ofReservedUri: { call: "ok", publish: "invalid_uri" },
    ofInvalidUri: INVALID,
    beyondRate: EXCEEDED,
    beyondLimits: PASSED,
  },
  "a configured session": {
    seen: ["list", "on_leave"],
    opensInFullRealm: true,
    keepsId: true,
    mayHoldAnything: true,
    isDisclosed: undefined,
    withoutPermission: ALWAYS,
    withAuthorizer: ALWAYS,
    ofReservedUri: ALWAYS,
    ofInvalidUri: ALWAYS,
    beyondRate: ALWAYS,
    beyondLimits: ALWAYS,
  },
  "a component": {
    seen: ["on_join", "list", "on_leave"],
    opensInFullRealm: true,
    keepsId: true,
    mayHoldAnything: true,
    isDisclosed: true,
    withoutPermission: { ...REFUSED, subscribe: "not_authorized", register: "not_authorized" },
    withAuthorizer: { ...PASSED, subscribe: "ok", register: "ok" },
    ofReservedUri: { call: "ok", publish: "invalid_uri", subscribe: "ok", register: "invalid_uri" },
    ofInvalidUri: { ...INVALID, subscribe: "invalid_uri", register: "invalid_uri" },
    beyondRate: { ...EXCEEDED, subscribe: "rate_exceeded", register: "rate_exceeded" },
    beyondLimits: { ...PASSED, subscribe: "limit_exceeded", register: "limit_exceeded" },
  },
  "an event stream": {
    seen: ["on_join", "list", "on_leave"],
    opensInFullRealm: false,
    keepsId: false,
    mayHoldAnything: false,
    isDisclosed: true,
    withoutPermission: { call: "not_authorized", subscribe: "not_authorized" },
    withAuthorizer: { call: "no_such_procedure", subscribe: "ok" },
    ofReservedUri: { call: "ok", subscribe: "ok" },
    ofInvalidUri: { call: "invalid_uri", subscribe: "invalid_uri" },
    beyondRate: { call: "rate_exceeded", subscribe: "rate_exceeded" },
    beyondLimits: { call: "no_such_procedure", subscribe: "limit_exceeded" },
  },
  "the internal caller": {
    seen: [],
    opensInFullRealm: true,
    keepsId: undefined,
    mayHoldAnything: undefined,
    isDisclosed: true,
    withoutPermission: { call: "not_authorized" },
    withAuthorizer: { call: "not_authorized" },
    ofReservedUri: { call: "no_such_procedure" },
    ofInvalidUri: { call: "no_such_procedure" },
    beyondRate: { call: "no_such_procedure" },
    beyondLimits: { call: "no_such_procedure" },
  },
};

describe.each(Object.entries(OPEN))("%s", (kind, open) => {
  it("has the policy of its kind", async () => {
    const requests = async (uri: string, role: object = {}) => {
      const { testRealm, opened } = openIn(open, role);
      return outcomes(testRealm, opened, uri);
    };
    expect({
      seen: visibilityOf(open),
      opensInFullRealm: opensInFullRealm(open),
      keepsId: keepsId(open),
      mayHoldAnything: mayHoldAnything(open),
      isDisclosed: await isDisclosed(open),
      withoutPermission: await requests("fresh", { permissions: [] }),
      withAuthorizer: await withAuthorizer(open),
      ofReservedUri: await requests("wamp.session.count"),
      ofInvalidUri: await requests("a b"),
      beyondRate: await beyondRate(open),
      beyondLimits: await beyondLimits(open),
    }).toStrictEqual(POLICIES[kind as keyof typeof OPEN]);
  });
});
