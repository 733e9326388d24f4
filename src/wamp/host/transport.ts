/** The connection of one client, as the core sees it. */

import type { RouterMessage } from "../protocol/message.ts";
import type { Match } from "../protocol/uri.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";

/** One client's connection: the only way a message leaves the core. */
export interface Transport {
  /** Details of the connection for the session meta API. */
  readonly details?: Dict | undefined;
  /** What the connection has carried since the object woke; undefined where nothing is counted. */
  readonly traffic?: Traffic | undefined;
  /** Do messages wait because the client has not read earlier ones, or has no connection? */
  readonly isBehind?: boolean | undefined;
  /** A fixed id for a registration or subscription that the session creates, if it must survive sleep. */
  idFor?(kind: "registration" | "subscription", match: Match, uri: Uri): Id;
  /** Queues a message; messages arrive in order. Returns why a message cannot be sent. */
  send(message: RouterMessage): SendFault | undefined;
  /** Closes after all queued messages, with a WebSocket close code and a reason of at most 123 bytes. */
  close(code: number, reason: string): void;
  /** Has `Realm.record` of this connection stored before the object can sleep. */
  save(): void;
}

/** Counters of one connection, which go on counting. */
export interface Traffic {
  readonly messagesSent: number;
  /** Bytes of the client's frames; text counts one byte a code unit. */
  readonly bytesReceived: number;
  /** Bytes; text counts one byte a code unit. */
  readonly unread: {
    /** All bytes that were sent. */
    readonly sent: number;
    /** Of these, the bytes that wait in the router until the client has read others. */
    readonly queued: number;
    /** Of these, the bytes that the platform has and the client is not known to have read; may be negative. */
    readonly handedOver: number;
    /** Whether the client has proved at all what it has read: of one that only receives, nothing is known. */
    readonly hasProved: boolean;
  };
}

/** Why a message was not sent. */
export type SendFault = "closed" | "too large" | "busy";

/**
 * What the router knows of a client's connection, with Crossbar.io's keys; authenticators get it as
 * `details.transport`. No value comes from the client's HELLO (WS-29).
 */
export interface TransportInfo {
  /** The client's address. */
  readonly peer?: string;
  readonly is_secure: boolean;
  readonly websocket_protocol: string;
  /** Names in lower case. */
  readonly http_headers_received: Dict;
  /** The id in the tracking cookie, if the cookie is one of this realm. */
  readonly http_cbtid?: string;
  /** The TLS client certificate as the platform verified it. */
  readonly client_cert?: Dict;
}
