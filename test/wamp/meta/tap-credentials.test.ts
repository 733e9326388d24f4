/** What `wamp.edge.tap` never shows: credentials, and what carries them. */

import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ROLES, waitForReply } from "../authentication/auth-test-realm.ts";
import { AuthenticatorTestRealm } from "../authentication/authenticator-test-realm.ts";
import { CASES } from "../authentication/methods.ts";
import { joinResumable, resumeSession } from "../hibernation/resume-clients.ts";
import { ALL_ROLES, ANYTHING, type Client, TestRealm } from "../host/test-realm.ts";
import { takeTapped, tap } from "./tap-reader.ts";

const CONSOLE = { name: "anonymous", permissions: [ANYTHING], console: true };

/** Everything that a tap has shown, as text. */
function takeText(realm: TestRealm, reader: Client): string {
  return JSON.stringify(takeTapped(realm, reader));
}

describe.each(Object.entries(CASES))("of a login by %s", (_, method) => {
  test.each([true, false])("neither proof, challenge nor authextra (right credentials: %j)", async (isRight) => {
    const realm = new TestRealm({ roles: [CONSOLE] });
    const eve = realm.join("eve");
    realm.configure({ roles: [CONSOLE, ...ROLES.slice(1)], auth: method.auth });
    realm.sleepAndWake();
    tap(realm, eve);
    const joe = realm.connect("joe");
    joe.send([1, "realm1", { roles: ALL_ROLES, authid: "joe", ...method.hello }]);
    await waitForReply(joe);
    const entries = realm.take();
    const [challenge] = entries.flatMap(([name, message]) => (name === "joe" ? [message as unknown[]] : []));
    const extra = challenge![2] as Readonly<Record<string, unknown>>;
    const answer = await method.authenticate(extra, isRight, "joe");
    joe.send(answer);
    await waitForReply(joe);
    const replies = realm.take();
    const [reply] = replies.flatMap(([name, message]) => (name === "joe" ? [message as unknown[]] : []));
    const shown = [...entries, ...replies].filter(([name]) => name === "eve");
    const text = JSON.stringify(shown);
    expect(shown.map(([, message]) => (message as { type: string }[][])[3]![0]!.type)).toStrictEqual([
      ...["HELLO", "CHALLENGE", "AUTHENTICATE", isRight ? "WELCOME" : "ABORT"],
    ]);
    expect(text).toContain('"authid":"joe"');
    const { authextra: granted = {} } = reply![2] as { authextra?: object };
    const secrets = [extra, answer[2], method.hello.authextra ?? {}, granted].flatMap(textsIn);
    for (const secret of [...method.secrets, answer[1], ...secrets]) expect(text).not.toContain(secret);
  });
});

/** The long texts in a dict: short ones are names. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return value.length > 8 ? [value, JSON.stringify(value).slice(1, -1)] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

describe("of an authenticator", () => {
  test.each(["ticket", "wampcra", "anonymous"])("neither what it gets nor what it answers (%s)", async (method) => {
    const realm = new AuthenticatorTestRealm({}, true, { roles: [CONSOLE, ...ROLES.slice(1)] });
    const { authenticator } = realm;
    tap(realm, authenticator);
    const joe = await realm.startLogin(method, { authextra: { note: "private-note", nonce: "x", pubkey: "y" } });
    const entries = realm.take();
    const request = entries.map(([, message]) => message as unknown[]).find(([type]) => type === 68)![1];
    authenticator.send([70, request, {}, [{ role: "user", secret: "private-secret", extra: { x: "private-extra" } }]]);
    await waitForReply(joe);
    const text = JSON.stringify([...entries, ...realm.take()].filter(([, message]) => isProgress(message)));
    expect(text).toContain('"INVOCATION"');
    expect(text).toContain('"YIELD"');
    for (const secret of ["secret!!!", "private-", "a=b", "test/1.0"]) expect(text).not.toContain(secret);
  });

  test("nothing of a call that a client makes, either", () => {
    const realm = new AuthenticatorTestRealm({}, true, { roles: [CONSOLE, ...ROLES.slice(1)] });
    const { authenticator } = realm;
    tap(realm, authenticator);
    authenticator.send([48, 2, {}, "com.app.authenticate", ["realm1", "joe", { ticket: "private-ticket" }]]);
    authenticator.send([70, 1, {}, ["private-answer"]]);
    const shown = takeTapped(realm, authenticator);
    expect(shown.map(({ type, payload }) => [type, payload])).toStrictEqual([
      ["CALL", "masked"],
      ["INVOCATION", "masked"],
      ["YIELD", "masked"],
      ["RESULT", "masked"],
    ]);
    expect(JSON.stringify(shown)).not.toContain("private-");
  });
});

function isProgress(message: unknown): boolean {
  return (message as unknown[])[0] === 50;
}

test("of an authorizer, neither the headers that it gets nor what it answers", async () => {
  const asks = { name: "user", authorizer: "com.authorize" };
  const realm = new TestRealm({ roles: [CONSOLE, asks], auth: { anonymous: { type: "static", role: "user" } } });
  realm.configure({ roles: [CONSOLE] });
  realm.sleepAndWake();
  const eve = realm.join("eve");
  eve.send([64, 1, {}, "com.authorize"]);
  realm.configure({ roles: [CONSOLE, asks], auth: { anonymous: { type: "static", role: "user" } } });
  realm.sleepAndWake();
  const facts = { is_secure: true, websocket_protocol: "x", http_headers_received: { cookie: "private-cookie" } };
  const joe = realm.connect("joe", facts);
  joe.send([1, "realm1", { roles: ALL_ROLES }]);
  tap(realm, eve);
  joe.send([16, 1, {}, "com.topic"]);
  await setImmediate();
  eve.send([70, 1, {}, [{ allow: true, cache: true }]]);
  await setImmediate();
  const shown = takeTapped(realm, eve);
  expect(shown.map(({ type, payload }) => [type, payload])).toStrictEqual([
    ["PUBLISH", "none"],
    ["INVOCATION", "masked"],
    ["YIELD", "masked"],
  ]);
  expect(JSON.stringify(shown)).not.toContain("private-cookie");
});

test("of a session that is resumed, no token", () => {
  const realm = new TestRealm({ roles: [CONSOLE], options: { resume: { time: 60 } } });
  const eve = realm.join("eve");
  tap(realm, eve);
  const entries = [];
  const joe = joinResumable(realm, "joe");
  entries.push(takeText(realm, eve));
  joe.client.disconnect();
  const { token } = resumeSession(realm, joe, {}, "joe");
  entries.push(takeText(realm, eve));
  const text = entries.join("");
  expect(text).toContain('"resume-session"');
  expect(text).toContain('"resume_token":"***"');
  for (const secret of [joe.token, token]) expect(text).not.toContain(secret);
});

test("no detail of HELLO or WELCOME that the router does not know", () => {
  const realm = new TestRealm({ roles: [CONSOLE] });
  const eve = realm.join("eve");
  tap(realm, eve);
  realm.connect("joe").send([1, "realm1", { roles: ALL_ROLES, ticket: "private-a", authextra: { t: "private-b" } }]);
  const [hello] = takeTapped(realm, eve);
  expect(hello!.message).toStrictEqual([1, "realm1", { roles: ALL_ROLES, ticket: "***", authextra: "***" }]);
});

describe("the payload of an answer", () => {
  test("is shown if its call was open before the tap", () => {
    const realm = new TestRealm({ roles: [CONSOLE] });
    const [ann, eve] = realm.joinAll("ann", "eve");
    ann.send([64, 1, {}, "com.add"], [48, 2, {}, "com.add"]);
    tap(realm, eve);
    ann.send([70, 1, {}, [3]]);
    expect(takeTapped(realm, eve)).toMatchObject([
      { type: "YIELD", uri: "com.add", args: [3] },
      { type: "RESULT", uri: "com.add", args: [3] },
    ]);
  });

  test("is masked if its call is unknown, because it may be that of an authenticator", () => {
    const realm = new TestRealm({ roles: [CONSOLE] });
    const [ann, eve] = realm.joinAll("ann", "eve");
    ann.send([64, 1, {}, "com.add"], [48, 2, {}, "com.add"], [49, 2, { mode: "skip" }]);
    tap(realm, eve);
    ann.send([70, 1, {}, [3]]);
    expect(takeTapped(realm, eve)).toMatchObject([{ type: "YIELD", uri: null, payload: "masked" }]);
  });
});
