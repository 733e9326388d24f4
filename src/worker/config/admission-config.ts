/** How the configuration says who may open connections: origins, and how many a minute. */

import * as v from "valibot";
import { closed } from "../../wamp/config/shape.ts";
import { originsSchema } from "./origins.ts";

/** Connections a minute, and as many at once; 0 for no limit. */
const rate = v.pipe(v.number(), v.integer("must be an integer"), v.minValue(0));

/**
 * Generous: an address may be an office behind one router, or a proxy, and a realm of 32,000 sessions comes back whole
 * when its object is replaced.
 */
export const DEFAULT_RATE = { address: 6_000, realm: 60_000 };

/** Entries of the configuration's `http`. */
export const admissionEntries = {
  /** For realms without a list of their own. */
  allowed_origins: v.exactOptional(originsSchema),
  /** Refuse connections that are not encrypted; behind a proxy that ends TLS, its X-Forwarded-Proto says so. */
  require_tls: v.optional(v.boolean(), false),
  connection_rate: v.optional(
    closed({ address: v.optional(rate, DEFAULT_RATE.address), realm: v.optional(rate, DEFAULT_RATE.realm) }),
    {},
  ),
};
