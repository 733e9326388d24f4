/** The options of `startRouter`, and the router that it returns. */

import type { ConfigInput } from "../../worker/config/config-schema.ts";
import type { RealmUnderTest } from "../realm-under-test.ts";

/** How `startRouter` starts a router. */
export interface RouterOptions {
  /** Replaces the configuration of the Worker. */
  readonly config?: ConfigInput;
  /**
   * The path of the Worker's wrangler.toml, wrangler.json or wrangler.jsonc; by default the nearest one at or above the
   * working directory.
   */
  readonly wranglerToml?: string | URL;
  /** The environment of wrangler.toml: the name of an `[env]` section. */
  readonly env?: string;
  /** Variables and secrets of the Worker; they override those of wrangler.toml and `.dev.vars`. */
  readonly vars?: Readonly<Record<string, string>>;
  /** TCP port on 127.0.0.1; 0, the default, is a free one. */
  readonly port?: number;
  /**
   * Whether the configuration gets a key that admits the sessions of `join`; true by default. With false the Worker has
   * exactly its configuration, and `join` rejects.
   */
  readonly testKey?: boolean;
}

/** A running router. */
export interface TestRouter extends AsyncDisposable {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  readonly url: string;
  /** Returns the URL of a realm for WebSocket clients. */
  websocket(realm: string): string;
  /**
   * Returns a realm, with the interface of `testRealm` as far as a realm behind a socket can have it. Its sessions have
   * the `authmethod` and `authprovider` jwt.
   */
  realm(name: string): RealmUnderTest;
  /**
   * Evicts the realm's object, and before it its relays: what is in their memory is gone. Their sockets stay open, as when a realm sleeps, or with
   * "close" they are cut, as by a restart. Rejects when an object does not become idle within 30 seconds.
   */
  evict(realm: string, webSockets?: "hibernate" | "close"): Promise<void>;
  /** Stops the router and closes its sockets; its state is gone. */
  stop(): Promise<void>;
}
