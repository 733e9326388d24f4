import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { ConfigInput } from "../../../src/worker/config/config-schema.ts";
import { loadConfig } from "../../../src/worker/config/load-config.ts";
import { realmFor } from "../../../src/worker/config/realm-lookup.ts";
import { checkAdmission } from "../../../src/worker/routing/admission.ts";
import { TokenBuckets } from "../../../src/worker/routing/token-buckets.ts";

const UPGRADE = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" };
const ALLOWED = "https://app.example";

/** Connects from a page of `origin`. */
function connectFrom(path: string, origin: string): Promise<Response> {
  return exports.default.fetch(`http://router.test${path}`, { headers: { ...UPGRADE, Origin: origin } });
}

/** Sends HELLO; resolves to the first message, and the close code if that is ABORT. */
async function hello(response: Response, realm: string): Promise<unknown[]> {
  const socket = response.webSocket!;
  const closed = new Promise<number>((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
  const first = new Promise<unknown[]>((resolve) => {
    socket.addEventListener("message", ({ data }) => resolve(JSON.parse(String(data)) as unknown[]), { once: true });
  });
  socket.accept();
  socket.send(JSON.stringify([1, realm, { roles: { caller: {} } }]));
  const message = await first;
  return message[0] === 3 ? [...message, await closed] : message.slice(0, 1);
}

describe("pages of other origins", () => {
  it("are refused with 403 if the list of the realm lacks them [WS-30]", async () => {
    const refused = await connectFrom("/ws/guarded-1", "https://evil.example");
    expect(refused.status).toBe(403);
    expect(await refused.json()).toEqual({ error: "pages of this origin may not connect" });
    expect(await hello(await connectFrom("/ws/guarded-1", ALLOWED), "guarded-1")).toEqual([2]);
  });

  it("are refused at HELLO if only HELLO names the realm [WS-30]", async () => {
    const message = "pages of this origin may not connect";
    const abort = [3, { message }, "wamp.error.not_authorized", 1000];
    expect(await hello(await connectFrom("/ws", "https://evil.example"), "guarded-2")).toEqual(abort);
    expect(await hello(await connectFrom("/ws", ALLOWED), "guarded-2")).toEqual([2]);
  });

  it("are refused by long-poll, too [WS-30]", async () => {
    const init = { method: "POST", headers: { Origin: "https://evil.example" }, body: '{"protocols":["wamp.2.json"]}' };
    const refused = await exports.default.fetch("http://router.test/lp/guarded-3/open", init);
    expect(refused.status).toBe(403);
  });
});

describe("a list of origins", () => {
  const config = configOf({
    realms: [{ name: "a" }, { name: "b", allowed_origins: ["https://b.example"] }],
    http: { allowed_origins: [ALLOWED] },
  });
  const status = async (realm: string | undefined, origin: string) => {
    const request = new Request("http://router.test", { headers: { Origin: origin } });
    const found = realm === undefined ? undefined : realmFor(config, realm);
    return (await checkAdmission(request, env, config, realm, found))?.status;
  };

  it("for all realms applies to realms without a list of their own [WS-30]", async () => {
    expect(await status("a", ALLOWED)).toBeUndefined();
    expect(await status("a", "https://b.example")).toBe(403);
    expect(await status("b", ALLOWED)).toBe(403);
    expect(await status("b", "https://b.example")).toBeUndefined();
    expect(await status(undefined, ALLOWED)).toBeUndefined();
    expect(await status(undefined, "https://b.example")).toBe(403);
  });
});

describe("connections above the rate", () => {
  const request = (address?: string) =>
    new Request("http://router.test", { headers: address === undefined ? {} : { "CF-Connecting-IP": address } });
  const statuses = async (config: Config, requests: Request[], name = "a", bindings = env) => {
    const all = [];
    for (const it of requests)
      all.push((await checkAdmission(it, bindings, config, name, realmFor(config, name)))?.status);
    return all;
  };

  it("from one address are refused, but not those from others", async () => {
    const config = configOf({ http: { connection_rate: { address: 2 } } });
    const addresses = ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"];
    expect(await statuses(config, addresses.map(request))).toEqual([undefined, undefined, 429, undefined]);
  });

  it("from one IPv6 network count together", async () => {
    const config = configOf({ http: { connection_rate: { address: 1 } } });
    const addresses = ["2001:db8:1:2:3:4:5:6", "2001:DB8:1:2::9", "2001:db8:1:3::9"];
    expect(await statuses(config, addresses.map(request))).toEqual([undefined, 429, undefined]);
  });

  it("to one realm are refused, but not those to others", async () => {
    const config = configOf({ realms: [{ name: "c-*" }], http: { connection_rate: { realm: 1 } } });
    expect(await statuses(config, [request(), request()], "c-1")).toEqual([undefined, 429]);
    expect(await statuses(config, [request()], "c-2")).toEqual([undefined]);
  });

  it("are all admitted if the configuration says 0", async () => {
    const config = configOf({ http: { connection_rate: { address: 0, realm: 0 } } });
    const all = await statuses(config, Array(100).fill(request("192.0.2.9")));
    expect(new Set(all)).toEqual(new Set([undefined]));
  });

  it("are counted by the platform if its rate limit is bound", async () => {
    const asked: string[] = [];
    const limit = async ({ key }: { key: string }) => ({ success: asked.push(key) < 2 });
    const config = configOf({});
    const bound = { ...env, RATE_LIMIT: { limit } };
    const requests = [request("192.0.2.7"), request("192.0.2.7"), request()];
    expect(await statuses(config, requests, "a", bound)).toEqual([undefined, 429, undefined]);
    expect(asked).toEqual(["192.0.2.7", "192.0.2.7"]);
  });

  it("are admitted by the thousands without a configured rate", async () => {
    const config = configOf({});
    const all = await statuses(config, Array(8_000).fill(request("192.0.2.8")));
    expect(all.indexOf(429)).toBeGreaterThanOrEqual(6_000);
  });

  it("are answered with 429 and Retry-After", async () => {
    const headers = { "CF-Connecting-IP": "192.0.2.99" };
    const connect = () => exports.default.fetch("http://router.test/ws/admission", { headers });
    // A plain request, because a socket would cost an object's time; what is wrong with it is looked at later.
    let last = await connect();
    expect(last.status).toBe(426);
    while (last.status !== 429) {
      // The checks of the requests count as the requests do, and take less time.
      await statuses(configOf({}), Array(2_000).fill(request("192.0.2.99")), "admission");
      last = await connect();
    }
    expect([last.status, last.headers.get("Retry-After")]).toEqual([429, "1"]);
    expect(await last.json()).toEqual({ error: "too many connections; try again later" });
  });
});

describe("a token bucket", () => {
  it("is full after a minute, and grants a token as soon as it has one", () => {
    const buckets = new TokenBuckets(10);
    const taken = (now: number) => buckets.take("a", 60, now);
    for (let n = 0; n < 60; n++) expect(taken(0)).toBe(true);
    expect([taken(0), taken(999), taken(1_000), taken(1_001)]).toEqual([false, false, true, false]);
    let count = 0;
    while (taken(10_000_000)) count++;
    expect(count).toBe(60);
  });

  it("is dropped if too many exist, the least recently used one first", () => {
    const buckets = new TokenBuckets(2);
    for (const key of ["a", "b", "a", "c"]) buckets.take(key, 1, 0);
    expect(buckets.take("a", 1, 0)).toBe(false);
    expect(buckets.take("b", 1, 0)).toBe(true);
  });
});

type Config = ReturnType<typeof configOf>;

function configOf(input: Partial<ConfigInput>) {
  const module = { version: 1, realms: [{ name: "a" }], ...input };
  const loaded = loadConfig({ module, env: {}, isDevelopment: false });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.config;
}

describe("a router that requires TLS", () => {
  const config = configOf({ http: { require_tls: true } });
  const status = async (url: string, headers = {}) =>
    (await checkAdmission(new Request(url, { headers }), env, config))?.status;

  it("accepts only wss, as the proxy reports it [WS-28]", async () => {
    expect(await status("http://router.test/ws/a")).toBe(403);
    expect(await status("https://router.test/ws/a")).toBeUndefined();
    expect(await status("http://router.test/ws/a", { "X-Forwarded-Proto": "https" })).toBeUndefined();
  });
});
