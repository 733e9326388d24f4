/** docs/errors.md has each error URI, close code and HTTP status of the source, and no other. */

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CloseCode } from "../../../src/wamp/protocol/close-code.ts";
import { WampUri } from "../../../src/wamp/protocol/errors.ts";
import { CallOutcome } from "../../../src/wamp/session/pending-requests.ts";
import { respondToCall } from "../../../src/worker/bridge/responses.ts";

const PAGE = readFileSync("docs/errors.md", "utf8");

/** Text of each source of the router. */
const SOURCES = ["src/wamp", "src/worker"].flatMap((folder) => {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".ts")).map((name) => readFileSync(`${folder}/${name}`, "utf8"));
});

/** Cells of the rows below a heading of the page, without those of the head. */
function rowsOf(heading: string): string[][] {
  const section = PAGE.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`docs/errors.md has no section ${heading}`);
  const lines = section.split("\n").filter((line) => line.startsWith("| "));
  return lines.slice(1).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const FAMILIES = ["wamp.error", "wamp.edge, crossbar", "wamp.close"].map((heading) => rowsOf(heading));
const URI_ROWS = FAMILIES.flat();
const documented = URI_ROWS.map(([uri = ""]) => uri.replaceAll("`", ""));

/** Error URIs of the source: those of `WampUri`, and literals; a template ends where its value begins. */
function urisInSource(): Set<string> {
  const literal = /["`]((?:wamp\.error|wamp\.close|wamp\.edge\.error|crossbar\.error)\.[\w.]*)(?=["`]|\$\{)/g;
  const literals = SOURCES.flatMap((text) => Array.from(text.matchAll(literal), ([, uri = ""]) => uri));
  return new Set([...Object.values(WampUri), ...literals].map((uri) => (uri.endsWith(".") ? `${uri}*` : uri)));
}

test("the tables have every error URI of the source, and no other", () => {
  const used = urisInSource();
  expect(used.size).toBeGreaterThan(35);
  expect([...used].filter((uri) => !documented.includes(uri))).toStrictEqual([]);
  expect(documented.filter((uri) => !used.has(uri))).toStrictEqual([]);
});

test("each URI has one row with a cause and a remedy, in alphabetical order", () => {
  for (const rows of FAMILIES) {
    const uris = rows.map(([uri]) => uri);
    expect(uris).toStrictEqual([...new Set(uris)].sort());
    for (const row of rows) expect([row[0], row.slice(-2).filter((cell) => cell === "")]).toStrictEqual([row[0], []]);
  }
});

test("the HTTP status of an ERROR is the bridge's under status_codes", () => {
  const settings = { status_codes: true } as Parameters<typeof respondToCall>[1];
  const rows = URI_ROWS.filter((row) => row.length === 5);
  const withStatus = rows.filter(([, sent, status]) => sent?.includes("ERROR") || status !== "");
  expect(withStatus.length).toBeGreaterThan(25);
  const statuses = withStatus.map(([uri = "", , status]) => [uri, status]);
  const answered = withStatus.map(([uri = ""]) => {
    const outcome = CallOutcome.error(uri.replaceAll("`", ""));
    return [uri, String(respondToCall(outcome, settings, new Headers()).status)];
  });
  expect(statuses).toStrictEqual(answered);
});

test("the table of close codes has every code that the router sends", () => {
  const sent = rowsOf("Close codes").filter(([, sender]) => sender?.startsWith("router"));
  expect(sent.map(([code]) => Number(code))).toStrictEqual(Object.values(CloseCode));
});

test("the table of HTTP statuses has every status of the source, and no other", () => {
  const status = /(?:status: |HttpError\(|webError\(|refused\(|^ {2}\w+: |, |\? 202 : )([45]\d\d)(?=[,); ])/gm;
  const folders = ["bridge", "long-poll", "platform", "realm", "routing", "server-sent-events", "web"];
  const paths = folders.flatMap((folder) => {
    const names = readdirSync(`src/worker/${folder}`, { recursive: true, encoding: "utf8" });
    return names.filter((name) => name.endsWith(".ts")).map((name) => `src/worker/${folder}/${name}`);
  });
  const texts = ["src/worker/app.ts", ...paths].map((path) => readFileSync(path, "utf8"));
  const used = new Set(texts.flatMap((text) => Array.from(text.matchAll(status), ([, code]) => Number(code))));
  // Of a Worker of the router that comes too late for its call or stream.
  used.delete(410);
  const rows = rowsOf("HTTP statuses").map(([code]) => Number(code));
  expect([...new Set(rows)]).toStrictEqual([...used].sort());
});
