/** Secrets are replaced without an outage: two are valid for a while. Runs the steps in docs/authentication.md. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Auth, AuthTestRealm, DENIED, type Extra, ROLES } from "./auth-test-realm.ts";
import { TOKEN_SECRET, token } from "./methods.ts";
import { craSignature, derivedKey } from "./proofs.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../../docs/authentication.md"), "utf8");
const SECTION = /^## Rotate secrets\n(.*?)^## /ms.exec(PAGE)?.[1] ?? "";
const OTHER_TOKEN_SECRET = "another secret, of another issuer";
const SALTING = { salt: "salt123", iterations: 1000, keylen: 32 };

/** Sends a proof of the secret; returns the type of the reply to AUTHENTICATE: 2 for WELCOME, 3 for ABORT. */
async function login(realm: AuthTestRealm, method: string, secret: string, authid = "joe"): Promise<number> {
  const client = await realm.sendHello({ authmethods: [method], authid }, `${authid} with ${secret}`);
  const extra = realm.takeChallenge(client);
  const signature = method === "wampcra" ? craSignature(secret, extra) : secret;
  await realm.sendFrom(client, [5, signature, {}]);
  return realm.takeReply(client)[0] as number;
}

const ticket = (ticket: unknown) => ({ ticket: { type: "static", principals: { joe: { ticket, role: "user" } } } });
const wampcra = (user: object) => ({ wampcra: { type: "static", users: { joe: { ...user, role: "user" } } } });
const jwt = (key: unknown) => ({ jwt: { type: "static", key } });

/** Kind of secrets, method of HELLO, `auth` for some secrets, and what a client proves itself with. */
const CASES: [string, string, (secrets: string[]) => object, (secret: string) => string | Promise<string>][] = [
  ["tickets", "ticket", ticket, (secret) => secret],
  ["secrets of WAMP-CRA", "wampcra", (secret) => wampcra({ secret }), (secret) => secret],
  ["salted secrets of WAMP-CRA", "wampcra", (secret) => wampcra({ secret, ...SALTING }), (secret) => secret],
  [
    "salted keys of WAMP-CRA",
    "wampcra",
    (secrets) => wampcra({ "salted-key": secrets.map((it) => derivedKey(it, "salt123", 1000, 32)), ...SALTING }),
    (secret) => secret,
  ],
  ["secrets shared with an issuer of tokens", "jwt", jwt, (secret) => token({}, secret)],
];

describe.each(CASES)("of two %s", (_, method, authFor, proofWith) => {
  const realmWith = (secrets: string[]) => new AuthTestRealm(authFor(secrets) as Auth);

  test("each is accepted, and another one is not", async () => {
    const realm = realmWith([TOKEN_SECRET, OTHER_TOKEN_SECRET]);
    expect(await login(realm, method, await proofWith(TOKEN_SECRET))).toBe(2);
    expect(await login(realm, method, await proofWith(OTHER_TOKEN_SECRET))).toBe(2);
    expect(await login(realm, method, await proofWith(`${TOKEN_SECRET}x`))).toBe(3);
    expect(await login(realm, method, "")).toBe(3);
  });

  test("the one that the configuration no longer has is refused", async () => {
    const realm = realmWith([OTHER_TOKEN_SECRET]);
    expect(await login(realm, method, await proofWith(TOKEN_SECRET))).toBe(3);
    expect(await login(realm, method, await proofWith(OTHER_TOKEN_SECRET))).toBe(2);
  });
});

describe("with several tickets", () => {
  const principals = {
    joe: { ticket: ["new", "old"], role: "user" },
    ann: { ticket: "only", role: "user" },
  };
  const limits = { failed_logins: 3, failed_logins_window: 10_000 };
  const newRealm = () => new AuthTestRealm({ ticket: { type: "static", principals } }, { limits });

  test("an empty ticket is refused, also for a principal with fewer tickets than another", async () => {
    for (const authid of ["joe", "ann", "unknown"]) expect(await login(newRealm(), "ticket", "", authid)).toBe(3);
  });

  test("the ticket of another principal is refused", async () => {
    expect(await login(newRealm(), "ticket", "old", "ann")).toBe(3);
    expect(await login(newRealm(), "ticket", "only", "joe")).toBe(3);
  });

  test("[AUTH-07] a wrong one counts as one failed login", async () => {
    const realm = newRealm();
    for (const wrong of ["a", "b"]) expect(await login(realm, "ticket", wrong)).toBe(3);
    expect(await login(realm, "ticket", "old")).toBe(2);
    for (const wrong of ["a", "b", "c"]) expect(await login(realm, "ticket", wrong)).toBe(3);
    const lockedOut = await realm.sendHello({ authmethods: ["ticket"], authid: "joe" }, "late");
    expect(realm.takeReply(lockedOut)).toStrictEqual(DENIED);
  });
});

describe("the steps in docs/authentication.md", () => {
  const TICKETS: Readonly<Record<string, string>> = { JOE_TICKET: "old", JOE_TICKET_2: "new" };
  const steps = Array.from(SECTION.matchAll(/^ {3}```json\n(.*?)^ {3}```$/gms), ([, text = ""]) => {
    const read = (_: string, value: Extra) => (typeof value?.env === "string" ? TICKETS[value.env] : value);
    return JSON.parse(text, read) as Auth;
  });

  test("admit the old client, then both, then the new one; a session that is open stays", async () => {
    expect(steps).toHaveLength(3);
    const realm = new AuthTestRealm(steps[0]!);
    const accepted = async () => [await login(realm, "ticket", "old"), await login(realm, "ticket", "new")];
    const client = await realm.sendHello({ authmethods: ["ticket"], authid: "joe" }, "open session");
    await realm.sendFrom(client, [5, "old", {}]);
    expect(realm.takeMessages(client).at(-1)?.[0]).toBe(2);
    expect(await accepted()).toStrictEqual([2, 3]);
    deploy(realm, steps[1]!);
    expect(await accepted()).toStrictEqual([2, 2]);
    deploy(realm, steps[2]!);
    expect(await accepted()).toStrictEqual([3, 2]);
    client.send([48, 1, {}, "wamp.session.count"]);
    realm.flush();
    expect(realm.takeMessages(client).at(-1)?.[0]).toBe(50);
  });
});

/** Replaces the configuration as a deployment does: the object wakes with its sockets open. */
function deploy(realm: AuthTestRealm, auth: Auth): void {
  realm.configure({ roles: ROLES, auth });
  realm.sleepAndWake();
}
