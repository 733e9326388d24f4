/**
 * Authentication of client libraries over real sockets, with each serializer, with and without sleep; and browsers with
 * cookies.
 */

import autobahn, { type Dict, type Session } from "autobahn";
import { SignJWT } from "jose";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Wampy } from "wampy";
import { CborSerializer } from "wampy/CborSerializer.js";
import { sign as signCryptosign } from "wampy/cryptosign.js";
import { JsonSerializer } from "wampy/JsonSerializer.js";
import { MsgpackSerializer } from "wampy/MsgpackSerializer.js";
import { sign as signWampcra } from "wampy/wampcra.js";
import { WebSocket } from "ws";
import { freshRealm, type Router, startRouter } from "./harness.ts";

// It warns of every connection that closes.
autobahn.log.warn = () => {};

const EVERYTHING = { uri: "", match: "prefix", allow: { call: true, register: true, publish: true, subscribe: true } };
const SEED = "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510";
const PUBLIC_KEY = "1adfc8bfe1d35616e64dffbd900096f23b066f914c8c2ffbb66f6075b96e116d";
const TOKEN_KEY = "0123456789abcdef0123456789abcdef";
const SALTED = { secret: "secret123", salt: "salt123", iterations: 1000, keylen: 32 };

let router: Router;

beforeAll(async () => {
  const auth = {
    anonymous: { type: "static", role: "anonymous" },
    ticket: { type: "static", principals: { joe: { ticket: "secret!!!", role: "user" } } },
    jwt: { type: "static", key: TOKEN_KEY },
    wampcra: {
      type: "static",
      users: { ann: { secret: "secret123", role: "user" }, amy: { ...SALTED, role: "user" } },
    },
    cryptosign: { type: "static", principals: { eve: { authorized_keys: [PUBLIC_KEY], role: "user" } } },
    cookie: {},
  };
  const roles = ["user", "anonymous"].map((name) => ({ name, permissions: [EVERYTHING] }));
  router = await startRouter({ version: 1, realms: [{ name: "auth-*", roles, auth }] });
  return () => router.close();
});

describe.each(["JSONSerializer", "MsgpackSerializer", "CBORSerializer"] as const)(
  "autobahn with its %s",
  (serializer) => {
    const { sign, derive_key } = autobahn.auth_cra;
    const cra =
      (secret: string) =>
      (_: unknown, __: string, { challenge, salt, iterations, keylen }: Dict) => {
        return sign(salt ? derive_key(secret, salt, iterations, keylen) : secret, challenge);
      };
    const pair = { secretKey: Buffer.from(SEED + PUBLIC_KEY, "hex") };
    const cryptosign = {
      authextra: { pubkey: PUBLIC_KEY, trustroot: null, challenge: null, channel_binding: null },
      onchallenge: (_: unknown, __: string, extra: Dict) => autobahn.auth_cryptosign.sign_challenge(pair, extra),
    };

    test.each<[string, string, string, object, string]>([
      ["[TKT-02]", "ticket", "joe", { onchallenge: () => "secret!!!" }, "wrong"],
      ["[CRA-03]", "wampcra", "ann", { onchallenge: cra("secret123") }, "wrong"],
      ["[CRA-04]", "wampcra", "amy", { onchallenge: cra("secret123") }, "wrong"],
      ["[CSG-04]", "cryptosign", "eve", cryptosign, "00".repeat(96)],
    ])("%s logs in by %s as %s, and is told of wrong credentials", async (_, method, authid, how, wrong) => {
      const realm = freshRealm("auth");
      const details = await open({ realm, serializer, authid, authmethods: [method], ...how });
      expect(details).toMatchObject({ realm, authid, authrole: "user", authmethod: method, authprovider: "static" });
      const failing = open({ realm, serializer, authid, authmethods: [method], ...how, onchallenge: () => wrong });
      await expect(failing).rejects.toMatchObject({ reason: "wamp.error.authentication_denied", will_retry: false });
    });

    test("[CSG-02] logs in by its key alone", async () => {
      const authmethods = ["cryptosign"];
      expect(await open({ realm: freshRealm("auth"), serializer, authmethods, ...cryptosign })).toMatchObject({
        authid: "eve",
      });
    });

    test("[AUTH-15] logs in although the realm sleeps before AUTHENTICATE", async () => {
      const realm = freshRealm("auth");
      const onchallenge = async (...args: [unknown, string, Dict]) => {
        await router.evict(realm);
        return cra("secret123")(...args);
      };
      expect(await open({ realm, serializer, authid: "amy", authmethods: ["wampcra"], onchallenge })).toMatchObject({
        authid: "amy",
      });
    });

    test("[AUTH-04] that offers nothing is anonymous", async () => {
      const details = await open({ realm: freshRealm("auth"), serializer, authid: "joe" });
      expect(details).toMatchObject({ authrole: "anonymous", authmethod: "anonymous" });
      expect(details.authid).not.toBe("joe");
    });
  },
);

type WampyOptions = ReturnType<Wampy["getOptions"]>;

describe.each([
  ["json", JsonSerializer],
  ["msgpack", MsgpackSerializer],
  ["cbor", CborSerializer],
] as const)("wampy over %s", (_, Serializer) => {
  function join(realm: string, options: Partial<WampyOptions>): Promise<unknown> {
    const client = new Wampy(router.realmUrl(realm), {
      realm,
      serializer: new Serializer(),
      ws: globalThis.WebSocket as unknown as WampyOptions["ws"],
      autoReconnect: false,
      ...options,
    });
    onTestFinished(async () => {
      await client.disconnect().catch(() => {});
    });
    return client.connect();
  }

  test.each<[string, string, string, Partial<WampyOptions>]>([
    ["[TKT-02]", "ticket", "joe", { onChallenge: () => "secret!!!" }],
    ["[CRA-03]", "wampcra", "ann", { onChallenge: plugin(signWampcra("secret123")) }],
    ["[CRA-04]", "wampcra", "amy", { onChallenge: plugin(signWampcra("secret123")) }],
    [
      "[CSG-04][CSG-06]",
      "cryptosign",
      "eve",
      { authextra: { pubkey: PUBLIC_KEY }, onChallenge: plugin(signCryptosign(SEED)) },
    ],
  ])("%s logs in by %s as %s, and is told of wrong credentials", async (__, method, authid, how) => {
    const realm = freshRealm("auth");
    const details = await join(realm, { authid, authmethods: [method], ...how });
    expect(details).toMatchObject({ authid, authrole: "user", authmethod: method });
    const wrong = join(realm, { authid, authmethods: [method], ...how, onChallenge: () => "wrong" });
    await expect(wrong).rejects.toBeInstanceOf(Error);
  });

  test("[TKT-02] logs in with a token", async () => {
    const claims = new SignJWT({ sub: "kim", role: "user" })
      .setExpirationTime("1h")
      .setProtectedHeader({ alg: "HS256" });
    const token = await claims.sign(new TextEncoder().encode(TOKEN_KEY));
    const options = { authid: "kim", authmethods: ["ticket"], onChallenge: () => token };
    expect(await join(freshRealm("auth"), options)).toMatchObject({ authid: "kim", authprovider: "jwt" });
  });
});

describe("a browser", () => {
  test("[AUTH-16] gets a cookie that is hidden from scripts and other sites", async () => {
    const realm = freshRealm("auth");
    const { setCookie } = await visit(realm);
    expect(setCookie).toMatch(
      new RegExp(`^cbtid=[\\w-]{24}\\.[\\w-]{43}=; Max-Age=604800; Path=/ws/${realm}; Secure; HttpOnly; SameSite=Lax$`),
    );
  });

  test("[AUTH-16] logs in by the cookie, over sleep and a redeploy, until it logs out", async () => {
    const realm = freshRealm("auth");
    const { cookie, hello, say } = await visit(realm);
    expect(await hello("cookie", "ticket")).toStrictEqual([4, "ticket", {}]);
    expect((await say([5, "secret!!!", {}]))[0]).toBe(2);
    await router.evict(realm);
    const again = await visit(realm, `other=1; ${cookie}`);
    expect(again.setCookie).toBe(undefined);
    expect(identityIn(await again.hello("cookie", "ticket"))).toStrictEqual(["joe", "user", "cookie", "cookie"]);
    await router.evict(realm, "close");
    const later = await visit(realm, cookie);
    expect(identityIn(await later.hello("cookie"))).toStrictEqual(["joe", "user", "cookie", "cookie"]);
    expect((await later.say([6, {}, "wamp.close.logout"]))[2]).toBe("wamp.close.goodbye_and_out");
    const afterwards = await visit(realm, cookie);
    expect((await afterwards.hello("cookie"))[2]).toBe("wamp.error.no_matching_auth_method");
  });

  test.each<[string, (cookie: string) => string]>([
    ["altered", (cookie) => cookie.replace(/.=$/, (end) => (end === "A=" ? "B=" : "A="))],
    ["unsigned", (cookie) => cookie.split(".")[0]!],
    ["signed for another id", (cookie) => cookie.replace(/=./, (start) => (start === "=A" ? "=B" : "=A"))],
  ])("[AUTH-16] with a cookie that was %s is a stranger, and gets a new one", async (_, alter) => {
    const realm = freshRealm("auth");
    const { cookie, hello, say } = await visit(realm);
    await hello("ticket");
    await say([5, "secret!!!", {}]);
    const forged = await visit(realm, alter(cookie));
    expect(forged.setCookie).toMatch(/^cbtid=/);
    expect((await forged.hello("cookie"))[2]).toBe("wamp.error.no_matching_auth_method");
  });

  test("[AUTH-16] logs in with a cookie of its own, whatever cookie was planted in it", async () => {
    const realm = freshRealm("auth");
    const planted = (await visit(realm)).cookie;
    const { cookie, hello, say } = await visit(realm, planted);
    await hello("cookie", "ticket");
    await say([5, "secret!!!", {}]);
    expect(cookie).not.toBe(planted);
    const thief = await visit(realm, planted);
    expect((await thief.hello("cookie"))[2]).toBe("wamp.error.no_matching_auth_method");
    expect((await visit(realm, cookie)).setCookie).toBe(undefined);
  });

  test("[AUTH-16] with a cookie of another realm gets a new one", async () => {
    const { cookie } = await visit(freshRealm("auth"));
    expect((await visit(freshRealm("auth"), cookie)).setCookie).toMatch(/^cbtid=/);
  });
});

/** Wampy's own functions; their declared types are narrower than the actual arguments. */
function plugin(
  sign: (method: string, info: never) => string | Promise<string>,
): NonNullable<WampyOptions["onChallenge"]> {
  return sign as NonNullable<WampyOptions["onChallenge"]>;
}

/** Opens an Autobahn session; resolves with WELCOME.Details, rejects with the ABORT. */
function open({
  realm,
  serializer,
  ...options
}: Dict & { realm: string; serializer: keyof typeof autobahn.serializer }): Promise<Dict> {
  const serializers = [new autobahn.serializer[serializer]()];
  const connection = new autobahn.Connection({ url: router.realmUrl(realm), realm, serializers, ...options });
  return new Promise((resolve, reject) => {
    connection.onopen = (_: Session, details: Dict) => {
      resolve(details);
      connection.close();
    };
    connection.onclose = (_, details) => {
      reject(details);
      return true;
    };
    connection.open();
  });
}

interface Visit {
  /** Name and value. */
  readonly cookie: string;
  readonly setCookie: string | undefined;
  /** Sends HELLO with these methods; resolves with the reply. */
  hello(...authmethods: string[]): Promise<unknown[]>;
  say(message: unknown[]): Promise<unknown[]>;
}

/** Opens a WebSocket as a browser does. */
function visit(realm: string, cookie = ""): Promise<Visit> {
  const socket = new WebSocket(router.realmUrl(realm), "wamp.2.json", {
    headers: cookie === "" ? {} : { Cookie: cookie },
  });
  onTestFinished(() => socket.terminate());
  const say = (message: unknown[]) => {
    socket.send(JSON.stringify(message));
    return new Promise<unknown[]>((resolve) => socket.once("message", (data) => resolve(JSON.parse(String(data)))));
  };
  const hello = (...authmethods: string[]) => say([1, realm, { roles: { caller: {} }, authid: "joe", authmethods }]);
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("upgrade", ({ headers }) => {
      const setCookie = headers["set-cookie"]?.[0];
      socket.once("open", () => resolve({ cookie: setCookie?.split(";")[0] ?? cookie, setCookie, hello, say }));
    });
  });
}

function identityIn(welcome: unknown[]): unknown[] {
  const { authid, authrole, authmethod, authprovider } = welcome[2] as Dict;
  return [authid, authrole, authmethod, authprovider];
}
