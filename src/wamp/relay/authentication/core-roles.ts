/** The roles that were changed at run time, as the core hands them on to relays: in numbered versions. */

import type { ManagedRoles, RoleObserver } from "../../authorization/managed-roles.ts";
import type { ToRelay } from "../link/messages.ts";
import { CORE } from "../link/relay-ids.ts";

/** The version of the roles that an object has. */
export interface RoleVersionRow {
  /** The number of the object; the core has the latest version. */
  readonly object: number;
  readonly version: number;
}

/** One row for each relay that has ever asked, and one for the core after the first change. */
export interface RoleVersionStore {
  all(): Iterable<RoleVersionRow>;
  /** Adds the row, or replaces the one of the object. */
  put(row: RoleVersionRow): void;
  /** Removes the row, if present. */
  delete(object: number): void;
}

/** What the roles ask of the core and its object. */
export interface CoreRolesPorts {
  readonly roles: RoleVersionStore;
  /** Queues a message for a relay; `onEnd` as in `LinkSender.queue`. */
  queue(relay: number, message: ToRelay, onEnd?: () => void): void;
}

/**
 * Each change goes to every relay that has ever asked, and its rows say who has it: a core that wakes after a crash sends
 * it again to those that do not. A relay opens no session before it has asked once.
 */
export class CoreRoles implements RoleObserver {
  readonly #ports: CoreRolesPorts;
  /** relay → the version that it has acknowledged */
  readonly #versions = new Map<number, number>();
  #version = 0;
  #roles: ManagedRoles | undefined;
  /** Changes that relays have not acknowledged, and that are not given up. */
  #sending = 0;
  #waiting: (() => void)[] = [];

  constructor(ports: CoreRolesPorts) {
    this.#ports = ports;
    for (const { object, version } of ports.roles.all()) {
      if (object === CORE) this.#version = version;
      else this.#versions.set(object, version);
    }
  }

  /** The relays that have roles, or had once. */
  get relays(): Iterable<number> {
    return this.#versions.keys();
  }

  /** Takes the roles of the core, whose changes it observes. */
  open(roles: ManagedRoles): void {
    this.#roles = roles;
    roles.observer = this;
  }

  /** Sends the roles to relays that may have missed a change; the core has just woken. */
  wake(): void {
    for (const relay of this.#versions.keys()) this.check(relay);
  }

  /** Sends a relay the roles, unless it has acknowledged them. */
  check(relay: number): void {
    if (this.#versions.has(relay) && this.#versions.get(relay) !== this.#version) this.#sendAll(relay);
  }

  onChange(name: string, text: string | undefined): void {
    this.#version++;
    this.#ports.roles.put({ object: CORE, version: this.#version });
    for (const relay of this.#versions.keys()) {
      this.#send(relay, { kind: "role", version: this.#version, name, text });
    }
  }

  /**
   * A relay that cannot be reached for five seconds is not waited for: it gets the change as soon as it can be reached,
   * as its clients can then.
   */
  whenSpread(done: () => void): void {
    if (this.#sending === 0) done();
    else this.#waiting.push(done);
  }

  /** Tells a relay the roles if it has another version; `version` is undefined if it has none. */
  tell(relay: number, version: number | undefined): void {
    if (version !== this.#version) return this.#sendAll(relay);
    this.acknowledged(relay, version);
  }

  /** The relay has this version. */
  acknowledged(relay: number, version: number): void {
    if (this.#versions.get(relay) === version) return;
    this.#versions.set(relay, version);
    this.#ports.roles.put({ object: relay, version });
  }

  /** The relay has forgotten its roles, and will ask before it opens a session. */
  forget(relay: number): void {
    if (this.#versions.delete(relay)) this.#ports.roles.delete(relay);
  }

  #sendAll(relay: number): void {
    // From now on it gets each change.
    if (!this.#versions.has(relay)) this.acknowledged(relay, NO_VERSION);
    this.#send(relay, { kind: "roles", version: this.#version, texts: this.#roles!.texts() });
  }

  #send(relay: number, message: ToRelay): void {
    this.#sending++;
    this.#ports.queue(relay, message, () => {
      this.#sending--;
      if (this.#sending > 0) return;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const done of waiting) done();
    });
  }
}

/** Differs from the version of every object. */
const NO_VERSION = -1;
