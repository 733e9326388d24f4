/** Requests that come to a realm by RPC: from the HTTP bridge, webhooks and other Workers. */

import { isDict } from "../../wamp/config/shape.ts";
import type { Host } from "../../wamp/host/host.ts";
import { Visitor } from "../../wamp/local/visitor.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import type { Dict, Id, List, Uri } from "../../wamp/protocol/message.ts";
import type { Credentials } from "../../wamp/realm/handshake.ts";
import type { Realm } from "../../wamp/realm/realm.ts";
import { answerFromFormat1 } from "../../wamp/records/format-1.ts";
import { type Format, field, read, record, unreadable, write } from "../../wamp/records/stored-record.ts";
import * as is from "../../wamp/records/stored-values.ts";
import { type CallOutcome, refusal } from "../../wamp/session/pending-requests.ts";
import { type Identity, INTERNAL } from "../../wamp/session/session.ts";
import type { OneTime } from "../bridge/signature.ts";
import { BoundedTable } from "../storage/bounded-table.ts";
import type { Tables } from "../storage/tables.ts";

/** As whom somebody comes: with a role the configuration gives him, or with credentials of the realm. */
export type Pass =
  | {
      readonly kind: "role";
      readonly role: string;
      readonly authid: string;
      readonly by: string;
      readonly once?: OneTime | undefined;
    }
  | ({ readonly kind: "ticket" } & Credentials);

/** A request as plain values: bytes are `Uint8Array`, integers beyond 2^53 `bigint`. */
export interface VisitRequest {
  readonly uri: Uri;
  readonly args: List;
  readonly kwargs: Dict;
  readonly options: Dict;
}

/** A publisher's wish to be heard once, however often he has to ask; `body` stands for what he asks. */
export interface Idempotency {
  readonly key: string;
  readonly body: string;
}

/** What came of a visit: an outcome, or that nobody was let in for one. */
export type VisitOutcome = { readonly kind: "outcome"; readonly outcome: CallOutcome } | Refused;

export interface Refused {
  readonly kind: "refused";
  readonly reason: VisitFault;
  readonly uri: Uri;
  readonly message: string;
}

/** `full`: too much has to be remembered at once. */
export type VisitFault = "denied" | "replayed" | "reused" | "full";

/** Takes progressive results; a rejection ends the call. */
export type Progress = (args: List, kwargs: Dict) => unknown;

const FAULTS: readonly unknown[] = ["denied", "replayed", "reused", "full"] satisfies VisitFault[];

/**
 * The answer of a realm's object, which another version of the router may have made: unknown fields are ignored, missing
 * ones have defaults, and an answer of an unknown kind is the refusal "full", which can be tried again.
 */
export function readAnswer(answer: VisitOutcome): VisitOutcome {
  const { kind } = answer as { readonly kind?: unknown };
  if (answer.kind === "outcome" && isDict(answer.outcome)) {
    const { ok, uri = WampUri.RUNTIME_ERROR, args = [], kwargs = {} } = answer.outcome as Partial<Failure>;
    return { kind: "outcome", outcome: ok ? { ok, args, kwargs } : { ok: false, uri, args, kwargs } };
  }
  if (answer.kind === "refused") {
    const { reason, uri = WampUri.NOT_AUTHORIZED, message = "" } = answer as Partial<Refused>;
    return { kind: "refused", reason: FAULTS.includes(reason) ? reason! : "full", uri, message };
  }
  return refused("full", `the realm gave an answer of the unknown kind ${String(kind)}`, WampUri.UNAVAILABLE);
}

type Failure = { readonly ok: boolean } & Omit<Extract<CallOutcome, { ok: false }>, "ok">;

/** What went wrong with a visit, for a log; undefined where nothing did. */
export function faultOf(visit: VisitOutcome): string | undefined {
  if (visit.kind === "refused") return `${visit.uri}: ${visit.message}`;
  const { outcome } = visit;
  return outcome.ok ? undefined : [outcome.uri, ...outcome.args].join(": ");
}

/** The methods of a realm's object, as those who call them by RPC see them. */
export interface VisitedRealm {
  /** `id` is for `cancel`; nobody else may know it. */
  call(pass: Pass, request: VisitRequest, progress?: Progress, id?: string): Promise<VisitOutcome>;
  /** Nobody waits for the answer any more. */
  cancel(id: string): Promise<void>;
  publish(pass: Pass, request: VisitRequest, idempotency?: Idempotency): Promise<VisitOutcome>;
}

/** Rows: a hundred signed requests a second over ten minutes, the window there is by default. */
const MOST_SIGNATURES = 60_000;
const MOST_KEYS = 10_000;
/** Milliseconds for which an answer is kept under its idempotency key. */
const KEY_LIFETIME_MS = 86_400_000;

export class Visits implements VisitedRealm {
  readonly #realm: Realm;
  readonly #host: Host;
  readonly #signatures: BoundedTable;
  readonly #answers: BoundedTable;
  /** Idempotency key → the publication under way, which another request must not repeat. */
  readonly #underWay = new Map<string, Promise<VisitOutcome>>();

  /** Id → what cancels the call. */
  readonly #cancellations = new Map<string, AbortController>();

  constructor(realm: Realm, host: Host, sql: SqlStorage, tables: Tables) {
    this.#realm = realm;
    this.#host = host;
    this.#signatures = new BoundedTable(sql, tables, "signature", MOST_SIGNATURES);
    this.#answers = new BoundedTable(sql, tables, "answer", MOST_KEYS);
  }

  async call(pass: Pass, request: VisitRequest, progress?: Progress, id?: string): Promise<VisitOutcome> {
    const cancellation = new AbortController();
    if (id !== undefined) this.#cancellations.set(id, cancellation);
    try {
      const identity = await this.#identify(pass);
      if ("kind" in identity) return identity;
      const call = () => this.#call(identity, readRequest(request), cancellation.signal, progress);
      return this.#take(pass) ?? { kind: "outcome", outcome: await call() };
    } finally {
      if (id !== undefined) this.#cancellations.delete(id);
    }
  }

  async cancel(id: string): Promise<void> {
    this.#cancellations.get(id)?.abort();
  }

  async publish(pass: Pass, request: VisitRequest, idempotency?: Idempotency): Promise<VisitOutcome> {
    const identity = await this.#identify(pass);
    if ("kind" in identity) return identity;
    const publish = async (): Promise<VisitOutcome> => {
      const { uri, args, kwargs, options } = readRequest(request);
      const visit = () => this.#visitor(identity).publish(uri, args, kwargs, options);
      return this.#take(pass) ?? { kind: "outcome", outcome: await visit() };
    };
    return idempotency === undefined ? publish() : this.#once(identity, idempotency, publish);
  }

  async #call(
    identity: Identity,
    { uri, args, kwargs, options }: VisitRequest,
    canceled: AbortSignal,
    progress?: Progress,
  ): Promise<CallOutcome> {
    if (canceled.aborted) return refusal(WampUri.CANCELED);
    const visitor = this.#visitor(identity);
    canceled.addEventListener("abort", () => visitor.leave());
    if (progress === undefined) return visitor.call(uri, args, kwargs, options);
    const parts: Promise<void>[] = [];
    const take = async (...part: [List, Dict]): Promise<void> => {
      try {
        await progress(...part);
      } catch {
        visitor.leave();
      }
    };
    const outcome = await visitor.call(uri, args, kwargs, options, (...part) => parts.push(take(...part)));
    // Whoever takes the parts has them all before he has the end.
    await Promise.all(parts);
    return outcome;
  }

  /** The answer there is under an idempotency key, or that of `publish`; a failure may be tried again. */
  async #once(
    identity: Identity,
    { key, body }: Idempotency,
    publish: () => Promise<VisitOutcome>,
  ): Promise<VisitOutcome> {
    const { authid, authrole, authprovider } = identity;
    const id = JSON.stringify([authprovider, authrole, authid, key]);
    while (this.#underWay.has(id)) await this.#underWay.get(id);
    const known = this.#answers.get(id, this.#host.now());
    if (known !== undefined) return this.#answerIn(known, body);
    // What cannot be remembered would be published again.
    if (!this.#answers.hasRoom(this.#host.now())) return refused("full", "Too many idempotency keys.");
    const underWay = publish();
    this.#underWay.set(id, underWay);
    const answer = await underWay.finally(() => this.#underWay.delete(id));
    if (answer.kind === "outcome" && answer.outcome.ok) {
      const now = this.#host.now();
      this.#answers.put(
        id,
        write(ANSWER, { body, publication: answer.outcome.args[0] as Id }),
        now + KEY_LIFETIME_MS,
        now,
      );
    }
    return answer;
  }

  /** A publication whose answer cannot be read must not be repeated. */
  #answerIn(text: string, body: string): VisitOutcome {
    const reading = read(ANSWER, text);
    if (!reading.ok) {
      this.#host.log(unreadable("answer", reading.cause));
      return refused("full", "The answer under this Idempotency-Key cannot be read.");
    }
    if (reading.value.body !== body) return refused("reused", "Idempotency-Key was used for another request.");
    return { kind: "outcome", outcome: { ok: true, args: [reading.value.publication], kwargs: {} } };
  }

  async #identify(pass: Pass): Promise<Identity | Refused> {
    const { kind } = pass as { readonly kind?: unknown };
    if (pass.kind === "role" && typeof pass.role === "string") return identityOf(pass);
    // A Worker of another version may know passes that this one does not.
    if (pass.kind !== "ticket") return refused("denied", `the realm does not know a pass of the kind ${String(kind)}`);
    const outcome = await this.#realm.identify(pass);
    return outcome.kind === "refused" ? refused("denied", outcome.message, outcome.uri) : outcome.identity;
  }

  #visitor(identity: Identity): Visitor {
    return new Visitor(this.#realm, this.#host, identity);
  }

  /** A signature counts once. */
  #take(pass: Pass): Refused | undefined {
    if (pass.kind !== "role" || pass.once === undefined) return undefined;
    const { id, expiresAt } = pass.once;
    // Its timestamp is by the wall clock of whoever signed.
    const now = this.#host.wallTime();
    if (this.#signatures.get(id, now) !== undefined) return refused("replayed", "Request was received before.");
    if (this.#signatures.put(id, "", expiresAt, now)) return undefined;
    return refused("full", "Too many signed requests.");
  }
}

/** The request of a Worker, which may be of another version: what is missing has its default. */
function readRequest(request: VisitRequest): VisitRequest {
  const { uri = "", args = [], kwargs = {}, options = {} } = request as Partial<VisitRequest>;
  return { uri, args, kwargs, options };
}

function identityOf({ role, authid = role, by = "router" }: RolePass): Identity {
  return { authid, authrole: role, authmethod: INTERNAL, authprovider: by };
}

type RolePass = Partial<Extract<Pass, { kind: "role" }>> & { readonly role: string };

/** What is remembered of a publication with an idempotency key. */
interface Remembered {
  /** Digest of the request's body. */
  readonly body: string;
  readonly publication: Id;
}

const ANSWER: Format<Remembered> = {
  kind: "answer",
  codec: record<Remembered>({ body: field("b", is.text), publication: field("i", is.id) }),
  steps: [answerFromFormat1],
};

function refused(reason: VisitFault, message: string, uri: Uri = WampUri.NOT_AUTHORIZED): Refused {
  return { kind: "refused", reason, uri, message };
}
