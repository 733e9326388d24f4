/** Describes a message for the reader of a tap, without credentials (docs/console-procedures.md). */

import { utf8 } from "../crypto/encoding.ts";
import { type Message, MessageType, PAYLOAD_INDEX } from "../protocol/message.ts";
import type { Payload } from "../protocol/payload.ts";
import { isOpaque } from "../protocol/payload-passthru.ts";
import { type Dict, isDict, type List, type Uri } from "../protocol/values.ts";
import { json } from "../serializers/json.ts";
import type { Frame, Serializer } from "../serializers/serializer.ts";
import type { Session } from "../session/session.ts";

/** A message as the transport of a session has it. */
export interface TappedMessage {
  readonly direction: "received" | "sent";
  /** Undefined before WELCOME. */
  readonly session: Session | undefined;
  readonly message: Message;
  /** The topic or procedure, where the router knows it. */
  readonly uri: Uri | undefined;
  /** May the payload have credentials? */
  readonly isSecret: boolean;
  /** The encoded message; sessions of the router itself have none. */
  readonly frame: Frame | undefined;
  readonly serializer: Serializer["name"] | undefined;
}

/** Stands for a credential. */
const MASK = "***";
/** Stands for options or details that are too long. */
const LONG = "…";

/** Characters of JSON that are shown of the elements before the payload; options may be as long as a message. */
const HEAD_LIMIT = 4_096;

/** Bytes of a payload that is read: a tap must not spend more on a message than the router itself. */
const MAX_READ = 65_536;

const NAMES = new Map(Object.entries(MessageType).map(([name, type]) => [type, name]));

/** The details of HELLO and WELCOME that are shown: others, such as authextra and resume_token, may be credentials. */
const SHOWN_DETAILS: ReadonlySet<string> = new Set([
  ...["realm", "roles", "agent", "authid", "authrole", "authmethod", "authmethods", "authprovider"],
  ...["resumable", "resumed", "resume-session", "_resume_received"],
]);

/** Makes the dict of a message; of its payload it has no more than `payloadLimit` characters of JSON. */
export function describeMessage(tapped: TappedMessage, time: number, payloadLimit: number): Dict {
  const { direction, session, message, uri = null, isSecret, frame, serializer = null } = tapped;
  const index = PAYLOAD_INDEX[message[0]];
  const payload = index === undefined ? undefined : (message[index] as Payload | undefined);
  const head = masked(message.slice(0, index));
  const isLong = (json.encode(head as never) as string).length > HEAD_LIMIT;
  return {
    time: new Date(time).toISOString(),
    direction,
    session: session?.id ?? null,
    authid: session?.identity.authid ?? null,
    serializer,
    bytes: typeof frame === "string" ? utf8(frame).length : (frame?.length ?? null),
    type: NAMES.get(message[0])!,
    uri,
    message: isLong ? head.map((element) => (isDict(element) ? LONG : element)) : head,
    ...describePayload(payload, head, isSecret, payloadLimit),
  };
}

/** The elements before the payload, credentials masked. */
function masked(head: List): List {
  const [type, method] = head;
  if (type === MessageType.CHALLENGE) return [type, method, MASK];
  if (type === MessageType.AUTHENTICATE) return [type, MASK, MASK];
  if (type !== MessageType.HELLO && type !== MessageType.WELCOME) return head;
  return head.map((element) => {
    if (!isDict(element)) return element;
    const entries = Object.entries(element);
    return Object.fromEntries(entries.map(([key, value]) => [key, SHOWN_DETAILS.has(key) ? value : MASK]));
  });
}

/** `payload` says how much of it is shown: none, masked, passthru, cut, whole. */
function describePayload(payload: Payload | undefined, head: List, isSecret: boolean, limit: number): Dict {
  if (payload === undefined || payload.length === 0) return { payload: "none", payload_bytes: 0 };
  const { size: payload_bytes } = payload;
  if (isSecret) return { payload: "masked", payload_bytes };
  if (isOpaque((head.find(isDict) as Dict | undefined) ?? {})) return { payload: "passthru", payload_bytes };
  if (payload_bytes > MAX_READ) return { payload: "cut", payload_bytes };
  const text = payload.rawFor(json) as string;
  if (text.length <= limit) return { payload: "whole", payload_bytes, ...payload.values };
  return { payload: "cut", payload_bytes, text: text.slice(0, limit).toWellFormed() };
}
