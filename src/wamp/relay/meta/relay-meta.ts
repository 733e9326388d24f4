/** The part of a relay in the procedures of the router: it answers what concerns its own sessions, and asks the core. */

import { argsOf } from "../../dealer/call-results.ts";
import { Deadlines } from "../../host/deadlines.ts";
import type { Clock, Log } from "../../host/host.ts";
import { thrown } from "../../host/log-line.ts";
import { META_PROCEDURES, runMeta } from "../../meta/meta-api.ts";
import { WampError, WampUri } from "../../protocol/errors.ts";
import { type Call, MessageType, NO_DETAILS, type RouterMessage } from "../../protocol/message.ts";
import { Payload } from "../../protocol/payload.ts";
import type { Dict, Id, Uri } from "../../protocol/values.ts";
import type { Realm } from "../../realm/realm.ts";
import { NO_CLIENT } from "../../session/no-client.ts";
import { Session } from "../../session/session.ts";
import type { MetaAnswer, MetaRequest, ToCore, ToRelay } from "../link/messages.ts";
import { EXPLAIN } from "./core-explain.ts";
import { withOtherObjects } from "./other-objects.ts";
import { RelayTaps } from "./relay-taps.ts";
import { concernsCaller, routeOf } from "./routes.ts";

/** What the procedures ask of the relay. */
export interface RelayMetaPorts {
  readonly host: Clock & Log;
  realm(): Realm;
  /** Queues a message for the core. */
  send(message: ToCore): void;
}

/** How long a relay keeps changes that the core has not confirmed: longer than the core waits for answers. */
const HELD_MS = 8_000;

/** A message of the core about procedures of the router. */
type FromCore = Extract<ToRelay, { readonly kind: "meta" | "meta done" | "tap" | "untap" }>;

/** Changes that follow an answer. */
interface Held {
  readonly number: number;
  readonly act: () => void;
}

/** Changes wait until all objects have answered and the caller has its RESULT; otherwise no object makes them. */
export class RelayMeta {
  readonly #ports: RelayMetaPorts;
  readonly #byNumber = new Map<number, Held>();
  readonly #held = new Deadlines<Held>();

  readonly #taps: RelayTaps;

  constructor(ports: RelayMetaPorts) {
    this.#ports = ports;
    this.#taps = new RelayTaps(ports);
  }

  /** Does no change wait for the core? */
  get isIdle(): boolean {
    return this.#held.size === 0;
  }

  /** Says whether the relay answers a call of one of its sessions without the core. */
  answers([, , , uri, payload]: Call): boolean {
    const realm = this.#ports.realm();
    if (!realm.hasMetaApi || META_PROCEDURES[uri] === undefined || concernsCaller(uri)) return true;
    return routeOf(uri, payload)?.kind === "directed" && realm.sessionById.has(payload.args[0] as Id);
  }

  /** Takes a message of the core. */
  take(message: FromCore): void {
    switch (message.kind) {
      case "meta":
        return this.#run(message);
      case "meta done":
        return this.#confirm(message.number);
      case "tap":
        return this.#taps.start(message);
      case "untap":
        return this.#taps.stop(message.number);
    }
  }

  /** Hides a result of a tap from the taps of the relay, which would otherwise show it to its own reader. */
  hide(message: RouterMessage): void {
    if (message[0] === MessageType.RESULT) this.#ports.realm().monitor.taps.hide(message[3]);
  }

  /** Forgets changes that the core has not confirmed by `now`, milliseconds since the epoch. */
  tick(now: number): void {
    for (const held of this.#held.takeExpired(now)) this.#forget(held);
  }

  /** The time at which `tick` has to be called next, if any; milliseconds since the epoch. */
  nextDeadline(): number | undefined {
    return this.#held.next();
  }

  #run({ number, caller, message }: MetaRequest): void {
    // Only the caller itself is spared by the procedures that end sessions.
    const session = this.#ports.realm().sessionById.get(caller.id) ?? new Session(NO_CLIENT, caller);
    this.#ports.send({ kind: "meta answer", number, message: this.#answer(number, session, message) });
  }

  #confirm(number: number): void {
    const held = this.#byNumber.get(number);
    if (held === undefined) return;
    this.#forget(held);
    held.act();
  }

  #answer(number: number, session: Session, message: Call): MetaAnswer["message"] {
    const [type, request, , procedure] = message;
    const error = (uri: Uri, payload: Payload): MetaAnswer["message"] => {
      return [MessageType.ERROR, type, request, NO_DETAILS, uri, payload];
    };
    try {
      if (procedure === EXPLAIN) return [MessageType.RESULT, request, NO_DETAILS, this.#explain(session, message)];
      const { payload, afterwards } = runMeta(this.#ports.realm(), session, message)!;
      if (afterwards !== undefined) this.#hold(number, afterwards);
      return [MessageType.RESULT, request, NO_DETAILS, payload];
    } catch (fault) {
      if (fault instanceof WampError) return error(fault.uri, fault.payload);
      this.#ports.host.log({
        level: "error",
        event: "message.failed",
        session: session.id,
        procedure,
        ...thrown(fault),
      });
      return error(WampUri.INTERNAL_ERROR, argsOf("internal error"));
    }
  }

  /** The caller stands for the session that is explained, where that is elsewhere; else the core learns who it is. */
  #explain(session: Session, message: Call): Payload {
    const realm = this.#ports.realm();
    const context = withOtherObjects(realm, { remote: new Map([[session.id, session]]) });
    const { payload } = runMeta(context, session, message)!;
    const subject = realm.sessionById.get((message[4].args[0] as Dict).session as Id);
    if (subject === undefined) return payload;
    const { id, identity, features } = subject;
    return Payload.of(payload.args, { origin: { id, identity: { ...identity }, features } });
  }

  #hold(number: number, act: () => void): void {
    const held = { number, act };
    const until = this.#ports.host.now() + HELD_MS;
    this.#byNumber.set(number, held);
    this.#held.set(held, until);
    this.#ports.host.setAlarm(until);
  }

  #forget(held: Held): void {
    this.#held.delete(held);
    if (this.#byNumber.get(held.number) === held) this.#byNumber.delete(held.number);
  }
}
