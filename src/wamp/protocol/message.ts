/** The messages of WAMP as readonly tuples, in the order and with the codes they have on the wire. */

import type { Payload } from "./payload.ts";
import type { Dict, Id, Uri } from "./values.ts";

/** Message type codes (Message Codes and Direction). */
export const MessageType = {
  HELLO: 1,
  WELCOME: 2,
  ABORT: 3,
  CHALLENGE: 4,
  AUTHENTICATE: 5,
  GOODBYE: 6,
  ERROR: 8,
  PUBLISH: 16,
  PUBLISHED: 17,
  SUBSCRIBE: 32,
  SUBSCRIBED: 33,
  UNSUBSCRIBE: 34,
  UNSUBSCRIBED: 35,
  EVENT: 36,
  CALL: 48,
  CANCEL: 49,
  RESULT: 50,
  REGISTER: 64,
  REGISTERED: 65,
  UNREGISTER: 66,
  UNREGISTERED: 67,
  INVOCATION: 68,
  INTERRUPT: 69,
  YIELD: 70,
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

type T = typeof MessageType;

export type Hello = readonly [type: T["HELLO"], realm: Uri, details: Dict];
export type Welcome = readonly [type: T["WELCOME"], session: Id, details: Dict];
export type Abort = readonly [type: T["ABORT"], details: Dict, reason: Uri, payload?: Payload];
export type Challenge = readonly [type: T["CHALLENGE"], method: string, extra: Dict];
export type Authenticate = readonly [type: T["AUTHENTICATE"], signature: string, extra: Dict];
export type Goodbye = readonly [type: T["GOODBYE"], details: Dict, reason: Uri];
export type ErrorMessage = readonly [
  type: T["ERROR"],
  requestType: MessageType,
  request: Id,
  details: Dict,
  error: Uri,
  payload: Payload,
];
export type Publish = readonly [type: T["PUBLISH"], request: Id, options: Dict, topic: Uri, payload: Payload];
export type Published = readonly [type: T["PUBLISHED"], request: Id, publication: Id];
export type Subscribe = readonly [type: T["SUBSCRIBE"], request: Id, options: Dict, topic: Uri];
export type Subscribed = readonly [type: T["SUBSCRIBED"], request: Id, subscription: Id];
export type Unsubscribe = readonly [type: T["UNSUBSCRIBE"], request: Id, subscription: Id];
/** `details` only when the router revokes the subscription (request 0, Subscription Revocation). */
export type Unsubscribed = readonly [type: T["UNSUBSCRIBED"], request: Id, details?: Dict];
export type Event = readonly [type: T["EVENT"], subscription: Id, publication: Id, details: Dict, payload: Payload];
export type Call = readonly [type: T["CALL"], request: Id, options: Dict, procedure: Uri, payload: Payload];
export type Cancel = readonly [type: T["CANCEL"], request: Id, options: Dict];
export type Result = readonly [type: T["RESULT"], request: Id, details: Dict, payload: Payload];
export type Register = readonly [type: T["REGISTER"], request: Id, options: Dict, procedure: Uri];
export type Registered = readonly [type: T["REGISTERED"], request: Id, registration: Id];
export type Unregister = readonly [type: T["UNREGISTER"], request: Id, registration: Id];
/** `details` only when the router revokes the registration (request 0, Registration Revocation). */
export type Unregistered = readonly [type: T["UNREGISTERED"], request: Id, details?: Dict];
export type Invocation = readonly [
  type: T["INVOCATION"],
  request: Id,
  registration: Id,
  details: Dict,
  payload: Payload,
];
export type Interrupt = readonly [type: T["INTERRUPT"], request: Id, options: Dict];
export type Yield = readonly [type: T["YIELD"], request: Id, options: Dict, payload: Payload];

/** What a client may send. */
export type ClientMessage =
  | Hello
  | Abort
  | Authenticate
  | Goodbye
  | ErrorMessage
  | Publish
  | Subscribe
  | Unsubscribe
  | Call
  | Cancel
  | Register
  | Unregister
  | Yield;

/** What the router may send. */
export type RouterMessage =
  | Welcome
  | Abort
  | Challenge
  | Goodbye
  | ErrorMessage
  | Published
  | Subscribed
  | Unsubscribed
  | Event
  | Result
  | Registered
  | Unregistered
  | Invocation
  | Interrupt;

export type Message = ClientMessage | RouterMessage;

/** The options or details of a message that has none; one frozen dict, so that equality tells. */
export const NO_DETAILS: Dict = Object.freeze({});

/**
 * Message type → index of Arguments in messages that may carry a payload. What stands before it is
 * the head; the payload is always the tail, so it can stay unread (Application Payload).
 */
export const PAYLOAD_INDEX: { readonly [type: number]: number | undefined } = {
  [MessageType.ABORT]: 3,
  [MessageType.ERROR]: 5,
  [MessageType.PUBLISH]: 4,
  [MessageType.EVENT]: 4,
  [MessageType.CALL]: 4,
  [MessageType.RESULT]: 3,
  [MessageType.INVOCATION]: 4,
  [MessageType.YIELD]: 3,
};
