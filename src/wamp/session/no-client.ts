/** The transport of a session that has no client here: one of another object, or one that is only imagined. */

import type { Transport } from "../host/transport.ts";

/** Drops all messages. */
export const NO_CLIENT: Transport = { send: () => undefined, close: () => {}, save: () => {} };
