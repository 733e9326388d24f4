/** Whether a pattern matches a topic, or all topics of another pattern (Pattern-based Subscriptions). */

import type { Pattern } from "../protocol/uri.ts";
import type { Uri } from "../protocol/values.ts";

/** Whether the pattern matches the topic. */
export function matches({ match, uri }: Pattern, topic: Uri): boolean {
  if (match === "exact") return topic === uri;
  if (match === "prefix") return topic.startsWith(uri);
  const [own, actual] = [uri.split("."), topic.split(".")];
  return own.length === actual.length && own.every((component, i) => component === "" || component === actual[i]);
}

/** Whether `wide` matches every topic that `narrow` matches. */
export function covers(wide: Pattern, narrow: Pattern): boolean {
  if (narrow.match === "exact") return matches(wide, narrow.uri);
  if (wide.match === "prefix") return headOf(narrow).startsWith(wide.uri);
  if (wide.match === "exact" || narrow.match === "prefix") return false;
  // An empty component of `narrow` matches any component, which only an empty one of `wide` covers.
  return matches(wide, narrow.uri);
}

/** The longest text with which every matching topic begins. */
export function headOf({ match, uri }: Pattern): string {
  if (match !== "wildcard") return uri;
  const components = uri.split(".");
  const wildcard = components.indexOf("");
  return wildcard < 0
    ? uri
    : components
        .slice(0, wildcard)
        .map((literal) => `${literal}.`)
        .join("");
}
