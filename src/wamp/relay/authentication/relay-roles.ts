/** The roles that were changed at run time, as a relay gets them from the core. */

import type { Clock } from "../../host/host.ts";
import { revokeDenied } from "../../meta/management-procedures.ts";
import type { Realm } from "../../realm/realm.ts";
import type { Peer } from "../../session/peer.ts";
import type { ToCore, ToRelay } from "../link/messages.ts";

/** The version of the roles in the relay's storage, in one row. */
export interface OwnRoleVersion {
  /** Undefined before the core has told the roles for the first time. */
  get(): number | undefined;
  /** Undefined removes the row. */
  put(version: number | undefined): void;
}

/** Messages of one connection that wait for the roles: far more than a login has. */
const MAX_HELD = 100;
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
  readonly #held = new Map<Peer, (readonly unknown[])[]>();
  readonly #clock: Clock;
  /** Milliseconds since the epoch. */
  #askedAt = Number.NEGATIVE_INFINITY;

  /** `send` queues a message for the core. */
  constructor(clock: Clock, realm: () => Realm, version: OwnRoleVersion, send: (message: ToCore) => void) {
    this.#clock = clock;
    this.#realm = realm;
    this.#version = version;
    this.#send = send;
  }

  /** Does any client wait for the roles? */
  get isWaiting(): boolean {
    return this.#held.size > 0;
  }

  /** Compares the version with that of the core: in a new epoch or an outage the relay may have missed a message. */
  compare(): void {
    const version = this.#version.get();
    if (version !== undefined || this.isWaiting) this.#send({ kind: "roles wanted", version });
  }

  /** Keeps a message of a peer until the roles are known; false if they are. */
  holdBack(peer: Peer, raw: readonly unknown[]): boolean {
    if (this.#version.get() !== undefined) return false;
    const held = this.#held.get(peer) ?? [];
    this.#held.set(peer, held);
    if (held.length < MAX_HELD) held.push(raw);
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
    const held = [...this.#held];
    this.#held.clear();
    for (const [peer, messages] of held) for (const raw of messages) this.#realm().receive(peer, raw);
  }
}
