/** Incoming webhooks: a signed request of another service becomes an event, as in Crossbar.io's webhook service. */

import { findText, hmac } from "../../wamp/crypto/digest.ts";
import { toHex, utf8 } from "../../wamp/crypto/encoding.ts";
import type { Dict } from "../../wamp/protocol/values.ts";
import type { Config } from "../config/config-schema.ts";
import { realmFor } from "../config/realm-lookup.ts";
import type { WebhookConfig } from "../config/webhook-config.ts";
import type { Env } from "../platform/env.ts";
import { HttpError } from "../platform/http-error.ts";
import { writeLog } from "../platform/log.ts";
import { realmRpc } from "../routing/realm-stub.ts";
import { describeClient } from "../routing/transport-info.ts";
import { checkMethod, reach } from "./bridge.ts";
import { checkContentType, readBody, readText } from "./request.ts";
import { commonHeaders, respondToOptions, respondWithError } from "./responses.ts";

/** Serves `POST /realms/:realm/webhook/:name`. */
export async function webhook(
  request: Request,
  env: Env,
  config: Config,
  name: string,
  hook: string,
): Promise<Response> {
  const headers = commonHeaders(request);
  const realm = realmFor(config, name);
  const settings = realm?.webhooks?.get(hook);
  if (realm === undefined || settings === undefined) {
    return respondWithError(new HttpError(404, "There is no such webhook."), headers);
  }
  if (request.method === "OPTIONS") return respondToOptions(headers);
  const { message_bytes } = realm.limits;
  try {
    checkMethod(request);
    checkContentType(request, false);
    const body = await readBody(request, Math.min(settings.post_body_limit || message_bytes, message_bytes));
    if (!(await isSigned(request.headers, settings, body))) {
      const cause = "the signature is wrong or missing";
      writeLog({
        level: "warn",
        event: "webhook.refused",
        realm: name,
        cause,
        webhook: hook,
        ...describeClient(request),
      });
      throw new HttpError(400, "Malformed request to the REST bridge.");
    }
    const event = { headers: headersOf(request), body: readText(body) };
    const isPublished = await publish(event, realmRpc(env, name, realm), hook, settings);
    const { success_response, error_response } = settings;
    return new Response(isPublished ? success_response : error_response, { status: isPublished ? 202 : 500, headers });
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return respondWithError(error, headers);
  }
}

async function publish(
  event: Dict,
  realm: ReturnType<typeof realmRpc>,
  hook: string,
  { topic, role }: WebhookConfig,
): Promise<boolean> {
  const pass = { kind: "role", role, authid: hook, by: "webhook" } as const;
  try {
    const outcome = await reach(realm.publish(pass, { uri: topic, args: [event], kwargs: {}, options: {} }));
    if (!outcome.ok) writeLog({ level: "error", event: "webhook.refused", cause: outcome.uri, webhook: hook, topic });
    return outcome.ok;
  } catch (error) {
    if (error instanceof HttpError) return false;
    throw error;
  }
}

/** Whether the body has the signature that this webhook requires. */
async function isSigned(headers: Headers, settings: WebhookConfig, body: Uint8Array): Promise<boolean> {
  const { github_secret, secret, signature_header } = settings;
  if (secret !== undefined) {
    const given = headers.get(signature_header) ?? "";
    return isSignature(given.replace(/^(sha256=)?/i, "sha256="), "SHA-256", secret, body);
  }
  if (github_secret === undefined) return true;
  const sha256 = headers.get("X-Hub-Signature-256");
  if (sha256 !== null) return isSignature(sha256, "SHA-256", github_secret, body);
  return isSignature(headers.get("X-Hub-Signature") ?? "", "SHA-1", github_secret, body);
}

/** Whether `given` is the HMAC of the body with one of the secrets, as GitHub writes it: `sha256=` or `sha1=`, and hex. */
async function isSignature(
  given: string,
  hash: "SHA-1" | "SHA-256",
  secrets: readonly string[],
  body: Uint8Array,
): Promise<boolean> {
  const prefix = hash.replace("-", "").toLowerCase();
  const signatures = secrets.map(async (secret) => toHex(await hmac(utf8(secret), new Uint8Array(body), hash)));
  const expected = (await Promise.all(signatures)).map((hex) => `${prefix}=${hex}`);
  return (await findText(given.toLowerCase(), expected)) !== undefined;
}

/** Header name in canonical capitals → list of values, as Crossbar.io publishes them. */
function headersOf({ headers }: Request): Dict {
  const named = Array.from(headers, ([name, value]) => {
    return [name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase()), [value]] as const;
  });
  return Object.fromEntries(named);
}
