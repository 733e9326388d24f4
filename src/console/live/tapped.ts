/** What a list shows of a message of a tap. */

import type { Uri } from "../../wamp/protocol/values.ts";
import type { TapMessage } from "../session/tap-message.ts";
import type { LiveMessage } from "./message-log.ts";

/** Message type → index of the URI that says what went wrong, or why the session ends. */
const FAULTS: Readonly<Record<string, number>> = { ERROR: 4, ABORT: 2, GOODBYE: 2 };

/** Type of the request that an ERROR is for → the action that was refused. */
const ACTIONS: Readonly<Record<number, string>> = { 16: "publish", 32: "subscribe", 48: "call", 64: "register" };

/** Makes the message of a list; `hasOneSession` leaves out who the client is. */
export function listed(tapped: TapMessage, hasOneSession: boolean): LiveMessage {
  const { time, direction, session, authid, serializer, bytes, type, uri, message, dropped } = tapped;
  const fault = message[FAULTS[type] ?? message.length];
  return {
    time: clockOf(time),
    way: direction === "received" ? "from" : "to",
    ...(!hasOneSession && { who: authid ?? "a client without a session" }),
    type,
    ...(uri !== null && { uri }),
    ...(typeof fault === "string" && { fault: fault as Uri }),
    ...questionOf(tapped),
    ...(bytes !== null && { bytes }),
    ...payloadOf(tapped),
    ...(session !== null && !hasOneSession && { session }),
    facts: { time, ...(serializer !== null && { serializer }), message },
    dropped,
  };
}

/** What to ask about a request that was refused to a session. */
function questionOf({ type, uri, session, message }: TapMessage): Pick<LiveMessage, "question"> {
  const action = ACTIONS[Number(message[1])];
  const isRefused = type === "ERROR" && message[FAULTS[type]!] === "wamp.error.not_authorized";
  if (!isRefused || action === undefined || uri === null || session === null) return {};
  return { question: { action, uri, who: String(session) } };
}

function payloadOf({ payload, payload_bytes, args, kwargs, text }: TapMessage): Partial<LiveMessage> {
  const size = `${payload_bytes.toLocaleString("en-US")} bytes`;
  switch (payload) {
    case "none":
      return {};
    case "whole":
      return { args: args ?? [], kwargs: kwargs ?? {} };
    case "cut":
      return { text: text ?? "", note: text === undefined ? `payload of ${size}, not read` : `… cut, of ${size}` };
    case "masked":
      return { note: `payload of ${size}, masked: it may have credentials` };
    case "passthru":
      return { note: `opaque payload of ${size}` };
  }
}

/** "14:03:22.123" of the browser's time zone. */
function clockOf(time: string): string {
  const date = new Date(time);
  return `${date.toLocaleTimeString("en-GB")}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
