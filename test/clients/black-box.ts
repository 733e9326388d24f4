/**
 * The black-box suite: the basic profile over real sockets, for each subprotocol, with or without eviction of the
 * realm's object.
 */

import { beforeAll, describe, vi } from "vitest";
import { closing } from "./black-box/closing.ts";
import { brokenMessages, messages } from "./black-box/messages.ts";
import { publishSubscribe } from "./black-box/publish-subscribe.ts";
import { remoteProcedureCalls } from "./black-box/remote-procedure-call.ts";
import { sessions } from "./black-box/session.ts";
import { tickets } from "./black-box/ticket.ts";
import { uris } from "./black-box/uri.ts";
import { type Router, startRouter } from "./harness.ts";
import { RouterUnderTest } from "./router-under-test.ts";
import type { Subprotocol } from "./wire.ts";

/**
 * Starts a router for the test file; call it once, at the top. `relays` as for `startRouter`; by default as many as the
 * environment variable `RELAYS` says, with which vitest.config.ts runs some files once more.
 */
export function useRouter(relays = Number(process.env.RELAYS ?? 0)): () => Router {
  let router: Router;
  beforeAll(async () => {
    router = await startRouter(undefined, { relays });
    return () => router.close();
  });
  return () => router;
}

// Tests that run at the same time: realms that are evicted wait a quarter of a second after each change, mostly idle.
const AWAKE_AT_ONCE = 12;
const ASLEEP_AT_ONCE = 24;
// Relays with an open call stay awake for a second, and each message wakes three objects.
const ASLEEP_OVER_RELAYS_AT_ONCE = 8;

/**
 * Defines the suite once per subprotocol. With `evict`, the realm's objects are evicted before each message (SES-30).
 * `relays` is that of the router.
 */
export function blackBox(
  router: () => Router,
  subprotocols: readonly Subprotocol[],
  { evict, relays = 0 }: { evict: boolean; relays?: number },
): void {
  const asleepAtOnce = relays === 0 ? ASLEEP_AT_ONCE : ASLEEP_OVER_RELAYS_AT_ONCE;
  vi.setConfig({ maxConcurrency: evict ? asleepAtOnce : AWAKE_AT_ONCE, testTimeout: 60_000 });
  const over = relays === 0 ? "" : ` over ${relays} ${relays === 1 ? "relay" : "relays"}`;
  const title = evict ? `[SES-30] %s${over}, asleep between messages` : `%s${over}`;
  describe.each(subprotocols)(title, { concurrent: true }, (subprotocol) => {
    const underTest = new RouterUnderTest(router, { subprotocol, evict, hasRelays: relays > 0 });
    sessions(underTest);
    tickets(underTest);
    closing(underTest);
    // Checks of a message do not depend on batches or eviction: once per serializer is enough.
    if (!evict && !subprotocol.endsWith("batched")) brokenMessages(underTest);
    messages(underTest);
    uris(underTest);
    publishSubscribe(underTest);
    remoteProcedureCalls(underTest);
  });
}
