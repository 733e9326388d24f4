/** What a request to the bridge carries, checked in Crossbar.io's order and refused in its words. */

import { type Dict, isDict, type List, type Uri } from "../../wamp/protocol/values.ts";
import { json } from "../../wamp/serializers/json.ts";
import { DecodeFault } from "../../wamp/serializers/serializer.ts";
import type { BridgeConfig } from "../config/bridge-config.ts";
import { isInRanges } from "../config/ip-range.ts";
import { HttpError } from "../platform/http-error.ts";
import { readBodyWithin } from "../platform/read-body.ts";
import { readTransportInfo } from "../routing/transport-info.ts";

/** What a body asks for; `uri` is its topic or procedure. */
export interface BridgeRequest {
  readonly uri: Uri;
  readonly args: List;
  readonly kwargs: Dict;
  readonly options: Dict;
}

const JSON_TYPE = "application/json";

/** No content type is fine; one that is there must be JSON, where it matters, and in UTF-8. */
export function checkContentType({ headers }: Request, mustBeJson: boolean): void {
  const [type = "", ...parameters] = (headers.get("Content-Type") ?? "")
    .split(";")
    .map((part) => part.trim().toLowerCase());
  if (mustBeJson && headers.has("Content-Type") && type !== JSON_TYPE) {
    throw new HttpError(400, `Non-accepted content type. (must be one of '${JSON_TYPE}', not '${type}')`);
  }
  const values = new Map<string, string>();
  for (const parameter of parameters) {
    const [name = "", value, ...rest] = parameter.split("=").map((part) => part.trim());
    if (value === undefined) continue;
    if (rest.length > 0 || values.has(name)) throw NOT_UTF8();
    values.set(name, value.replace(/^"(.*)"$/, "$1"));
  }
  if (!["utf-8", "utf8"].includes(values.get("charset") ?? "utf-8")) throw NOT_UTF8();
}

/** The body, which has no more than `limit` bytes and as many as it is said to have. */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  const header = request.headers.get("Content-Length");
  if (header?.includes(",")) throw new HttpError(400, "Multiple versions of the same header is not allowed.");
  const declared = header === null ? undefined : Number(header);
  const tooLong = (length: number) =>
    new HttpError(413, `Request too long. (${length} is longer than accepted ${limit})`);
  if (declared !== undefined && declared > limit) throw tooLong(declared);
  const body = await readBodyWithin(request, limit);
  if (body === undefined) throw tooLong(limit + 1);
  if (declared !== undefined && declared !== body.length) {
    throw new HttpError(400, `Body length (${body.length}) is different to Content-Length header (${declared}).`);
  }
  return body;
}

/** Where the client is, and how it came here. */
export function checkOrigin(request: Request, { require_ip, require_tls }: BridgeConfig): void {
  const { peer = "", is_secure } = readTransportInfo(request, "http", undefined);
  if (require_ip !== undefined && !isInRanges(peer, require_ip)) {
    throw new HttpError(400, "Request denied based on IP address.");
  }
  if (require_tls && !is_secure) throw MALFORMED();
}

export function readText(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw new HttpError(400, "Non-decodable request body, was not UTF-8.");
  }
}

/** The request in a body; `depth` is that of the realm's messages, and `key` where its URI stands. */
export function readRequest(text: string, depth: number, key: "topic" | "procedure"): BridgeRequest {
  // As an element of a message it is read with all the care the serializer takes.
  // Arguments and ArgumentsKw are one level deeper in the body than in a message.
  const elements = json.decode(`[0,${text}]`, { depth: depth + 1 });
  if (elements instanceof DecodeFault || elements.length !== 2)
    throw new HttpError(400, "Request body was invalid JSON.");
  const body = elements[1];
  if (!isDict(body)) throw new HttpError(400, "Request body was valid JSON, but not well formed (must be a dict).");
  if (!Object.hasOwn(body, key)) {
    throw new HttpError(400, `Request body was valid JSON, but not well formed (missing key '${key}').`);
  }
  const { [key]: uri, args, kwargs, options } = body;
  const request = { uri, args: args ?? [], kwargs: kwargs ?? {}, options: options ?? {} };
  if (!isRequest(request)) throw MALFORMED();
  return request;
}

function isRequest(
  request: Record<keyof BridgeRequest, unknown>,
): request is Record<keyof BridgeRequest, unknown> & BridgeRequest {
  const { uri, args, kwargs, options } = request;
  return typeof uri === "string" && Array.isArray(args) && isDict(kwargs) && isDict(options);
}

const NOT_UTF8 = () => new HttpError(400, "Non-accepted request encoding, must be UTF-8.");
const MALFORMED = () => new HttpError(400, "Malformed request to the REST bridge.");
