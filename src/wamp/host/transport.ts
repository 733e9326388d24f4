/** The connection of one client, as the core sees it. */

import type { RouterMessage } from "../protocol/message.ts";
import type { Match } from "../protocol/uri.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";

/** One client's connection: the only way a message leaves the core. */
export interface Transport {
  /** What the session meta API tells of the connection. */
  readonly details?: Dict | undefined;
  /** The id of a registration or subscription that the session creates, if it is to be the same after every sleep. */
  idFor?(kind: "registration" | "subscription", match: Match, uri: Uri): Id;
  /** Queues a message; what is sent first arrives first. Says at once what cannot be sent. */
  send(message: RouterMessage): SendFault | undefined;
  /** Closes after what was sent, with a WebSocket close code and a reason of at most 123 bytes. */
  close(code: number, reason: string): void;
  /** What `Realm.record` tells of this connection has changed; it is stored before the object can sleep. */
  save(): void;
}

/** Why a message did not go out. */
export type SendFault = "closed" | "too large";

/**
 * What the router itself knows of a client's way in, in Crossbar.io's words; authenticators get it as
 * `details.transport`, and nothing of it comes from the client's HELLO (WS-29).
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
  /** What the platform tells of a TLS client certificate it has verified. */
  readonly client_cert?: Dict;
}
