/** Formats the summary of an import: what works, what the user must do, what is lost and what needs no action. */

import { listOf, nameOf } from "../../wamp/config/consistency.ts";
import { isDict } from "../../wamp/protocol/values.ts";
import type { Dict, NoteKind } from "./config-reader.ts";
import type { Imported } from "./import.ts";

const HEADINGS: readonly (readonly [NoteKind, string])[] = [
  ["todo", "to do or to check"],
  ["lost", "lost"],
  ["handled", "needs no action"],
];

/** Returns lines of text: one section for the imported configuration and one for each kind of note; none is empty. */
export function formatSummary({ config, notes }: Imported): string {
  const parts = HEADINGS.map(([kind, heading]) => {
    const lines = notes.filter((note) => note.kind === kind);
    return formatSection(
      `${heading} (${lines.length})`,
      lines.map(({ path, reason }) => `${path || "the configuration"}: ${reason}`),
    );
  });
  return formatSection("works", describeConfig(config)) + parts.join("");
}

function formatSection(heading: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${heading}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function describeConfig({ realms, http }: Dict): string[] {
  const services = isDict(http)
    ? Object.entries(http).map(([key, value]) => `http.${key}${listPaths(key, value)}`)
    : [];
  return [...listOf(realms).filter(isDict).map(describeRealm), ...services];
}

function describeRealm(realm: Dict): string {
  const methods = isDict(realm.auth) ? Object.keys(realm.auth) : [];
  const parts = [
    formatCount(listOf(realm.roles).length, "role"),
    methods.length === 0 ? "no login" : `login by ${methods.join(", ")}`,
    formatCount(listOf(realm.callees).length, "callee"),
    formatCount(isDict(realm.webhooks) ? Object.keys(realm.webhooks).length : 0, "webhook"),
    formatCount(listOf(realm.webhooks_out).length, "outgoing webhook"),
  ];
  return `realm ${nameOf(realm)}: ${parts.filter((part) => part !== "").join(", ")}`;
}

function listPaths(key: string, value: unknown): string {
  return key === "paths" && isDict(value) ? `: ${Object.keys(value).join(", ")}` : "";
}

function formatCount(count: number, noun: string): string {
  return count === 0 ? "" : `${count} ${noun}${count === 1 ? "" : "s"}`;
}
