/** Clients that come back at another object of a realm with relays, as the platform runs them. */

import { expect, it, vi } from "vitest";
import { connect, type TestClient } from "../socket.ts";
import { joinAt, leave, objectOf, sleep, stored } from "./objects.ts";

const ROLES = { publisher: {}, subscriber: {}, caller: {}, callee: {} };

const WITHIN = { timeout: 10_000, interval: 50 };

type Welcome = [type: number, session: number, details: Record<string, unknown>];

/** Says HELLO at an object; resolves to the client and WELCOME. */
async function hello(realm: string, relay: string, details: object): Promise<[TestClient, Welcome]> {
  const client = await connect(realm, objectOf(realm, relay));
  client.send([1, realm, { roles: ROLES, resumable: true, ...details }]);
  return [client, (await client.next()) as Welcome];
}

it("a session that is resumed at another relay stays callee, caller and subscriber while all objects sleep", async () => {
  const realm = "spread-resume-1";
  const [client, [, session, { resume_token }]] = await hello(realm, "weur.0", {});
  const other = await joinAt(realm, "apac.0");
  client.send([64, 1, {}, "com.add"]);
  other.send([64, 1, {}, "com.slow"]);
  const [, , registration] = await client.next();
  await other.next();
  client.send([32, 2, {}, "com.topic"]);
  const [, , subscription] = await client.next();
  client.send([48, 3, {}, "com.slow"]);
  await other.next();
  other.send([48, 2, {}, "com.add", [1]]);
  await client.next();
  await leave(client);
  other.send([16, 3, {}, "com.topic", ["missed"]]);
  // The messages are written a quarter of a second after the record.
  await vi.waitFor(
    async () => expect((await stored(realm, "weur.0")).rows).toMatchObject({ parked_session: 2 }),
    WITHIN,
  );
  await sleep(realm, undefined, "weur.0", "apac.0");
  const wish = { "resume-session": session, "resume-token": resume_token };
  const [again, welcome] = await hello(realm, "apac.0", wish);
  expect(welcome).toMatchObject([2, session, { resumed: true }]);
  expect(await again.next()).toMatchObject([36, subscription, expect.any(Number), {}, ["missed"]]);
  again.send([70, 1, {}, [2]]);
  expect(await other.next()).toStrictEqual([50, 2, {}, [2]]);
  other.send([70, 1, {}, ["done"]]);
  expect(await again.next()).toStrictEqual([50, 3, {}, ["done"]]);
  other.send([48, 4, {}, "com.add", [3]]);
  expect(await again.next()).toStrictEqual([68, 2, registration, {}, [3]]);
});

it("a login with a cookie is known at all relays, also after all objects have slept", async () => {
  const realm = "spread-login-cookie";
  let cookie = "";
  const openAt = async (relay: string): Promise<TestClient> => {
    const object = objectOf(realm, relay);
    return await connect(realm, {
      fetch: async (input, init) => {
        const headers = { ...(init?.headers as Record<string, string>), ...(cookie !== "" && { Cookie: cookie }) };
        const response = await object.fetch(input as string, { ...init, headers } as RequestInit);
        cookie = response.headers.get("Set-Cookie")?.split(";")[0] ?? cookie;
        return response;
      },
    });
  };
  const login = await openAt("weur.0");
  login.send([1, realm, { roles: ROLES, authmethods: ["cookie", "ticket"], authid: "joe" }]);
  expect((await login.next())[0]).toBe(4);
  login.send([5, "joes-ticket", {}]);
  expect(await login.next()).toMatchObject([2, expect.any(Number), { authmethod: "ticket" }]);
  await leave(login);
  await sleep(realm, undefined, "weur.0");
  const back = await openAt("apac.0");
  back.send([1, realm, { roles: ROLES, authmethods: ["cookie", "ticket"] }]);
  expect(await back.next()).toMatchObject([2, expect.any(Number), { authid: "joe", authmethod: "cookie" }]);
});
