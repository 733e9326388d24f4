/** `wamp-edge sessions`, `connections`, `slow` and `unheard`: tables of what is in a realm and what happened there. */

import type { Command } from "commander";
import { type Dict, isDict } from "../../wamp/protocol/values.ts";
import { addConnectionOptions, type ConnectionFlags } from "../client/connection-settings.ts";
import { parseCount } from "../client/duration.ts";
import type { Session } from "../client/open-session.ts";
import { formatTable, printJson, printLine, printNotice, withValues } from "../client/printing.ts";
import { callConsole } from "./call-console.ts";

/** Lines of a table, unless `--limit` says otherwise. */
const USUAL_LIMIT = 100;

type Flags = ConnectionFlags & { readonly limit?: string; readonly failed?: boolean; readonly of?: string };

/** Adds the four commands to the program. */
export function addListingCommands(program: Command): void {
  addListing(program, "sessions", "list the sessions of the realm (needs calls of wamp.session.*)", printSessions);
  addListing(
    program,
    "connections",
    "list the latest logins, failed logins and ends of sessions (needs a role with console)",
    printConnections,
  )
    .option("--failed", "only failed logins, with why")
    .option("--of <authid>", "only those of this authid");
  addListing(
    program,
    "slow",
    "list the sessions that read slowly: bytes sent that they are not known to have read (needs console)",
    printSlow,
  );
  addListing(
    program,
    "unheard",
    "list the URIs that were published to or called with no receiver, and which was meant (needs console)",
    printUnheard,
  );
}

type Printer = (session: Session, limit: number, flags: Flags) => Promise<void>;

function addListing(program: Command, name: string, description: string, print: Printer): Command {
  return addConnectionOptions(program.command(name).description(description))
    .option("--limit <number>", `at most this many lines (default ${USUAL_LIMIT})`)
    .action(async (flags: Flags) => {
      const { runSession } = await import("../client/run-session.ts");
      const limit = flags.limit === undefined ? USUAL_LIMIT : parseCount(flags.limit, "--limit");
      await runSession(flags, (session) => print(session, limit, flags));
    });
}

/** Prints a table, or a line of JSON for each row; says on standard error that nothing is listed. */
function printRows(rows: readonly Dict[], columns: string[], { json }: Flags, nothing: string): void {
  if (json) for (const row of rows) printJson(row);
  else if (rows.length > 0) for (const line of formatTable(rows, columns).split("\n")) printLine(line);
  if (rows.length === 0) printNotice(nothing);
}

async function printSessions(session: Session, limit: number, flags: Flags): Promise<void> {
  const ids = (await callConsole(session, "wamp.session.list")) as readonly number[];
  const found = ids.slice(0, limit).map(async (id) => {
    // A session may have left meanwhile.
    return session.call("wamp.session.get", [id]).then(
      ({ args }) => args[0] as Dict,
      () => undefined,
    );
  });
  const rows = (await Promise.all(found)).filter((row) => row !== undefined);
  rows.sort((a, b) => (`${a.authid}` < `${b.authid}` ? -1 : 1));
  const relayOf = ({ transport }: Dict) => (isDict(transport) ? transport.relay : undefined);
  const shown = flags.json ? rows : rows.map((row) => ({ ...row, relay: relayOf(row) }));
  const columns = withValues(shown, ["session", "authid", "authrole", "authmethod", "authprovider", "relay"]);
  printRows(shown, columns, flags, "no session");
  if (ids.length > limit) printNotice(`${ids.length - limit} more; --limit ${ids.length} lists them`);
}

async function printConnections(session: Session, limit: number, flags: Flags): Promise<void> {
  const all = (await callConsole(session, "wamp.edge.connections")) as readonly Dict[];
  const wanted = all.filter(({ event, authid }) => {
    const isFailed = event === "refused" || event === "abandoned";
    return (!flags.failed || isFailed) && (flags.of === undefined || authid === flags.of);
  });
  const failed = ["time", "authid", "authmethod", "reason", "cause", "address", "network", "relay"];
  const every = [
    "time",
    "event",
    "session",
    "authid",
    "authrole",
    "authmethod",
    "reason",
    "cause",
    "address",
    "network",
    "relay",
  ];
  const rows = wanted.slice(-limit);
  const columns = withValues(rows, flags.failed ? failed : every);
  printRows(rows, columns, flags, flags.failed ? "no failed login since the realm woke" : "no connection");
}

async function printSlow(session: Session, limit: number, flags: Flags): Promise<void> {
  const { sessions } = (await callConsole(session, "wamp.edge.slow", { kwargs: { limit } })) as { sessions: Dict[] };
  // The session of this command has just been sent its WELCOME.
  const others = sessions.filter((row) => row.session !== session.id);
  const rows = flags.json ? others : others.map((row) => ({ state: readingState(row), ...row }));
  const columns = withValues(rows, ["state", "session", "authid", "authrole", "unread", "queued", "sent", "relay"]);
  printRows(rows, columns, flags, "every session is known to have read everything");
  if (others.length > 0 && others.every(({ queued }) => queued === 0)) printNotice("no session is known to be slow");
}

/** What is known of a session with unread bytes (docs/console-procedures.md#wampedgeslow). */
function readingState({ queued, proves }: Dict): string {
  if (queued !== 0) return "slow";
  return proves === true ? "behind" : "unknown";
}

async function printUnheard(session: Session, limit: number, flags: Flags): Promise<void> {
  const rows = (await callConsole(session, "wamp.edge.unheard", { kwargs: { limit } })) as readonly Dict[];
  const columns = [
    "action",
    "uri",
    ...Object.keys(rows[0] ?? {}).filter((key) => !["action", "uri", "nearest"].includes(key)),
    "nearest",
  ];
  printRows(rows, columns, flags, "every call and publication found a receiver since the realm woke");
}
