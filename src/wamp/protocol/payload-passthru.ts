/** Payloads that the router forwards undecoded (Payload Passthru Mode, and Autobahn's payload transparency). */

import { ProtocolViolation } from "./errors.ts";
import type { ClientFeature } from "./features.ts";
import type { Payload } from "./payload.ts";
import type { Dict } from "./values.ts";

const PPT_KEYS = ["ppt_scheme", "ppt_serializer", "ppt_cipher", "ppt_keyid"] as const;
const ENC_KEYS = ["enc_algo", "enc_key", "enc_serializer"] as const;

/** Whether options or details mark a payload as opaque. */
export function isOpaque(options: Dict): boolean {
  return isPassthru(options) || typeof options.enc_algo === "string";
}

/**
 * The details that the receiver of an opaque payload gets. A sender that did not announce passthru for its role, or
 * whose payload is not one binary element, breaks the protocol (PPT-03, PPT-05).
 */
export function opaqueDetails(
  options: Dict,
  sender: { has(feature: ClientFeature): boolean },
  role: "publisher" | "caller" | "callee",
  payload: Payload,
): Dict {
  if (!isPassthru(options)) return pick(options, ENC_KEYS);
  if (!sender.has(`${role}.payload_passthru_mode`)) {
    throw new ProtocolViolation(`ppt_scheme from a ${role} that did not announce payload_passthru_mode`);
  }
  checkSingleBinary(payload);
  return pick(options, PPT_KEYS);
}

/** Throws ProtocolViolation if a payload in passthru mode is not one binary argument (PPT-05). */
export function checkSingleBinary(payload: Payload): void {
  if (!payload.isSingleBinary) throw new ProtocolViolation("payload passthru takes one binary argument");
}

/** Whether the options ask for Payload Passthru Mode. */
export function isPassthru(options: Dict): boolean {
  return typeof options.ppt_scheme === "string" && options.ppt_scheme !== "";
}

function pick(options: Dict, keys: readonly string[]): Dict {
  const picked: Record<string, unknown> = {};
  for (const key of keys) if (options[key] !== undefined && options[key] !== null) picked[key] = options[key];
  return picked;
}
