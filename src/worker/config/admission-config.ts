/** Entries of `http` for admission control: origins, TLS, connection rates. */

import * as v from "valibot";
import { flag, integer } from "../../wamp/config/fields.ts";
import { closed } from "../../wamp/config/shape.ts";
import { originsSchema } from "./origins.ts";

/** Connections per minute, which is also the largest burst; 0 for no limit. */
const rate = integer(0);

/**
 * Generous: one address may be a whole office or a proxy, and all 32,000 sessions of a realm reconnect when its object
 * is replaced.
 */
export const DEFAULT_RATE = { address: 6_000, realm: 60_000 };

/** Entries of the configuration's `http`. */
export const admissionEntries = {
  /** For realms without `allowed_origins` of their own. */
  allowed_origins: v.exactOptional(originsSchema),
  /** Refuses connections without TLS. A proxy that ends TLS must send X-Forwarded-Proto. */
  require_tls: flag,
  connection_rate: v.optional(
    closed({ address: v.optional(rate, DEFAULT_RATE.address), realm: v.optional(rate, DEFAULT_RATE.realm) }),
    {},
  ),
};
