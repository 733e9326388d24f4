/**
 * A Worker that was deployed without its own bindings; in a file of its own, as a Worker reads its configuration once.
 */

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { createApp, type Env } from "../../src/public/worker.ts";

it("a Worker without its own bindings is not healthy, and its sockets are refused with the same answer", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const bare = { WAMP_CONFIG: env.WAMP_CONFIG!, WAMP_DEVELOPMENT: "true" } as unknown as Env;
  const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" };
  for (const path of ["/healthz", "/ws/a"]) {
    const request = new Request(`http://router.test${path}`, { headers });
    const response = await createApp().fetch(request, bare, createExecutionContext());
    expect(response.status).toBe(500);
    const { faults } = (await response.json()) as { faults: { message: string }[] };
    expect(faults.map(({ message }) => message).join()).toContain(
      '[[durable_objects.bindings]]\nname = "REALM"\nclass_name = "RealmObject"',
    );
  }
});
