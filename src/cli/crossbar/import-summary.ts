/** What an import comes to: what runs, what is left to do, what is lost, and what needs no thought. */

import { listOf, nameOf } from "../../wamp/config/consistency.ts";
import { isDict } from "../../wamp/protocol/values.ts";
import type { Imported } from "./import.ts";
import type { Dict, NoteKind } from "./import-notes.ts";

const HEADINGS: readonly (readonly [NoteKind, string])[] = [
  ["check", "to do or to check"],
  ["lost", "lost"],
  ["none", "done by the platform, or of no effect"],
];

/** Lines of text: a heading for each part that is not empty, and below it one line for each thing. */
export function summaryOf({ config, notes }: Imported): string {
  const parts = HEADINGS.map(([kind, heading]) => {
    const lines = notes.filter((note) => note.kind === kind);
    return section(
      `${heading} (${lines.length})`,
      lines.map(({ path, reason }) => `${path || "the configuration"}: ${reason}`),
    );
  });
  return section("runs", runsIn(config)) + parts.join("");
}

function section(heading: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${heading}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function runsIn({ realms, http }: Dict): string[] {
  const ways = isDict(http) ? Object.entries(http).map(([key, value]) => `http.${key}${countIn(value, key)}`) : [];
  return [...listOf(realms).filter(isDict).map(realmLine), ...ways];
}

function realmLine(realm: Dict): string {
  const methods = isDict(realm.auth) ? Object.keys(realm.auth) : [];
  const parts = [
    many(listOf(realm.roles).length, "role"),
    methods.length === 0 ? "no login" : `login by ${methods.join(", ")}`,
    many(listOf(realm.callees).length, "callee"),
    many(isDict(realm.webhooks) ? Object.keys(realm.webhooks).length : 0, "webhook"),
    many(listOf(realm.webhooks_out).length, "webhook", " out"),
  ];
  return `realm ${nameOf(realm)}: ${parts.filter((part) => part !== "").join(", ")}`;
}

function countIn(value: unknown, key: string): string {
  return key === "paths" && isDict(value) ? `: ${Object.keys(value).join(", ")}` : "";
}

function many(count: number, noun: string, more = ""): string {
  return count === 0 ? "" : `${count} ${noun}${count === 1 ? "" : "s"}${more}`;
}
