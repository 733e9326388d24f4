/** Routes WebSockets whose URL names no realm: the Worker reads HELLO and connects the socket to the realm's object. */

import { DEFAULT_LIMITS } from "../../wamp/config/limits.ts";
import { thrown } from "../../wamp/host/log-line.ts";
import { CloseCode } from "../../wamp/protocol/close-code.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import { MessageType } from "../../wamp/protocol/message.ts";
import { realmFault } from "../../wamp/realm/handshake.ts";
import { DecodeFault } from "../../wamp/serializers/serializer.ts";
import type { Subprotocol } from "../../wamp/serializers/subprotocols.ts";
import { negotiate } from "../../wamp/serializers/subprotocols.ts";
import type { Config } from "../config/config-schema.ts";
import type { WorkerRealmConfig } from "../config/realm-config.ts";
import { realmFor } from "../config/realm-lookup.ts";
import { closeSocket } from "../platform/close-socket.ts";
import type { Env } from "../platform/env.ts";
import { writeLog } from "../platform/log.ts";
import { checkRealmAdmission } from "./admission.ts";
import { queryFault } from "./relay-choice.ts";
import { connectToRealm, FULL } from "./relay-routing.ts";
import { isStopping, onStop } from "./shutdown.ts";
import { upgradeResponse } from "./upgrade.ts";

/**
 * Accepts a socket of an unknown realm, to answer HELLO with ABORT: a client cannot see the reason of an HTTP error.
 */
export function refuseRealm(request: Request): Response {
  return acceptSocket(request, (socket, subprotocol, frame) => {
    refuse(socket, subprotocol, frame, readHello(frame, subprotocol));
  });
}

/** Accepts a socket, reads HELLO, and connects it to the object of the realm it names. */
export function acceptForAnyRealm(request: Request, env: Env, config: Config): Response {
  return acceptSocket(request, (socket, subprotocol, frame) => {
    const hello = readHello(frame, subprotocol);
    const realm = typeof hello === "string" ? realmFor(config, hello) : undefined;
    if (typeof hello !== "string" || realm === undefined) return refuse(socket, subprotocol, frame, hello);
    const refusal = checkRealmAdmission(request, config, hello, realm) ?? refuseQuery(request, realm);
    if (refusal !== undefined) return abort(socket, subprotocol, frame, refusal);
    return splice(socket, frame, async () => connectToRealm(request, env, hello, realm, "/ws"));
  });
}

/** The ABORT for a client that asks the realm of its HELLO for a region without relays, or a group of no valid name. */
function refuseQuery(request: Request, { relays }: WorkerRealmConfig): AbortReason | undefined {
  const fault = relays && queryFault(request, relays);
  return fault && { uri: WampUri.INVALID_ARGUMENT, message: fault.error };
}

type Data = string | ArrayBuffer;
type OnFirstFrame = (socket: WebSocket, subprotocol: Subprotocol, frame: Data) => void | Promise<void>;

function acceptSocket(request: Request, onFirstFrame: OnFirstFrame): Response {
  // The caller has checked that the request offers a subprotocol of the router.
  const subprotocol = negotiate(request.headers.get("Sec-WebSocket-Protocol"))!;
  const { 0: client, 1: socket } = new WebSocketPair();
  const closeLate = () => closeSocket(socket, CloseCode.POLICY, "no HELLO in time");
  const timer = setTimeout(closeLate, DEFAULT_LIMITS.hello_timeout);
  const cancelStop = onStop(() => closeSocket(socket, CloseCode.RESTART, "the router restarts"));
  const endWait = () => {
    clearTimeout(timer);
    cancelStop();
  };
  const onMessage = ({ data }: MessageEvent) => {
    endWait();
    return onFirstFrame(socket, subprotocol, data as Data);
  };
  socket.binaryType = "arraybuffer";
  socket.addEventListener("message", onMessage, { once: true });
  socket.addEventListener("close", () => {
    endWait();
    closeSocket(socket, CloseCode.NORMAL, "");
  });
  socket.accept();
  return upgradeResponse(client, subprotocol);
}

/** Returns the realm that HELLO names, a fault, or undefined for the ABORT of a client that gives up. */
function readHello(data: Data, { serializer, batching }: Subprotocol): string | DecodeFault | undefined {
  const frame = typeof data === "string" ? data : new Uint8Array(data);
  if ((typeof frame !== "string") !== serializer.isBinary) return new DecodeFault("wrong type of WebSocket message");
  const batch = batching?.split(frame);
  if (batch instanceof DecodeFault) return batch;
  const elements = serializer.decode(batch?.frames[0] ?? frame, DEFAULT_LIMITS);
  if (elements instanceof DecodeFault) return elements;
  if (elements[0] === MessageType.ABORT) return undefined;
  if (elements[0] !== MessageType.HELLO || typeof elements[1] !== "string") {
    return new DecodeFault("the first message must be HELLO");
  }
  return elements[1];
}

/** Closes a socket that names no known realm. ABORT of the client gets no answer (Session Closing). */
function refuse(
  socket: WebSocket,
  subprotocol: Subprotocol,
  data: Data,
  hello: string | DecodeFault | undefined,
): void {
  if (hello === undefined) return closeSocket(socket, CloseCode.NORMAL, "aborted by the client");
  abort(socket, subprotocol, data, abortReason(hello));
}

/** The reason of the ABORT that answers a HELLO without a known realm. */
function abortReason(hello: string | DecodeFault): AbortReason {
  const fault = hello instanceof DecodeFault ? undefined : realmFault(hello, undefined);
  if (fault !== undefined) return fault;
  return { uri: WampUri.PROTOCOL_VIOLATION, message: hello instanceof DecodeFault ? hello.reason : "" };
}

function abort(socket: WebSocket, subprotocol: Subprotocol, data: Data, { uri, message }: AbortReason): void {
  writeLog({ level: "warn", event: "connection.refused", cause: message, uri });
  const { serializer, batching } = subprotocol;
  const frame = serializer.encode([MessageType.ABORT, { message }, uri]);
  const batch = typeof data === "string" ? batching?.split(data) : undefined;
  const terminator = batch instanceof DecodeFault ? undefined : batch?.terminator;
  socket.send(batching?.join([frame], terminator) ?? frame);
  closeSocket(socket, CODES.get(uri) ?? CloseCode.NORMAL, uri);
}

/** ABORT.Reason and ABORT.Details.message. */
interface AbortReason {
  readonly uri: string;
  readonly message: string;
}

/** ABORT.Reason → WebSocket close code; all others close normally. */
const CODES: ReadonlyMap<string, number> = new Map([
  [WampUri.PROTOCOL_VIOLATION, CloseCode.PROTOCOL_ERROR],
  [WampUri.LIMIT_EXCEEDED, CloseCode.OVERLOADED],
]);

/**
 * Connects a client to the realm's object and relays frames both ways. Frames that arrive meanwhile are kept in order,
 * and reach the realm even if the client has left by then.
 */
async function splice(client: WebSocket, first: Data, connect: () => Promise<Response>): Promise<void> {
  const frames = [first];
  const keep = ({ data }: MessageEvent) => frames.push(data as Data);
  let isClosed = false;
  const markClosed = () => {
    isClosed = true;
  };
  client.addEventListener("message", keep);
  client.addEventListener("close", markClosed);
  client.addEventListener("error", markClosed);
  const response = await connect().catch(logUnreachable);
  const realm = response?.webSocket ?? null;
  if (realm === null) return closeUnconnected(client, response?.status);
  realm.binaryType = "arraybuffer";
  realm.accept();
  client.removeEventListener("message", keep);
  for (const frame of frames) realm.send(frame);
  if (isClosed) return closeSocket(realm, CloseCode.NORMAL, "");
  relay(client, realm);
  relay(realm, client);
}

function logUnreachable(error: unknown): undefined {
  writeLog({ level: "error", event: "realm.unreachable", ...thrown(error) });
}

/** Closes the socket of a client that its realm has not taken; `status` is the realm's answer, if any. */
function closeUnconnected(client: WebSocket, status: number | undefined): void {
  if (isStopping()) return closeSocket(client, CloseCode.RESTART, "the router restarts");
  if (status === FULL) return closeSocket(client, CloseCode.OVERLOADED, "the realm takes no more connections now");
  closeSocket(client, CloseCode.INTERNAL_ERROR, "the realm cannot be reached");
}

/** Sends the frames of one socket to the other, and closes both when one closes. */
function relay(from: WebSocket, to: WebSocket): void {
  from.addEventListener("message", ({ data }) => {
    try {
      to.send(data as Data);
    } catch {
      // The other end has closed; its close event closes this one.
    }
  });
  // A frame that breaks the WebSocket protocol, or exceeds the platform's limit, ends a socket without a close event.
  from.addEventListener("error", () => closeSocket(to, CloseCode.INTERNAL_ERROR, "the connection failed"));
  from.addEventListener("close", ({ code, reason }) => {
    const isSendable = code !== 1005 && code !== 1006;
    closeSocket(to, isSendable ? code : CloseCode.NORMAL, reason);
    closeSocket(from, isSendable ? code : CloseCode.NORMAL, "");
  });
}
