/** Checks decoded elements against the shape of their message type (Protocol Errors). */

import { ProtocolViolation } from "./errors.ts";
import { isId } from "./id.ts";
import type { ClientMessage } from "./message.ts";
import { MessageType } from "./message.ts";
import type { Payload } from "./payload.ts";
import { isValidUri } from "./uri.ts";
import type { Dict } from "./values.ts";
import { isDict } from "./values.ts";

type Check = (value: unknown) => boolean;
type OptionChecks = { readonly [option: string]: Check | undefined };

/** One message type: its elements after the code, and the options it defines. */
interface Shape {
  readonly name: string;
  readonly elements: readonly (readonly [name: string, check: Check])[];
  /** Index of the options or details dict, and what is known of its keys. */
  readonly optionsIndex: number;
  readonly options: OptionChecks;
  readonly hasPayload: boolean;
  /** Whether one dict more is accepted and ignored (router links append one to UNSUBSCRIBE and UNREGISTER). */
  readonly ignoresExtraDict?: boolean;
}

/**
 * Checks every element and every known option of what a client sent. Unknown options pass; a known option
 * of the wrong type, an unknown type code or a message only the router may send is a ProtocolViolation. A dict that is
 * null becomes an empty one and a known option for which `isAbsent` is true is removed: clients in typed
 * languages write both for values that are not set.
 */
export function parse(elements: readonly unknown[]): ClientMessage {
  const shape = shapeOf(elements[0]);
  checkLength(shape, elements);
  let checked = elements;
  for (let i = 0; i < shape.elements.length; i++) {
    const [name, check] = shape.elements[i]!;
    const element = elements[i + 1];
    if (check(element)) continue;
    if (check !== isDict || !isNull(element)) throw new ProtocolViolation(`${shape.name}: invalid ${name}`);
    checked = checked.with(i + 1, {});
  }
  if (shape.optionsIndex > 0) {
    const options = checked[shape.optionsIndex] as Dict;
    const present = presentOptions(shape, options);
    if (present !== options) checked = checked.with(shape.optionsIndex, present);
  }
  if (shape.hasPayload) checkPayload(shape, checked);
  // Every element has just been checked against the shape of its message type.
  return checked as unknown as ClientMessage;
}

function shapeOf(type: unknown): Shape {
  if (typeof type !== "number" || !Number.isInteger(type)) {
    throw new ProtocolViolation("a message is a list that begins with an integer type code");
  }
  const shape = SHAPES[type];
  if (shape !== undefined) return shape;
  throw new ProtocolViolation(
    ROUTER_ONLY.has(type) ? `message type ${type} is sent by the router only` : `unknown message type ${type}`,
  );
}

function checkLength(shape: Shape, elements: readonly unknown[]): void {
  const expected = shape.elements.length + 1 + (shape.hasPayload ? 1 : 0);
  if (elements.length === expected) return;
  if (shape.ignoresExtraDict && elements.length === expected + 1) {
    const extra = elements[expected];
    if (isDict(extra) || isNull(extra)) return;
  }
  throw new ProtocolViolation(`${shape.name}: wrong number of elements`);
}

/** Checks the options and returns them: the same dict, or a copy without the known ones that are absent. */
function presentOptions(shape: Shape, options: Dict): Dict {
  let absent: string[] | undefined;
  for (const name in options) {
    const check = Object.hasOwn(shape.options, name) ? shape.options[name] : undefined;
    if (check === undefined) continue;
    const value = options[name];
    if (isAbsent(name, value)) {
      absent ??= [];
      absent.push(name);
    } else if (!check(value)) throw new ProtocolViolation(`${shape.name}: invalid ${name}`);
  }
  if (absent === undefined) return options;
  const present: Record<string, unknown> = { ...options };
  for (const name of absent) delete present[name];
  return present;
}

/**
 * null, undefined (MSG-12) and the empty string mean that a known option is absent; only the keys of sharding may be
 * empty strings. An empty list has a meaning of its own (`eligible: []` is no session), except for `authmethods` of
 * HELLO, where autobahn-cpp writes it for "no offer".
 */
function isAbsent(name: string, value: unknown): boolean {
  if (isNull(value)) return true;
  if (value === "") return name !== "rkey" && name !== "nkey";
  return name === "authmethods" && Array.isArray(value) && value.length === 0;
}

function isNull(value: unknown): boolean {
  return value === null || value === undefined;
}

/** Arguments is a list, ArgumentsKw a dict; with `enc_algo` one opaque value replaces both. */
function checkPayload(shape: Shape, elements: readonly unknown[]): void {
  const payload = elements[elements.length - 1] as Payload;
  if (payload.length === 0) return;
  if (payload.argsKind === "list") {
    if (payload.length === 2 && !payload.kwargsIsDict)
      throw new ProtocolViolation(`${shape.name}: invalid ArgumentsKw`);
    return;
  }
  const options = elements[shape.optionsIndex] as Dict;
  const isOpaque = payload.length === 1 && payload.argsKind !== "other" && typeof options.enc_algo === "string";
  if (!isOpaque) throw new ProtocolViolation(`${shape.name}: invalid Arguments`);
}

const isString: Check = (value) => typeof value === "string";
const isBoolean: Check = (value) => typeof value === "boolean";
const isNatural: Check = (value) => typeof value === "number" && Number.isInteger(value) && value >= 0;
const isPositive: Check = (value) => isNatural(value) && value !== 0;
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    values.includes(value as string);
const isReason: Check = (value) => typeof value === "string" && isValidUri(value, "loose");
const isRequestType: Check = (value) => value === MessageType.INVOCATION;

/** Payload passthru and the older payload transparency; router-to-router provenance. */
const CARRIED: OptionChecks = {
  ppt_scheme: isString,
  ppt_serializer: isString,
  ppt_cipher: isString,
  ppt_keyid: isString,
  enc_algo: (value) => typeof value === "string" && (ENC_ALGOS.has(value) || value.startsWith("x_")),
  enc_key: isString,
  enc_serializer: isString,
  forward_for: listOf(isDict),
};
const ENC_ALGOS = new Set(["cryptobox", "mqtt", "xbr"]);

const MATCH = oneOf("exact", "prefix", "wildcard");
const OPTIONS = "Options";

const SHAPES: { readonly [type: number]: Shape | undefined } = {
  [MessageType.HELLO]: {
    name: "HELLO",
    elements: [
      ["Realm", isString],
      ["Details", isDict],
    ],
    optionsIndex: 2,
    options: {
      roles: isDict,
      agent: isString,
      authmethods: listOf(isString),
      authid: isString,
      authrole: isString,
      authextra: isDict,
      resumable: isBoolean,
      "resume-session": isId,
      "resume-token": isString,
    },
    hasPayload: false,
  },
  [MessageType.ABORT]: {
    name: "ABORT",
    elements: [
      ["Details", isDict],
      ["Reason", isReason],
    ],
    optionsIndex: 0,
    options: {},
    hasPayload: true,
  },
  [MessageType.AUTHENTICATE]: {
    name: "AUTHENTICATE",
    elements: [
      ["Signature", isString],
      ["Extra", isDict],
    ],
    optionsIndex: 0,
    options: {},
    hasPayload: false,
  },
  [MessageType.GOODBYE]: {
    name: "GOODBYE",
    elements: [
      ["Details", isDict],
      ["Reason", isReason],
    ],
    optionsIndex: 0,
    options: {},
    hasPayload: false,
  },
  [MessageType.ERROR]: {
    name: "ERROR",
    elements: [
      ["REQUEST.Type", isRequestType],
      ["REQUEST.Request", isId],
      ["Details", isDict],
      ["Error", isReason],
    ],
    optionsIndex: 3,
    options: CARRIED,
    hasPayload: true,
  },
  [MessageType.PUBLISH]: {
    name: "PUBLISH",
    elements: [
      ["Request", isId],
      [OPTIONS, isDict],
      ["Topic", isString],
    ],
    optionsIndex: 2,
    options: {
      ...CARRIED,
      acknowledge: isBoolean,
      exclude_me: isBoolean,
      disclose_me: isBoolean,
      retain: isBoolean,
      exclude: listOf(isId),
      exclude_authid: listOf(isString),
      exclude_authrole: listOf(isString),
      eligible: listOf(isId),
      eligible_authid: listOf(isString),
      eligible_authrole: listOf(isString),
      transaction_hash: isString,
      rkey: isString,
      /** Seconds (option of Bondy). */
      _retained_ttl: isPositive,
    },
    hasPayload: true,
  },
  [MessageType.SUBSCRIBE]: {
    name: "SUBSCRIBE",
    elements: [
      ["Request", isId],
      [OPTIONS, isDict],
      ["Topic", isString],
    ],
    optionsIndex: 2,
    options: { match: MATCH, get_retained: isBoolean, nkey: isString, forward_for: listOf(isDict) },
    hasPayload: false,
  },
  [MessageType.UNSUBSCRIBE]: {
    name: "UNSUBSCRIBE",
    elements: [
      ["Request", isId],
      ["SUBSCRIBED.Subscription", isId],
    ],
    optionsIndex: 0,
    options: {},
    hasPayload: false,
    ignoresExtraDict: true,
  },
  [MessageType.CALL]: {
    name: "CALL",
    elements: [
      ["Request", isId],
      [OPTIONS, isDict],
      ["Procedure", isString],
    ],
    optionsIndex: 2,
    options: {
      ...CARRIED,
      timeout: isNatural,
      receive_progress: isBoolean,
      progress: isBoolean,
      disclose_me: isBoolean,
      runmode: isString,
      rkey: isString,
    },
    hasPayload: true,
  },
  [MessageType.CANCEL]: {
    name: "CANCEL",
    elements: [
      ["CALL.Request", isId],
      [OPTIONS, isDict],
    ],
    optionsIndex: 2,
    options: { mode: oneOf("skip", "kill", "killnowait"), forward_for: listOf(isDict) },
    hasPayload: false,
  },
  [MessageType.REGISTER]: {
    name: "REGISTER",
    elements: [
      ["Request", isId],
      [OPTIONS, isDict],
      ["Procedure", isString],
    ],
    optionsIndex: 2,
    options: {
      match: MATCH,
      invoke: oneOf("single", "roundrobin", "random", "first", "last"),
      concurrency: isPositive,
      force_reregister: isBoolean,
      disclose_caller: isBoolean,
      forward_timeout: isBoolean,
      forward_for: listOf(isDict),
    },
    hasPayload: false,
  },
  [MessageType.UNREGISTER]: {
    name: "UNREGISTER",
    elements: [
      ["Request", isId],
      ["REGISTERED.Registration", isId],
    ],
    optionsIndex: 0,
    options: {},
    hasPayload: false,
    ignoresExtraDict: true,
  },
  [MessageType.YIELD]: {
    name: "YIELD",
    elements: [
      ["INVOCATION.Request", isId],
      [OPTIONS, isDict],
    ],
    optionsIndex: 2,
    options: { ...CARRIED, progress: isBoolean },
    hasPayload: true,
  },
};

const ROUTER_ONLY: ReadonlySet<number> = new Set([
  MessageType.WELCOME,
  MessageType.CHALLENGE,
  MessageType.PUBLISHED,
  MessageType.SUBSCRIBED,
  MessageType.UNSUBSCRIBED,
  MessageType.EVENT,
  MessageType.RESULT,
  MessageType.REGISTERED,
  MessageType.UNREGISTERED,
  MessageType.INVOCATION,
  MessageType.INTERRUPT,
]);
