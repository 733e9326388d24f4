/** Calls authenticators and authorizers at the core, for the relays that ask. */

import { InternalCaller } from "../../dealer/internal-caller.ts";
import type { Host } from "../../host/host.ts";
import { Payload } from "../../protocol/payload.ts";
import type { List } from "../../protocol/values.ts";
import type { Realm } from "../../realm/realm.ts";
import type { ProcedureCaller } from "../../session/procedure-caller.ts";
import type { Answer, ProcedureQuestion } from "../link/messages.ts";

/** One caller for each authrole; roles come from the configuration. */
export class RemoteProcedures {
  readonly #realm: Realm;
  readonly #host: Host;
  readonly #callers = new Map<string, ProcedureCaller>();

  constructor(realm: Realm, host: Host) {
    this.#realm = realm;
    this.#host = host;
  }

  /** Calls the procedure as the core's own logins do; calls `onAnswer` in a later turn. */
  async ask(
    { procedure, timeoutMs, authrole }: ProcedureQuestion,
    args: List,
    onAnswer: (answer: Answer, payload: Payload) => void,
  ): Promise<void> {
    const outcome = await this.#caller(authrole).call(procedure, args, timeoutMs);
    const error = outcome.ok ? undefined : outcome.uri;
    onAnswer({ about: "procedure", error }, Payload.of(outcome.args, outcome.kwargs));
    this.#host.flushOutput();
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
