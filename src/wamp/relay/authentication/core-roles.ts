/** The roles that were changed at run time, as the core hands them on to relays: in numbered versions. */

import type { ManagedRoles, RoleObserver } from "../../authorization/managed-roles.ts";
import { Deadlines } from "../../host/deadlines.ts";
import type { Clock } from "../../host/host.ts";
import { GIVE_UP_MS, type OnEnd } from "../link/link-sender.ts";
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
  readonly host: Clock;
  readonly roles: RoleVersionStore;
  /** Queues a message for a relay; `onEnd` as in `LinkSender.queue`. */
  queue(relay: number, message: ToRelay, onEnd?: OnEnd): void;
  /** See `LinkSender.isDown`. */
  isDown(relay: number): boolean;
}

/** The last message of the roles that a relay has been sent. */
interface Sent {
  readonly relay: number;
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
  /** relay → the message for which it has not said that it has the roles; none for relays that are not waited for */
  readonly #sent = new Map<number, Sent>();
  /** Those of them that have arrived, or were lost because their relays begin anew: these are about to ask, or to answer. */
  readonly #arrived = new Deadlines<Sent>();
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

  /** Has the relay roles, or had it once? */
  has(relay: number): boolean {
    return this.#versions.has(relay);
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
    this.#waiting.push(done);
    this.#endWaiting();
  }

  /** Waits no longer for relays that are overdue at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    for (const sent of this.#arrived.takeExpired(now)) this.#settle(sent);
  }

  /** When `tick` has something to do, if it has; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#arrived.next();
  }

  /** Tells a relay the roles if it has another version; `version` is undefined if it has none. */
  tell(relay: number, version: number | undefined): void {
    // From now on it gets each change, and these after a crash, too.
    this.acknowledged(relay, version ?? NO_VERSION);
    if (version !== this.#version) this.#sendAll(relay);
  }

  /** The relay has this version. */
  acknowledged(relay: number, version: number): void {
    const sent = this.#sent.get(relay);
    if (sent !== undefined && version === this.#version) this.#settle(sent);
    if (this.#versions.get(relay) === version) return;
    this.#versions.set(relay, version);
    this.#ports.roles.put({ object: relay, version });
  }

  /** The relay has forgotten its roles, and will ask before it opens a session. */
  forget(relay: number): void {
    if (this.#versions.delete(relay)) this.#ports.roles.delete(relay);
    const sent = this.#sent.get(relay);
    if (sent !== undefined) this.#settle(sent);
  }

  #sendAll(relay: number): void {
    this.#send(relay, { kind: "roles", version: this.#version, texts: this.#roles!.texts() });
  }

  #send(relay: number, message: ToRelay): void {
    const { host, queue, isDown } = this.#ports;
    const sent = { relay };
    this.#supersede(relay, sent);
    queue(relay, message, (end) => {
      if (this.#sent.get(relay) !== sent) return;
      if (end === "late" || isDown(relay)) return this.#settle(sent);
      const deadline = host.now() + GIVE_UP_MS;
      this.#arrived.set(sent, deadline);
      host.setAlarm(deadline);
    });
  }

  /** A relay takes messages in order: it has the roles once it has those of the last one. */
  #supersede(relay: number, sent: Sent): void {
    const former = this.#sent.get(relay);
    if (former !== undefined) this.#arrived.delete(former);
    this.#sent.set(relay, sent);
  }

  /** The relay has the roles, or is waited for no longer. */
  #settle(sent: Sent): void {
    this.#arrived.delete(sent);
    if (this.#sent.get(sent.relay) === sent) this.#sent.delete(sent.relay);
    this.#endWaiting();
  }

  #endWaiting(): void {
    if (this.#sent.size > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const done of waiting) done();
  }
}

/** Differs from the version of every object. */
const NO_VERSION = -1;
