/** Signed requests: Crossbar.io's query fields, and HMAC-SHA-256 over them and the body. */

import { findText, hmac, isSameText } from "../../wamp/crypto/digest.ts";
import { toBase64Url, utf8 } from "../../wamp/crypto/encoding.ts";
import type { BridgeConfig } from "../config/bridge-config.ts";
import { HttpError } from "../platform/http-error.ts";
import type { SingleUse } from "../routing/realm-rpc.ts";
import type { BridgeRoute } from "./route.ts";

type Settings = Pick<BridgeConfig, "key" | "secret" | "timestamp_delta_limit" | "sign_route">;

const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,6})?Z$/;
const INTEGER = /^\s*[+-]?\d+\s*$/;

/**
 * Checks the query fields in Crossbar.io's order: fields that are present are checked even if no signature is required.
 * Throws an `HttpError`. Returns the identity of a signed request, which the realm accepts only once.
 */
export async function checkSignature(
  settings: Settings,
  query: URLSearchParams,
  body: Uint8Array,
  now: number,
  route: BridgeRoute,
): Promise<SingleUse | undefined> {
  const isRequired = settings.secret !== undefined;
  const field = (name: string, missing = `'${name}' field missing`): string | undefined => {
    const value = query.get(name) ?? undefined;
    if (value === undefined && isRequired)
      throw new HttpError(400, `${INVALID} (missing mandatory field - ${missing}).`);
    return value;
  };
  const key = field("key");
  const timestamp = field("timestamp", "signed request required, but mandatory 'timestamp' field missing");
  const time = timestamp === undefined ? now : checkTimestamp(timestamp, settings.timestamp_delta_limit, now);
  const seq = field("seq");
  if (seq !== undefined && !INTEGER.test(seq)) throw invalid(`invalid sequence number '${seq}' (must be an integer)`);
  const nonce = field("nonce");
  if (nonce !== undefined && !INTEGER.test(nonce)) throw invalid(`invalid nonce '${nonce}' (must be an integer)`);
  const signature = field("signature");
  if (settings.secret === undefined) return undefined;
  if (!(await isSameText(key!, settings.key ?? ""))) throw new HttpError(401, "REST bridge signature key not valid.");
  const fields = `${settings.sign_route ? signedRoute(route) : ""}${key}${timestamp}${seq}${nonce}`;
  const expected = await Promise.all(settings.secret.map((secret) => signatureOf(secret, fields, body)));
  const id = await findText(padded(signature!), expected);
  if (id === undefined) throw new HttpError(401, "REST bridge signature secret not valid.", [wanted(settings)]);
  const limit = settings.timestamp_delta_limit;
  // Without a time window the realm would have to remember signatures for ever.
  return limit === 0 ? undefined : { id, expiresAt: time + limit * 1000 };
}

/** URL-safe Base64 with padding of the HMAC over the fields, in the order key, timestamp, seq, nonce, and the body. */
export async function signatureOf(secret: string, fields: string, body: Uint8Array): Promise<string> {
  const head = utf8(fields);
  const data = new Uint8Array(head.length + body.length);
  data.set(head);
  data.set(body, head.length);
  return toBase64Url(await hmac(utf8(secret), data));
}

/** Prefix of Crossbar.io's fields if action and realm are signed, too; neither contains white space. */
function signedRoute({ action, realm }: BridgeRoute): string {
  return `${action} ${realm}\n`;
}

/** The form of `signatureOf`; clients send either alphabet, with or without the padding of 32 bytes. */
function padded(signature: string): string {
  return signature.replaceAll("+", "-").replaceAll("/", "_").replace(/=*$/, "=");
}

function wanted({ sign_route }: Settings): string {
  const first = sign_route ? "the action, a space, the realm, a line feed, " : "";
  return `wanted is URL-safe Base64 of HMAC-SHA-256, with the secret, over ${first}key, timestamp, seq, nonce and body`;
}

const INVALID = "REST bridge signature was invalid";

function invalid(reason: string): HttpError {
  return new HttpError(400, `${INVALID} (${reason}).`);
}

/** Milliseconds since the epoch. */
function checkTimestamp(text: string, limitSeconds: number, now: number): number {
  const time = timeOf(text);
  if (time === undefined) {
    throw invalid(`invalid timestamp '${text}' (must be UTC/ISO-8601, e.g. '2011-10-14T16:59:51.123Z')`);
  }
  if (limitSeconds > 0 && Math.abs(time - now) > limitSeconds * 1000) {
    throw new HttpError(400, "Request expired, too old timestamp.");
  }
  return time;
}

/** Crossbar.io wants a fraction of the second; without one the time is as clear. */
function timeOf(text: string): number | undefined {
  const match = TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const seconds = text.slice(0, 19);
  const time = Date.parse(`${seconds}Z`);
  // Date.parse turns February 30 into March 2.
  if (Number.isNaN(time) || !new Date(time).toISOString().startsWith(seconds)) return undefined;
  return time + Number(`0${match[7] ?? ""}`) * 1000;
}
