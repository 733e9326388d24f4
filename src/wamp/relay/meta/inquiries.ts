/** Asks relays on behalf of callers, and sends the callers what comes of it. */

import { argsOf } from "../../dealer/call-results.ts";
import type { Clock, Log } from "../../host/host.ts";
import { thrown } from "../../host/log-line.ts";
import { WampError, WampUri } from "../../protocol/errors.ts";
import { type Call, MessageType, NO_DETAILS } from "../../protocol/message.ts";
import type { Payload } from "../../protocol/payload.ts";
import type { Dict } from "../../protocol/values.ts";
import type { Realm } from "../../realm/realm.ts";
import type { Session } from "../../session/session.ts";
import type { RemoteOrigin, ToRelay } from "../link/messages.ts";
import { type Gathered, Gatherings } from "./gatherings.ts";

/** What the inquiries ask of the core. */
export interface InquiryPorts {
  readonly host: Clock & Log;
  /** See `CorePorts.boot`. */
  boot(): number;
  realm(): Realm;
  /** The name of a relay for operators. */
  nameOf(relay: number): string;
  /** Queues a message for a relay. */
  queue(relay: number, message: ToRelay): void;
}

/** The detail of a RESULT that lists the relays that have not answered. */
const UNANSWERED = "_unanswered_relays";

/** The inquiries that wait for relays. */
export class Inquiries {
  readonly gatherings: Gatherings;
  readonly #ports: InquiryPorts;

  constructor(ports: InquiryPorts) {
    this.#ports = ports;
    const boot = () => ports.boot();
    this.gatherings = new Gatherings(ports.host, boot, (relay, message) => ports.queue(relay, message));
  }

  /**
   * Asks relays a question of the caller, and calls `act` with what they answer. If there are none, its errors are thrown
   * as those of any call; later they are sent to the caller, unless its session has ended.
   */
  ask(
    caller: Session,
    message: Call,
    relays: Iterable<number>,
    question: Call,
    act: (gathered: Gathered) => void,
    asking: RemoteOrigin = caller,
  ): void {
    const { byId } = this.#ports.realm().sessions;
    // A session that is in no table is one of a relay, or ends with its one request.
    const isListed = byId.has(caller.id);
    let isNow = true;
    this.gatherings.ask(relays, asking, question, (gathered) => {
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

  /** The answer of the one relay that was asked; throws its error. */
  onlyResult(gathered: Gathered): Payload {
    this.checkAll(gathered);
    const [answer] = gathered.answers;
    // The relay has lost its sessions meanwhile.
    if (answer === undefined) throw new WampError(WampUri.NO_SUCH_SESSION, "the session has ended");
    if (answer.result instanceof WampError) throw answer.result;
    return answer.result;
  }

  /** Throws unavailable unless all relays have answered. */
  checkAll({ unanswered }: Gathered): void {
    if (unanswered.length === 0) return;
    const names = unanswered.map((relay) => this.#ports.nameOf(relay)).join(", ");
    throw new WampError(WampUri.UNAVAILABLE, `relays of the realm cannot be reached: ${names}`);
  }

  /** The details of a RESULT, which name the relays that have not answered. */
  detailsOf({ unanswered }: Gathered): Dict {
    if (unanswered.length === 0) return NO_DETAILS;
    return { [UNANSWERED]: unanswered.map((relay) => this.#ports.nameOf(relay)) };
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
}
