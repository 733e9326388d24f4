/** The schemas of single values that several parts of the configuration share. */

import * as v from "valibot";
import { isValidUri } from "../protocol/uri.ts";

/** Text that is not empty. */
export const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));

/** A URI by the loose rules. */
export const uri = v.pipe(
  v.string(),
  v.check((value) => isValidUri(value, "loose"), "must be a valid URI"),
);

/** An integer in `minimum..maximum`. */
export function integer(minimum: number, maximum = Number.POSITIVE_INFINITY) {
  return v.pipe(v.number(), v.integer("must be an integer"), v.minValue(minimum), v.maxValue(maximum));
}
