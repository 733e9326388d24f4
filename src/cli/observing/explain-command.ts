/** `wamp-edge explain`: says what the router would do with a request, and why; nothing is sent. */

import { Argument, type Command, Option } from "commander";
import { type Dict, isDict } from "../../wamp/protocol/values.ts";
import { jsonFromValue } from "../../wamp/serializers/json-text.ts";
import { AUTH_METHODS } from "../client/auth-methods.ts";
import { addConnectionOptions, type ConnectionFlags } from "../client/connection-settings.ts";
import { parseCount } from "../client/duration.ts";
import type { Session } from "../client/open-session.ts";
import { collect, readMessageOptions } from "../client/payload-words.ts";
import { formatTable, printJson, printLine, printNotice } from "../client/printing.ts";
import { UserError } from "../project/user-error.ts";
import { callConsole } from "./call-console.ts";

const ACTIONS = ["call", "publish", "subscribe", "register", "login"] as const;
type Action = (typeof ACTIONS)[number];

type Flags = ConnectionFlags & {
  readonly as?: string;
  readonly asRole?: string;
  readonly asSession?: string;
  readonly match?: "exact" | "prefix" | "wildcard";
  readonly methods?: string;
  readonly option?: readonly string[];
};

/** Adds the command to the program. */
export function addExplainCommand(program: Command): void {
  const command = program
    .command("explain")
    .description("say what the router would do with a request, and why; nothing is sent (needs a role with console)")
    .addArgument(new Argument("<action>", "what to explain").choices(ACTIONS))
    .argument("[uri]", "topic or procedure; login has none");
  addConnectionOptions(command)
    .option("--as <authid>", "as the session of this authid, or with --as-role as if it had joined")
    .option("--as-role <name>", "as a session of this role")
    .option("--as-session <id>", "as this session")
    .option(
      "--methods <list>",
      "login: methods that the client offers, with commas (default with --as: all but anonymous)",
    )
    .addOption(new Option("--match <policy>", "how the URI matches").choices(["exact", "prefix", "wildcard"]))
    .option("-o, --option <key=value>", "an option of the request; may be repeated", collect)
    .action(explain);
}

async function explain(action: Action, uri: string | undefined, flags: Flags): Promise<void> {
  const { runSession } = await import("../client/run-session.ts");
  if (uri === undefined && action !== "login")
    throw new UserError(`explain ${action} needs a URI, such as com.example.name`);
  await runSession(flags, async (session) => {
    const subject = action === "login" ? loginOf(flags) : { uri, ...(await subjectOf(session, flags)) };
    const options = { ...readMessageOptions(flags.option), ...(flags.match && { match: flags.match }) };
    const query = { action, ...subject, ...(action !== "login" && { options }) };
    const answer = await callConsole(session, "wamp.edge.explain", { args: [query] });
    if (flags.json || !isDict(answer)) printJson(answer);
    else printAnswer(answer);
  });
}

const SECRET_METHODS = AUTH_METHODS.filter((method) => method !== "anonymous");

/** Without `--methods` an authid offers each method that has a secret. */
function loginOf({ as, asRole, methods }: Flags): Dict {
  const offered = methods?.split(",") ?? (as === undefined ? undefined : SECRET_METHODS);
  return {
    ...(offered !== undefined && { authmethods: offered }),
    ...(as !== undefined && { authid: as }),
    ...(asRole !== undefined && { authrole: asRole }),
  };
}

/** The session to explain for: its id, an authid with a role, or the session of an authid, also one that has left. */
async function subjectOf(session: Session, { as, asRole, asSession }: Flags): Promise<Dict> {
  if (asSession !== undefined) return { session: parseCount(asSession, "--as-session") };
  if (asRole !== undefined) return { authrole: asRole, ...(as !== undefined && { authid: as }) };
  if (as === undefined) return { session: session.id };
  const ids = (await callConsole(session, "wamp.session.list")) as readonly number[];
  for (const id of ids) {
    const found = await session.call("wamp.session.get", [id]).catch(() => undefined);
    if ((found?.args[0] as Dict | undefined)?.authid === as) return { session: id };
  }
  const authrole = await lastRole(session, as);
  if (authrole === undefined) {
    throw new UserError(`${as} has no session in the realm; --as-role ROLE explains for a session that it would have`);
  }
  printNotice(`${as} has no session in the realm; its last one had the role ${authrole}`);
  return { authrole, authid: as };
}

/** The role of the latest session of an authid, as far as the realm remembers it. */
async function lastRole(session: Session, as: string): Promise<unknown> {
  const log = (await callConsole(session, "wamp.edge.connections")) as readonly Dict[];
  return log.findLast(({ authid, authrole }) => authid === as && typeof authrole === "string")?.authrole;
}

function printAnswer(answer: Dict): void {
  const { action, uri, authid, authrole, refused, permission, ...others } = answer;
  const who = authrole === undefined ? "" : ` as ${authid === "" ? "any authid" : authid} (role ${authrole})`;
  const request = [action, uri].filter((part) => typeof part === "string").join(" ");
  printLine(`${request}${who}: ${isDict(refused) ? `refused, ${refused.error}` : "accepted"}`);
  if (isDict(refused)) printLine(`  ${refused.message}`);
  if (isDict(permission)) printLine(`  decided by ${describePermission(permission)}`);
  for (const [key, value] of Object.entries(others)) printField(key, value);
}

function describePermission({ allowed, by, rule, authorizer }: Dict): string {
  const parts = [isDict(rule) ? describeRule(rule) : String(by)];
  if (isDict(authorizer)) {
    const { procedure, registered } = authorizer;
    const state = registered === false ? "not registered" : allowed === null ? "would be asked" : "known answer";
    parts.push(`authorizer ${procedure} (${state})`);
  }
  return parts.join(", ");
}

function describeRule({ uri, match, allow, source }: Dict): string {
  const allowed = isDict(allow) ? Object.keys(allow).filter((action) => allow[action] === true) : [];
  const text = allowed.length === 0 ? "nothing" : allowed.join(", ");
  return `the rule ${JSON.stringify(uri)} (${match}, ${source}), which allows ${text}`;
}

/** Prints a list of dicts as a table, and leaves out what is empty. */
function printField(key: string, value: unknown): void {
  if (value === null || value === undefined) return;
  if (Array.isArray(value) && value.length === 0) return printLine(`  ${key}: none`);
  if (!Array.isArray(value) || !value.every(isDict))
    return printLine(`  ${key}: ${typeof value === "string" ? value : jsonFromValue(value)}`);
  printLine(`  ${key}:`);
  for (const line of formatTable(value).split("\n")) printLine(`    ${line}`);
}
