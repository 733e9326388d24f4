/** Cookie authentication: which logins a cookie stands for, for how long, and how it is dropped. */

import { describe, expect, test } from "vitest";
import { ALL_ROLES, type Client } from "../host/test-realm.ts";
import { type Auth, AuthTestRealm, type Extra, TLS } from "./auth-test-realm.ts";
import { TOKEN_SECRET, token } from "./methods.ts";

const AUTH: Auth = {
  cookie: { max_age: 1000 },
  anonymous: { type: "static", role: "anonymous" },
  ticket: {
    type: "static",
    principals: { joe: { ticket: "secret!!!", role: "user" }, ann: { ticket: "t", role: "admin" } },
  },
};
const BY_COOKIE = { authmethods: ["cookie", "anonymous"] };

/** The transport info of a browser with the cookie `id`. */
function browser(id: string) {
  return { ...TLS, http_cbtid: id };
}

async function logIn(realm: AuthTestRealm, id: string, authid = "joe", ticket = "secret!!!"): Promise<Client> {
  const client = await realm.sendHello({ authid, authmethods: ["cookie", "ticket"] }, authid, browser(id));
  await realm.sendFrom(client, [5, ticket, {}]);
  realm.take();
  return client;
}

async function whoIs(realm: AuthTestRealm, id: string | undefined): Promise<Extra> {
  const client = await realm.sendHello(BY_COOKIE, "browser", id === undefined ? TLS : browser(id));
  const { authid, authrole, authmethod, authprovider } = realm.takeWelcome(client) as Extra;
  client.disconnect();
  return { authid, authrole, authmethod, authprovider };
}

const JOE = { authid: "joe", authrole: "user", authmethod: "cookie", authprovider: "cookie" };
const ANONYMOUS_SESSION = { authrole: "anonymous", authmethod: "anonymous" };

describe("a cookie", () => {
  test("[AUTH-16] stands for the identity that has logged in with it, also after sleep", async () => {
    const realm = new AuthTestRealm(AUTH);
    await logIn(realm, "c1");
    expect(await whoIs(realm, "c1")).toStrictEqual(JOE);
    realm.sleepAndWake();
    expect(await whoIs(realm, "c1")).toStrictEqual(JOE);
    expect(await whoIs(realm, "c2")).toMatchObject(ANONYMOUS_SESSION);
    expect(await whoIs(realm, undefined)).toMatchObject(ANONYMOUS_SESSION);
  });

  test("[AUTH-16] of a failed or anonymous login stands for no identity", async () => {
    const realm = new AuthTestRealm(AUTH);
    await logIn(realm, "c1", "joe", "wrong");
    await realm.sendHello({ authmethods: ["anonymous"] }, "browser", browser("c2"));
    realm.take();
    expect(await whoIs(realm, "c1")).toMatchObject(ANONYMOUS_SESSION);
    expect(await whoIs(realm, "c2")).toMatchObject(ANONYMOUS_SESSION);
    expect(realm.store.cookies.size).toBe(0);
  });

  test("[AUTH-16] counts only where the client offers the method", async () => {
    const realm = new AuthTestRealm(AUTH);
    await logIn(realm, "c1");
    const client = await realm.sendHello({ authmethods: ["anonymous"] }, "browser", browser("c1"));
    expect(realm.takeWelcome(client)).toMatchObject(ANONYMOUS_SESSION);
  });

  test("[AUTH-03][AUTH-16] that is unknown cannot serve as method", async () => {
    const realm = new AuthTestRealm(AUTH);
    const client = await realm.sendHello({ authmethods: ["cookie"] }, "browser", browser("c1"));
    expect(realm.takeReply(client)[2]).toBe("wamp.error.no_matching_auth_method");
  });

  test("[AUTH-16] is dropped when another identity logs in, because the first may have planted it", async () => {
    const realm = new AuthTestRealm(AUTH);
    await logIn(realm, "c1");
    const client = await realm.sendHello({ authid: "ann", authmethods: ["ticket"] }, "ann", browser("c1"));
    await realm.sendFrom(client, [5, "t", {}]);
    realm.take();
    expect(await whoIs(realm, "c1")).toMatchObject(ANONYMOUS_SESSION);
    expect(realm.store.cookies.size).toBe(0);
  });

  test("[AUTH-16] lasts as long as configured from the login on, not from the last use", async () => {
    const realm = new AuthTestRealm(AUTH);
    await logIn(realm, "c1");
    realm.advance(999_999);
    expect(await whoIs(realm, "c1")).toStrictEqual(JOE);
    realm.advance(1);
    expect(await whoIs(realm, "c1")).toMatchObject(ANONYMOUS_SESSION);
    await logIn(realm, "c2");
    expect(realm.store.cookies.size).toBe(1);
  });

  test("[AUTH-16][AUTH-10] whose role was removed is refused", async () => {
    const realm = new AuthTestRealm(AUTH);
    await logIn(realm, "c1");
    realm.configure({ auth: { cookie: {} }, roles: [{ name: "other" }] });
    realm.sleepAndWake();
    const client = await realm.sendHello({ authmethods: ["cookie"] }, "browser", browser("c1"));
    expect(realm.takeReply(client)[2]).toBe("wamp.error.no_such_role");
  });

  test("[AUTH-16] expires with the token that the client logged in with, and so does its session", async () => {
    const jwt = { type: "static", key: TOKEN_SECRET, "end-session": true } as const;
    const realm = new AuthTestRealm({ ...AUTH, jwt });
    const client = await realm.sendHello({ authmethods: ["jwt"] }, "joe", browser("c1"));
    await realm.sendFrom(client, [5, await token({ exp: 60 }), {}]);
    const again = await realm.sendHello({ authmethods: ["cookie"] }, "again", browser("c1"));
    realm.take();
    realm.advance(60_000);
    const killed = [6, { message: "the credentials have expired" }, "wamp.close.killed"];
    expect(realm.take()).toStrictEqual([
      ["joe", killed],
      ["again", killed],
    ]);
    expect(again.peer.state.kind).toBe("closing");
    expect(await whoIs(realm, "c1")).toMatchObject(ANONYMOUS_SESSION);
  });
});

describe("GOODBYE with wamp.close.logout", () => {
  const LOGOUT = [6, {}, "wamp.close.logout"];

  test("[AUTH-16] forgets the cookie, and ends all sessions of that browser but no others", async () => {
    const realm = new AuthTestRealm(AUTH);
    const joe = await logIn(realm, "c1");
    const tab = await realm.sendHello({ authmethods: ["anonymous"] }, "tab", browser("c1"));
    await logIn(realm, "c2", "ann", "t");
    await realm.sendHello({ authmethods: ["anonymous"] }, "stranger", TLS);
    realm.take();
    realm.sleepAndWake();
    joe.send(LOGOUT);
    expect(realm.take()).toStrictEqual([
      ["joe", [6, {}, "wamp.close.goodbye_and_out"]],
      ["tab", LOGOUT],
    ]);
    expect(tab.peer.state.kind).toBe("closing");
    expect(await whoIs(realm, "c1")).toMatchObject(ANONYMOUS_SESSION);
    expect(await whoIs(realm, "c2")).toMatchObject({ authid: "ann" });
  });

  test("[SES-15] is an ordinary GOODBYE where there is no cookie", async () => {
    const realm = new AuthTestRealm(AUTH);
    const one = await realm.sendHello({ authmethods: ["anonymous"] }, "one", TLS);
    await realm.sendHello({ authmethods: ["anonymous"] }, "two", TLS);
    realm.take();
    one.send(LOGOUT, [1, "realm1", { roles: ALL_ROLES }]);
    expect(realm.take().map(([name, message]) => [name, message[0]])).toStrictEqual([
      ["one", 6],
      ["one", 2],
    ]);
  });
});
