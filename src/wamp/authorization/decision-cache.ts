/** Caches the decisions that an authorizer marked as cacheable. */

import type { Clock } from "../host/host.ts";
import type { Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import type { AuthorizerRequest } from "./authorizer-request.ts";
import { keyTextOf } from "./authorizer-request.ts";
import type { CalleeView } from "./callee-lookup.ts";
import type { Permission } from "./permission-rules.ts";

/** Decisions that a realm keeps; beyond that the oldest goes. */
const MAX_DECISIONS = 5_000;
/** Seconds that a decision is kept unless the role sets `authorizer-cache`; until then a new one has no effect. */
export const DEFAULT_CACHE_SECONDS = 60;
/** Characters of identity and request; with `MAX_DECISIONS` the cache takes 10 MB at most. */
const LONGEST_KEY = 1_000;

/**
 * Holds decisions in memory; after sleep the router asks again. A decision holds for the same request of the same
 * identity: authid, authrole, authextra, authmethod and authprovider (AZ-11). Session and connection do not matter.
 */
export class DecisionCache {
  readonly #host: Clock;
  readonly #decisions = new Map<string, { readonly permission: Permission; readonly until: number }>();
  /** authorizer → the callee that had registered last when its decisions were made */
  readonly #callees = new Map<Uri, CalleeView>();
  /** Grows with each `clear`: a decision that was requested before it must not be kept. */
  generation = 0;
  readonly #identities = new WeakMap<Session, string>();

  constructor(host: Clock) {
    this.#host = host;
  }

  /** Finds a decision. `callee` registered last as `authorizer`; a new one voids the decisions of its predecessor. */
  get(
    session: Session,
    request: AuthorizerRequest,
    authorizer: Uri,
    callee: CalleeView | undefined,
  ): Permission | undefined {
    if (callee !== undefined && this.#callees.get(authorizer) !== callee) {
      this.clear();
      this.#callees.set(authorizer, callee);
    }
    if (this.#decisions.size === 0) return undefined;
    const key = this.#keyOf(session, request);
    const known = key === undefined ? undefined : this.#decisions.get(key);
    return known !== undefined && known.until > this.#host.now() ? known.permission : undefined;
  }

  /** Takes note of the callee before its first decision, where it is not known when it is asked. */
  meet(authorizer: Uri, callee: CalleeView): void {
    if (!this.#callees.has(authorizer)) this.#callees.set(authorizer, callee);
  }

  /** Keeps a decision for `seconds`. */
  put(session: Session, request: AuthorizerRequest, permission: Permission, seconds: number): void {
    const key = this.#keyOf(session, request);
    if (key === undefined || seconds === 0) return;
    this.#decisions.delete(key);
    this.#decisions.set(key, { permission, until: this.#host.now() + seconds * 1000 });
    if (this.#decisions.size <= MAX_DECISIONS) return;
    const [oldest] = this.#decisions.keys();
    this.#decisions.delete(oldest!);
  }

  /** Drops all decisions. */
  clear(): void {
    this.#decisions.clear();
    this.#callees.clear();
    this.generation++;
  }

  #keyOf(session: Session, request: AuthorizerRequest): string | undefined {
    const text = keyTextOf(request);
    if (text === undefined) return undefined;
    const key = `${this.#identityOf(session)} ${text}`;
    return key.length > LONGEST_KEY ? undefined : key;
  }

  #identityOf(session: Session): string {
    let text = this.#identities.get(session);
    if (text === undefined) {
      const { authid, authrole, authmethod, authprovider, authextra = null } = session.identity;
      text = JSON.stringify([authrole, authid, authmethod, authprovider, authextra]);
      this.#identities.set(session, text);
    }
    return text;
  }
}
