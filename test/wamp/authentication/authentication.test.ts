/**
 * Choice of the authentication method, ABORT without a suitable one, and the identity of the session (Authentication).
 */

import { describe, expect, test } from "vitest";
import { ALL_ROLES, aborted } from "../host/test-realm.ts";
import { type Auth, AuthTestRealm, type Extra, TLS } from "./auth-test-realm.ts";
import { CASES, PENCIL_RECORD, TOKEN_SECRET, token } from "./methods.ts";

const ANONYMOUS: Auth = { anonymous: { type: "static", role: "anonymous" } };
const TICKET: Auth = { ticket: { type: "static", principals: { joe: { ticket: "secret!!!", role: "user" } } } };
const WAMPCRA: Auth = { wampcra: { type: "static", users: { ann: { secret: "secret123", role: "user" } } } };
const SCRAM: Auth = { scram: { type: "static", principals: { bob: { ...PENCIL_RECORD, role: "user" } } } };

/** The method of the CHALLENGE or WELCOME that a client gets for its HELLO. */
async function methodFor(auth: Auth, details: Extra): Promise<unknown> {
  const realm = new AuthTestRealm(auth);
  const client = await realm.sendHello({ authextra: { nonce: "egVDf3DMJh0=" }, ...details });
  const [type, second, third] = realm.takeReply(client);
  if (type === 3) return third;
  return type === 4 ? second : (third as Extra).authmethod;
}

describe("the first method that can serve", () => {
  const auth = { ...ANONYMOUS, ...TICKET, ...WAMPCRA };

  test.each<[string, Auth, Extra, string]>([
    ["[AUTH-02] the client's order counts", auth, { authid: "joe", authmethods: ["ticket", "anonymous"] }, "ticket"],
    ["[AUTH-02] the client's order counts", auth, { authid: "joe", authmethods: ["anonymous", "ticket"] }, "anonymous"],
    ["[AUTH-02] it must know the authid", auth, { authid: "joe", authmethods: ["wampcra", "ticket"] }, "ticket"],
    ["[AUTH-02] it must know the authid", auth, { authid: "ann", authmethods: ["ticket", "wampcra"] }, "wampcra"],
    ["[AUTH-02] unknown names are skipped", auth, { authid: "joe", authmethods: ["magic", "ticket"] }, "ticket"],
    [
      "[AUTH-02] names of Object.prototype are skipped",
      auth,
      { authid: "joe", authmethods: ["constructor", "__proto__", "ticket"] },
      "ticket",
    ],
    [
      "[AUTH-02] methods not configured are skipped",
      auth,
      { authid: "joe", authmethods: ["cryptosign", "ticket"] },
      "ticket",
    ],
    [
      "[AUTH-02] without an authid those that need one are skipped",
      auth,
      { authmethods: ["ticket", "anonymous"] },
      "anonymous",
    ],
    [
      "[AUTH-09] an unknown authid does not fall back to anonymous",
      auth,
      { authid: "unknown", authmethods: ["ticket", "anonymous"] },
      "ticket",
    ],
    ["[AUTH-04] no offer counts as anonymous", auth, { authid: "joe" }, "anonymous"],
    ["[AUTH-04] null counts as no offer", auth, { authid: "joe", authmethods: null }, "anonymous"],
    ["[SCR-01] SCRAM has two names", SCRAM, { authid: "bob", authmethods: ["wamp-scram"] }, "wamp-scram"],
    ["[SCR-01] SCRAM has two names", SCRAM, { authid: "bob", authmethods: ["scram"] }, "scram"],
  ])("%s: %#", async (_, methods, details, method) => {
    expect(await methodFor(methods, details)).toBe(method);
  });

  test("[AUTH-09] of several methods an unknown authid gets a random one, and the same each time", async () => {
    const auth = { ...TICKET, ...WAMPCRA, ...SCRAM };
    const authmethods = ["ticket", "wampcra", "scram"];
    const names = Array.from({ length: 30 }, (_, index) => `unknown${index}`);
    const ask = () => Promise.all(names.map((authid) => methodFor(auth, { authid, authmethods })));
    const methods = await ask();
    expect(new Set(methods)).toStrictEqual(new Set(authmethods));
    expect(await ask()).toStrictEqual(methods);
  });

  test("[AUTH-09] beside tokens, too, the random choice does not tell which tickets exist", async () => {
    const auth = { ...TICKET, ...WAMPCRA, jwt: { type: "static", key: TOKEN_SECRET } } as const;
    const ask = (authid: string, ...authmethods: string[]) => methodFor(auth, { authid, authmethods });
    const names = Array.from({ length: 30 }, (_, index) => `unknown${index}`);
    const methods = await Promise.all(names.map((name) => ask(name, "wampcra", "ticket")));
    expect(new Set(methods)).toStrictEqual(new Set(["wampcra", "ticket"]));
    expect(await ask("joe", "wampcra", "ticket")).toBe("ticket");
    expect(await ask("ann", "wampcra", "ticket")).toBe("wampcra");
    // The method that accepts tokens is chosen where the client offers it first.
    for (const name of [...names, "joe", "ann"]) expect(await ask(name, "ticket", "wampcra")).toBe("ticket");
  });

  test("[AUTH-15] is the same after sleep", async () => {
    const realm = new AuthTestRealm({ ...TICKET, ...WAMPCRA });
    const client = await realm.sendHello({ authid: "joe", authmethods: ["wampcra", "ticket"] });
    realm.sleepAndWake();
    await realm.sendFrom(client, [5, "secret!!!", {}]);
    expect(realm.takeMessages(client).map(([type]) => type)).toStrictEqual([4, 2]);
  });
});

describe("no method", () => {
  const NONE = "none of the offered authentication methods is accepted";

  test.each<[string, Auth, Extra, string, string]>([
    ["[AUTH-03]", TICKET, { authid: "joe", authmethods: ["wampcra"] }, "no_matching_auth_method", NONE],
    [
      "[AUTH-04] an empty offer, which is none",
      TICKET,
      { authid: "joe", authmethods: [] },
      "authentication_required",
      "this realm admits authenticated sessions only",
    ],
    ["[AUTH-03]", TICKET, { authid: "joe", authmethods: ["anonymous"] }, "no_matching_auth_method", NONE],
    ["[AUTH-03] no method at all", {}, { authid: "joe" }, "no_matching_auth_method", NONE],
    [
      "[AUTH-04]",
      TICKET,
      { authid: "joe" },
      "authentication_required",
      "this realm admits authenticated sessions only",
    ],
    [
      "[TKT-01][CRA-01] no authid",
      TICKET,
      { authmethods: ["ticket"] },
      "authentication_denied",
      "the credentials were rejected",
    ],
    [
      "[CRA-01] no authid",
      WAMPCRA,
      { authmethods: ["wampcra"] },
      "authentication_denied",
      "the credentials were rejected",
    ],
  ])("%s %j, %j is refused with %s", async (_, auth, details, reason, message) => {
    const realm = new AuthTestRealm(auth);
    await realm.sendHello(details);
    expect(realm.take()).toStrictEqual(aborted("joe", `wamp.error.${reason}`, 1000, message));
    expect(realm.realm.nextDeadline()).toBe(undefined);
  });
});

test.each(["ticket", "wampcra", "anonymous"])(
  "[AUTH-12] an authid over the limit is refused, also by %s",
  async (method) => {
    for (const [length, isTaken] of [
      [512, true],
      [513, false],
    ] as const) {
      const realm = new AuthTestRealm({ ...ANONYMOUS, ...TICKET, ...WAMPCRA });
      const client = await realm.sendHello({ authid: "x".repeat(length), authmethods: [method] });
      const [type, , reason] = realm.takeReply(client);
      expect([type === 3, type === 3 && reason]).toStrictEqual([
        !isTaken,
        !isTaken && "wamp.error.authentication_denied",
      ]);
    }
  },
);

describe("tickets on an unencrypted transport", () => {
  const principals = { joe: { ticket: "secret!!!", role: "user" } };
  const auth: Auth = { ticket: { type: "static", principals, require_tls: true } };
  const hello = { authid: "joe", authmethods: ["ticket"] };

  test("[TKT-04] are refused if the configuration requires TLS", async () => {
    const realm = new AuthTestRealm(auth);
    for (const facts of [undefined, { ...TLS, is_secure: false }]) {
      const client = await realm.sendHello(hello, "joe", facts);
      expect(realm.takeReply(client)[2]).toBe("wamp.error.no_matching_auth_method");
    }
    const client = await realm.sendHello(hello, "joe", TLS);
    expect(realm.takeReply(client)).toStrictEqual([4, "ticket", {}]);
  });

  test("[TKT-04] are accepted if it does not", async () => {
    const realm = new AuthTestRealm(TICKET);
    expect(realm.takeReply(await realm.sendHello(hello, "joe", { ...TLS, is_secure: false }))[0]).toBe(4);
  });
});

test.each<[string, Auth, boolean]>([
  ["no method asks for them", { ...TICKET, ...WAMPCRA, ...ANONYMOUS }, false],
  ["tickets need TLS", { ticket: { type: "static", principals: {}, require_tls: true } }, true],
  ["there are cookies", { ...TICKET, cookie: {} }, true],
  ["an authenticator may want them", { ...TICKET, scram: { type: "dynamic", authenticator: "com.a" } }, true],
])("[WS-29] transport info is kept only where a method reads it: %s", (_, auth, isKept) => {
  const client = new AuthTestRealm(auth).connect("joe", TLS);
  expect(client.saved.facts !== undefined).toBe(isKept);
});

describe("the identity", () => {
  test("[AUTH-13] the role in HELLO has no effect", async () => {
    const realm = new AuthTestRealm(TICKET);
    const client = await realm.sendHello({ authid: "joe", authrole: "admin", authmethods: ["ticket"] });
    realm.take();
    await realm.sendFrom(client, [5, "secret!!!", {}]);
    expect(realm.takeWelcome(client)).toMatchObject({ authrole: "user" });
  });

  test("[AUTH-01][WEL-08] the authextra a client sends does not come back in WELCOME", async () => {
    const realm = new AuthTestRealm({ ...TICKET, ...ANONYMOUS });
    const authextra = { authrole: "admin", x: 1 };
    const joe = await realm.sendHello({ authid: "joe", authmethods: ["ticket"], authextra });
    await realm.sendFrom(joe, [5, "secret!!!", {}]);
    const ann = await realm.sendHello({ authmethods: ["anonymous"], authextra }, "ann");
    expect(realm.takeMessages(ann)[0]?.[2]).not.toHaveProperty("authextra");
    expect(joe.peer.state).toMatchObject({ kind: "open", session: { identity: { authrole: "user" } } });
    expect(joe.savedSession.identity).not.toHaveProperty("authextra");
  });

  test("[ANON-01] of anonymous sessions has the configured authid, if any", async () => {
    const realm = new AuthTestRealm({ anonymous: { type: "static", role: "user", authid: "guest" } });
    expect(realm.takeWelcome(await realm.sendHello({ authid: "root" }))).toMatchObject({
      authid: "guest",
      authrole: "user",
    });
  });

  test("[AUTH-10] with a role that was removed during the handshake is refused", async () => {
    const realm = new AuthTestRealm({ jwt: { type: "static", key: TOKEN_SECRET } });
    const client = await realm.sendHello({ authid: "joe", authmethods: ["jwt"] });
    realm.take();
    await realm.sendFrom(client, [5, await token({ role: "gone" }), {}]);
    const message = "the role assigned to this session does not exist";
    expect(realm.take()).toStrictEqual(aborted("joe", "wamp.error.no_such_role", 1000, message));
  });

  test("[SES-28] can have several sessions, which are independent", async () => {
    const realm = new AuthTestRealm(TICKET);
    const clients = [];
    for (const name of ["one", "two"]) {
      const client = await realm.sendHello({ authid: "joe", authmethods: ["ticket"] }, name);
      await realm.sendFrom(client, [5, "secret!!!", {}]);
      clients.push(client);
    }
    realm.take();
    clients[0]!.disconnect();
    clients[1]!.send([48, 1, {}, "com.unknown"]);
    expect(realm.takeReply(clients[1]!)[4]).toBe("wamp.error.no_such_procedure");
  });
});

test("[AUTH-05][SES-03] other clients are served while an authentication is pending", async () => {
  const realm = new AuthTestRealm({ ...ANONYMOUS, ...WAMPCRA });
  const slow = realm.connect("slow");
  slow.send([1, "realm1", { roles: ALL_ROLES, authid: "ann", authmethods: ["wampcra"] }]);
  const quick = realm.connect("quick");
  quick.send([1, "realm1", { roles: ALL_ROLES }]);
  expect(slow.peer.state.kind).toBe("authenticating");
  expect(realm.takeReply(quick)[0]).toBe(2);
});

test("[SES-12][AUTH-12] any message while HELLO is pending is a protocol violation", async () => {
  const realm = new AuthTestRealm(WAMPCRA);
  for (const message of [
    [1, "realm1", { roles: ALL_ROLES }],
    [5, "x", {}],
    [32, 1, {}, "a.b"],
    [6, {}, "wamp.close.normal"],
  ]) {
    const client = realm.connect("ann");
    client.send([1, "realm1", { roles: ALL_ROLES, authid: "ann", authmethods: ["wampcra"] }], message);
    const violation = aborted("ann", "wamp.error.protocol_violation", 1002, "the router has not answered yet");
    expect(realm.take()).toStrictEqual(violation);
  }
  expect(realm.realm.nextDeadline()).toBe(undefined);
});

test("[SES-11][SES-13] after WELCOME HELLO and AUTHENTICATE are protocol violations", async () => {
  for (const message of [
    [1, "realm1", { roles: ALL_ROLES }],
    [5, "secret!!!", {}],
  ]) {
    const realm = new AuthTestRealm(TICKET);
    const client = await realm.sendHello({ authid: "joe", authmethods: ["ticket"] });
    await realm.sendFrom(client, [5, "secret!!!", {}]);
    realm.take();
    client.send(message);
    const violation = aborted("joe", "wamp.error.protocol_violation", 1002, "the session is already established");
    expect(realm.take()).toStrictEqual(violation);
  }
});

test("[WS-15][AUTH-05] after GOODBYE another principal can log in on the same transport", async () => {
  const realm = new AuthTestRealm({ ...TICKET, ...WAMPCRA });
  const client = await realm.sendHello({ authid: "joe", authmethods: ["ticket"] });
  await realm.sendFrom(client, [5, "secret!!!", {}]);
  await realm.sendFrom(client, [6, {}, "wamp.close.close_realm"]);
  realm.take();
  await realm.sendFrom(client, [1, "realm1", { roles: ALL_ROLES, authid: "ann", authmethods: ["wampcra"] }]);
  const extra = realm.takeChallenge(client);
  await realm.sendFrom(client, await CASES.wampcra!.authenticate(extra, true, "ann"));
  expect(realm.takeWelcome(client)).toMatchObject({ authid: "ann" });
});
