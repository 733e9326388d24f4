/** The stored formats of sessions and peers. */

import { storedSubscription } from "../broker/subscriptions.ts";
import { storedCall } from "../dealer/call-records.ts";
import type { RemoteCall, RemoteInvocation, RemoteRecord, UndoneRegistration } from "../dealer/dealer-record.ts";
import { storedRegistration } from "../dealer/registrations.ts";
import { storedWaitingCall } from "../dealer/waiting-call.ts";
import type { TransportInfo } from "../host/transport.ts";
import { isId } from "../protocol/id.ts";
import type { Id } from "../protocol/values.ts";
import type { Attempt } from "../session/peer.ts";
import { type ResumeRequest, storedResume } from "../session/resumable-transport.ts";
import { storedIdentity } from "../session/stored-identity.ts";
import { peerFromFormat1 } from "../stored-records/format-1.ts";
import type { Field } from "../stored-records/stored-record.ts";
import { type Format, field, list, optional, record, union, usually } from "../stored-records/stored-record.ts";
import * as is from "../stored-records/stored-values.ts";
import type { PeerRecord, SessionRecord } from "./peer-record.ts";

const undone = record<UndoneRegistration>({ request: field("q", is.id), registration: field("g", is.id) });

const storedRemote = record<RemoteRecord>({
  calls: is.several("c", record<RemoteCall>({ request: field("q", is.id), isInputOpen: usually("o", is.flag, false) })),
  invocations: is.several("i", record<RemoteInvocation>({ request: field("q", is.id), key: field("k", is.id) })),
  lastKey: optional("l", is.id),
  refused: optional("f", list(is.id)),
  undone: optional("u", list(undone)),
});

/** The format of a session in the record of its peer. */
export const storedSession = record<SessionRecord>({
  id: field("i", is.id),
  identity: field("w", storedIdentity),
  features: field("f", is.count),
  agent: optional("a", is.text),
  addedDetails: optional("d", is.dict),
  expiresAt: optional("e", is.number),
  resume: optional("l", storedResume) as Field<SessionRecord["resume"]>,
  lastInvocation: usually("n", is.count, 0) as Field<SessionRecord["lastInvocation"]>,
  lastRequest: usually("q", is.count, 0) as Field<SessionRecord["lastRequest"]>,
  abandoned: optional("b", list(is.id)) as Field<SessionRecord["abandoned"]>,
  endedInputs: optional("o", list(is.id)) as Field<SessionRecord["endedInputs"]>,
  waitingCalls: optional("v", list(storedWaitingCall)) as Field<SessionRecord["waitingCalls"]>,
  remote: optional("r", storedRemote),
  subscriptions: is.several("s", storedSubscription),
  registrations: is.several("g", storedRegistration),
  calls: is.several("c", storedCall),
});

/** The format of transport information in the record of its peer. */
export const storedTransportInfo = record<TransportInfo>({
  peer: optional("p", is.text) as Field<TransportInfo["peer"]>,
  is_secure: field("s", is.flag),
  websocket_protocol: field("w", is.text),
  http_headers_received: is.details("h"),
  http_cbtid: optional("c", is.text) as Field<TransportInfo["http_cbtid"]>,
  client_cert: optional("t", is.dict) as Field<TransportInfo["client_cert"]>,
});

const facts = optional("f", storedTransportInfo);
const network = optional("n", is.text);
const deadline = field("d", is.number);

type StateOf<Kind extends PeerRecord["kind"]> = Omit<Extract<PeerRecord, { readonly kind: Kind }>, "kind">;

const attempt = record<Attempt>({
  id: field("i", is.id),
  features: field("f", is.count),
  agent: optional("a", is.text),
  method: field("m", is.text),
  resumeRequest: optional(
    "w",
    record<ResumeRequest>({
      session: optional("s", is.id),
      token: optional("t", is.text),
      received: optional("r", is.count),
    }),
  ),
});

/** Finds the session id in a peer's record that cannot be read, for the log. */
export function sessionIn(peer: unknown): Id | undefined {
  const { s, session } = (peer ?? {}) as {
    readonly s?: { readonly i?: unknown };
    readonly session?: { readonly id?: unknown };
  };
  const id = s?.i ?? session?.id;
  return isId(id) ? id : undefined;
}

/** The format of a peer's record. */
export const PEER: Format<PeerRecord> = {
  kind: "peer",
  codec: union<PeerRecord>({
    open: record<StateOf<"open">>({ facts, network, session: field("s", storedSession) }),
    closed: record<StateOf<"closed">>({ facts, network }),
    connected: record<StateOf<"connected">>({ facts, network, deadline, hadSession: usually("h", is.flag, false) }),
    authenticating: record<StateOf<"authenticating">>({ facts, network, deadline }),
    challenged: record<StateOf<"challenged">>({
      facts,
      network,
      deadline,
      attempt: field("a", attempt),
      challengeState: is.details("m"),
    }),
    closing: record<StateOf<"closing">>({ facts, network, deadline }),
  }),
  steps: [peerFromFormat1],
};
