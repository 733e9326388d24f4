/** What `wamp.edge.tap` answers (docs/console-procedures.md#wampedgetap). */

import type { Dict, Id, List, Uri } from "../../wamp/protocol/values.ts";

/** Which messages a tap shows; everything without a key. */
export interface TapSelection {
  readonly session?: Id;
  readonly authid?: string;
  readonly uri?: Uri;
  readonly match?: string;
}

/** The first result of a tap, which says that it runs. */
export interface TapStart {
  /** ISO 8601 */
  readonly started: string;
}

/** A message that passed between the router and a client. */
export interface TapMessage {
  /** ISO 8601 */
  readonly time: string;
  readonly direction: "received" | "sent";
  /** Null before WELCOME, as is `authid`. */
  readonly session: Id | null;
  readonly authid: string | null;
  /** Null for sessions without a connection, as is `bytes`. */
  readonly serializer: string | null;
  readonly bytes: number | null;
  readonly type: string;
  readonly uri: Uri | null;
  /** The elements before the payload. */
  readonly message: List;
  readonly payload: "none" | "whole" | "cut" | "masked" | "passthru";
  readonly payload_bytes: number;
  readonly args?: List;
  readonly kwargs?: Dict;
  readonly text?: string;
  /** Messages that the tap left out before this one. */
  readonly dropped: number;
}

/** The last result of a tap that ran for its whole time. */
export interface TapSummary {
  readonly seconds: number;
  readonly shown: number;
  readonly dropped: { readonly rate: number; readonly unread: number };
}
