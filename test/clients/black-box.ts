/** The basic profile over real sockets, the same suite for every subprotocol, awake or put to sleep between messages. */

import { beforeAll, describe } from "vitest";
import { messages } from "./black-box/messages.ts";
import { publishSubscribe } from "./black-box/publish-subscribe.ts";
import { remoteProcedureCalls } from "./black-box/remote-procedure-call.ts";
import { sessions } from "./black-box/session.ts";
import { uris } from "./black-box/uri.ts";
import { type Router, startRouter } from "./harness.ts";
import { Stage } from "./stage.ts";
import type { Subprotocol } from "./wire.ts";

/** Starts the file's router; call it once at the top. */
export function useRouter(): () => Router {
  let router: Router;
  beforeAll(async () => {
    router = await startRouter();
    return () => router.close();
  });
  return () => router;
}

/** Runs the suite once per subprotocol. With `evict` the realm's object goes to sleep before each message (SES-30). */
export function blackBox(
  router: () => Router,
  subprotocols: readonly Subprotocol[],
  { evict }: { evict: boolean },
): void {
  const title = evict ? "[SES-30] %s, asleep between messages" : "%s";
  // Falling asleep takes a realm that just changed a quarter of a second: let many do it at once.
  describe.each(subprotocols)(title, { concurrent: evict }, (subprotocol) => {
    const stage = new Stage(router, { subprotocol, evict });
    sessions(stage);
    messages(stage);
    uris(stage);
    publishSubscribe(stage);
    remoteProcedureCalls(stage);
  });
}
