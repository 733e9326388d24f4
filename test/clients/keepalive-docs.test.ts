/** The heartbeat of docs/keepalive.md detects a connection that died silently. */

import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import Wampy from "wampy";
import { startProxy } from "./cuttable-proxy.ts";
import { freshRealm, type Router, startRouter } from "./harness.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/keepalive.md"), "utf8");

let router: Router;
beforeAll(async () => {
  router = await startRouter();
});
afterAll(() => router.close());

async function heartbeatSocket(interval: number): Promise<typeof WebSocket> {
  const file = join(mkdtempSync(join(tmpdir(), "heartbeat-")), "heartbeat.mjs");
  writeFileSync(file, /```js heartbeat.js\n(.+?)```/s.exec(PAGE)![1]!);
  const { HeartbeatSocket } = await import(/* @vite-ignore */ file);
  HeartbeatSocket.interval = interval;
  return HeartbeatSocket;
}

it("wampy with the heartbeat reconnects when its connection is dead, and no sooner", async () => {
  const realm = freshRealm();
  const proxy = await startProxy(router.origin);
  const reconnected = Promise.withResolvers<void>();
  let beats = 0;
  let losses = 0;
  class CountedSocket extends (await heartbeatSocket(100)) {
    override send(data: Parameters<WebSocket["send"]>[0]): void {
      if (data === "ping") beats++;
      super.send(data);
    }
  }
  const wampy = new Wampy(`${proxy.origin}/ws/${realm}`, {
    realm,
    ws: CountedSocket,
    autoReconnect: true,
    reconnectInterval: 50,
    onReconnect: () => void losses++,
    onReconnectSuccess: () => reconnected.resolve(),
  });
  await wampy.connect();
  onTestFinished(() => void wampy.disconnect());
  // A heartbeat goes out only after the one before it was answered.
  await expect.poll(() => beats, { timeout: 10_000 }).toBeGreaterThan(3);
  expect((await wampy.call("wamp.session.count")).argsList).toEqual([1]);
  expect(losses).toBe(0);
  proxy.freeze();
  await reconnected.promise;
  // The dead session is still open: the router does not know yet.
  expect((await wampy.call("wamp.session.count")).argsList).toEqual([2]);
  expect(losses).toBe(1);
});
