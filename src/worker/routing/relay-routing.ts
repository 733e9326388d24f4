/** Connects the WebSockets of clients to the object of their realm, or to one of its relays. */

import { thrown } from "../../wamp/host/log-line.ts";
import type { WorkerRealmConfig } from "../config/realm-config.ts";
import type { Env } from "../platform/env.ts";
import { webError } from "../platform/http-responses.ts";
import { writeLog } from "../platform/log.ts";
import { connectClient } from "./object-requests.ts";
import { realmObject, relayObject } from "./realm-stub.ts";
import { queryFault, readClient, relaysFor } from "./relay-choice.ts";
import { relayLabel } from "./relay-names.ts";
import { describeClient } from "./transport-info.ts";

/** The status of an object that takes no more clients now; for a relay, the next one is tried. */
export const FULL = 503;

/**
 * Sends the upgrade request of a client to the realm `name`: to its object, or to the first of its relays that takes
 * the client. Answers 400 if the client asks for a region without relays, or for a group of no valid name; a realm
 * without relays reads neither. `cookiePath` is as for `connectClient`.
 */
export function connectToRealm(
  request: Request,
  env: Env,
  name: string,
  realm: WorkerRealmConfig,
  cookiePath: string,
): Response | Promise<Response> {
  if (realm.relays === undefined) return connectClient(realmObject(env, name, realm), request, cookiePath);
  const fault = queryFault(request, realm.relays);
  if (fault === undefined) return connectToRelay(request, env, name, realm, cookiePath);
  writeLog({ level: "warn", event: "connection.refused", realm: name, cause: fault.error, ...describeClient(request) });
  return Response.json(fault, { status: 400 });
}

/**
 * Tries the relays that suit the client until one takes it. The core is none of them: with the sockets that its relays
 * have no room for it would slow the whole realm down.
 */
async function connectToRelay(
  request: Request,
  env: Env,
  name: string,
  realm: WorkerRealmConfig,
  cookiePath: string,
): Promise<Response> {
  for (const relay of relaysFor(readClient(request), realm.relays!)) {
    const fields = { level: "warn", event: "relay.skipped", realm: name, relay: relayLabel(relay) } as const;
    try {
      const response = await connectClient(relayObject(env, name, realm, relay), request, cookiePath);
      if (response.status !== FULL) return response;
      await response.body?.cancel();
      writeLog({ ...fields, cause: "full" });
    } catch (error) {
      writeLog({ ...fields, ...thrown(error) });
    }
  }
  writeLog({ level: "error", event: "realm.full", realm: name });
  return webError(FULL, "no relay takes more connections; try again later", { "Retry-After": "5" });
}
