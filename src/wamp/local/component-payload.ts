/** Values on their way between a component and its realm: copied, so that neither sees what the other does to them. */

import { Payload } from "../protocol/payload.ts";
import { type Dict, isDict, type List } from "../protocol/values.ts";
import { json } from "../serializers/json.ts";

/** What a component sends. Written down at once: what cannot be is the component's own fault, and throws. */
export function ownPayload(args?: List | null, kwargs?: Dict | null): Payload {
  if (!Array.isArray(args ?? [])) throw new TypeError("args must be a list");
  if (!isDict(kwargs ?? {})) throw new TypeError("kwargs must be an object");
  const payload = Payload.of(args, kwargs);
  return payload.length === 0 ? payload : Payload.received(payload.length, json, payload.rawFor(json));
}

/** What a component is sent. */
export function valuesOf({ args, kwargs }: Payload): [args: List, kwargs: Dict] {
  return structuredClone([args, kwargs]) as [List, Dict];
}
