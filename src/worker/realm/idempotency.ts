/** Idempotency keys: a publish that is sent again with its key is published once and answered alike. */

import type { Clock, Log } from "../../wamp/host/host.ts";
import type { Id } from "../../wamp/protocol/values.ts";
import type { Identity } from "../../wamp/session/session.ts";
import { answerFromFormat1 } from "../../wamp/stored-records/format-1.ts";
import { type Format, field, read, record, unreadable, write } from "../../wamp/stored-records/stored-record.ts";
import * as is from "../../wamp/stored-records/stored-values.ts";
import type { Idempotency, RpcOutcome } from "../routing/realm-rpc.ts";
import { rpcRefusal } from "../routing/realm-rpc.ts";
import { BoundedTable } from "../storage/bounded-table.ts";
import type { Tables } from "../storage/tables.ts";

const MOST_KEYS = 10_000;
/** Milliseconds for which an answer is kept under its idempotency key. */
const KEY_LIFETIME_MS = 86_400_000;

/** Keeps the answers of publishes by idempotency key. Keys of different identities are different keys. */
export class IdempotencyKeys {
  readonly #host: Clock & Log;
  readonly #answers: BoundedTable;
  /** Idempotency key → the publish in progress, which a second request must not repeat. */
  readonly #inProgress = new Map<string, Promise<RpcOutcome>>();

  constructor(host: Clock & Log, sql: SqlStorage, tables: Tables) {
    this.#host = host;
    this.#answers = new BoundedTable(sql, tables, "answer", MOST_KEYS);
  }

  /**
   * Resolves to the stored answer of the key, or else calls `publish` and stores its answer; a failure may be retried.
   */
  async run(
    { authid, authrole, authprovider }: Identity,
    { key, body }: Idempotency,
    publish: () => Promise<RpcOutcome>,
  ): Promise<RpcOutcome> {
    const id = JSON.stringify([authprovider, authrole, authid, key]);
    while (this.#inProgress.has(id)) await this.#inProgress.get(id);
    const stored = this.#answers.get(id, this.#host.now());
    if (stored !== undefined) return this.#readAnswer(stored, body);
    // Without room for the answer, a retry would publish the event again.
    if (!this.#answers.hasRoom(this.#host.now())) return rpcRefusal("full", "Too many idempotency keys.");
    const inProgress = publish();
    this.#inProgress.set(id, inProgress);
    const answer = await inProgress.finally(() => this.#inProgress.delete(id));
    if (answer.kind === "outcome" && answer.outcome.ok) this.#store(id, body, answer.outcome.args[0] as Id);
    return answer;
  }

  #store(id: string, body: string, publication: Id): void {
    const now = this.#host.now();
    this.#answers.put(id, write(ANSWER, { body, publication }), now + KEY_LIFETIME_MS, now);
  }

  /** An unreadable answer is a refusal, because a second publication would break the promise of the key. */
  #readAnswer(text: string, body: string): RpcOutcome {
    const reading = read(ANSWER, text);
    if (!reading.ok) {
      this.#host.log(unreadable("answer", reading.cause));
      return rpcRefusal("full", "The answer under this Idempotency-Key cannot be read.");
    }
    if (reading.value.body !== body) return rpcRefusal("reused", "Idempotency-Key was used for another request.");
    return { kind: "outcome", outcome: { ok: true, args: [reading.value.publication], kwargs: {} } };
  }
}

/** The stored answer of a publish. */
interface Answer {
  /** Digest of the request's body. */
  readonly body: string;
  readonly publication: Id;
}

const ANSWER: Format<Answer> = {
  kind: "answer",
  codec: record<Answer>({ body: field("b", is.text), publication: field("i", is.id) }),
  steps: [answerFromFormat1],
};
