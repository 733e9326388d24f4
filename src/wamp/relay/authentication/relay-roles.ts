/** The roles that were changed at run time, as a relay gets them from the core. */

import type { Clock } from "../../host/host.ts";
import { revokeDenied } from "../../meta/management-procedures.ts";
import type { Realm } from "../../realm/realm.ts";
import type { Peer } from "../../session/peer.ts";
import { HeldPeers, holdOrAbort } from "../link/held-peers.ts";
import type { ToCore, ToRelay } from "../link/messages.ts";

/** The version of the roles in the relay's storage, in one row. */
export interface OwnRoleVersion {
  /** Undefined before the core has told the roles for the first time. */
  get(): number | undefined;
  /** Undefined removes the row. */
  put(version: number | undefined): void;
}

/** Milliseconds between two questions. */
const ASK_AGAIN_MS = 1_000;

/**
 * The roles themselves are in the relay's own storage, as those of a realm in one object are: a relay that wakes has
 * them, and the core sends it each change until it has acknowledged it. Only a relay that has none yet has to ask, and
 * lets its clients wait; if the core cannot be reached their logins end at their deadline.
 */
export class RelayRoles {
  readonly #realm: () => Realm;
  readonly #version: OwnRoleVersion;
  readonly #send: (message: ToCore) => void;
  readonly #held: HeldPeers;
  /** The peers in `#held`, in the order of their first messages. */
  readonly #waiting = new Set<Peer>();
  readonly #clock: Clock;
  /** Milliseconds since the epoch. */
  #askedAt = Number.NEGATIVE_INFINITY;

  /** `send` queues a message for the core; `limit` as for `HeldPeers`. */
  constructor(
    clock: Clock,
    realm: () => Realm,
    version: OwnRoleVersion,
    limit: number,
    send: (message: ToCore) => void,
  ) {
    this.#clock = clock;
    this.#realm = realm;
    this.#version = version;
    this.#held = new HeldPeers(limit, () => realm().records);
    this.#send = send;
  }

  /** Does any client wait for the roles? */
  get isWaiting(): boolean {
    for (const peer of this.#waiting) if (peer.state.kind === "closed") this.#forget(peer);
    return this.#waiting.size > 0;
  }

  /** Compares the version with that of the core: in a new epoch or an outage the relay may have missed a message. */
  compare(): void {
    const version = this.#version.get();
    if (version !== undefined || this.isWaiting) this.#send({ kind: "roles wanted", version });
  }

  /** Keeps a message of a peer until the roles are known; false if they are. */
  holdBack(peer: Peer, raw: readonly unknown[]): boolean {
    if (this.#version.get() !== undefined || peer.state.kind === "closed") return false;
    if (!this.#held.has(peer)) {
      this.#held.hold(peer);
      this.#waiting.add(peer);
    }
    holdOrAbort(this.#held, this.#realm(), peer, raw, "the roles of the realm");
    const now = this.#clock.now();
    // The question may have been dropped while the core could not be reached.
    if (now - this.#askedAt >= ASK_AGAIN_MS) {
      this.#askedAt = now;
      this.#send({ kind: "roles wanted", version: undefined });
    }
    return true;
  }

  /** The core is about to forget the relay, which has no session: it asks again before its next one. */
  forget(): void {
    this.#version.put(undefined);
    this.#askedAt = Number.NEGATIVE_INFINITY;
  }

  /** Takes a change, or all roles. */
  receive(message: Extract<ToRelay, { readonly kind: "role" | "roles" }>): void {
    const { version } = message;
    const own = this.#version.get();
    if (message.kind === "role") {
      if (own !== undefined && version <= own) return this.#send({ kind: "roles known", version: own });
      if (version !== (own ?? 0) + 1) return this.#send({ kind: "roles wanted", version: own });
      this.#realm().access.roles.adopt(message.name, message.text);
    } else {
      if (own !== undefined && version < own) return;
      this.#realm().access.roles.adoptAll(message.texts);
    }
    this.#version.put(version);
    this.#send({ kind: "roles known", version });
    this.#realm().access.rolesChanged();
    revokeDenied(this.#realm());
    this.#release();
  }

  #release(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const peer of waiting) this.#held.release(peer, (raw) => this.#realm().receive(peer, raw));
  }

  #forget(peer: Peer): void {
    this.#waiting.delete(peer);
    this.#held.forget(peer);
  }
}
