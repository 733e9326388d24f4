/** The service binding: other Workers call and publish by RPC, without a socket or a token. */

import { WorkerEntrypoint } from "cloudflare:workers";
import { ApplicationError } from "../wamp/local/application-error.ts";
import { WampUri } from "../wamp/protocol/errors.ts";
import type { Dict, Id, List, Uri } from "../wamp/protocol/values.ts";
import { soundConfig } from "./config/deployment.ts";
import type { WorkerRealmConfig } from "./config/realm-config.ts";
import { realmFor } from "./config/realm-lookup.ts";
import type { Env } from "./platform/env.ts";
import type { RealmRpc, RpcCredentials, RpcOutcome } from "./routing/realm-rpc.ts";
import { realmRpc } from "./routing/realm-stub.ts";
import type { DeadLetterPage, ServiceCallOptions, ServiceResult, WampService } from "./service-api.ts";
import type { DeadLetter } from "./webhooks/dead-letter.ts";
import { type WebhookStub, webhookObject } from "./webhooks/webhook-stub.ts";

const TIMEOUT_MS = 60_000;
const DEAD_LETTERS = 100;

/**
 * The entrypoint to bind: `{ "binding": "WAMP", "service": "wamp-edge", "entrypoint": "Wamp" }`. It acts with the role
 * `http.service.role`; without that role every method rejects. All methods reject with a `ServiceError`.
 */
export class Wamp extends WorkerEntrypoint<Env> implements WampService {
  /** Calls a procedure; resolves to the final result. `timeout` is 60,000 ms by default. */
  async call(
    realm: string,
    procedure: Uri,
    args: List = [],
    kwargs: Dict = {},
    options: ServiceCallOptions = {},
  ): Promise<ServiceResult> {
    const { onProgress, ...others } = options ?? {};
    const request = { uri: procedure, args, kwargs, options: { timeout: TIMEOUT_MS, ...others } };
    const take = onProgress && ((...part: [List, Dict]) => onProgress(...part));
    return this.#request(realm, (visited, pass) => visited.call(pass, request, take));
  }

  /** Publishes an event; resolves to the publication id. */
  async publish(realm: string, topic: Uri, args: List = [], kwargs: Dict = {}, options: Dict = {}): Promise<Id> {
    const request = { uri: topic, args, kwargs, options };
    const result = await this.#request(realm, (visited, pass) => visited.publish(pass, request));
    return result.args[0] as Id;
  }

  /** Lists the ids of the realm's sessions. */
  async sessions(realm: string): Promise<readonly Id[]> {
    const result = await this.call(realm, "wamp.session.list");
    return result.args[0] as readonly Id[];
  }

  /** Lists dead letters of a webhook, oldest first. */
  async deadLetters(realm: string, webhook: string, page: DeadLetterPage = {}): Promise<readonly DeadLetter[]> {
    const { after = 0, limit = DEAD_LETTERS } = page;
    return this.#webhookStub(realm, webhook).deadLetters(after, limit);
  }

  /** Makes dead letters pending again, by default all of them; resolves to their number. */
  async redeliver(realm: string, webhook: string, ids?: readonly number[]): Promise<number> {
    return this.#webhookStub(realm, webhook).redeliver(ids);
  }

  #webhookStub(name: string, webhook: string): WebhookStub {
    const { realm } = this.#admit(name);
    if (realm.webhooks_out?.some(({ name }) => name === webhook)) return webhookObject(this.env, name, realm, webhook);
    throw new ApplicationError(WampUri.INVALID_ARGUMENT, [`there is no webhook ${webhook}`]);
  }

  /** Finds the realm and the role of other Workers; throws an `ApplicationError` if they are not admitted. */
  #admit(name: string): { realm: WorkerRealmConfig; role: string } {
    const config = soundConfig(this.env);
    const role = config.http?.service?.role;
    if (role === undefined) throw new ApplicationError(WampUri.NOT_AUTHORIZED, ["http.service is not configured"]);
    const realm = realmFor(config, name);
    if (realm === undefined) throw new ApplicationError(WampUri.NO_SUCH_REALM);
    return { realm, role };
  }

  async #request(
    name: string,
    visit: (realm: RealmRpc, pass: RpcCredentials) => Promise<RpcOutcome>,
  ): Promise<ServiceResult> {
    const { realm, role } = this.#admit(name);
    const result = await visit(realmRpc(this.env, name, realm), {
      kind: "role",
      role,
      authid: role,
      by: "service",
    });
    if (result.kind === "refused") throw new ApplicationError(result.uri, [result.message]);
    const { outcome } = result;
    if (!outcome.ok) throw new ApplicationError(outcome.uri, outcome.args, outcome.kwargs);
    return { args: outcome.args, kwargs: outcome.kwargs };
  }
}
