/** Starts the router in workerd behind a TCP port, as deployed, and evicts its objects on demand. */

import { AssertionError } from "node:assert";
import { join } from "node:path";
import { createTestHarness } from "wrangler";

/** A configuration in the shape of `WAMP_CONFIG`. */
export type Configuration = { readonly version: 1; readonly realms: readonly object[] };

/** A running router. */
export interface Router {
  /** `ws://host:port`, without a path. */
  readonly origin: string;
  /** Returns the WebSocket URL of a realm; with relays a session goes to the next one each time. */
  realmUrl(realm: string): string;
  /** The names of the objects that sessions of a realm go to, and of its core. */
  objectsOf(realm: string): readonly string[];
  /**
   * Evicts an object of a realm. By default its sockets stay open, as in hibernation; `close` cuts them, as a
   * deployment does.
   */
  evict(object: string, webSockets?: "hibernate" | "close"): Promise<void>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

/** Permissions of anonymous sessions in `test-*`. */
const EVERYTHING = {
  uri: "",
  match: "prefix",
  allow: { call: true, register: true, publish: true, subscribe: true },
};

/** Returns the configuration of a realm, or a pattern of realms, that anonymous sessions join. */
export function anonymousRealm(
  name: string,
  extra: object = {},
  permissions: readonly object[] = [EVERYTHING],
): object {
  return {
    name,
    roles: [{ name: "anonymous", permissions }],
    auth: { anonymous: { type: "static", role: "anonymous" } },
    ...extra,
  };
}

/** One pattern of realms for each set of options; every test takes a realm of its own. */
export const TEST_CONFIGURATION: Configuration = {
  version: 1,
  realms: [
    anonymousRealm("test-*"),
    anonymousRealm("strict-*", { options: { uri_check: "strict" } }),
    anonymousRealm("counted-*", { options: { request_id_check: "strict" } }),
    anonymousRealm("small-*", { limits: { message_bytes: 4096, sent_message_bytes: 4096 } }),
    anonymousRealm("impatient-*", { limits: { hello_timeout: 50 } }),
    anonymousRealm("stalling-*", { limits: { outgoing_bytes: 10_000 } }),
    anonymousRealm("curt-*", { limits: { goodbye_timeout: 50 } }),
    anonymousRealm("guarded-*", {}, [{ ...EVERYTHING, uri: "open." }]),
    {
      name: "ticket-*",
      roles: [{ name: "user", permissions: [EVERYTHING] }],
      auth: { ticket: { type: "static", principals: { joe: { ticket: "secret!!!", role: "user" } } } },
    },
  ],
};

/** The regions of relays, one relay each. */
const REGIONS = ["weur", "enam", "apac", "sam", "oc"];

/** Returns the configuration with so many relays for each realm. */
export function withRelays({ version, realms }: Configuration, relays: number): Configuration {
  const each = Object.fromEntries(REGIONS.slice(0, relays).map((region) => [region, 1]));
  return { version, realms: realms.map((realm) => ({ ...realm, relays: each })) };
}

/**
 * Starts a router; each test file has its own. With `relays`, each realm has so many, and its sessions are spread over
 * them. Throws if the configuration has faults.
 */
export async function startRouter(
  configuration: Configuration = TEST_CONFIGURATION,
  { relays = 0 }: { relays?: number } = {},
): Promise<Router> {
  const used = relays === 0 ? configuration : withRelays(configuration, relays);
  const regions = REGIONS.slice(0, relays);
  let sessions = 0;
  const root = join(import.meta.dirname, "../..");
  const server = createTestHarness({
    root,
    workers: [{ configPath: "wrangler.toml", vars: { WAMP_CONFIG: JSON.stringify(used) } }],
  });
  const { url } = await server.listen();
  // A router with a faulty configuration starts, answers 500 and logs the faults.
  if (!(await fetch(url)).ok) throw new Error(`the router did not start: ${JSON.stringify(server.getLogs())}`);
  const origin = `ws://${url.host}`;
  return {
    origin,
    realmUrl: (realm) => {
      const region = regions[sessions++ % regions.length];
      return `${origin}/ws/${realm}${region === undefined ? "" : `?region=${region}`}`;
    },
    objectsOf: (realm) => [...regions.map((region) => `${realm}#${region}.0`), realm],
    evict: async (name, webSockets = "hibernate") => {
      // An object that still saves its state is evicted a quarter of a second later. Miniflare blocks this thread
      // meanwhile, and with it the other tests of the file, unless an argument holds a stream.
      const options = { name, webSockets, stream: new Blob().stream() };
      try {
        await server.getWorker("wamp-edge").evictDurableObject("RealmObject", options);
      } catch (fault) {
        // The error of an eviction has lost its text on that way.
        throw fault instanceof AssertionError ? new Error(`${name} is not currently running`) : fault;
      }
    },
    fetch: (path, init) => fetch(new URL(path, url), init),
    close: () => server.close(),
  };
}

let realmCount = 0;

/** Returns the name of an unused realm that matches one of the patterns above. */
export function freshRealm(family = "test"): string {
  realmCount += 1;
  return `${family}-${realmCount}`;
}
