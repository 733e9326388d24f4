/** Planted faults: the model test must find each of them. */

import { vi } from "vitest";
import { Acknowledgments } from "../../../../src/wamp/broker/acknowledgments.ts";
import { SessionResume } from "../../../../src/wamp/hibernation/session-resume.ts";
import { MessageType } from "../../../../src/wamp/protocol/message.ts";
import { RelayInterest } from "../../../../src/wamp/relay/broker/relay-interest.ts";
import { RetainedRequests } from "../../../../src/wamp/relay/broker/retained-requests.ts";
import { StoredPublications } from "../../../../src/wamp/relay/broker/stored-publications.ts";
import { ToldRelays } from "../../../../src/wamp/relay/broker/told-topics.ts";
import { Handover } from "../../../../src/wamp/relay/dealer/handover.ts";
import { RemoteRequests } from "../../../../src/wamp/relay/dealer/remote-requests.ts";
import { RemoteSessions } from "../../../../src/wamp/relay/dealer/remote-sessions.ts";
import type { Batch } from "../../../../src/wamp/relay/link/batch.ts";
import { LinkReceiver } from "../../../../src/wamp/relay/link/link-receiver.ts";
import { LinkSender } from "../../../../src/wamp/relay/link/link-sender.ts";
import { RelayRecovery } from "../../../../src/wamp/relay/relay-recovery.ts";
import { CoreMoves } from "../../../../src/wamp/relay/resume/core-moves.ts";
import { RelayMoves } from "../../../../src/wamp/relay/resume/relay-moves.ts";
import type { Mode } from "./conversations.ts";

const RESUMED: Mode = "with sessions that are resumed elsewhere";
const RESUMED_IN_CRASHES: Mode = "with sessions that are resumed elsewhere, and objects that crash";

type Receiver = LinkReceiver<unknown>;

const { receive } = LinkReceiver.prototype;
const { adopt } = SessionResume.prototype;
const { isConfirmed, ask } = RelayInterest.prototype;
const { queue } = LinkSender.prototype;

/** Larger than any stream of the model. */
let nextStream = 2 ** 50;

/** SUBSCRIBED goes out before the core knows of the subscription. */
function subscribeAtOnce(): void {
  vi.spyOn(RelayInterest.prototype, "isConfirmed").mockImplementation(function (this: RelayInterest, match, uri) {
    if (!isConfirmed.call(this, match, uri)) ask.call(this, match, uri, 0, () => {});
    return true;
  });
}

/** A receiver processes whatever comes, in the order in which it comes. */
function ignoreNumbers(): void {
  vi.spyOn(LinkReceiver.prototype, "receive").mockImplementation(function (this: Receiver, batch: Batch<unknown>) {
    receive.call(this, { ...batch, stream: nextStream++, seq: 1, isRetry: false });
    return { stream: batch.stream, received: batch.seq, isForgotten: false };
  });
}

/** The core does not tell the relays that a topic is used again. */
function revokeNothing(): void {
  vi.spyOn(ToldRelays.prototype, "revoke").mockReturnValue([]);
}

/** The core confirms a subscription before the relays have forgotten that the topic was unused. */
function confirmTooEarly(): void {
  vi.spyOn(LinkSender.prototype, "queue").mockImplementation(function (this: LinkSender<unknown>, message, onEnd) {
    queue.call(this, message);
    onEnd?.("processed");
  });
}

/** A core that has slept or crashed processes again what it may have processed before. */
function acceptRetries(): void {
  vi.spyOn(LinkReceiver.prototype, "receive").mockImplementation(function (this: Receiver, batch: Batch<unknown>) {
    return receive.call(this, { ...batch, isRetry: false });
  });
}

/** A relay sends calls again that a core may have made before it crashed. */
function repeatCalls(): void {
  vi.spyOn(RelayRecovery.prototype, "failCalls").mockImplementation((messages) => messages);
}

/** The core forgets the registrations and calls of relays when it sleeps. */
function restoreNothing(): void {
  vi.spyOn(RemoteSessions.prototype, "wake").mockReturnValue([]);
}

/** The sessions of a relay that has crashed stay at the core. */
function dropNothing(): void {
  vi.spyOn(RemoteSessions.prototype, "drop").mockImplementation(() => {});
}

/** Relays are not told of invocations that are over without their callees' answers. */
function keepInvocations(): void {
  vi.spyOn(RemoteRequests.prototype, "tellOver").mockImplementation(() => {});
}

/** A core that has crashed knows of the events it has stored, but not that it has. */
function forgetCounts(): void {
  vi.spyOn(StoredPublications.prototype, "save").mockImplementation(() => {});
}

/** Publishers get PUBLISHED before their events are stored. */
function acknowledgeAtOnce(): void {
  vi.spyOn(Acknowledgments.prototype, "add").mockImplementation((publisher, request, publication) => {
    publisher.transport.send([MessageType.PUBLISHED, request, publication]);
  });
}

/** What a relay's sessions publish while the core is asked for retained events is lost for the new subscriber. */
function noteNothing(): void {
  vi.spyOn(RetainedRequests.prototype, "note").mockImplementation(() => {});
}

/** Events that the taker of a session gets before the session are lost. */
function loseEventsOfMoves(): void {
  vi.spyOn(SessionResume.prototype, "adopt").mockImplementation(function (this: SessionResume, texts, _, restore) {
    return adopt.call(this, texts, [], restore);
  });
}

/** The core sends what a session gets to its former relay while the session is on its way. */
function holdNothing(): void {
  vi.spyOn(CoreMoves.prototype, "hold").mockReturnValue(false);
  vi.spyOn(RelayMoves.prototype, "redirect").mockImplementation(() => {});
}

/** What a session held at the core stays with its relay when the session comes to the core. */
function loseCallsOfMoves(): void {
  vi.spyOn(Handover.prototype, "arrive").mockImplementation(() => {});
}

/** What the core has kept for a session that comes to it is lost. */
function loseMessagesOfMoves(): void {
  vi.spyOn(Handover.prototype, "take").mockImplementation(() => {});
}

/** A session is lost if the core crashes while it moves. */
function repeatNoMoves(): void {
  vi.spyOn(RelayMoves.prototype, "repeat").mockImplementation(() => {});
}

/** Sessions that have outlived the crash of their relay believe in what they held. */
function keepParked(): void {
  vi.spyOn(RelayMoves.prototype, "begin").mockImplementation(() => {});
}

/** A fault that can be planted. */
interface Fault {
  readonly name: string;
  /** Plants it, until `vi.restoreAllMocks`. */
  plant(): void;
  /** How it shows, where that is known. */
  readonly sign?: RegExp;
  /** The first seed to try, 1 by default: a rare fault shows soon from here. */
  readonly from?: number;
}

/** These need sessions that are resumed elsewhere. */
export const FAULTS_OF_MOVES: readonly (Fault & { readonly mode: Mode })[] = [
  { name: "sessions that move without the events of meanwhile", plant: loseEventsOfMoves, mode: RESUMED },
  { name: "a core that holds nothing for sessions that move", plant: holdNothing, mode: RESUMED, from: 40 },
  { name: "sessions that come to the core without their calls", plant: loseCallsOfMoves, mode: RESUMED },
  { name: "sessions that come to the core without what was kept for them", plant: loseMessagesOfMoves, mode: RESUMED },
  { name: "sessions that are lost where the core crashes", plant: repeatNoMoves, mode: RESUMED_IN_CRASHES },
  { name: "sessions that believe in what a crash has ended", plant: keepParked, mode: RESUMED_IN_CRASHES },
];

/** These need crashes. */
export const FAULTS: readonly Fault[] = [
  { name: "subscriptions without confirmation", plant: subscribeAtOnce },
  { name: "batches without sequence numbers", plant: ignoreNumbers },
  { name: "no revocation of unused topics", plant: revokeNothing },
  { name: "a confirmation that does not wait for revocations", plant: confirmTooEarly },
  { name: "retries after a restart", plant: acceptRetries, from: 190 },
  { name: "calls that a crashed core may have made, sent again", plant: repeatCalls, sign: /was made twice/ },
  { name: "a core that forgets in its sleep", plant: restoreNothing },
  { name: "stored publications without written counts", plant: forgetCounts, from: 40 },
  { name: "PUBLISHED before the write", plant: acknowledgeAtOnce },
  { name: "retained events without what is published meanwhile", plant: noteNothing },
  { name: "relays that keep invocations which are over", plant: keepInvocations },
  { name: "a core that keeps the sessions of a crashed relay", plant: dropNothing },
];
