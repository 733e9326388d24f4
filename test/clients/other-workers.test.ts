/** The router with other Workers: called through a service binding, and mounted in an app. */

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestHarness } from "wrangler";
import { anonymousRealm, freshRealm } from "./harness.ts";
import { RawClient } from "./raw-client.ts";

const root = join(import.meta.dirname, "../..");
const RULES = [
  { uri: "com.example.*", allow: { call: true, publish: true } },
  { uri: "wamp.session.list", allow: { call: true } },
];

function harness(http?: object) {
  const realm = anonymousRealm("test-*") as { readonly roles: readonly object[] };
  const realms = [{ ...realm, roles: [...realm.roles, { name: "shop", permissions: RULES }] }];
  const vars = { WAMP_CONFIG: JSON.stringify({ version: 1, realms, http }) };
  const workers = [{ configPath: "wrangler.toml", vars }, { configPath: "examples/service-binding/wrangler.toml" }];
  const server = createTestHarness({ root, workers });
  const ask = async (path: string, realm: string): Promise<[number, unknown]> => {
    const response = await server.getWorker("shop").fetch(`http://shop.test${path}?realm=${realm}`);
    return [response.status, await response.json()];
  };
  return { server, ask };
}

async function connected(url: URL, realm: string): Promise<RawClient> {
  const client = await RawClient.connect(`ws://${url.host}/ws/${realm}`, "wamp.2.json");
  await client.join(realm);
  return client;
}

describe("a Worker with a service binding", () => {
  const { server, ask } = harness({ service: { role: "shop" } });
  let url: URL;

  beforeAll(async () => {
    ({ url } = await server.listen());
  });
  afterAll(() => server.close());

  it("calls with args and kwargs, and gets both back", async () => {
    const realm = freshRealm();
    const callee = await connected(url, realm);
    await callee.send([64, 1, {}, "com.example.sum"]);
    await callee.next();
    const response = ask("/sum", realm);
    const invocation = await callee.next();
    expect(invocation.slice(3)).toEqual([{}, [1, 2], { exact: true }]);
    await callee.send([70, invocation[1], {}, [3], { checked: true }]);
    expect(await response).toEqual([200, { args: [3], kwargs: { checked: true } }]);
  });

  it("gets progressive results", async () => {
    const realm = freshRealm();
    const callee = await connected(url, realm);
    await callee.send([64, 1, {}, "com.example.count"]);
    await callee.next();
    const response = ask("/count", realm);
    const [, request] = await callee.next();
    await callee.send(
      [70, request, { progress: true }, [1]],
      [70, request, { progress: true }, [2]],
      [70, request, {}, [3]],
    );
    expect(await response).toEqual([200, [1, 2, 3]]);
  });

  it("gets the publication id of the event", async () => {
    const realm = freshRealm();
    const subscriber = await connected(url, realm);
    await subscriber.send([32, 1, {}, "com.example.ordered"]);
    await subscriber.next();
    const [status, body] = await ask("/order", realm);
    const event = await subscriber.next();
    expect([status, body]).toEqual([200, { publication: event[2] }]);
    expect(event[4]).toEqual(["tea"]);
  });

  it("gets an error with URI, args and kwargs", async () => {
    const realm = freshRealm();
    const callee = await connected(url, realm);
    await callee.send([64, 1, {}, "com.example.sum"]);
    await callee.next();
    const response = ask("/sum", realm);
    const [, request] = await callee.next();
    await callee.send([8, 68, request, {}, "com.example.overflow", ["too much"], { limit: 2 }]);
    const error = { uri: "com.example.overflow", args: ["too much"], kwargs: { limit: 2 } };
    const message = "com.example.overflow: too much";
    expect(await response).toEqual([502, { name: "ApplicationError", message, ...error }]);
    expect(await ask("/sum", "unknown")).toMatchObject([502, { uri: "wamp.error.no_such_realm" }]);
  });

  it("lists the sessions of a realm", async () => {
    const realm = freshRealm();
    const client = await RawClient.connect(`ws://${url.host}/ws/${realm}`, "wamp.2.json");
    const session = await client.join(realm);
    expect(await ask("/sessions", realm)).toEqual([200, [session]]);
  });
});

describe("a Worker with a service binding that the configuration lacks", () => {
  const { server, ask } = harness();

  beforeAll(() => server.listen());
  afterAll(() => server.close());

  it("is refused", async () => {
    expect(await ask("/order", freshRealm())).toMatchObject([502, { uri: "wamp.error.not_authorized" }]);
  });
});

describe("another Hono app", () => {
  const server = createTestHarness({ root, workers: [{ configPath: "examples/hono-app/wrangler.toml" }] });
  let url: URL;

  beforeAll(async () => {
    ({ url } = await server.listen());
  });
  afterAll(() => server.close());

  it("serves its own pages and the router's, with its own configuration", async () => {
    expect(await (await fetch(new URL("/hello", url))).text()).toBe("hello");
    const subscriber = await connected(url, "realm1");
    await subscriber.send([32, 1, {}, "com.example.news"]);
    await subscriber.next();
    const body = new TextEncoder().encode('{"topic":"com.example.news","args":["hi"]}');
    const response = await fetch(new URL("/realms/realm1/publish", url), { method: "POST", body });
    const event = await subscriber.next();
    expect(await response.json()).toEqual({ id: event[2] });
    expect(event[4]).toEqual(["hi"]);
  });

  it("answers its own 404", async () => {
    const response = await fetch(new URL("/nowhere", url));
    expect([response.status, await response.text()]).toEqual([404, "404 Not Found"]);
  });
});
