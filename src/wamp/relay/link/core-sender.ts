/** The link to the core, as the parts of a relay use it. */

import type { ToCore } from "./messages.ts";

/** The text of the errors of requests for which the core is needed. */
export const UNREACHABLE = "the core of the realm cannot be reached";

/** Sends messages to the core. */
export interface CoreSender {
  /** Queues a message for the core. */
  queue(message: ToCore): void;
  /** See `LinkSender.isFull`. */
  readonly isFull: boolean;
}
