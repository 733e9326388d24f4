/** Decisions an authorizer allowed the router to remember. */

import type { Callee } from "../dealer/registrations.ts";
import type { Host } from "../host/host.ts";
import type { Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import type { Question } from "./authorizer-request.ts";
import { textOf } from "./authorizer-request.ts";
import type { Permission } from "./rules.ts";

/** Decisions kept at once, of a whole realm; the oldest goes first. */
const MAX_DECISIONS = 5_000;
/** Seconds a role keeps decisions unless it says otherwise (`authorizer-cache`): as long as a change may take to show. */
export const DEFAULT_CACHE_SECONDS = 60;
/** Characters of who asks and what; together with the above 10 MB at most. */
const LONGEST_KEY = 1_000;

/**
 * A decision holds for the same question of the same identity, all of which the authorizer has seen: authid, authrole,
 * authextra and how they were proven (AZ-11), but neither the session nor its connection. It is lost when the object
 * sleeps, which costs no more than asking again.
 */
export class DecisionCache {
  readonly #host: Host;
  readonly #decisions = new Map<string, { readonly permission: Permission; readonly until: number }>();
  /** authorizer → the callee that registered last when its decisions were made */
  readonly #makers = new Map<Uri, Callee>();
  /** Grows whenever decisions are forgotten: those still under way then are none to keep. */
  generation = 0;
  readonly #identities = new WeakMap<Session, string>();

  constructor(host: Host) {
    this.#host = host;
  }

  /** `callee` is the last one to register as `authorizer`: where it is a new one, the decisions are those of an old one. */
  get(session: Session, question: Question, authorizer: Uri, callee: Callee | undefined): Permission | undefined {
    if (callee !== undefined && this.#makers.get(authorizer) !== callee) {
      this.clear();
      this.#makers.set(authorizer, callee);
    }
    if (this.#decisions.size === 0) return undefined;
    const key = this.#keyOf(session, question);
    const known = key === undefined ? undefined : this.#decisions.get(key);
    return known !== undefined && known.until > this.#host.now() ? known.permission : undefined;
  }

  /** Keeps a decision for some seconds. */
  put(session: Session, question: Question, permission: Permission, seconds: number): void {
    const key = this.#keyOf(session, question);
    if (key === undefined || seconds === 0) return;
    this.#decisions.delete(key);
    this.#decisions.set(key, { permission, until: this.#host.now() + seconds * 1000 });
    if (this.#decisions.size <= MAX_DECISIONS) return;
    const [oldest] = this.#decisions.keys();
    this.#decisions.delete(oldest!);
  }

  clear(): void {
    this.#decisions.clear();
    this.#makers.clear();
    this.generation++;
  }

  #keyOf(session: Session, question: Question): string | undefined {
    const text = textOf(question);
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
