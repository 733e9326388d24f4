/** The RPC interface of a realm's object: what the HTTP bridge, webhooks, triggers and other Workers call. */

import { WampUri } from "../../wamp/protocol/errors.ts";
import { type Dict, isDict, type List, type Uri } from "../../wamp/protocol/values.ts";
import type { Credentials } from "../../wamp/realm/handshake.ts";
import type { CallOutcome } from "../../wamp/session/pending-requests.ts";

/** The methods of a realm's object that serve requests. */
export interface RealmRpc {
  /** Makes a CALL. `id` is a secret of the caller that `cancel` takes. */
  call(credentials: RpcCredentials, request: RpcRequest, onProgress?: OnProgress, id?: string): Promise<RpcOutcome>;
  /** Cancels the CALL that was made with `id`; an unknown id has no effect. */
  cancel(id: string): Promise<void>;
  /** Makes a PUBLISH with acknowledgment. */
  publish(credentials: RpcCredentials, request: RpcRequest, idempotency?: Idempotency): Promise<RpcOutcome>;
}

/** Identifies the caller: by a role that the configuration gives to a way in, or by a ticket or token of the realm. */
export type RpcCredentials =
  | {
      readonly kind: "role";
      readonly role: string;
      readonly authid: string;
      /** The way in, as the session's authprovider. */
      readonly by: string;
      readonly once?: SingleUse | undefined;
    }
  | ({ readonly kind: "ticket" } & Credentials);

/** Makes a signed request valid once: the realm refuses a second request of the same id. */
export interface SingleUse {
  readonly id: string;
  /** When the timestamp of the request is too old anyway; milliseconds since the epoch by the wall clock. */
  readonly expiresAt: number;
}

/**
 * A request as plain values: bytes are `Uint8Array`, integers beyond 2^53 `bigint`. `uri` is the topic or procedure.
 */
export interface RpcRequest {
  readonly uri: Uri;
  readonly args: List;
  readonly kwargs: Dict;
  readonly options: Dict;
}

/** Idempotency key of a publish; `body` is the digest that is compared when the key is used again. */
export interface Idempotency {
  readonly key: string;
  readonly body: string;
}

/** Takes a progressive result; a rejection cancels the call. */
export type OnProgress = (args: List, kwargs: Dict) => unknown;

/** The outcome of a request, or why the realm did not carry it out. */
export type RpcOutcome = { readonly kind: "outcome"; readonly outcome: CallOutcome } | RpcRefusal;

/** A request that was not carried out. */
export interface RpcRefusal {
  readonly kind: "refused";
  readonly reason: RpcRefusalReason;
  readonly uri: Uri;
  readonly message: string;
}

/**
 * - `denied`: the credentials are invalid.
 * - `replayed`: the realm has received the signed request before.
 * - `reused`: the idempotency key belongs to another request.
 * - `full`: the realm cannot serve the request now.
 */
export type RpcRefusalReason = "denied" | "replayed" | "reused" | "full";

const REASONS: readonly unknown[] = ["denied", "replayed", "reused", "full"] satisfies RpcRefusalReason[];

/** A refusal with its reason. */
export function rpcRefusal(reason: RpcRefusalReason, message: string, uri: Uri = WampUri.NOT_AUTHORIZED): RpcRefusal {
  return { kind: "refused", reason, uri, message };
}

/**
 * Reads the outcome that an object of another version of the router may have made: unknown fields are ignored, missing
 * ones have defaults, and an outcome of an unknown kind is the refusal `full`, after which a client tries again.
 */
export function readRpcOutcome(outcome: RpcOutcome): RpcOutcome {
  const { kind } = outcome as { readonly kind?: unknown };
  if (outcome.kind === "outcome" && isDict(outcome.outcome)) {
    const { ok, uri = WampUri.RUNTIME_ERROR, args = [], kwargs = {} } = outcome.outcome as Partial<Failure>;
    return { kind: "outcome", outcome: ok ? { ok, args, kwargs } : { ok: false, uri, args, kwargs } };
  }
  if (outcome.kind === "refused") {
    const { reason, uri = WampUri.NOT_AUTHORIZED, message = "" } = outcome as Partial<RpcRefusal>;
    return { kind: "refused", reason: REASONS.includes(reason) ? reason! : "full", uri, message };
  }
  return rpcRefusal("full", `the realm gave an answer of the unknown kind ${String(kind)}`, WampUri.UNAVAILABLE);
}

type Failure = { readonly ok: boolean } & Omit<Extract<CallOutcome, { ok: false }>, "ok">;

/** Describes for the log why a request failed; undefined where it succeeded. */
export function describeFailure(result: RpcOutcome): string | undefined {
  if (result.kind === "refused") return `${result.uri}: ${result.message}`;
  const { outcome } = result;
  return outcome.ok ? undefined : [outcome.uri, ...outcome.args].join(": ");
}
