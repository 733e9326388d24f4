/** The schema of one permission rule of a role, and the two notations of its URI. */

import * as v from "valibot";
import type { Pattern } from "../protocol/uri.ts";
import { isValidUri, type Match } from "../protocol/uri.ts";
import { flag, integer, matchSchema } from "./fields.ts";
import { closed } from "./shape.ts";

/** A permission rule as Crossbar.io writes it; the output always has `match` and no stars. */
export const permissionSchema = v.pipe(
  closed({
    uri: v.string(),
    match: v.exactOptional(matchSchema),
    allow: v.optional(closed({ call: flag, register: flag, publish: flag, subscribe: flag }), {}),
    // An action that is not allowed gets authorization_required: a rule that allows it may be added at run time.
    grantable: v.exactOptional(v.boolean()),
    // Absent means: disclosed when the caller or publisher asks for it.
    disclose: v.optional(closed({ caller: v.exactOptional(v.boolean()), publisher: v.exactOptional(v.boolean()) }), {}),
    // Trust level of the caller or publisher, as the callee or subscriber gets it.
    trustlevel: v.exactOptional(integer(0)),
    cache: flag,
    // Payload kind → name of a schema. Not supported: the configuration and the meta API refuse a rule that has it.
    validate: v.exactOptional(v.record(v.string(), v.string())),
  }),
  v.rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
    const pattern = readPattern(value.uri, value.match);
    if (typeof pattern !== "string") return { ...value, ...pattern };
    addIssue({
      message: pattern,
      path: [{ type: "object", origin: "value", input: { ...value }, key: "uri", value: value.uri }],
    });
    return NEVER;
  }),
);

/**
 * With `match` the URI is literal. Without, a star at the end makes a prefix, a star for a component a wildcard, and no
 * star an exact rule (Crossbar.io's starred notation). Returns a fault for a URI that no topic can match.
 */
export function readPattern(uri: string, match: Match | undefined): Pattern | string {
  const pattern = match === undefined ? unstar(uri) : { uri, match };
  if (typeof pattern === "string" || isValidUri(pattern.uri, "loose", pattern.match)) return pattern;
  return uri === ""
    ? 'matches nothing; for every URI write "match": "prefix"'
    : `is not a valid URI for match ${pattern.match}`;
}

function unstar(uri: string): Pattern | string {
  const firstStar = uri.indexOf("*");
  if (firstStar < 0) return { uri, match: "exact" };
  if (firstStar === uri.length - 1) return { uri: uri.slice(0, -1), match: "prefix" };
  const components = uri.split(".");
  if (components.some((component) => component === "" || (component !== "*" && component.includes("*")))) {
    return "may have stars for whole components, or one at its end";
  }
  return { uri: components.map((component) => (component === "*" ? "" : component)).join("."), match: "wildcard" };
}
