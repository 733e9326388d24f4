/** `realm.login` with each method, and what a refused login rejects with. */

import { generateKeyPairSync } from "node:crypto";
import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import type { ConfigInput } from "wamp-edge";
import { defineComponent } from "wamp-edge/component";
import { type Login, testRealm } from "wamp-edge/testing";
import { createCredentials } from "../../src/cli/credentials.ts";

const PASSWORD = "correct horse";
const TOKEN_KEY = "0123456789abcdef0123456789abcdef";
const { entry, privateKey = "" } = createCredentials("cryptosign", "");

type Dict = Readonly<Record<string, unknown>>;
type Auth = NonNullable<ConfigInput["realms"][number]["auth"]>;

function config(auth: unknown): ConfigInput {
  const roles = [{ name: "user", permissions: [] }];
  return { version: 1, realms: [{ name: "realm1", roles, auth: auth as Auth }] };
}

const now = Date.now();
const inSeconds = (seconds: number) => Math.floor(now / 1000) + seconds;

async function token(lifetime: number): Promise<string> {
  const claims = { sub: "joe", role: "user" };
  const jwt = new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).setExpirationTime(inSeconds(lifetime));
  return jwt.sign(new TextEncoder().encode(TOKEN_KEY));
}

const CASES: readonly (readonly [name: string, auth: object, right: Login, wrong: Login])[] = [
  [
    "ticket",
    { ticket: { type: "static", principals: { joe: { ticket: PASSWORD, role: "user" } } } },
    { method: "ticket", authid: "joe", ticket: PASSWORD },
    { method: "ticket", authid: "joe", ticket: "guess" },
  ],
  [
    "wampcra with a secret",
    { wampcra: { type: "static", users: { joe: { secret: PASSWORD, role: "user" } } } },
    { method: "wampcra", authid: "joe", secret: PASSWORD },
    { method: "wampcra", authid: "joe", secret: "guess" },
  ],
  [
    "wampcra with a derived key",
    { wampcra: { type: "static", users: { joe: { ...createCredentials("wampcra", PASSWORD).entry, role: "user" } } } },
    { method: "wampcra", authid: "joe", secret: PASSWORD },
    { method: "wampcra", authid: "joe", secret: "guess" },
  ],
  ...(["scram", "wamp-scram"] as const).map((method) => {
    const principals = { joe: { ...createCredentials("scram", PASSWORD).entry, role: "user" } };
    return [
      method,
      { scram: { type: "static", principals } },
      { method, authid: "joe", password: PASSWORD },
      { method, authid: "joe", password: "guess" },
    ] as const;
  }),
  [
    "cryptosign",
    { cryptosign: { type: "static", principals: { joe: { ...entry, role: "user" } } } },
    { method: "cryptosign", authid: "joe", privateKey },
    { method: "cryptosign", authid: "joe", privateKey: createCredentials("cryptosign", "").privateKey ?? "" },
  ],
  [
    "methods with onChallenge",
    { ticket: { type: "static", principals: { joe: { ticket: PASSWORD, role: "user" } } } },
    { methods: ["other", "ticket"], authid: "joe", onChallenge: (method) => (method === "ticket" ? PASSWORD : "") },
    { methods: ["other", "ticket"], authid: "joe", onChallenge: () => ["guess", {}] },
  ],
];

describe.each(CASES)("%s", (_, auth, right, wrong) => {
  test("opens a session with the right credentials", async () => {
    await using realm = await testRealm(config(auth));
    const joe = await realm.login(right);
    expect(joe.authrole).toBe("user");
    expect((await realm.sessions()).map(({ session }) => session)).toEqual([joe.id]);
  });

  test("rejects with the ABORT's URI for wrong credentials", async () => {
    await using realm = await testRealm(config(auth));
    const refused = { name: "ApplicationError", uri: "wamp.error.authentication_denied" };
    await expect(realm.login(wrong)).rejects.toMatchObject(refused);
    expect(await realm.sessions()).toEqual([]);
  });
});

test("an anonymous login gets a name of its own", async () => {
  await using realm = await testRealm(config({ anonymous: { type: "static", role: "user" } }));
  const [one, other] = [await realm.login({ method: "anonymous" }), await realm.login({ method: "anonymous" })];
  expect([one.authrole, one.details.authmethod]).toEqual(["user", "anonymous"]);
  expect(one.authid).not.toBe(other.authid);
});

describe("jwt", () => {
  const auth = { jwt: { type: "static", key: TOKEN_KEY, "role-claim": "role", "end-session": true } };

  test("ends the session exactly when the token expires", async () => {
    await using realm = await testRealm(config(auth), { now: inSeconds(0) * 1000 });
    const joe = await realm.login({ method: "jwt", token: await token(60) });
    let end: unknown;
    void joe.ended.then((given) => {
      end = given;
    });
    await realm.clock.advance(59_999);
    expect(end).toBeUndefined();
    await realm.clock.advance(1);
    expect(end).toEqual({ reason: "wamp.close.killed", message: "the credentials have expired" });
  });

  test("takes keys by URL from the option fetch, and refuses the login without it", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const jwks = { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "1", alg: "EdDSA" }] };
    const url = "https://issuer.example/jwks.json";
    const byUrl = config({ jwt: { type: "static", jwks: url, "role-claim": "role" } });
    const jwt = new SignJWT({ sub: "joe", role: "user" }).setProtectedHeader({ alg: "EdDSA", kid: "1" });
    const login: Login = { method: "jwt", token: await jwt.setExpirationTime("1m").sign(privateKey) };

    const asked: string[] = [];
    const answer: typeof fetch = async (input) => {
      asked.push(String(input));
      return Response.json(jwks);
    };
    await using served = await testRealm(byUrl, { fetch: answer });
    expect((await served.login(login)).authid).toBe("joe");
    expect(asked).toEqual([url]);

    await using unserved = await testRealm(byUrl);
    await expect(unserved.login(login)).rejects.toMatchObject({ uri: "wamp.error.authentication_failed" });
    expect(JSON.stringify(unserved.logs)).toContain(`testRealm needs its option fetch for ${url}`);
  });
});

test("a private key that is none is refused at once", async () => {
  await using realm = await testRealm(config({ anonymous: { type: "static", role: "user" } }));
  await expect(realm.login({ method: "cryptosign", privateKey: "abc" })).rejects.toThrow(
    "privateKey must be 32 bytes in hex",
  );
});

test("a challenge that no option answers rejects the login, and closes its connection", async () => {
  const auth = { ticket: { type: "static", principals: { joe: { ticket: PASSWORD, role: "user" } } } };
  await using realm = await testRealm(config(auth));
  const login = realm.login({ methods: ["ticket"], authid: "joe" });
  await expect(login).rejects.toThrow("login needs onChallenge for the CHALLENGE of ticket");
});

test("authenticators see the transport that the test names", async () => {
  const seen: unknown[] = [];
  const gate = defineComponent({
    onJoin: (session) =>
      session.register("com.example.authenticate", ([, authid, details]) => {
        seen.push(authid, (details as { readonly transport: Dict }).transport.peer);
        return { role: "user" };
      }),
  });
  const { realms } = config({ ticket: { type: "dynamic", authenticator: "com.example.authenticate" } });
  const rule = { uri: "com.example.authenticate", allow: { register: true } };
  const roles = [{ name: "user" }, { name: "backend", permissions: [rule] }];
  const withGate = { ...realms[0]!, roles, components: [{ name: "gate", role: "backend" }] };
  await using realm = await testRealm({ version: 1, realms: [withGate] }, { components: { gate } });
  const joe = await realm.login({ method: "ticket", authid: "joe", ticket: "x" }, { peer: "203.0.113.9" });
  expect([joe.authrole, ...seen]).toEqual(["user", "joe", "203.0.113.9"]);
});
