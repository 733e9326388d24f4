/** Tells the core how many sessions a relay has, so that a count wakes no relay and a list only those with sessions. */

import type { Clock } from "../../host/host.ts";
import { isVisible } from "../../meta/session-details.ts";
import type { Session } from "../../session/session.ts";
import type { SessionsByRole } from "../link/messages.ts";

/** The least milliseconds between two messages about sessions, unless the first session comes. */
export const COUNT_INTERVAL_MS = 5_000;

/** What the counts ask of the relay. */
export interface SessionCountPorts {
  readonly clock: Clock;
  /** Without the meta API the core does not need them. */
  readonly hasMetaApi: boolean;
  /** The sessions of the relay, which may not exist yet. */
  sessions(): Pick<ReadonlyMap<unknown, Session>, "size" | "values">;
  /** Sends the counts to the core. */
  push(byRole: SessionsByRole): void;
}

/** The counts that the core knows, and whether they may have changed since. */
export class SessionCounts {
  readonly #ports: SessionCountPorts;
  #pushed: SessionsByRole = {};
  #pushedAt = Number.NEGATIVE_INFINITY;
  /** The number of sessions at the last `check`. */
  #size = 0;
  /** Has a session begun or ended since then? */
  #isMarked = false;
  /** May the core know other counts? */
  #isDue = false;

  constructor(ports: SessionCountPorts) {
    this.#ports = ports;
  }

  /** Does the core know the counts? If not, they are sent by `check` or `tick`. */
  get isKnown(): boolean {
    return !this.#isDue && !this.hasChanged;
  }

  /** Has `check` anything to do? */
  get hasChanged(): boolean {
    return this.#ports.hasMetaApi && (this.#isMarked || this.#ports.sessions().size !== this.#size);
  }

  /** The relay has woken with the sessions that the core knows of. */
  wake(): void {
    this.#pushed = this.#count();
    this.#size = this.#ports.sessions().size;
  }

  /** The core is about to forget all counts of the relay, because it begins a new epoch. */
  begin(): void {
    this.#pushed = {};
    this.mark();
  }

  /** A session has begun or ended. */
  mark(): void {
    this.#isMarked = true;
  }

  /** Looks for a change at the end of a turn. The first session is told at once: lists ask only relays with sessions. */
  check(): void {
    if (!this.hasChanged) return;
    this.#size = this.#ports.sessions().size;
    this.#isMarked = false;
    this.#isDue = true;
    const isFirst = Object.keys(this.#pushed).length === 0;
    if (isFirst || this.#ports.clock.now() >= this.#pushedAt + COUNT_INTERVAL_MS) this.push();
    else this.#ports.clock.setAlarm(this.#pushedAt + COUNT_INTERVAL_MS);
  }

  /** Sends the counts if the core has others; call it before a message whose answer depends on them. */
  push(): void {
    const counts = this.#count();
    this.#size = this.#ports.sessions().size;
    this.#isMarked = false;
    this.#isDue = false;
    if (isSame(counts, this.#pushed)) return;
    this.#pushed = counts;
    this.#pushedAt = this.#ports.clock.now();
    this.#ports.push(counts);
  }

  /** Sends the counts: the core may have missed the last ones. */
  pushAgain(): void {
    if (!this.#ports.hasMetaApi) return;
    this.#pushed = NEVER_PUSHED;
    this.push();
  }

  /** Sends what is due at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    if ((this.nextDeadline() ?? Number.POSITIVE_INFINITY) <= now) this.push();
  }

  /** When `tick` has something to do, if it has; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#isDue ? this.#pushedAt + COUNT_INTERVAL_MS : undefined;
  }

  #count(): SessionsByRole {
    const byRole: Record<string, number> = {};
    for (const session of this.#ports.sessions().values()) {
      const { authrole } = session.identity;
      if (isVisible(session)) byRole[authrole] = (byRole[authrole] ?? 0) + 1;
    }
    return byRole;
  }
}

/** Differs from all counts. */
const NEVER_PUSHED: SessionsByRole = { "": 0 };

function isSame(one: SessionsByRole, other: SessionsByRole): boolean {
  const roles = Object.keys(one);
  return roles.length === Object.keys(other).length && roles.every((role) => one[role] === other[role]);
}
