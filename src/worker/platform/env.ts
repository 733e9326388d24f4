/** The bindings of the Worker. */

/**
 * What the router uses of a `DurableObjectNamespace`, for objects of any class. TypeScript before 7 refuses to assign
 * `DurableObjectNamespace<RealmObject>`, which `wrangler types` writes, to a namespace of another class.
 */
export interface ObjectNamespace {
  get(id: DurableObjectId): DurableObjectStub;
  getByName(name: string, options?: DurableObjectNamespaceGetDurableObjectOptions): DurableObjectStub;
  idFromString(id: string): DurableObjectId;
  newUniqueId(): DurableObjectId;
  jurisdiction(jurisdiction: DurableObjectJurisdiction): ObjectNamespace;
}

/** The bindings of `wrangler.toml`, and variables of the environment. */
export interface Env {
  /** One object per realm, named after it. */
  readonly REALM: ObjectNamespace;
  /** One object per long-poll transport. */
  readonly LONG_POLL: ObjectNamespace;
  /** One object per outgoing webhook of a realm. */
  readonly WEBHOOK: ObjectNamespace;
  /** If bound, events for webhooks go through this queue. */
  readonly WEBHOOKS?: Queue;
  /** If bound, gets the events that a webhook did not accept. */
  readonly WEBHOOK_DEAD_LETTERS?: Queue;
  /** If bound, limits connections by address in place of the router's own buckets (Workers: Rate Limiting). */
  readonly RATE_LIMIT?: RateLimit;
  /** If bound, realms write their figures to this dataset (Workers Analytics Engine). */
  readonly METRICS?: AnalyticsEngineDataset;
  /** The files of static services (wrangler.toml: assets). */
  readonly ASSETS?: Fetcher;
  /** The configuration as JSON text; replaces the one in `src/config.ts`. */
  readonly WAMP_CONFIG?: string;
  /** "true" opens realm1 to every client if the router has no configuration; set by `npm start` and `npm run serve`. */
  readonly WAMP_DEVELOPMENT?: string;
  /** "true" if the process that runs the Worker controls it (`control.ts`); set by `npm run serve`. */
  readonly WAMP_CONTROL?: string;
}
