/** Calls authenticators and authorizers at the core, for the relays that ask, and tells them who answers. */

import { InternalCaller } from "../../dealer/internal-caller.ts";
import type { Registration } from "../../dealer/registrations.ts";
import type { Host } from "../../host/host.ts";
import { matches } from "../../matching/covering.ts";
import { Payload } from "../../protocol/payload.ts";
import { isDict, type List, type Uri } from "../../protocol/values.ts";
import type { Realm } from "../../realm/realm.ts";
import type { ProcedureCaller } from "../../session/procedure-caller.ts";
import type { Answer, ProcedureQuestion, ToRelay } from "../link/messages.ts";
import type { RemoteCallee } from "./remote-callees.ts";

const PROCEDURE: Answer = { about: "procedure", error: undefined };

/** One caller for each authrole; roles come from the configuration. */
export class RemoteProcedures {
  readonly #realm: Realm;
  readonly #host: Host;
  readonly #queue: (relay: number, message: ToRelay) => void;
  readonly #callers = new Map<string, ProcedureCaller>();

  /** `queue` queues a message for a relay. */
  constructor(realm: Realm, host: Host, queue: (relay: number, message: ToRelay) => void) {
    this.#realm = realm;
    this.#host = host;
    this.#queue = queue;
  }

  /** Calls the procedure as the core's own logins do; calls `onAnswer` in a later turn. */
  async ask(
    relay: number,
    { procedure, timeoutMs, authrole }: ProcedureQuestion,
    args: List,
    onAnswer: (answer: Answer, payload: Payload) => void,
  ): Promise<void> {
    const [session] = args;
    // The call of an authorizer begins with a session, that of an authenticator with the realm.
    if (isDict(session)) {
      // Before its decision, which a later one voids.
      this.#queue(relay, this.#calleesOf(procedure));
      // The relay does not know yet that its session is the authorizer itself (AZ-12).
      if (this.#isCallee(procedure, session.session)) return onAnswer(PROCEDURE, Payload.of([false]));
    }
    const outcome = await this.#caller(authrole).call(procedure, args, timeoutMs);
    const error = outcome.ok ? undefined : outcome.uri;
    onAnswer({ about: "procedure", error }, Payload.of(outcome.args, outcome.kwargs));
    this.#host.flushOutput();
  }

  /** The callees of a registration have changed: tells `relays` of each authorizer that it concerns. */
  changed({ match, procedure: uri }: Registration, relays: Iterable<number>): void {
    for (const procedure of this.#authorizers()) {
      if (!matches({ match, uri }, procedure)) continue;
      for (const relay of relays) this.#queue(relay, this.#calleesOf(procedure));
    }
  }

  #authorizers(): Set<Uri> {
    return new Set([...this.#realm.access.authorization.roles()].flatMap(({ authorizer }) => authorizer ?? []));
  }

  #isCallee(procedure: Uri, session: unknown): boolean {
    return this.#realm.dealer.registrations.best(procedure)?.callees.some((it) => it.session.id === session) === true;
  }

  #calleesOf(procedure: Uri): ToRelay {
    const callees = this.#realm.dealer.registrations.best(procedure)?.callees ?? [];
    const listed = callees.map(({ session, order }): RemoteCallee => [session.id, order]);
    return { kind: "callees", procedure, callees: listed };
  }

  #caller(authrole: string): ProcedureCaller {
    const known = this.#callers.get(authrole);
    if (known !== undefined) return known;
    const { dealer, access } = this.#realm;
    const caller = new InternalCaller(dealer, access.authorization, this.#host, authrole);
    this.#callers.set(authrole, caller);
    return caller;
  }
}
