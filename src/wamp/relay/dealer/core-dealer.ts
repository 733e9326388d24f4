/** The dealer of the core: it asks the relays of callees whether these are still there before it refuses a REGISTER for them. */

import type { Permission } from "../../authorization/permission-rules.ts";
import { Dealer } from "../../dealer/dealer.ts";
import { type Callee, calleeOf, type Registration } from "../../dealer/registrations.ts";
import { WampError, WampUri } from "../../protocol/errors.ts";
import { MessageType, NO_DETAILS, type Register } from "../../protocol/message.ts";
import type { Match } from "../../protocol/uri.ts";
import type { Id } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";
import { CORE } from "../link/relay-ids.ts";
import type { RelayLinks } from "../link/relay-links.ts";
import type { CorePendingCalls } from "./core-pending-calls.ts";
import { RemoteTransport } from "./remote-transport.ts";

/** A REGISTER that is refused if none of the present callees turns out to be lost. */
interface Doubtful {
  session: Session;
  readonly message: Register;
  readonly permission: Permission;
  /** The relays of the present callees that have not answered. */
  readonly relays: Set<number>;
}

/**
 * A relay that has crashed, and has had no client since, has not told the core that its callees are gone. Without the
 * question the procedure would be taken until a call or a client wakes that relay.
 */
export class CoreDealer extends Dealer {
  readonly pending: CorePendingCalls;
  readonly #links: Pick<RelayLinks, "queue" | "isFull">;
  readonly #doubtful = new Set<Doubtful>();

  constructor(
    links: Pick<RelayLinks, "queue" | "isFull">,
    pending: CorePendingCalls,
    ...[host, config, records, observer, latency]: ConstructorParameters<typeof Dealer>
  ) {
    super(host, config, records, observer, latency, pending);
    this.pending = pending;
    this.#links = links;
  }

  /** Does the session wait for the answer to a REGISTER? */
  isRegistering(session: Session): boolean {
    for (const each of this.#doubtful) if (each.session === session) return true;
    return false;
  }

  #isInDoubt(session: Session, request: Id): boolean {
    for (const each of this.#doubtful) if (each.session === session && each.message[1] === request) return true;
    return false;
  }

  /**
   * `next` gets the answers to the REGISTERs of `former`, a session of the same client: returns their requests. Only
   * `unanswered` ones are left: the relay has sent others again although their answers had arrived.
   */
  replaceDoubtful(former: Session | undefined, next: Session, unanswered: ReadonlySet<Id>): ReadonlySet<Id> {
    const replaced = new Set<Id>();
    for (const each of this.#doubtful) {
      if (each.session !== former) continue;
      const [, request] = each.message;
      if (!unanswered.has(request)) this.#doubtful.delete(each);
      else replaced.add(request);
      each.session = next;
    }
    return replaced;
  }

  override register(session: Session, message: Register, permission: Permission): void {
    try {
      this.#register(session, message, permission);
    } catch (error) {
      const isTaken = error instanceof WampError && error.uri === WampUri.PROCEDURE_ALREADY_EXISTS;
      const relays = isTaken ? this.#relaysOf(session, message) : undefined;
      if (relays === undefined) throw error;
      // Its relay has sent it again. A session that comes to the core before the answer must not get two.
      if (relayOf(session) !== undefined && this.#isInDoubt(session, message[1])) return;
      this.#doubtful.add({ session, message, permission, relays });
      for (const relay of [...relays]) this.#ask(relay);
    }
  }

  /** Notes which REGISTER of a relay's session has made it a callee, and not only found that it is one. */
  #register(session: Session, message: Register, permission: Permission): void {
    const former = this.#calleeOf(session, message);
    super.register(session, message, permission);
    const callee = this.#calleeOf(session, message);
    if (callee !== undefined && callee !== former && session.transport instanceof RemoteTransport) {
      callee.request = message[1];
    }
  }

  #calleeOf(session: Session, message: Register): Callee | undefined {
    const present = this.#presentOf(message);
    return present && calleeOf(present, session);
  }

  /** Each REGISTER is judged by what is known now. */
  override settle(session: Session): void {
    for (const each of [...this.#doubtful]) if (each.session === session) this.#decide(each);
  }

  override leave(session: Session): void {
    super.leave(session);
    for (const each of [...this.#doubtful]) if (each.session === session) this.#doubtful.delete(each);
    // Of several for one procedure the first is accepted, and the others are refused.
    const free = [...this.#doubtful].filter(({ message }) => this.#presentOf(message) === undefined);
    for (const each of free) this.#decide(each);
  }

  /** The answer to a relay in a new epoch is `leave` for each of its callees, with which the message is dropped. */
  #ask(relay: number): void {
    this.#links.queue(relay, { kind: "ping" }, (end) => {
      if (end === "dropped" && !this.#links.isFull(relay)) return;
      for (const each of [...this.#doubtful])
        if (each.relays.delete(relay) && each.relays.size === 0) this.#decide(each);
    });
  }

  /** The relays of the present callees; undefined where one of these is certainly there. */
  #relaysOf(session: Session, message: Register): Set<number> | undefined {
    // A session that arrives at the core is a remote one in this turn only, and must have its answer now.
    if (relayOf(session) === CORE) return undefined;
    const relays = new Set<number>();
    for (const callee of this.#presentOf(message)?.callees ?? []) {
      const relay = relayOf(callee.session);
      if (relay === undefined || relay === relayOf(session)) return undefined;
      relays.add(relay);
    }
    return relays;
  }

  #presentOf([, , { match }, procedure]: Register): Registration | undefined {
    return this.registrations.get((match ?? "exact") as Match, procedure);
  }

  #decide(doubtful: Doubtful): void {
    this.#doubtful.delete(doubtful);
    const { session, message, permission } = doubtful;
    try {
      this.#register(session, message, permission);
    } catch (error) {
      if (!(error instanceof WampError)) throw error;
      const { uri, payload } = error;
      // A session that holds nothing else is forgotten now.
      session.transport.save();
      session.transport.send([MessageType.ERROR, MessageType.REGISTER, message[1], NO_DETAILS, uri, payload]);
    }
  }
}

/** The relay of a session; undefined for one of the core's own. */
function relayOf({ transport }: Session): number | undefined {
  return transport instanceof RemoteTransport ? transport.relay : undefined;
}
