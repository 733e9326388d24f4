/** Copies values between a component and its realm, so that neither sees later changes by the other. */

import { Payload } from "../protocol/payload.ts";
import { type Dict, isDict, type List } from "../protocol/values.ts";
import { json } from "../serializers/json.ts";

/** Makes the payload of a message that a component sends; throws at once where values cannot be encoded. */
export function ownPayload(args?: List | null, kwargs?: Dict | null): Payload {
  if (!Array.isArray(args ?? [])) throw new TypeError("args must be a list");
  if (!isDict(kwargs ?? {})) throw new TypeError("kwargs must be an object");
  const payload = Payload.of(args, kwargs);
  return payload.length === 0 ? payload : Payload.received(payload.length, json, payload.rawFor(json));
}

/** Copies the values of a payload for a component. */
export function valuesOf({ args, kwargs }: Payload): [args: List, kwargs: Dict] {
  return structuredClone([args, kwargs]) as [List, Dict];
}
