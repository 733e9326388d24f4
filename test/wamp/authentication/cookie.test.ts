/** Cookies as credentials: who is remembered, for how long, and how he is forgotten. */

import { describe, expect, test } from "vitest";
import { ALL_ROLES, type Client } from "../host/recording-host.ts";
import { type Auth, Entrance, type Extra, TLS } from "./entrance.ts";
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

/** What a browser with the cookie `id` comes with. */
function browser(id: string) {
  return { ...TLS, http_cbtid: id };
}

async function logIn(entrance: Entrance, id: string, authid = "joe", ticket = "secret!!!"): Promise<Client> {
  const client = await entrance.knock({ authid, authmethods: ["cookie", "ticket"] }, authid, browser(id));
  await entrance.say(client, [5, ticket, {}]);
  entrance.take();
  return client;
}

async function whoIs(entrance: Entrance, id: string | undefined): Promise<Extra> {
  const client = await entrance.knock(BY_COOKIE, "somebody", id === undefined ? TLS : browser(id));
  const { authid, authrole, authmethod, authprovider } = entrance.welcome(client) as Extra;
  client.disconnect();
  return { authid, authrole, authmethod, authprovider };
}

const JOE = { authid: "joe", authrole: "user", authmethod: "cookie", authprovider: "cookie" };
const NOBODY = { authrole: "anonymous", authmethod: "anonymous" };

describe("a cookie", () => {
  test("[AUTH-16] stands for whom it was there when he logged in, also after sleep", async () => {
    const entrance = new Entrance(AUTH);
    await logIn(entrance, "c1");
    expect(await whoIs(entrance, "c1")).toStrictEqual(JOE);
    entrance.sleepAndWake();
    expect(await whoIs(entrance, "c1")).toStrictEqual(JOE);
    expect(await whoIs(entrance, "c2")).toMatchObject(NOBODY);
    expect(await whoIs(entrance, undefined)).toMatchObject(NOBODY);
  });

  test("[AUTH-16] of somebody who failed, or proved nothing, stands for nobody", async () => {
    const entrance = new Entrance(AUTH);
    await logIn(entrance, "c1", "joe", "wrong");
    await entrance.knock({ authmethods: ["anonymous"] }, "somebody", browser("c2"));
    entrance.take();
    expect(await whoIs(entrance, "c1")).toMatchObject(NOBODY);
    expect(await whoIs(entrance, "c2")).toMatchObject(NOBODY);
    expect(entrance.store.cookies.size).toBe(0);
  });

  test("[AUTH-16] counts only where the client offers the method", async () => {
    const entrance = new Entrance(AUTH);
    await logIn(entrance, "c1");
    const client = await entrance.knock({ authmethods: ["anonymous"] }, "somebody", browser("c1"));
    expect(entrance.welcome(client)).toMatchObject(NOBODY);
  });

  test("[AUTH-03][AUTH-16] that stands for nobody is no method", async () => {
    const entrance = new Entrance(AUTH);
    const client = await entrance.knock({ authmethods: ["cookie"] }, "somebody", browser("c1"));
    expect(entrance.answer(client)[2]).toBe("wamp.error.no_matching_auth_method");
  });

  test("[AUTH-16] stands for nobody once somebody else has logged in, for whoever was there before may have planted it", async () => {
    const entrance = new Entrance(AUTH);
    await logIn(entrance, "c1");
    const client = await entrance.knock({ authid: "ann", authmethods: ["ticket"] }, "ann", browser("c1"));
    await entrance.say(client, [5, "t", {}]);
    entrance.take();
    expect(await whoIs(entrance, "c1")).toMatchObject(NOBODY);
    expect(entrance.store.cookies.size).toBe(0);
  });

  test("[AUTH-16] lasts as long as configured from the login on, not from the last use", async () => {
    const entrance = new Entrance(AUTH);
    await logIn(entrance, "c1");
    entrance.advance(999_999);
    expect(await whoIs(entrance, "c1")).toStrictEqual(JOE);
    entrance.advance(1);
    expect(await whoIs(entrance, "c1")).toMatchObject(NOBODY);
    await logIn(entrance, "c2");
    expect(entrance.store.cookies.size).toBe(1);
  });

  test("[AUTH-16][AUTH-10] whose role the realm has lost is refused", async () => {
    const entrance = new Entrance(AUTH);
    await logIn(entrance, "c1");
    entrance.configure({ auth: { cookie: {} }, roles: [{ name: "other" }] });
    entrance.sleepAndWake();
    const client = await entrance.knock({ authmethods: ["cookie"] }, "somebody", browser("c1"));
    expect(entrance.answer(client)[2]).toBe("wamp.error.no_such_role");
  });

  test("[AUTH-16] lasts no longer than the token it was got by, nor does its session", async () => {
    const jwt = { type: "static", key: TOKEN_SECRET, "end-session": true } as const;
    const entrance = new Entrance({ ...AUTH, jwt });
    const client = await entrance.knock({ authmethods: ["jwt"] }, "joe", browser("c1"));
    await entrance.say(client, [5, await token({ exp: 60 }), {}]);
    const again = await entrance.knock({ authmethods: ["cookie"] }, "again", browser("c1"));
    entrance.take();
    entrance.advance(60_000);
    const killed = [6, { message: "the credentials have expired" }, "wamp.close.killed"];
    expect(entrance.take()).toStrictEqual([
      ["joe", killed],
      ["again", killed],
    ]);
    expect(again.peer.state.kind).toBe("closing");
    expect(await whoIs(entrance, "c1")).toMatchObject(NOBODY);
  });
});

describe("GOODBYE with wamp.close.logout", () => {
  const LOGOUT = [6, {}, "wamp.close.logout"];

  test("[AUTH-16] forgets the cookie, and ends all sessions of that browser but no others", async () => {
    const entrance = new Entrance(AUTH);
    const joe = await logIn(entrance, "c1");
    const tab = await entrance.knock({ authmethods: ["anonymous"] }, "tab", browser("c1"));
    await logIn(entrance, "c2", "ann", "t");
    await entrance.knock({ authmethods: ["anonymous"] }, "stranger", TLS);
    entrance.take();
    entrance.sleepAndWake();
    joe.send(LOGOUT);
    expect(entrance.take()).toStrictEqual([
      ["joe", [6, {}, "wamp.close.goodbye_and_out"]],
      ["tab", LOGOUT],
    ]);
    expect(tab.peer.state.kind).toBe("closing");
    expect(await whoIs(entrance, "c1")).toMatchObject(NOBODY);
    expect(await whoIs(entrance, "c2")).toMatchObject({ authid: "ann" });
  });

  test("[SES-15] is an ordinary GOODBYE where there is no cookie", async () => {
    const entrance = new Entrance(AUTH);
    const one = await entrance.knock({ authmethods: ["anonymous"] }, "one", TLS);
    await entrance.knock({ authmethods: ["anonymous"] }, "two", TLS);
    entrance.take();
    one.send(LOGOUT, [1, "realm1", { roles: ALL_ROLES }]);
    expect(entrance.take().map(([name, message]) => [name, message[0]])).toStrictEqual([
      ["one", 6],
      ["one", 2],
    ]);
  });
});
