/** What the core does about a relay that it cannot reach: calls fail, and the relay states what it has when it is back. */

import type { Clock, Log } from "../host/host.ts";
import { WampUri } from "../protocol/errors.ts";
import { type Invocation, MessageType } from "../protocol/message.ts";
import type { ToldRelays } from "./broker/told-topics.ts";
import { errorOf } from "./dealer/lost-calls.ts";
import type { RemoteRequests } from "./dealer/remote-requests.ts";
import type { RemoteSessions } from "./dealer/remote-sessions.ts";
import type { DownLinkStore } from "./link/down-links.ts";
import type { ToRelay } from "./link/messages.ts";

/** The parts of the core that are concerned. */
export interface CoreRecoveryParts {
  readonly host: Clock & Log;
  readonly down: DownLinkStore;
  readonly told: ToldRelays;
  readonly remote: RemoteSessions;
  readonly requests: RemoteRequests;
  /** Queues a message for a relay; `onProcessed` is called once the relay has taken it. */
  queue(relay: number, message: ToRelay, onProcessed: () => void): void;
}

const DROPPED: ReadonlySet<ToRelay["kind"]> = new Set(["publish", "meta"]);

/** Handles the outages of all links of the core. */
export class CoreRecovery {
  readonly #parts: () => CoreRecoveryParts;

  /** `parts` is called later: the links, for which this works, are made before the parts. */
  constructor(parts: () => CoreRecoveryParts) {
    this.#parts = parts;
  }

  /**
   * These messages were not acknowledged in time, though the relay may have taken them. Returns those that are sent until
   * it does or begins a new epoch, and that do no harm twice. Publications are dropped; invocations and results in parts
   * fail with their calls.
   */
  giveUp(relay: number, overdue: readonly ToRelay[]): readonly ToRelay[] {
    const { host, requests } = this.#parts();
    // The caller of a procedure of the router has got its answer without this relay.
    const kept = overdue.filter((message) => !(DROPPED.has(message.kind) || isInvocation(message)));
    const dropped = overdue.filter(({ kind }) => kind === "publish").length;
    if (dropped > 0) host.log({ level: "error", event: "relay.unreachable", relay, dropped });
    this.#failInvocations(requests, overdue);
    return failResults(requests, kept);
  }

  /** The link to the relay went down with these messages. The relay may not forward what it should. */
  onDown(relay: number, dropped: readonly ToRelay[]): void {
    const { host, down, told, requests } = this.#parts();
    down.put({ object: relay, since: host.now() });
    told.doubt(relay);
    host.log({ level: "error", event: "relay.down", relay, dropped: dropped.length });
    this.#failInvocations(requests, dropped);
    failResults(requests, dropped);
  }

  /** The relay answers again. */
  onUp(relay: number): void {
    const { host, down, told, remote, queue } = this.#parts();
    host.log({ level: "info", event: "relay.up", relay });
    told.clear(relay);
    queue(relay, { kind: "restate" }, () => down.delete(relay));
    remote.sendAgain(relay);
  }

  /** The relay has lost its sessions, and begins anew. */
  drop(relay: number): void {
    this.#parts().down.delete(relay);
  }

  #failInvocations(requests: RemoteRequests, messages: readonly ToRelay[]): void {
    for (const message of messages) {
      if (isInvocation(message)) requests.failInvocation(message.session, message.message[1]);
    }
  }
}

/** Ends the calls of which a part of the result may be lost, or arrive twice; their last parts become errors. */
function failResults(requests: RemoteRequests, messages: readonly ToRelay[]): readonly ToRelay[] {
  const ended = new Set<string>();
  return messages.flatMap((sent): readonly ToRelay[] => {
    if (sent.kind !== "send" || sent.message[0] !== MessageType.RESULT) return [sent];
    const { session, message } = sent;
    const [, request, details] = message;
    const call = `${session} ${request}`;
    if (details.progress === true) {
      if (!ended.has(call)) requests.endCall(session, request);
      ended.add(call);
      return [];
    }
    if (!ended.has(call)) return [sent];
    const lost = errorOf(MessageType.CALL, request, WampUri.UNAVAILABLE, "a part of the result was lost");
    return [{ kind: "send", session, message: lost }];
  });
}

function isInvocation(
  message: ToRelay,
): message is Extract<ToRelay, { kind: "send" }> & { readonly message: Invocation } {
  return message.kind === "send" && message.message[0] === MessageType.INVOCATION;
}
