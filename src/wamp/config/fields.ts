/** The schemas of single values that several parts of the configuration share. */

import * as v from "valibot";
import { isValidUri, type Pattern } from "../protocol/uri.ts";
import { type Dict, isDict } from "../protocol/values.ts";

/** Text that is not empty. */
export const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));

/** A URI by the loose rules. */
export const uri = v.pipe(
  v.string(),
  v.check((value) => isValidUri(value, "loose"), "must be a valid URI"),
);

/** An object with any keys. */
export const dict = v.custom<Dict>(isDict, "must be an object");

/** A boolean that is false by default. */
export const flag = v.optional(v.boolean(), false);

/** The key `match`. */
export const matchSchema = v.picklist(["exact", "prefix", "wildcard"]);

/** The keys `uri` and `match`, which describe topics or procedures. `validPattern` checks them together. */
export const patternEntries = { uri: v.string(), match: v.optional(matchSchema, "exact") };

/** Checks that the `uri` of an object is valid for its `match`. */
export function validPattern<T extends Pattern>() {
  return v.check<T, string>(
    ({ uri, match }) => isValidUri(uri, "loose", match),
    "must have a uri that is valid for its match",
  );
}

/** A number in `minimum..maximum`. */
export function number(minimum: number, maximum = Number.POSITIVE_INFINITY) {
  return v.pipe(v.number(), v.minValue(minimum), v.maxValue(maximum));
}

/** An integer in `minimum..maximum`. */
export function integer(minimum: number, maximum?: number) {
  return v.pipe(number(minimum, maximum), v.integer("must be an integer"));
}
