import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { configOf } from "../../../src/worker/config/deployment.ts";
import type { Env } from "../../../src/worker/platform/env.ts";
import { acceptForAnyRealm } from "../../../src/worker/routing/hello-routing.ts";
import { join } from "../socket.ts";

const REALM = "test-realm-from-hello";
const UPGRADE = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" };

/** The Worker's environment, in which realms answer only after `distance`. */
function delayedBy(distance: Promise<void>): Env {
  const reach = async (realm: string, ...request: Parameters<Fetcher["fetch"]>): Promise<Response> => {
    await distance;
    return env.REALM.getByName(realm).fetch(...request);
  };
  const far = {
    getByName: (realm: string) => ({ fetch: (...request: Parameters<Fetcher["fetch"]>) => reach(realm, ...request) }),
  };
  return { ...env, REALM: far as unknown as Env["REALM"] };
}

/** A client's socket at `/ws`. */
function openSocket(environment: Env): WebSocket {
  const request = new Request("http://router.test/ws", { headers: UPGRADE });
  const socket = acceptForAnyRealm(request, environment, configOf(env)).webSocket!;
  socket.accept();
  return socket;
}

describe("a client of /ws that leaves before its realm answers", () => {
  it("has its messages processed, and leaves no session [WS-14]", async () => {
    const observer = await join(REALM);
    observer.send([32, 1, {}, "com.app.topic"]);
    const [, , subscription] = await observer.next();
    const { promise: distance, resolve: arrive } = Promise.withResolvers<void>();
    const socket = openSocket(delayedBy(distance));
    socket.send(JSON.stringify([1, REALM, { roles: { publisher: {} } }]));
    socket.send(JSON.stringify([16, 1, {}, "com.app.topic", ["last words"]]));
    const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
    socket.close(1000, "");
    await closed;
    arrive();
    expect(await observer.next()).toEqual([36, subscription, expect.any(Number), {}, ["last words"]]);
    await expect.poll(() => sessions(observer)).toBe(1);
  });
});

it("a client of /ws whose realm cannot be reached is closed", async () => {
  const { promise: distance, reject: fail } = Promise.withResolvers<void>();
  const socket = openSocket(delayedBy(distance));
  const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve));
  socket.send(JSON.stringify([1, REALM, { roles: { publisher: {} } }]));
  await scheduler.wait(20);
  fail(new Error("overloaded"));
  expect(await closed).toMatchObject({ code: 1011, reason: "the realm cannot be reached" });
});

async function sessions({ send, next }: Awaited<ReturnType<typeof join>>): Promise<unknown> {
  send([48, 2, {}, "wamp.session.count"]);
  return ((await next()) as [50, 2, object, [number]])[3][0];
}
