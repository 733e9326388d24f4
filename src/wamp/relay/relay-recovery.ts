/** What a relay does about a core that it cannot reach: requests fail, and the core hears what is left when it is back. */

import type { Clock, Log } from "../host/host.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import { MessageType, type Yield } from "../protocol/message.ts";
import type { Pattern } from "../protocol/uri.ts";
import type { RelayAuthentication } from "./authentication/relay-authentication.ts";
import type { RelayPubSub } from "./broker/relay-pubsub.ts";
import { cancelOf, type RemoteDealer } from "./dealer/remote-dealer.ts";
import { UNREACHABLE } from "./link/core-sender.ts";
import type { DownLinkStore } from "./link/down-links.ts";
import type { ToCore } from "./link/messages.ts";
import { CORE } from "./link/relay-ids.ts";
import type { SessionCounts } from "./meta/session-counts.ts";
import type { RelayMoves } from "./resume/relay-moves.ts";

/** The parts of the relay that are concerned. */
export interface RelayRecoveryParts {
  readonly host: Clock & Log;
  readonly down: DownLinkStore;
  readonly pubsub: RelayPubSub;
  readonly dealer: RemoteDealer;
  readonly moves: Pick<RelayMoves, "leaving">;
  readonly authentication: Pick<RelayAuthentication, "questions" | "roles" | "logOuts">;
  readonly counts: SessionCounts;
  /** Queues a message for the core; `onProcessed` is called once the core has taken it. */
  queue(message: ToCore, onProcessed: () => void): void;
}

/** Handles the outages of the link of one relay. */
export class RelayRecovery {
  readonly #parts: () => RelayRecoveryParts;

  /** `parts` is called later: the link, for which this works, is made before the parts. */
  constructor(parts: () => RelayRecoveryParts) {
    this.#parts = parts;
  }

  /**
   * The core may have taken any of these messages, but none of `later`, which follow them. Returns those to send again: a
   * call or question would run twice, and a part of a result could arrive twice, so that they fail.
   */
  failCalls(messages: readonly ToCore[], later: readonly ToCore[] = []): readonly ToCore[] {
    const { dealer, authentication } = this.#parts();
    const again = messages.flatMap((message): readonly ToCore[] => {
      // The core asks the relay of its session what has come (`UnsureInvocations`).
      if (isRedirectedOnce(message)) return [];
      if (isPartOfResult(message)) return [dealer.failResult(message.session, message.message[1])];
      if (message.kind === "ask") {
        authentication.questions.fail(message.number);
        return [];
      }
      if (message.kind !== "call" && message.kind !== "chunk") return dealer.mayResend(message) ? [message] : [];
      const session = message.kind === "call" ? message.origin.id : message.session;
      const [, request] = message.message;
      dealer.fail(session, request, WampUri.UNAVAILABLE, UNREACHABLE);
      return [cancelOf(session, request)];
    });
    // The core would end sessions that have come since.
    const kept = again.filter((message) => {
      const saysGone = message.kind === "leave" || message.kind === "moved session";
      return message.kind !== "open calls" && !(saysGone && dealer.openCallsOf(message.session) !== undefined);
    });
    // What is open now includes calls of `later`, which the core would fail before it gets them.
    const stated = new Set(again.flatMap((message) => (message.kind === "open calls" ? message.session : [])));
    return [...kept, ...later, ...[...stated].flatMap((session) => dealer.openCallsOf(session) ?? [])];
  }

  /** These messages were not acknowledged in time: publications, calls and questions fail, the others are sent again. */
  giveUp(overdue: readonly ToCore[]): readonly ToCore[] {
    this.#failPublications(overdue);
    return this.failCalls(overdue).filter(({ kind }) => kind !== "publish" && kind !== "tapped");
  }

  /** The link went down with these messages: what waits for an answer fails, so that the relay may sleep. Calls go on. */
  onDown(dropped: readonly ToCore[]): void {
    const { host, down, pubsub, dealer } = this.#parts();
    down.put({ object: CORE, since: host.now() });
    host.log({ level: "error", event: "core.down", dropped: dropped.length });
    this.giveUp(dropped);
    dealer.cancelDropped(dropped);
    pubsub.refuseAll(new WampError(WampUri.UNAVAILABLE, UNREACHABLE));
    dealer.failRequests(WampUri.UNAVAILABLE, UNREACHABLE);
  }

  /** The core answers again: it may have missed ends of sessions, answers of callees and last subscribers. */
  onUp(): void {
    const { host, down, pubsub, dealer, counts, authentication } = this.#parts();
    host.log({ level: "info", event: "core.up" });
    this.stateSessions(
      () => pubsub.interest.patterns(),
      () => down.delete(CORE),
    );
    pubsub.stateKeys();
    dealer.stateAll();
    counts.pushAgain();
    authentication.roles.compare();
    authentication.logOuts.tellAgain();
  }

  /**
   * Tells the core which sessions the relay has, because those on their way here may have been dropped, and `patterns` if
   * the core may have missed messages of the relay.
   */
  stateSessions(patterns?: () => readonly Pattern[], onProcessed = () => {}): void {
    const { dealer, moves, queue } = this.#parts();
    const only: ToCore = {
      kind: "only",
      // Read each time it is carried: sent again, it must not end what was opened since.
      get sessions() {
        return [...dealer.knownSessions(), ...moves.leaving];
      },
      get patterns() {
        return patterns?.();
      },
    };
    queue(only, onProcessed);
  }

  #failPublications(messages: readonly ToCore[]): void {
    const { host, pubsub } = this.#parts();
    const publications = messages.filter((message) => message.kind === "publish");
    for (const message of publications) pubsub.fail(message);
    const dropped = publications.filter(({ keep }) => keep?.isAcknowledged !== true).length;
    if (dropped > 0) host.log({ level: "error", event: "core.unreachable", dropped });
  }
}

/** Is it a message for a session that has left, which would get it twice? */
function isRedirectedOnce(sent: ToCore): boolean {
  if (sent.kind !== "redirect" || !("message" in sent)) return false;
  return sent.message[0] === MessageType.INVOCATION || sent.message[0] === MessageType.RESULT;
}

function isPartOfResult(
  sent: ToCore,
): sent is Extract<ToCore, { readonly kind: "request" }> & { readonly message: Yield } {
  return sent.kind === "request" && sent.message[0] === MessageType.YIELD && sent.message[2].progress === true;
}
