/** Serves requests by RPC: calls and publishes of the HTTP bridge, webhooks, triggers and other Workers. */

import type { Host } from "../../wamp/host/host.ts";
import { LocalSession } from "../../wamp/local/local-session.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import { Payload } from "../../wamp/protocol/payload.ts";
import type { Dict, List } from "../../wamp/protocol/values.ts";
import type { Realm } from "../../wamp/realm/realm.ts";
import { CallOutcome } from "../../wamp/session/pending-requests.ts";
import { type Identity, INTERNAL } from "../../wamp/session/session.ts";
import type {
  Idempotency,
  OnProgress,
  RealmRpc,
  RpcCredentials,
  RpcOutcome,
  RpcRefusal,
  RpcRequest,
} from "../routing/realm-rpc.ts";
import { rpcRefusal } from "../routing/realm-rpc.ts";
import type { Tables } from "../storage/tables.ts";
import { IdempotencyKeys } from "./idempotency.ts";
import { ReplayGuard } from "./replay-guard.ts";

const ROLES = { publisher: {}, caller: {} };

/** Authenticates each request, and carries it out in a session of its own. */
export class RpcHandler implements RealmRpc {
  readonly #realm: Realm;
  readonly #host: Host;
  readonly #replayGuard: ReplayGuard;
  readonly #idempotencyKeys: IdempotencyKeys;
  /** Id of a call → cancels it. */
  readonly #cancellations = new Map<string, AbortController>();

  constructor(realm: Realm, host: Host, sql: SqlStorage, tables: Tables) {
    this.#realm = realm;
    this.#host = host;
    this.#replayGuard = new ReplayGuard(sql, tables);
    this.#idempotencyKeys = new IdempotencyKeys(host, sql, tables);
  }

  /** Makes a CALL; resolves when its last result has arrived and `onProgress` has taken all others. */
  async call(
    credentials: RpcCredentials,
    request: RpcRequest,
    onProgress?: OnProgress,
    id?: string,
  ): Promise<RpcOutcome> {
    const cancellation = new AbortController();
    if (id !== undefined) this.#cancellations.set(id, cancellation);
    try {
      const identity = await this.#authenticate(credentials);
      if ("kind" in identity) return identity;
      const refused = this.#checkReplay(credentials);
      if (refused !== undefined) return refused;
      return {
        kind: "outcome",
        outcome: await this.#call(identity, readRequest(request), cancellation.signal, onProgress),
      };
    } finally {
      if (id !== undefined) this.#cancellations.delete(id);
    }
  }

  /** Cancels the call that was made with `id`. */
  async cancel(id: string): Promise<void> {
    this.#cancellations.get(id)?.abort();
  }

  /** Makes a PUBLISH; with an idempotency key at most once. */
  async publish(credentials: RpcCredentials, request: RpcRequest, idempotency?: Idempotency): Promise<RpcOutcome> {
    const identity = await this.#authenticate(credentials);
    if ("kind" in identity) return identity;
    const publish = async (): Promise<RpcOutcome> => {
      const { uri, args, kwargs, options } = readRequest(request);
      const refused = this.#checkReplay(credentials);
      if (refused !== undefined) return refused;
      const session = this.#openSession(identity);
      const outcome = await session.publish(uri, Payload.of(args, kwargs), options);
      session.leave();
      return { kind: "outcome", outcome };
    };
    return idempotency === undefined ? publish() : this.#idempotencyKeys.run(identity, idempotency, publish);
  }

  async #call(
    identity: Identity,
    { uri, args, kwargs, options }: RpcRequest,
    canceled: AbortSignal,
    onProgress?: OnProgress,
  ): Promise<CallOutcome> {
    if (canceled.aborted) return CallOutcome.error(WampUri.CANCELED);
    const session = this.#openSession(identity);
    canceled.addEventListener("abort", () => session.leave());
    const results: Promise<void>[] = [];
    const take = async (...result: [List, Dict]): Promise<void> => {
      try {
        await onProgress?.(...result);
      } catch {
        session.leave();
      }
    };
    const takeNext = onProgress && ((...result: [List, Dict]) => void results.push(take(...result)));
    const outcome = await session.call(uri, Payload.of(args, kwargs), options, takeNext);
    session.leave();
    // The caller gets the last result after all others.
    await Promise.all(results);
    return outcome;
  }

  async #authenticate(credentials: RpcCredentials): Promise<Identity | RpcRefusal> {
    const { kind } = credentials as { readonly kind?: unknown };
    if (credentials.kind === "role" && typeof credentials.role === "string") return identityOf(credentials);
    if (credentials.kind !== "ticket") {
      // A Worker of a newer version may send credentials that this version does not know.
      return rpcRefusal("denied", `the realm does not know a pass of the kind ${String(kind)}`);
    }
    const outcome = await this.#realm.identify(credentials);
    return outcome.kind === "refused" ? rpcRefusal("denied", outcome.message, outcome.uri) : outcome.identity;
  }

  #openSession(identity: Identity): LocalSession {
    return new LocalSession(this.#realm, this.#host, { identity, roles: ROLES });
  }

  #checkReplay(credentials: RpcCredentials): RpcRefusal | undefined {
    if (credentials.kind !== "role" || credentials.once === undefined) return undefined;
    return this.#replayGuard.use(credentials.once, this.#host.wallTime());
  }
}

/** Reads the request of a Worker, which may be of another version: missing fields have their defaults. */
function readRequest(request: RpcRequest): RpcRequest {
  const { uri = "", args = [], kwargs = {}, options = {} } = request as Partial<RpcRequest>;
  return { uri, args, kwargs, options };
}

function identityOf({ role, authid = role, by = "router" }: RoleCredentials): Identity {
  return { authid, authrole: role, authmethod: INTERNAL, authprovider: by };
}

type RoleCredentials = Partial<Extract<RpcCredentials, { kind: "role" }>> & { readonly role: string };
