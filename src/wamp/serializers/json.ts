/** The serializer `json`: one message is one text. */

import type { Message, Welcome } from "../protocol/message.ts";
import { MessageType, PAYLOAD_INDEX } from "../protocol/message.ts";
import type { ArgsKind, PayloadValues, RawPayload } from "../protocol/payload.ts";
import { Payload, trimmedLength } from "../protocol/payload.ts";
import { type Dict, isDict } from "../protocol/values.ts";
import { bytesFromText } from "./binary-json.ts";
import { findLongText } from "./json-long-text.ts";
import { scanPayload } from "./json-scanner.ts";
import { exactValuesFromJson, jsonFromValue, NEEDS_CARE, valuesFromJson } from "./json-text.ts";
import type { DecodeLimits, Frame, Serializer } from "./serializer.ts";
import { DecodeFault } from "./serializer.ts";

/**
 * The native parser checks the whole text once, or of a large message the head and a scanner the payload. The payload
 * is then cut out of the text as it stands, so 1.0, big integers and duplicate keys reach a JSON receiver unchanged
 * (SER-21).
 */
export const json: Serializer = { name: "json", isBinary: false, decode, peek, encode, decodePayload, encodePayload };

function decode(frame: Frame, limits: DecodeLimits): readonly unknown[] | DecodeFault {
  if (typeof frame !== "string") return new DecodeFault("JSON takes text frames");
  const found = isScanned(frame) ? decodeHead(frame, limits) : decodeAroundText(frame, limits);
  return found ?? decodeWhole(frame, limits, frame);
}

/** Undefined where the whole message must be parsed: it has no long text, none in its payload, or is faulty. */
function decodeAroundText(frame: string, limits: DecodeLimits): readonly unknown[] | undefined {
  const text = findLongText(frame);
  if (text === undefined) return undefined;
  const message = decodeWhole(frame, limits, text.shortened, text.start);
  return message instanceof DecodeFault ? undefined : message;
}

/**
 * Whether a message is large and has many dict entries and numbers, judged by its middle. The native parser is quicker
 * with all others: it takes 8 µs for 64 KiB of text, 240 for small objects; the scanner takes 35 and 120.
 */
function isScanned(frame: string): boolean {
  if (frame.length < LARGE) return false;
  const middle = frame.length >> 1;
  const found = frame.slice(middle, middle + SAMPLE).match(ENTRY_OR_NUMBER);
  return found !== null && found.length >= MANY;
}

/** Characters. */
const LARGE = 4096;
const SAMPLE = 512;
/** In a sample: from about 18 on the scanner is quicker. */
const MANY = 24;
const ENTRY_OR_NUMBER = /":|\d,/g;

/** Undefined where the scanner does not know; then `decodeWhole` tells what is wrong. */
function decodeHead(frame: string, limits: DecodeLimits): readonly unknown[] | undefined {
  const span = scanPayload(frame, limits.depth);
  if (span === undefined) return undefined;
  const text = `${frame.slice(0, span.start - 1)}]`;
  let message: unknown[];
  try {
    message = valuesFromJson(text) as unknown[];
  } catch {
    return undefined;
  }
  const length = trimmedLength(span.argsAreEmpty, span.kwargsAreEmpty === false);
  const hasKwargs = span.kwargsAreEmpty !== undefined;
  message.push(length === 0 ? Payload.NONE : Payload.received(length, json, cut(frame, span.start, length, hasKwargs)));
  return message;
}

/** `parsed` is the frame, or the frame without the text at `textStart`, which must be inside Arguments or ArgumentsKw. */
function decodeWhole(
  frame: string,
  limits: DecodeLimits,
  parsed: string,
  textStart?: number,
): readonly unknown[] | DecodeFault {
  let message: unknown;
  try {
    message = JSON.parse(parsed);
  } catch {
    return new DecodeFault("the message is not valid JSON");
  }
  if (!Array.isArray(message)) return new DecodeFault("the message is not a list");
  // The message is a level, too; nesting n levels deep takes 2n characters.
  const levels = limits.depth + 1;
  if (frame.length > 2 * levels && isDeeper(message, levels)) {
    return new DecodeFault("the message is nested too deeply");
  }
  const payloadIndex = typeof message[0] === "number" ? PAYLOAD_INDEX[message[0]] : undefined;
  if (payloadIndex !== undefined && message.length > payloadIndex) {
    const start = elementStart(frame, payloadIndex);
    if (textStart !== undefined && !isInside(message, payloadIndex, start, textStart)) return NOT_INSIDE;
    foldPayload(message, frame, payloadIndex, start);
  } else {
    if (textStart !== undefined) return NOT_INSIDE;
    makeExact(message, frame, "");
    if (message.length === payloadIndex) message.push(Payload.NONE);
  }
  return message;
}

/** Whether the text at `textStart` is a part of Arguments or ArgumentsKw, and not the whole of Arguments. */
function isInside(message: readonly unknown[], index: number, start: number, textStart: number): boolean {
  return textStart > start && typeof message[index] === "object" && message.length <= index + 2;
}

/** Sends the message to the parser as a whole. */
const NOT_INSIDE = new DecodeFault("a long text outside the payload");

function peek(frame: Frame): number[] {
  const front = typeof frame === "string" ? FRONT.exec(frame.slice(0, MAX_FRONT)) : null;
  return (front?.slice(1) ?? []).filter((digits) => digits !== undefined).map(Number);
}

/** A list that begins with integers; of the third one there may be none. */
const FRONT = /^\s*\[\s*(\d+)\s*,\s*(\d+)\s*,\s*(?:(\d+)\s*,)?/;
/** Characters; white space before the request id beyond that is none of a client's. */
const MAX_FRONT = 100;

function encode(message: Message): Frame {
  if (message[0] === MessageType.WELCOME) return encodeWelcome(message);
  const last = message[message.length - 1];
  const payload = last instanceof Payload ? last : undefined;
  const headLength = payload === undefined ? message.length : message.length - 1;
  let text = `[${message[0]}`;
  for (let i = 1; i < headLength; i++) text += `,${jsonFromValue(message[i])}`;
  return payload === undefined || payload.length === 0 ? `${text}]` : `${text},${payload.rawFor(json)}]`;
}

function encodeWelcome([type, id, details]: Welcome): string {
  let entries = "";
  for (const key in details) {
    const entry = details[key];
    if (entry === undefined) continue;
    const text = key === "roles" && isDict(entry) ? textOfRoles(entry) : jsonFromValue(entry);
    entries += `${entries === "" ? "" : ","}${JSON.stringify(key)}:${text}`;
  }
  return `[${type},${id},{${entries}}]`;
}

/** Roles take most of WELCOME, and are one object for all sessions of a realm: their text is made once. */
function textOfRoles(roles: Dict): string {
  const known = rolesTexts.get(roles);
  if (known !== undefined) return known;
  const text = jsonFromValue(roles);
  rolesTexts.set(roles, text);
  return text;
}

const rolesTexts = new WeakMap<Dict, string>();

function decodePayload(raw: RawPayload, isExact = false): PayloadValues {
  const text = `[${raw}]`;
  // `parse` has checked the shape of the payload.
  const [args, kwargs] = (isExact ? exactValuesFromJson(text) : valuesFromJson(text)) as [
    NonNullable<PayloadValues["args"]>,
    PayloadValues["kwargs"],
  ];
  return kwargs === undefined ? { args } : { args, kwargs };
}

function encodePayload({ args, kwargs }: PayloadValues): RawPayload {
  const text = jsonFromValue(args ?? []);
  return kwargs === undefined ? text : `${text},${jsonFromValue(kwargs)}`;
}

/**
 * Replaces the payload's elements by one `Payload`. Elements beyond ArgumentsKw stay behind it; such a message has a
 * wrong element count and its payload is never read.
 */
function foldPayload(message: unknown[], frame: string, index: number, start: number): void {
  const hasKwargs = message.length > index + 1;
  // null, which clients in typed languages write for an absent value, means absent.
  const hasNull = message[index] === null;
  const args: unknown = hasNull ? [] : message[index];
  const kwargs: unknown = message[index + 1] ?? {};
  makeExact(message, frame.slice(0, start - 1), "]");
  const length = trimmedLength(isEmptyList(args), hasKwargs && !isEmptyDict(kwargs));
  const text = cut(frame, start, length, hasKwargs);
  const raw = hasNull ? text.replace("null", "[]") : text;
  message[index] = length === 0 ? Payload.NONE : Payload.received(length, json, raw, argsKind(args), isDict(kwargs));
  if (hasKwargs) message.splice(index + 1, 1);
}

/** The text of a payload that begins at `start`. */
function cut(frame: string, start: number, length: 0 | 1 | 2, hasKwargs: boolean): string {
  // An empty ArgumentsKw is cut off with the comma before it, the last comma of the frame.
  const end = frame.lastIndexOf(length === 1 && hasKwargs ? "," : "]");
  return frame.slice(start, end).trim();
}

/**
 * Reads the elements in `text`, which `rest` completes, again where `JSON.parse` may be inexact: no id beyond 2^53 may
 * become 2^53.
 */
function makeExact(message: unknown[], text: string, rest: "" | "]"): void {
  if (NEEDS_CARE.test(text)) Object.assign(message, valuesFromJson(text + rest));
}

/** Where element `index` (1 or more) of a valid JSON list begins: one past its comma. */
function elementStart(text: string, index: number): number {
  let depth = 0;
  let commas = 0;
  let position = text.indexOf("[");
  while (commas < index) {
    position++;
    switch (text.charCodeAt(position)) {
      case QUOTE:
        position = closingQuote(text, position);
        break;
      case LIST_START:
      case DICT_START:
        depth++;
        break;
      case LIST_END:
      case DICT_END:
        depth--;
        break;
      case COMMA:
        if (depth === 0) commas++;
    }
  }
  return position + 1;
}

function closingQuote(text: string, openingQuote: number): number {
  let position = openingQuote + 1;
  for (let code = text.charCodeAt(position); code !== QUOTE; code = text.charCodeAt(position)) {
    position += code === BACKSLASH ? 2 : 1;
  }
  return position;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const LIST_START = 0x5b;
const BACKSLASH = 0x5c;
const LIST_END = 0x5d;
const DICT_START = 0x7b;
const DICT_END = 0x7d;

function argsKind(args: unknown): ArgsKind {
  if (Array.isArray(args)) return "list";
  if (typeof args !== "string") return "other";
  return bytesFromText(args) === undefined ? "string" : "bytes";
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isEmptyDict(value: unknown): boolean {
  if (!isDict(value)) return false;
  for (const _ in value) return false;
  return true;
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  if (Array.isArray(value)) return value.some((element) => isDeeper(element, depth - 1));
  for (const key in value) if (isDeeper((value as Record<string, unknown>)[key], depth - 1)) return true;
  return false;
}
