/** Answers the calls of the router's procedures for all sessions of a realm: from the core's tables and by asking relays. */

import { argsOf } from "../../dealer/call-results.ts";
import type { Clock, Log } from "../../host/host.ts";
import { thrown } from "../../host/log-line.ts";
import { callMeta, findProcedure, runMeta, sendReply } from "../../meta/meta-api.ts";
import type { MetaReply } from "../../meta/meta-procedure.ts";
import { WampError, WampUri } from "../../protocol/errors.ts";
import { isId } from "../../protocol/id.ts";
import { type Call, MessageType, NO_DETAILS } from "../../protocol/message.ts";
import { Payload } from "../../protocol/payload.ts";
import type { Pattern } from "../../protocol/uri.ts";
import type { Dict, Id, Uri } from "../../protocol/values.ts";
import type { Realm } from "../../realm/realm.ts";
import { type Identity, Session } from "../../session/session.ts";
import type { InterestTable } from "../broker/interest-table.ts";
import type { SessionsByRole, ToCore, ToRelay } from "../link/messages.ts";
import { CORE, type RelayIds } from "../link/relay-ids.ts";
import { CoreContext } from "./core-context.ts";
import { CoreTaps } from "./core-taps.ts";
import { type Gathered, Gatherings } from "./gatherings.ts";
import { firstOf, type MergeContext } from "./merge.ts";
import { ConnectionNumbers } from "./merge-console.ts";
import { RelaySessions, type RelaySessionsStore } from "./relay-sessions.ts";
import { routeOf, type Spread, type Whereabouts } from "./routes.ts";

/** What the procedures ask of the core and its object. */
export interface CoreMetaPorts {
  readonly host: Clock & Log;
  /** See `CorePorts.boot`. */
  boot(): number;
  readonly ids: RelayIds;
  readonly relaySessions: RelaySessionsStore;
  /** The name of a relay for operators. */
  nameOf(relay: number): string;
  /** Queues a message for a relay. */
  queue(relay: number, message: ToRelay): void;
  realm(): Realm;
  /** Session id → session of a relay that holds registrations or calls. */
  remote(): ReadonlyMap<Id, Session>;
  interest(): InterestTable;
}

/** A message of a relay about procedures of the router. */
type FromRelay = Extract<ToCore, { readonly kind: "sessions" | "meta answer" | "tapped" }>;

/** More taps than the core has between two sleeps. */
const TAPS_PER_BOOT = 2 ** 20;

/** The detail of a RESULT that lists the relays that have not answered. */
export const UNANSWERED = "_unanswered_relays";

const ABSENCES: ReadonlySet<Uri> = new Set([WampUri.NO_SUCH_SUBSCRIPTION, WampUri.NO_SUCH_SESSION]);

/** The transport of a session that stands in for one of a relay. */
const NOWHERE = { send: () => undefined, close() {}, save() {} };

/** Its callers are sessions of the core and of relays, whose relays have checked their permission. */
export class CoreMeta {
  readonly sessions: RelaySessions;
  readonly taps: CoreTaps;
  readonly #ports: CoreMetaPorts;
  readonly #gatherings: Gatherings;
  readonly #where: Whereabouts & MergeContext;

  constructor(ports: CoreMetaPorts) {
    this.#ports = ports;
    this.sessions = new RelaySessions(ports.relaySessions);
    this.#gatherings = new Gatherings(
      ports.host,
      () => ports.boot(),
      (relay, message) => ports.queue(relay, message),
    );
    this.#where = {
      get interest() {
        return ports.interest();
      },
      withSessions: () => this.sessions.relays(),
      objectOf: (id) => this.#objectOf(id),
      nameOf: (object) => (object === CORE ? "core" : ports.nameOf(object)),
      topics: () => this.#topics(),
      connections: new ConnectionNumbers(),
    };
    let tapNumber = 0;
    this.taps = new CoreTaps({
      ...{ clock: ports.host, where: this.#where, queue: (...message) => ports.queue(...message) },
      newNumber: () => ports.boot() * TAPS_PER_BOOT + ++tapNumber,
      taps: () => ports.realm().monitor.taps,
    });
  }

  /** Does no call wait for relays? */
  get isIdle(): boolean {
    return this.#gatherings.isIdle;
  }

  /** Answers a call, now or within two seconds. Throws what it is refused with at once. */
  call(caller: Session, message: Call): void {
    const realm = this.#ports.realm();
    findProcedure(realm, caller, message);
    const [, , , uri, payload] = message;
    const route = routeOf(uri, payload);
    switch (route?.kind) {
      case undefined:
        return callMeta(this.#context(), caller, message);
      case "counted":
        return this.#count(caller, message);
      case "asking":
        return this.#askForSession(caller, message, route.argument);
      case "directed":
        return this.#direct(caller, message);
      case "spread":
        return this.#spread(caller, message, route);
    }
  }

  /** Takes a message of a relay. */
  take(relay: number, message: FromRelay): void {
    switch (message.kind) {
      case "sessions":
        return this.#takeCounts(relay, message.byRole);
      case "meta answer":
        return this.#gatherings.answered(relay, message);
      case "tapped":
        return this.taps.take(relay, message.number, message.payload);
    }
  }

  /** The relay has lost its sessions. */
  drop(relay: number): void {
    this.sessions.drop(relay);
    this.#gatherings.drop(relay);
    this.taps.drop(relay);
  }

  /** Does what is due at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    this.#gatherings.tick(now);
  }

  /** The time at which `tick` has to be called next, if any; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#gatherings.nextDeadline();
  }

  #takeCounts(relay: number, byRole: SessionsByRole): void {
    const hadSessions = this.sessions.has(relay);
    this.sessions.set(relay, byRole);
    if (!hadSessions) this.taps.join(relay);
  }

  #context(target?: Session): CoreContext {
    const remote = this.#ports.remote();
    return new CoreContext(this.#ports.realm(), { remote, interest: this.#ports.interest(), taps: this.taps, target });
  }

  #objectOf(id: unknown): number | undefined {
    if (!isId(id)) return undefined;
    // The ids of components are not those that `RelayIds` makes.
    if (this.#ports.realm().sessions.byId.has(id)) return CORE;
    const relay = this.#ports.ids.relayOf(id);
    return this.sessions.has(relay) ? relay : undefined;
  }

  /** The relay that may have the session with this id; undefined for one of the core, and for none. */
  #relayOf(id: unknown): number | undefined {
    return this.#objectOf(id) || undefined;
  }

  #count(caller: Session, message: Call): void {
    const [, , , , payload] = message;
    const own = runMeta(this.#ports.realm(), caller, message)!;
    const authroles = (payload.args[0] ?? undefined) as readonly string[] | undefined;
    const count = firstOf<number>(own.payload) + this.sessions.count(authroles);
    sendReply(caller, message, { payload: Payload.of([count]) });
  }

  /** Asks the relay of the session in an argument whether the session exists, if the core does not know it. */
  #askForSession(caller: Session, message: Call, index: number): void {
    try {
      return callMeta(this.#context(), caller, message);
    } catch (error) {
      const id = message[4].args[index];
      const relay = this.#relayOf(id);
      const isUnknown = error instanceof WampError && error.uri === WampUri.NO_SUCH_SESSION;
      if (!isUnknown || relay === undefined || this.#ports.remote().has(id as Id)) throw error;
      const question: Call = [MessageType.CALL, 1, {}, "wamp.session.get", Payload.of([id])];
      this.#ask(caller, message, [relay], question, (gathered) => {
        const { authid, authrole } = firstOf<Identity>(this.#onlyResult(gathered));
        const identity = { authid, authrole, authmethod: "", authprovider: "" };
        callMeta(this.#context(new Session(NOWHERE, { id: id as Id, identity, features: 0 })), caller, message);
      });
    }
  }

  #direct(caller: Session, message: Call): void {
    const relay = this.#relayOf(message[4].args[0]);
    if (relay === undefined) return callMeta(this.#ports.realm(), caller, message);
    this.#ask(caller, message, [relay], message, (gathered) => {
      sendReply(caller, message, { payload: this.#onlyResult(gathered), afterwards: gathered.confirm });
    });
  }

  #spread(caller: Session, message: Call, { relays, merge, changes, isPagedByCore }: Spread): void {
    const [type, request, options, uri, payload] = message;
    const question: Call = isPagedByCore ? [type, request, options, uri, Payload.NONE] : message;
    const own = this.#ownPart(caller, question);
    this.#ask(caller, message, relays(this.#where, payload), question, (gathered) => {
      if (changes) this.#checkAll(gathered);
      const result = own instanceof WampError ? own : own.payload;
      const merged = merge([{ object: CORE, result }, ...gathered.answers], payload, this.#where);
      const afterwards = (): void => {
        if (!(own instanceof WampError)) own.afterwards?.();
        if (changes) gathered.confirm();
      };
      sendReply(caller, message, { payload: merged, afterwards }, this.#detailsOf(gathered));
    });
  }

  /** The core's part of an answer; that something is not there is its part, too. Throws other errors. */
  #ownPart(caller: Session, message: Call): MetaReply | WampError {
    try {
      return runMeta(this.#ports.realm(), caller, message)!;
    } catch (error) {
      if (error instanceof WampError && ABSENCES.has(error.uri)) return error;
      throw error;
    }
  }

  /**
   * Asks relays a question of the caller, and calls `act` with what they answer. If there are none, its errors are thrown
   * as those of any call; later they are sent to the caller, unless its session has ended.
   */
  #ask(
    caller: Session,
    message: Call,
    relays: Iterable<number>,
    question: Call,
    act: (gathered: Gathered) => void,
  ): void {
    const { byId } = this.#ports.realm().sessions;
    // A session that is in no table is one of a relay, or ends with its one request.
    const isListed = byId.has(caller.id);
    let isNow = true;
    this.#gatherings.ask(relays, caller, question, (gathered) => {
      if (isNow) return act(gathered);
      if (isListed && byId.get(caller.id) !== caller) return;
      try {
        act(gathered);
      } catch (error) {
        this.#refuse(caller, message, error);
      }
    });
    isNow = false;
  }

  #refuse(caller: Session, [type, request, , procedure]: Call, error: unknown): void {
    if (error instanceof WampError) {
      caller.transport.send([MessageType.ERROR, type, request, NO_DETAILS, error.uri, error.payload]);
      return;
    }
    this.#ports.host.log({ level: "error", event: "message.failed", session: caller.id, procedure, ...thrown(error) });
    const text = argsOf("internal error");
    caller.transport.send([MessageType.ERROR, type, request, NO_DETAILS, WampUri.INTERNAL_ERROR, text]);
  }

  /** The answer of the one relay that was asked; throws its error. */
  #onlyResult(gathered: Gathered): Payload {
    this.#checkAll(gathered);
    const [answer] = gathered.answers;
    // The relay has lost its sessions meanwhile.
    if (answer === undefined) throw new WampError(WampUri.NO_SUCH_SESSION, "the session has ended");
    if (answer.result instanceof WampError) throw answer.result;
    return answer.result;
  }

  #checkAll({ unanswered }: Gathered): void {
    if (unanswered.length === 0) return;
    const names = unanswered.map((relay) => this.#ports.nameOf(relay)).join(", ");
    throw new WampError(WampUri.UNAVAILABLE, `relays of the realm cannot be reached: ${names}`);
  }

  #detailsOf({ unanswered }: Gathered): Dict {
    if (unanswered.length === 0) return NO_DETAILS;
    return { [UNANSWERED]: unanswered.map((relay) => this.#ports.nameOf(relay)) };
  }

  /** The topics and patterns with a subscriber; those without one leave up to 30 seconds later. */
  *#topics(): Generator<Pattern, void, undefined> {
    const interest = this.#ports.interest();
    yield* interest.patterns();
    for (const { match, topic: uri } of this.#ports.realm().broker.subscriptions.values()) {
      if (interest.relaysOf(match, uri).size === 0) yield { match, uri };
    }
  }
}
