/** Where the Worker sends the WebSockets of a realm's clients. The objects are stand-ins that note who asks. */

import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { configOf } from "../../../src/worker/config/deployment.ts";
import { loadConfig } from "../../../src/worker/config/load-config.ts";
import type { WorkerRealmConfig } from "../../../src/worker/config/realm-config.ts";
import { realmFor } from "../../../src/worker/config/realm-lookup.ts";
import type { Env } from "../../../src/worker/platform/env.ts";
import { acceptForAnyRealm } from "../../../src/worker/routing/hello-routing.ts";
import { connectToRealm } from "../../../src/worker/routing/relay-routing.ts";
import { connect, type TestClient } from "../socket.ts";

const UPGRADE = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json", "CF-Connecting-IP": "203.0.113.7" };

const loaded = loadConfig({
  module: {
    version: 1,
    realms: [
      { name: "world", location: "enam", relays: { weur: 2, apac: 1 } },
      { name: "europe", jurisdiction: "eu", relays: { weur: 1 } },
      { name: "plain" },
    ],
  },
  env: {},
  isDevelopment: false,
});
if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
const { config } = loaded;

type Answer = (name: string) => Response;

/** Joins the realm at the end of a path of the Worker. */
async function joinAt(path: string): Promise<TestClient> {
  const client = await connect(path);
  client.send([1, path.split("?")[0], { roles: { publisher: {}, subscriber: {} } }]);
  expect((await client.next())[0]).toBe(2);
  return client;
}

/** An environment whose objects answer with `answer`, and the objects that were asked, in order. */
function environment(answer: Answer): { readonly env: Env; readonly asked: string[] } {
  const asked: string[] = [];
  const namespace = (jurisdiction = ""): object => ({
    jurisdiction: (other: string) => namespace(`${other}/`),
    getByName: (name: string, options?: { locationHint: string }) => ({
      fetch: async () => {
        asked.push(`${jurisdiction}${name} ${options?.locationHint ?? "-"}`);
        return answer(name);
      },
    }),
  });
  return { env: { ...env, REALM: namespace() } as unknown as Env, asked };
}

function open(objects: Env, name: string, query = "", address = "203.0.113.7"): Response | Promise<Response> {
  const headers = { ...UPGRADE, "CF-Connecting-IP": address };
  const request = new Request(`https://router.test/ws/${name}${query}`, { headers });
  return connectToRealm(request, objects, name, realmFor(config, name) as WorkerRealmConfig, "/ws");
}

const taken: Answer = () => {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.addEventListener("message", ({ data }) => server.send(data));
  return new Response(null, { status: 101, webSocket: client });
};
const full = (): Response => Response.json({ error: "full" }, { status: 503 });

let lines: Record<string, unknown>[];
beforeEach(() => {
  lines = [];
  for (const level of ["warn", "error"] as const) {
    vi.spyOn(console, level).mockImplementation((text) => void lines.push(JSON.parse(String(text))));
  }
});
afterEach(() => vi.restoreAllMocks());

describe("a client of a realm with relays", () => {
  it("is sent to a relay, which is created in its region", async () => {
    const { env, asked } = environment(taken);
    expect((await open(env, "world", "?region=apac")).status).toBe(101);
    expect(asked).toStrictEqual(["world#apac.0 apac"]);
  });

  it("is sent to a relay in the jurisdiction of the realm", async () => {
    const { env, asked } = environment(taken);
    await open(env, "europe");
    expect(asked).toStrictEqual(["eu/europe#weur.0 weur"]);
  });

  it("returns to the same relay", async () => {
    const { env, asked } = environment(taken);
    for (let times = 0; times < 5; times++) await open(env, "world", "?region=weur");
    expect(new Set(asked).size).toBe(1);
  });

  it("is sent to the next relay by one that is full, and by one that fails", async () => {
    const { env, asked } = environment((name) => {
      if (name === "world#weur.0") return full();
      if (name === "world#weur.1") throw new Error("overloaded");
      return taken(name);
    });
    expect((await open(env, "world", "?region=weur")).status).toBe(101);
    expect(asked.toSorted()).toStrictEqual(["world#apac.0 apac", "world#weur.0 weur", "world#weur.1 weur"]);
    expect(asked.at(-1)).toBe("world#apac.0 apac");
    const skipped = lines.map(({ event, realm, relay, cause }) => ({ event, realm, relay, cause }));
    expect(skipped).toContainEqual({ event: "relay.skipped", realm: "world", relay: "weur.0", cause: "full" });
    expect(skipped).toContainEqual({
      event: "relay.skipped",
      realm: "world",
      relay: "weur.1",
      cause: "Error: overloaded",
    });
  });

  it("gets 503 if all relays are full; the core is left to its work", async () => {
    const { env, asked } = environment(full);
    const response = await open(env, "world");
    expect(response.status).toBe(503);
    expect(response.headers.get("Retry-After")).toBe("5");
    expect(await response.json()).toStrictEqual({ error: "no relay takes more connections; try again later" });
    expect(asked.map((object) => object.split(" ")[0])).not.toContain("world");
    expect(lines.at(-1)).toMatchObject({ level: "error", event: "realm.full", realm: "world" });
  });

  it.each(["?region=mars", "?region=enam", "?region="])("gets 400 and the regions for %s", async (query) => {
    const { env, asked } = environment(taken);
    const response = await open(env, "world", query);
    expect(response.status).toBe(400);
    expect(await response.json()).toStrictEqual({ error: "region must be weur or apac", regions: ["weur", "apac"] });
    expect(asked).toStrictEqual([]);
    expect(lines).toMatchObject([{ event: "connection.refused", realm: "world", address: "203.0.113.7" }]);
  });
});

describe("clients that name a group", () => {
  const ADDRESSES = Array.from({ length: 10 }, (_, host) => `203.0.113.${host}`);
  const openAll = async (objects: Env, query: string) => {
    for (const address of ADDRESSES) expect((await open(objects, "world", query, address)).status).toBe(101);
  };

  it("are sent to one relay of a region", async () => {
    const { env, asked } = environment(taken);
    await openAll(env, "?region=weur&group=room-7");
    expect(new Set(asked).size).toBe(1);
  });

  it("are sent to the same next relay once the first is full", async () => {
    let isFull = false;
    const { env, asked } = environment((name) => (isFull && name === asked[0]?.split(" ")[0] ? full() : taken(name)));
    await openAll(env, "?region=weur&group=room-7");
    isFull = true;
    asked.length = 1;
    await openAll(env, "?region=weur&group=room-7");
    expect([...new Set(asked)].toSorted()).toStrictEqual(["world#weur.0 weur", "world#weur.1 weur"]);
  });

  it.each(["?group=", `?group=${"x".repeat(129)}`])(
    "get 400 for a name that has no valid length: %s",
    async (query) => {
      const { env, asked } = environment(taken);
      const response = await open(env, "world", query);
      expect(response.status).toBe(400);
      expect(await response.json()).toStrictEqual({ error: "group must have 1 to 128 characters" });
      expect(asked).toStrictEqual([]);
      expect(lines).toMatchObject([{ event: "connection.refused", realm: "world", address: "203.0.113.7" }]);
    },
  );
});

it.each(["?region=mars", "?group="])("a realm without relays does not read %s", async (query) => {
  const { env, asked } = environment(taken);
  expect((await open(env, "plain", query)).status).toBe(101);
  expect(asked).toStrictEqual(["plain -"]);
});

describe("a client of /ws", () => {
  const HELLO = JSON.stringify([1, "world", { roles: { caller: {} } }]);

  /** Sends HELLO to the realm `world`. */
  function greet(objects: Env, query: string): WebSocket {
    const request = new Request(`https://router.test/ws${query}`, { headers: UPGRADE });
    const socket = acceptForAnyRealm(request, objects, config).webSocket!;
    socket.accept();
    socket.send(HELLO);
    return socket;
  }

  const closed = (socket: WebSocket) => new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve));
  const message = (socket: WebSocket) =>
    new Promise((resolve) => socket.addEventListener("message", ({ data }) => resolve(data), { once: true }));

  it("is sent to a relay of the realm that HELLO names", async () => {
    const { env, asked } = environment(taken);
    expect(await message(greet(env, "?region=apac"))).toBe(HELLO);
    expect(asked).toStrictEqual(["world#apac.0 apac"]);
  });

  it("gets ABORT for a region that the realm does not have", async () => {
    const { env, asked } = environment(taken);
    const abort = [3, { message: "region must be weur or apac" }, "wamp.error.invalid_argument"];
    expect(JSON.parse(String(await message(greet(env, "?region=enam"))))).toStrictEqual(abort);
    expect(asked).toStrictEqual([]);
  });

  it("gets ABORT for a group whose name has no valid length", async () => {
    const { env, asked } = environment(taken);
    const abort = [3, { message: "group must have 1 to 128 characters" }, "wamp.error.invalid_argument"];
    expect(JSON.parse(String(await message(greet(env, "?group="))))).toStrictEqual(abort);
    expect(asked).toStrictEqual([]);
  });

  it("is closed with 1013 if all relays are full", async () => {
    const { env } = environment(full);
    expect(await closed(greet(env, ""))).toMatchObject({ code: 1013 });
  });
});

it("clients meet over relays of the regions that they ask for", async () => {
  const [near, far] = [await joinAt("spread-regions?region=weur"), await joinAt("spread-regions?region=apac")];
  far.send([32, 1, {}, "com.topic"]);
  await far.next();
  near.send([16, 1, {}, "com.topic", ["over relays"]]);
  expect(await far.next()).toMatchObject([36, expect.any(Number), expect.any(Number), {}, ["over relays"]]);
});

describe("the name of a relay", () => {
  it("belongs to no realm of the configuration, whatever its patterns", () => {
    expect(realmFor(configOf(env), "world-1")?.name).toBe("*");
    expect(realmFor(configOf(env), "world-1#weur.0")).toBeUndefined();
  });

  it("is no realm to a client of /ws/:realm", async () => {
    const client = await connect("world%23weur.0");
    client.send([1, "world#weur.0", { roles: { caller: {} } }]);
    expect(await client.next()).toMatchObject([3, {}, "wamp.error.invalid_uri"]);
  });

  it("is no realm to a client of /ws", async () => {
    const { env, asked } = environment(taken);
    const request = new Request("https://router.test/ws", { headers: UPGRADE });
    const socket = acceptForAnyRealm(request, env, config).webSocket!;
    const answer = new Promise((resolve) => socket.addEventListener("message", ({ data }) => resolve(data)));
    socket.accept();
    socket.send(JSON.stringify([1, "world#weur.0", { roles: { caller: {} } }]));
    expect(JSON.parse(String(await answer))).toMatchObject([3, {}, "wamp.error.invalid_uri"]);
    expect(asked).toStrictEqual([]);
  });
});
