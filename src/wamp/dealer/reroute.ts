/** A callee declines a call and another one gets it; the caller notices nothing (Call Rerouting). */

import type { Permission } from "../authorization/rules.ts";
import type { Call } from "../protocol/message.ts";
import type { Session } from "../session/session.ts";

/** What it takes to try another callee with a call. */
export interface Reroute {
  readonly message: Call;
  readonly permission: Permission;
  /** Who declined so far. */
  readonly tried: readonly Session[];
}
