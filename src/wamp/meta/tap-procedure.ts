/** `wamp.edge.tap`: shows the caller the messages of sessions as they pass, in progressive results. */

import { TRUSTED } from "../config/trusted.ts";
import { openOwnCall } from "../dealer/own-call.ts";
import { thrown } from "../host/log-line.ts";
import type { Transport } from "../host/transport.ts";
import { Tap, type TapEnd, type TapSettings } from "../monitoring/tap.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import { clientFeatures } from "../protocol/features.ts";
import { isId } from "../protocol/id.ts";
import { MessageType, NO_DETAILS, type RouterMessage } from "../protocol/message.ts";
import { Payload } from "../protocol/payload.ts";
import { isMatch, isValidUri, type Pattern } from "../protocol/uri.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import { INTERNAL, Session } from "../session/session.ts";
import { isString, optionalKeyword } from "./arguments.ts";
import type { MetaContext } from "./meta-context.ts";

const PROCEDURE = "wamp.edge.tap";
/** Taps of a realm at once: each costs time for every message. */
const MAX_TAPS = 8;
/** Seconds a tap runs: at most, and unless the caller asks for less. */
const MAX_DURATION = 600;
/** Characters of JSON that are shown of a payload: unless the caller asks for another number, and at most. */
const PAYLOAD_LIMIT = 1_024;
const MAX_PAYLOAD_LIMIT = 8_192;
const FEATURES = clientFeatures({ callee: { features: { call_canceling: true, progressive_call_results: true } } });

/**
 * Keywords: `session`, `authid`, `uri` and `match` select messages; `duration` in seconds, `payload_limit`. Answers with
 * a progressive RESULT when the tap runs, and one for each message; the last one says how many there were. Throws invalid_argument, and limit_exceeded beyond `MAX_TAPS`.
 */
export function startTap(
  context: MetaContext,
  caller: Session,
  payload: Payload,
  options: Dict,
  request: Id,
): undefined {
  if (options.receive_progress !== true) {
    throw new WampError(WampUri.INVALID_ARGUMENT, `${PROCEDURE} answers in parts: call it with receive_progress`);
  }
  const settings = readSettings(payload);
  if (context.monitor.taps.size >= MAX_TAPS) {
    throw new WampError(WampUri.LIMIT_EXCEEDED, `a realm may have ${MAX_TAPS} taps at once`);
  }
  new TapCall(context, caller, settings).open(request, options);
}

/** Answers the call of one tap, as the callee that the dealer sees. */
class TapCall extends Tap implements Transport {
  readonly #context: MetaContext;
  readonly #callee: Session;
  /** INVOCATION.Request */
  #request: Id = 0;
  #isOver = false;

  constructor(context: MetaContext, caller: Session, settings: TapSettings) {
    super(caller, settings, context.monitor.host.now());
    this.#context = context;
    const identity = { authid: "tap", authrole: TRUSTED, authmethod: INTERNAL, authprovider: "router" };
    this.#callee = new Session(this, { id: context.sessions.newSessionId(), identity, features: FEATURES });
  }

  /** Opens the call, and begins to show messages. */
  open(callRequest: Id, options: Dict): void {
    const { access, dealer, monitor } = this.#context;
    const message = [MessageType.CALL, callRequest, options, PROCEDURE, Payload.NONE] as const;
    this.#request = openOwnCall(this.reader, message, this.#callee, dealer.tables);
    access.recordTap(this.reader, this.settings);
    // The reader learns that the tap runs, also where nothing passes.
    this.give(monitor.taps.newResult({ started: new Date(monitor.host.now()).toISOString() }));
    observe(this.#context, this);
    this.#context.remoteTaps?.start(this);
  }

  give(message: Payload): void {
    this.#context.dealer.yield(this.#callee, [MessageType.YIELD, this.#request, PROGRESS, message]);
  }

  end(why: TapEnd, error?: unknown): void {
    const { dealer, monitor } = this.#context;
    this.#stop(error === undefined ? why : thrown(error).cause, () => {
      if (why !== "duration") return this.#fail(ERRORS[why], `${PROCEDURE} ended: ${why}`);
      const sum = monitor.taps.newResult(this.summary(monitor.host.now()));
      dealer.yield(this.#callee, [MessageType.YIELD, this.#request, NO_DETAILS, sum]);
    });
  }

  /** Takes INTERRUPT, the only message that the dealer sends: it has ended the call, or waits for an answer. */
  send([, , details]: RouterMessage): undefined {
    const isAwaited = (details as Dict).mode === "kill";
    this.#stop("canceled", () => isAwaited && this.#fail(WampUri.CANCELED, `the call of ${PROCEDURE} was canceled`));
  }

  close(): void {}

  save(): void {}

  /** Ends the tap and its call. */
  #stop(cause: string, answer: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#context.monitor.taps.stop(this);
    this.#context.remoteTaps?.stop(this);
    this.#context.access.recordTap(this.reader, this.settings, cause);
    answer();
    // The tables of the dealer would otherwise keep the entries of the callee.
    this.#context.dealer.tables.pending.leave(this.#callee);
  }

  #fail(uri: Uri, text: string): void {
    const { ERROR, INVOCATION } = MessageType;
    this.#context.dealer.error(this.#callee, [ERROR, INVOCATION, this.#request, NO_DETAILS, uri, Payload.of([text])]);
  }
}

const PROGRESS: Dict = { progress: true };

const ERRORS = { denied: WampUri.NOT_AUTHORIZED, failed: WampUri.INTERNAL_ERROR } as const;

function readSettings(payload: Payload): TapSettings {
  return {
    session: optionalKeyword(payload, "session", isId),
    authid: optionalKeyword(payload, "authid", isString),
    pattern: readPattern(payload),
    duration: 1000 * numberIn(payload, "duration", MAX_DURATION, MAX_DURATION),
    payloadLimit: numberIn(payload, "payload_limit", PAYLOAD_LIMIT, MAX_PAYLOAD_LIMIT),
  };
}

function readPattern(payload: Payload): Pattern | undefined {
  const uri = optionalKeyword(payload, "uri", isString);
  const match = optionalKeyword(payload, "match", isMatch);
  if (uri === undefined) {
    if (match === undefined) return undefined;
    throw new WampError(WampUri.INVALID_ARGUMENT, "match needs a uri");
  }
  const pattern: Pattern = { uri, match: match ?? "exact" };
  if (isValidUri(uri, "loose", pattern.match)) return pattern;
  throw new WampError(WampUri.INVALID_ARGUMENT, `${JSON.stringify(uri)} is not a URI for match ${pattern.match}`);
}

function numberIn(payload: Payload, name: string, fallback: number, most: number): number {
  const value = payload.kwargs[name] ?? fallback;
  if (typeof value === "number" && value > 0 && value <= most) return value;
  throw new WampError(WampUri.INVALID_ARGUMENT, `${name} must be a number above 0, and at most ${most}`);
}

/** Has a tap see the messages of a realm. */
export function observe({ access, broker, dealer, monitor, sessionById }: MetaContext, tap: Tap): void {
  monitor.taps.start(tap, {
    subscriptions: broker.subscriptions,
    registrations: dealer.registrations,
    calls: dealer.tables.pending,
    sessions: sessionById.values(),
    carriesCredentials: (procedure) => access.carriesCredentials(procedure),
  });
}
