/** What the platform binds to the Worker. */

import type { LongPollObject } from "../long-poll/long-poll-object.ts";
import type { RealmObject } from "../realm/realm-object.ts";
import type { WebhookObject } from "../webhooks/webhook-object.ts";

export interface Env {
  /** One object per realm, named after it. */
  readonly REALM: DurableObjectNamespace<RealmObject>;
  /** One object per long-poll transport. */
  readonly LONG_POLL: DurableObjectNamespace<LongPollObject>;
  /** One object per outgoing webhook of a realm. */
  readonly WEBHOOK: DurableObjectNamespace<WebhookObject>;
  /** Where it is bound, events for webhooks go through it. */
  readonly WEBHOOKS?: Queue;
  /** Where it is bound, it gets what webhooks could not be given. */
  readonly WEBHOOK_DEAD_LETTERS?: Queue;
  /** Counts connections by address in place of the router's own count, where it is bound (Workers: Rate Limiting). */
  readonly RATE_LIMIT?: RateLimit;
  /** The folder of files for static services, where there is one (wrangler.toml: assets). */
  readonly ASSETS?: Fetcher;
  /** The configuration as JSON text; replaces the one in `src/config.ts`. */
  readonly WAMP_CONFIG?: string;
  /** "true" admits everybody to realm1 where there is no configuration; set by `npm start` and `npm run serve`. */
  readonly WAMP_DEVELOPMENT?: string;
  /** "true" where the process that runs the Worker gives it orders (`control.ts`); set by `npm run serve`. */
  readonly WAMP_CONTROL?: string;
}
