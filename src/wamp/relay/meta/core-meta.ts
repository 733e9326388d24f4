/** Answers the calls of the router's procedures for all sessions of a realm: from the core's tables and by asking relays. */

import type { DecidedPermission } from "../../authorization/authorizer-request.ts";
import type { Answer } from "../../meta/explain-route.ts";
import { callMeta, findProcedure, runMeta, sendReply } from "../../meta/meta-api.ts";
import type { MetaContext } from "../../meta/meta-context.ts";
import type { MetaReply } from "../../meta/meta-procedure.ts";
import { WampError, WampUri } from "../../protocol/errors.ts";
import { isId } from "../../protocol/id.ts";
import { type Call, MessageType } from "../../protocol/message.ts";
import { Payload } from "../../protocol/payload.ts";
import type { Match, Pattern } from "../../protocol/uri.ts";
import type { Dict, Id, Uri } from "../../protocol/values.ts";
import { NO_CLIENT } from "../../session/no-client.ts";
import { type Identity, Session } from "../../session/session.ts";
import type { InterestTable } from "../broker/interest-table.ts";
import { GrowingNumbers } from "../link/growing-numbers.ts";
import type { RemoteOrigin, SessionsByRole, ToCore } from "../link/messages.ts";
import { CORE } from "../link/relay-ids.ts";
import { isRefusedEarly, mergeExplained } from "./core-explain.ts";
import { CoreTaps } from "./core-taps.ts";
import { Inquiries, type InquiryPorts } from "./inquiries.ts";
import { firstOf, type MergeContext } from "./merge.ts";
import { ConnectionNumbers } from "./merge-console.ts";
import { withOtherObjects } from "./other-objects.ts";
import { RelaySessions, type RelaySessionsStore } from "./relay-sessions.ts";
import { routeOf, type Spread, type Whereabouts } from "./routes.ts";

/** What the procedures ask of the core and its object. */
export interface CoreMetaPorts extends InquiryPorts {
  /** The number of the relay that has a session; any number for an id that none has made. */
  relayOf(session: Id): number;
  /** See `CoreMoves`. */
  hasMoved(session: Id): boolean;
  isMoving(session: Id): boolean;
  readonly relaySessions: RelaySessionsStore;
  /** Session id → session of a relay that holds registrations or calls. */
  remote(): ReadonlyMap<Id, Session>;
  interest(): InterestTable;
}

/** A message of a relay about procedures of the router. */
type FromRelay = Extract<ToCore, { readonly kind: "sessions" | "meta answer" | "tapped" }>;

/** A message that an object has explained, for a session of it. */
interface Explained {
  readonly first: Answer;
  /** Undefined for the core, which also explains what a role may do. */
  readonly relay: number | undefined;
  readonly subject: Session;
}

const ABSENCES: ReadonlySet<Uri> = new Set([WampUri.NO_SUCH_SUBSCRIPTION, WampUri.NO_SUCH_SESSION]);

/** Answers the core's own sessions, and those of relays, which have checked the permission of the call. */
export class CoreMeta {
  readonly sessions: RelaySessions;
  readonly taps: CoreTaps;
  readonly #ports: CoreMetaPorts;
  readonly #inquiries: Inquiries;
  readonly #where: Whereabouts & MergeContext;

  constructor(ports: CoreMetaPorts) {
    this.#ports = ports;
    this.sessions = new RelaySessions(ports.relaySessions);
    this.#inquiries = new Inquiries(ports);
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
    const tapNumbers = new GrowingNumbers(() => ports.boot());
    this.taps = new CoreTaps({
      ...{ clock: ports.host, where: this.#where, queue: (...message) => ports.queue(...message) },
      newNumber: () => tapNumbers.next(),
      taps: () => ports.realm().monitor.taps,
    });
  }

  /** Does no call wait for relays? */
  get isIdle(): boolean {
    return this.#inquiries.gatherings.isIdle;
  }

  /** Answers a call, now or within two seconds. Throws what it is refused with at once. */
  call(caller: Session, message: Call, { decisions }: DecidedPermission): void {
    const realm = this.#ports.realm();
    if (decisions !== undefined) realm.access.authorizer?.adopt(caller, decisions);
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
      case "explained":
        return this.#explain(caller, message);
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
        return this.#inquiries.gatherings.answered(relay, message);
      case "tapped":
        return this.taps.take(relay, message.number, message.payload);
    }
  }

  /** The relay has lost its sessions. */
  drop(relay: number): void {
    this.sessions.drop(relay);
    this.#inquiries.gatherings.drop(relay);
    this.taps.drop(relay);
  }

  /** Does what is due at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    this.#inquiries.gatherings.tick(now);
  }

  /** The time at which `tick` has to be called next, if any; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#inquiries.gatherings.nextDeadline();
  }

  #takeCounts(relay: number, byRole: SessionsByRole): void {
    const hadSessions = this.sessions.has(relay);
    this.sessions.set(relay, byRole);
    if (!hadSessions) this.taps.join(relay);
  }

  #context(target?: Session): MetaContext {
    const remote = this.#ports.remote();
    return withOtherObjects(this.#ports.realm(), { remote, interest: this.#ports.interest(), taps: this.taps, target });
  }

  #objectOf(id: unknown): number | undefined {
    if (!isId(id)) return undefined;
    // The ids of components are not those that `RelayIds` makes.
    if (this.#ports.realm().sessionById.has(id)) return CORE;
    const relay = this.#ports.relayOf(id);
    return this.sessions.has(relay) || this.#ports.hasMoved(id) ? relay : undefined;
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
      this.#inquiries.ask(caller, message, [relay], question, (gathered) => {
        const { authid, authrole } = firstOf<Identity>(this.#inquiries.onlyResult(gathered));
        const identity = { authid, authrole, authmethod: "", authprovider: "" };
        callMeta(this.#context(new Session(NO_CLIENT, { id: id as Id, identity, features: 0 })), caller, message);
      });
    }
  }

  #direct(caller: Session, message: Call): void {
    const [id] = message[4].args;
    const relay = this.#relayOf(id);
    if (relay === undefined) return callMeta(this.#ports.realm(), caller, message);
    this.#inquiries.ask(caller, message, [relay], message, (gathered) => {
      // Its relay has let the session go, or is about to, before it makes a change.
      if (this.#relayOf(id) !== relay || this.#ports.isMoving(id as Id)) return this.#direct(caller, message);
      sendReply(caller, message, { payload: this.#inquiries.onlyResult(gathered), afterwards: gathered.confirm });
    });
  }

  /** Asks the object of the session first: the others have a part only if it would take the message. */
  #explain(caller: Session, message: Call): void {
    const [query] = message[4].args as [Dict | undefined];
    const relay = this.#relayOf(query?.session);
    if (relay === undefined) {
      const { payload } = runMeta(this.#context(), caller, message)!;
      const subject = this.#ports.realm().sessionById.get(query?.session as Id) ?? caller;
      return this.#explainRoute(caller, message, { first: firstOf(payload), relay, subject });
    }
    this.#inquiries.ask(caller, message, [relay], message, (gathered) => {
      const { args, kwargs } = this.#inquiries.onlyResult(gathered);
      const subject = new Session(NO_CLIENT, kwargs.origin as RemoteOrigin);
      this.#explainRoute(caller, message, { first: args[0] as Answer, relay, subject });
    });
  }

  #explainRoute(caller: Session, message: Call, { first, relay, subject }: Explained): void {
    const answer = (explained: Answer, details?: Dict): void => {
      sendReply(caller, message, { payload: Payload.of([explained]) }, details);
    };
    if (isRefusedEarly(first)) return answer(first);
    const core =
      relay === undefined ? first : firstOf<Answer>(runMeta(this.#context(subject), caller, message)!.payload);
    const { action, uri, match } = first as { readonly action: string; readonly uri: Uri; readonly match: Match };
    const interest = this.#ports.interest();
    const interested = action === "publish" ? interest.relaysFor(uri, CORE) : interest.relaysOf(match, uri);
    const others =
      action === "publish" || action === "subscribe" ? [...interested].filter((each) => each !== relay) : [];
    this.#inquiries.ask(
      caller,
      message,
      others,
      message,
      (gathered) => {
        const results = gathered.answers.flatMap(({ result }) =>
          result instanceof Payload ? [firstOf<Answer>(result)] : [],
        );
        const all = [...(relay === undefined ? [] : [first]), core, ...results];
        const topics = () => Array.from(this.#topics(), (each) => each.uri);
        answer(mergeExplained({ first, core, all }, topics), this.#inquiries.detailsOf(gathered));
      },
      subject,
    );
  }

  #spread(caller: Session, message: Call, { relays, merge, changes, isPagedByCore }: Spread): void {
    const [type, request, options, uri, payload] = message;
    const question: Call = isPagedByCore ? [type, request, options, uri, Payload.NONE] : message;
    const own = this.#ownPart(caller, question);
    this.#inquiries.ask(caller, message, relays(this.#where, payload), question, (gathered) => {
      if (changes) this.#inquiries.checkAll(gathered);
      const result = own instanceof WampError ? own : own.payload;
      const merged = merge([{ object: CORE, result }, ...gathered.answers], payload, this.#where);
      const afterwards = (): void => {
        if (!(own instanceof WampError)) own.afterwards?.();
        if (changes) gathered.confirm();
      };
      sendReply(caller, message, { payload: merged, afterwards }, this.#inquiries.detailsOf(gathered));
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

  /** The topics and patterns with a subscriber; those without one leave up to 30 seconds later. */
  *#topics(): Generator<Pattern, void, undefined> {
    const interest = this.#ports.interest();
    yield* interest.patterns();
    for (const { match, topic: uri } of this.#ports.realm().broker.subscriptions.values()) {
      if (interest.relaysOf(match, uri).size === 0) yield { match, uri };
    }
  }
}
