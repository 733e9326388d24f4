/** The question to `wamp.edge.explain`, from the parameters of the link. */

import type { ChannelSession } from "../../client/channel-session.ts";
import type { Dict, Id, List } from "../../wamp/protocol/values.ts";
import { type Faults, isObject, type OptionField, readField, readNames } from "../widgets/json.ts";

/** What can be explained. */
export const ACTIONS = ["call", "publish", "subscribe", "register", "login"] as const;

/** Names of the fields, which are those of the link. */
const NAMES = ["action", "uri", "who", "role", "options", "args", "kwargs", "authmethods", "address", "plain"] as const;

/**
 * Texts of the fields. `who` is an authid or the id of a session; empty for the session of the console, or for any
 * session of the role. `options`, `args` and `kwargs` are JSON. `plain` is not empty for a login without TLS.
 */
export type Question = Readonly<Record<(typeof NAMES)[number], string>>;

/** Field → what is wrong with it. */
export type QuestionFaults = Faults<keyof Question>;

const MATCH: OptionField = { name: "match", label: "match", choices: ["exact", "prefix", "wildcard"] };
const DISCLOSE: OptionField = { name: "disclose_me", label: "disclose_me", value: true };
const names = (name: string): OptionField => ({ name, label: name, input: "names" });
const box = (name: string): OptionField => ({ name, label: name, value: true });

/** Action → the options that decide where its message goes. */
export const OPTION_FIELDS: Readonly<Record<string, readonly OptionField[]>> = {
  call: [
    box("receive_progress"),
    DISCLOSE,
    { name: "runmode", label: "runmode: partition", value: "partition" },
    { name: "rkey", label: "rkey", input: "text" },
  ],
  publish: [
    box("acknowledge"),
    { name: "exclude_me", label: "exclude_me: false", value: false },
    DISCLOSE,
    box("retain"),
    { name: "eligible", label: "eligible", input: "ids" },
    names("eligible_authid"),
    names("eligible_authrole"),
    { name: "exclude", label: "exclude", input: "ids" },
    names("exclude_authid"),
    names("exclude_authrole"),
    { name: "rkey", label: "rkey", input: "text" },
  ],
  subscribe: [MATCH, box("get_retained"), { name: "nkey", label: "nkey", input: "text" }],
  register: [
    MATCH,
    { name: "invoke", label: "invoke", choices: ["single", "roundrobin", "random", "first", "last"] },
    box("force_reregister"),
    box("disclose_caller"),
  ],
};

/** Sessions that are searched for an authid. */
const MOST_SEARCHED = 1_000;

/** Reads the fields from the link. */
export function questionOf(params: URLSearchParams): Question {
  const texts = Object.fromEntries(NAMES.map((name) => [name, params.get(name) ?? ""])) as Question;
  return ACTIONS.some((action) => action === texts.action) ? texts : { ...texts, action: "call" };
}

/** The part of the query that is not about who, and what is wrong with its fields. */
export function readQuestion(question: Question): { readonly query: Dict; readonly faults: QuestionFaults } {
  const { action, uri, authmethods, address, plain } = question;
  const faults: QuestionFaults = {};
  if (action === "login") {
    const methods = readNames(authmethods);
    const connection = { ...(address !== "" && { address }), ...(plain !== "" && { is_secure: false }) };
    return { query: { action, ...(methods !== undefined && { authmethods: methods }), ...connection }, faults };
  }
  const object = (name: "options" | "kwargs"): Dict =>
    readField<Dict, keyof Question>(
      { name, text: question[name], empty: {}, need: "Enter an object" },
      isObject,
      faults,
    );
  const options = object("options");
  if (action !== "call" && action !== "publish") return { query: { action, uri, options }, faults };
  const args = readField<List, keyof Question>(
    { name: "args", text: question.args, empty: [], need: "Enter a list, such as [23, 19]" },
    Array.isArray,
    faults,
  );
  return { query: { action, uri, options, args, kwargs: object("kwargs") }, faults };
}

/** Asks the router. Rejects with an `Error` where no session has the authid, and with what the router answers. */
export async function explain(session: ChannelSession, question: Question): Promise<Dict> {
  const { action, who, role } = question;
  const subject =
    action === "login"
      ? { ...(who !== "" && { authid: who }), ...(role !== "" && { authrole: role }) }
      : await subjectOf(session, who, role);
  const { args } = await session.call("wamp.edge.explain", [{ ...readQuestion(question).query, ...subject }]);
  return args[0] as Dict;
}

async function subjectOf(session: ChannelSession, who: string, role: string): Promise<Dict> {
  if (role !== "") return { authrole: role, ...(who !== "" && { authid: who }) };
  if (who === "") return { session: session.id };
  if (/^\d+$/.test(who)) return { session: Number(who) };
  const { args } = await session.call("wamp.session.list", [], { limit: MOST_SEARCHED });
  for (const id of args[0] as Id[]) {
    const found = await session.call("wamp.session.get", [id]).catch(() => undefined);
    if ((found?.args[0] as Dict | undefined)?.authid === who) return { session: id };
  }
  throw new Error(`${who} has no session now: enter the role, too, and the answer is for a session that it would have`);
}
