/** Keys of the configuration that the schema accepts and the router does not support yet. */

import { type Fault, faultAt, type Path } from "../../wamp/config/shape.ts";
import { isDict } from "../../wamp/protocol/values.ts";

/** Place in the configuration → feature; `*` is any entry of a list, `=` a value that alone is missing. */
type Features = readonly (readonly [place: string, feature: string])[];

/** Remove a line when its feature works. */
const UNSUPPORTED: Features = [["realms.*.roles.*.permissions.*.validate", "payload validation"]];

/** A fault for each unsupported key in `config`, as written. */
export function unsupportedFaults(config: unknown, features: Features = UNSUPPORTED): Fault[] {
  return features.flatMap(([place, feature]) => {
    const [keys = "", value] = place.split("=");
    const found = placesOf(config, keys.split("."), []);
    return found
      .filter((at) => value === undefined || at.value === value)
      .map((at) => faultAt(at.path, `${feature} is not built yet`));
  });
}

interface Place {
  readonly value: unknown;
  readonly path: Path;
}

/** The values that `keys` lead to; `*` stands for every entry of a list. */
function placesOf(value: unknown, [key, ...rest]: readonly string[], path: Path): Place[] {
  if (key === undefined) return value === undefined ? [] : [{ value, path }];
  if (key !== "*") return isDict(value) ? placesOf(value[key], rest, [...path, key]) : [];
  return Array.isArray(value) ? value.flatMap((entry, index) => placesOf(entry, rest, [...path, index])) : [];
}
