/** Calls authenticators and authorizers for the logins and messages of a relay: the core has their registrations. */

import { WampUri } from "../../protocol/errors.ts";
import { Payload } from "../../protocol/payload.ts";
import type { List, Uri } from "../../protocol/values.ts";
import { CallOutcome } from "../../session/pending-requests.ts";
import type { ProcedureCaller } from "../../session/procedure-caller.ts";
import type { Questions } from "./questions.ts";

/** Takes the place of `InternalCaller` at a relay. A core that cannot be reached counts as a procedure that fails. */
export class RemoteCaller implements ProcedureCaller {
  readonly #questions: Questions;
  readonly #authrole: string;

  /** The calls are permitted as those of `authrole`. */
  constructor(questions: Questions, authrole: string) {
    this.#questions = questions;
    this.#authrole = authrole;
  }

  async call(procedure: Uri, args: List, timeoutMs: number): Promise<CallOutcome> {
    const question = { about: "procedure", procedure, timeoutMs, authrole: this.#authrole } as const;
    const answered = await this.#questions.ask(question, timeoutMs, Payload.of(args));
    if (answered === "timeout") return CallOutcome.error(WampUri.TIMEOUT);
    if (answered === "unreachable" || answered.answer.about !== "procedure") {
      return CallOutcome.error(WampUri.UNAVAILABLE);
    }
    const { error } = answered.answer;
    const { args: values, kwargs } = answered.payload;
    return error === undefined ? { ok: true, args: values, kwargs } : { ok: false, uri: error, args: values, kwargs };
  }
}
