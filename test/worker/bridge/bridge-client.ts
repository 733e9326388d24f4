/** Requests to the bridge, signed as Crossbar.io documents it. */

import { env, exports } from "cloudflare:workers";
import { expect } from "vitest";
import { bridge } from "../../../src/worker/bridge/bridge.ts";
import type { BridgeAction } from "../../../src/worker/bridge/route.ts";
import { signatureOf } from "../../../src/worker/bridge/signature.ts";
import type { ConfigInput } from "../../../src/worker/config/config-schema.ts";
import { formatFaults, loadConfig } from "../../../src/worker/config/load-config.ts";
import { join, type TestClient } from "../socket.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON of the body, or its text where it is none. */
  readonly body: unknown;
}

/** The bridge's settings without and with a signature. */
export const OPEN = { role: "web", open: true };
export const SIGNED = { role: "web", key: "bazapp", secret: "foobar" };

/** The body of a PUBLISH request. */
export const EVENT = JSON.stringify({ topic: "com.topic", args: [1] });

/** Arguments of the error about an action that is denied. */
export const DENIED_ARGS = [
  expect.stringMatching(/ (not authorized|needs a grant) to (call procedure|publish to topic) '.+'$/),
];

/** Returns the body of an error response. */
export const error = (text: string, args: unknown[] = [], kwargs = {}) => ({ error: text, args, kwargs });

let realms = 0;

/** A realm of its own for one test, with the roles of `bridged-*`. */
export function freshRealm(): string {
  realms += 1;
  return `bridged-${realms}`;
}

/** The query of a signed request; `route` is signed before the fields. */
export async function signedQuery(
  body: string,
  more: Readonly<Record<string, string>> = {},
  route = "",
): Promise<URLSearchParams> {
  const fields = {
    timestamp: new Date().toISOString(),
    seq: "1",
    key: "bazapp",
    nonce: String(Math.random()).slice(2, 15),
    ...more,
  };
  const { key, timestamp, seq, nonce } = fields;
  const signature = await signatureOf("foobar", route + key + timestamp + seq + nonce, new TextEncoder().encode(body));
  return new URLSearchParams({ signature, ...fields });
}

/** Sends a request to the Worker. */
export async function send(path: string, init: RequestInit): Promise<Answer> {
  return read(await exports.default.fetch(`http://router.test${path}`, { method: "POST", ...bare(init) }));
}

/** Sends a signed request to the Worker. */
export async function sendSigned(path: string, body: unknown, headers: HeadersInit = {}): Promise<Answer> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return send(`${path}?${await signedQuery(text)}`, { body: text, headers });
}

/** Joins a realm and registers a procedure (64) or subscribes to a topic (32). */
export async function joined(realm: string, type: 32 | 64, uri: string): Promise<TestClient> {
  const client = await join(realm);
  client.send([type, 1, {}, uri]);
  await client.next();
  return client;
}

type BridgeInput = NonNullable<NonNullable<ConfigInput["http"]>["bridge"]>;

/** The bridge with other settings; the realm's object keeps those of the Worker. */
export function bridgeWith(settings: BridgeInput, limits: object = {}) {
  const role = { name: "web", permissions: [] };
  const tickets = { ticket: { type: "static", principals: {} } };
  const module = {
    version: 1,
    realms: [{ name: "bridged-*", roles: [role], auth: tickets, limits }],
    http: { bridge: settings },
  };
  const loaded = loadConfig({ module, env: {}, isDevelopment: false });
  if (!loaded.ok) throw new Error(formatFaults(loaded.faults));
  const { config } = loaded;
  return async (
    action: BridgeAction,
    realm: string,
    init: RequestInit,
    query = "",
    origin = "http://router.test",
  ): Promise<Answer> => {
    const request = new Request(`${origin}/realms/${realm}/${action}${query}`, { method: "POST", ...bare(init) });
    return read(await bridge(request, env, config, config.http!.bridge!, { action, realm }));
  };
}

/** The body as bytes, for which fetch sets no content type. */
function bare(init: RequestInit): RequestInit {
  return typeof init.body === "string" ? { ...init, body: new TextEncoder().encode(init.body) } : init;
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const { status, headers } = response;
  try {
    return { status, headers, body: JSON.parse(text) };
  } catch {
    return { status, headers, body: text };
  }
}
