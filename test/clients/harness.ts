/** Starts the router as it is deployed, in workerd behind a real TCP port, and puts its objects to sleep on demand. */

import { join } from "node:path";
import { createTestHarness } from "wrangler";

/** A configuration in the shape of `WAMP_CONFIG`. */
export type Configuration = { readonly version: 1; readonly realms: readonly object[] };

export interface Router {
  /** `ws://host:port`, without a path. */
  readonly origin: string;
  /** The address of one realm. */
  realmUrl(realm: string): string;
  /** Ends the realm's object. Its sockets live on by default, as in hibernation; `close` cuts them, as a redeploy does. */
  evict(realm: string, webSockets?: "hibernate" | "close"): Promise<void>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

/** What an anonymous session may do everywhere in `test-*`. */
const EVERYTHING = {
  uri: "",
  match: "prefix",
  allow: { call: true, register: true, publish: true, subscribe: true },
};

/** A realm, or a family of realms, that anonymous sessions join. */
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

/** One family of realms per way a realm can be set up; every test takes a member of its own. */
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

/** Starts a router. Each test file has one of its own. */
export async function startRouter(configuration: Configuration = TEST_CONFIGURATION): Promise<Router> {
  const root = join(import.meta.dirname, "../..");
  const server = createTestHarness({
    root,
    workers: [{ configPath: "wrangler.toml", vars: { WAMP_CONFIG: JSON.stringify(configuration) } }],
  });
  const { url } = await server.listen();
  // A faulty configuration starts, answers 500 and tells its log why.
  if (!(await fetch(url)).ok) throw new Error(`the router did not start: ${JSON.stringify(server.getLogs())}`);
  const origin = `ws://${url.host}`;
  return {
    origin,
    realmUrl: (realm) => `${origin}/ws/${realm}`,
    evict: (realm, webSockets = "hibernate") =>
      server.getWorker("wamp-edge").evictDurableObject("RealmObject", { name: realm, webSockets }),
    fetch: (path, init) => fetch(new URL(path, url), init),
    close: () => server.close(),
  };
}

let realmCount = 0;

/** A realm nobody used before, of one of the families above. */
export function freshRealm(family = "test"): string {
  realmCount += 1;
  return `${family}-${realmCount}`;
}
