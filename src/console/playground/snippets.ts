/** Writes a request of the playground as programs and commands to copy. None of them has a credential. */

import type { Dict, List } from "../../wamp/protocol/values.ts";
import type { PlaygroundRequest } from "./form.ts";

/** Where the console is connected, and as whom. */
export interface Target {
  /** Origin of the router, such as `https://example.com`. */
  readonly origin: string;
  readonly realm: string;
  readonly authid: string;
  readonly authmethod: string;
}

/** Name of the language → text. */
export function snippetsOf(request: PlaygroundRequest, target: Target): Readonly<Record<string, string>> {
  return {
    JavaScript: javascript(request, target),
    Python: python(request, target),
    curl: curl(request, target),
    CLI: commandLine(request, target),
  };
}

function socketUrl({ origin, realm }: Target): string {
  return `${origin.replace(/^http/, "ws")}/ws/${encodeURIComponent(realm)}`;
}

function isEmpty(value: List | Dict): boolean {
  return Object.keys(value).length === 0;
}

/** Leaves empty values at the end out. */
function trimmed(values: readonly (List | Dict)[]): readonly (List | Dict)[] {
  const last = values.findLastIndex((value) => !isEmpty(value));
  return values.slice(0, last + 1);
}

function json(value: unknown): string {
  return JSON.stringify(value);
}

/** The elements of a call in JavaScript, without empty values at the end. */
function elements(first: readonly string[], rest: readonly (List | Dict)[]): string {
  return [...first, ...trimmed(rest).map(json)].join(", ");
}

function javascript({ action, uri, args, kwargs, options, answer }: PlaygroundRequest, target: Target): string {
  const name = json(uri);
  const print = "(args, kwargs, details) => console.log(details.topic, args, kwargs)";
  const body = {
    call: () => `console.log(await session.call(${elements([name], [args, kwargs, options])}));`,
    publish: () => `await session.publish(${elements([name], [args, kwargs, { ...options, acknowledge: true }])});`,
    subscribe: () => `await session.subscribe(${elements([name, print], [options])});`,
    register: () => `await session.register(${elements([name, `() => (${json(answer)})`], [options])});`,
  }[action]();
  const isOver = action === "call" || action === "publish";
  return `import autobahn from "autobahn";

const connection = new autobahn.Connection({
  url: ${json(socketUrl(target))},
  realm: ${json(target.realm)},${javascriptLogin(target)}
});
connection.onopen = async (session) => {
  ${body}${isOver ? "\n  connection.close();" : ""}
};
connection.open();
`;
}

/** The lines of a login whose answer is the secret itself or an HMAC; the documentation has the other methods. */
function javascriptLogin({ authmethod, authid }: Target): string {
  const answer = {
    ticket: "() => process.env.WAMP_SECRET",
    jwt: "() => process.env.WAMP_SECRET",
    wampcra: "(_, method, extra) => autobahn.auth_cra.sign(process.env.WAMP_SECRET, extra.challenge)",
  }[authmethod];
  if (authmethod === "anonymous") return "";
  if (answer === undefined) return `\n  // The login by ${authmethod}: see docs/authentication.md.`;
  return `\n  authmethods: [${json(authmethod)}],\n  authid: ${json(authid)},\n  onchallenge: ${answer},`;
}

/** The options that the classes of Autobahn|Python take. */
const PYTHON_OPTIONS = {
  call: { name: "CallOptions", keys: ["timeout"] },
  publish: {
    name: "PublishOptions",
    keys: [
      ...["exclude_me", "retain", "exclude", "exclude_authid", "exclude_authrole"],
      ...["eligible", "eligible_authid", "eligible_authrole"],
    ],
  },
  subscribe: { name: "SubscribeOptions", keys: ["match", "get_retained"] },
  register: { name: "RegisterOptions", keys: ["match", "invoke", "concurrency", "force_reregister"] },
};

function python({ action, uri, args, kwargs, options, answer }: PlaygroundRequest, target: Target): string {
  const { name, keys } = PYTHON_OPTIONS[action];
  const known = Object.entries(options).filter(([key]) => keys.includes(key));
  const others = Object.keys(options).filter((key) => !keys.includes(key));
  if (action === "publish") known.unshift(["acknowledge", true]);
  const given = known.map(([key, value]) => `${key}=${pythonValue(value)}`).join(", ");
  const hasOptions = known.length > 0;
  const values = [pythonValue(uri), ...args.map(pythonValue)];
  const named = Object.entries(kwargs);
  // Names that are no identifiers, and `options`, which Autobahn takes for its own, can be passed in a dict only.
  if (named.length > 0) values.push(`**${pythonValue(kwargs)}`);
  const own = hasOptions ? [`options=${name}(${given})`] : [];
  const body = {
    call: () => `print(await session.call(${[...values, ...own].join(", ")}))`,
    publish: () => `await session.publish(${[...values, ...own].join(", ")})`,
    subscribe: () => `await session.subscribe(${["print", pythonValue(uri), ...own].join(", ")})`,
    register: () =>
      `await session.register(${[`lambda *args, **kwargs: ${pythonValue(answer)}`, pythonValue(uri), ...own].join(", ")})`,
  }[action]();
  const isOver = action === "call" || action === "publish";
  const lines = [
    ...(pythonNeedsEnvironment(target) ? ["import os", ""] : []),
    "from autobahn.asyncio.component import Component, run",
    ...(hasOptions ? [`from autobahn.wamp.types import ${name}`] : []),
    "",
    `component = Component(transports=${pythonValue(socketUrl(target))}, realm=${pythonValue(target.realm)}${pythonLogin(target)})`,
    "",
    "@component.on_join",
    "async def joined(session, details):",
    ...(others.length > 0 ? [`    # Autobahn|Python has no option ${others.join(", ")}.`] : []),
    `    ${body}`,
    ...(isOver ? ["    session.leave()"] : []),
    "",
    "run([component])",
  ];
  return `${lines.join("\n")}\n`;
}

function pythonNeedsEnvironment({ authmethod }: Target): boolean {
  return authmethod === "ticket" || authmethod === "wampcra" || authmethod === "scram";
}

function pythonLogin(target: Target): string {
  const { authmethod, authid } = target;
  if (!pythonNeedsEnvironment(target)) return "";
  const key = authmethod === "ticket" ? "ticket" : authmethod === "scram" ? "password" : "secret";
  return `,\n    authentication={${json(authmethod)}: {"authid": ${pythonValue(authid)}, "${key}": os.environ["WAMP_SECRET"]}}`;
}

/** A JSON value as a Python literal; strings of JSON are those of Python. */
function pythonValue(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(pythonValue).join(", ")}]`;
  if (typeof value !== "object") return json(value);
  const entries = Object.entries(value).map(([key, each]) => `${json(key)}: ${pythonValue(each)}`);
  return `{${entries.join(", ")}}`;
}

function curl({ action, uri, args, kwargs, options }: PlaygroundRequest, target: Target): string {
  if (action === "subscribe") return "# Events over HTTP: see docs/web-services.md (server-sent events).\n";
  if (action === "register")
    return "# HTTP requests cannot register procedures; a service binding or a component can.\n";
  const { receive_progress, ...rest } = options;
  const body = {
    [action === "call" ? "procedure" : "topic"]: uri,
    ...(!isEmpty(args) && { args }),
    ...(!isEmpty(kwargs) && { kwargs }),
    ...(!isEmpty(rest) && { options: rest }),
  };
  const { authmethod, authid, origin, realm } = target;
  const proof = [
    ...(authmethod === "anonymous" ? [] : [`-H "Authorization: Bearer $WAMP_SECRET"`]),
    ...(authmethod === "ticket" ? [`-H ${shell(`X-WAMP-Authid: ${authid}`)}`] : []),
  ];
  const words = [
    `curl -s ${shell(`${origin}/realms/${encodeURIComponent(realm)}/${action}`)}`,
    "-H 'Content-Type: application/json'",
    ...(receive_progress === true ? ["-H 'Accept: application/x-ndjson'"] : []),
    ...proof,
    `-d ${shell(json(body))}`,
  ];
  return `# Needs http.bridge in the configuration: see docs/http.md.\n${words.join(" \\\n  ")}\n`;
}

function commandLine({ action, uri, args, kwargs, options, answer }: PlaygroundRequest, target: Target): string {
  const { authmethod, authid, origin, realm } = target;
  const { timeout, retain, match, invoke, get_retained, receive_progress, ...others } = options;
  const words = [
    `npx wamp-edge ${action} ${shell(uri)}`,
    ...(isEmpty(args) ? [] : [`--args ${shell(json(args))}`]),
    ...(isEmpty(kwargs) ? [] : [`--kwargs ${shell(json(kwargs))}`]),
    ...(typeof timeout === "number" ? [`--timeout ${timeout}ms`] : []),
    ...(receive_progress === true ? ["--progress"] : []),
    ...(retain === true ? ["--retain"] : []),
    ...(get_retained === true ? ["--retained"] : []),
    ...(typeof match === "string" ? [`--match ${shell(match)}`] : []),
    ...(typeof invoke === "string" ? [`--invoke ${shell(invoke)}`] : []),
    ...Object.entries(others).map(([key, value]) => `-o ${shell(`${key}=${json(value)}`)}`),
    ...(action === "register" ? [`--exec ${shell(`echo ${shell(json(answer))}`)}`] : []),
    `--url ${shell(origin)} --realm ${shell(realm)}`,
    ...(authmethod === "anonymous" ? [] : [`--authmethod ${shell(authmethod)} --authid ${shell(authid)}`]),
  ];
  const note = authmethod === "anonymous" ? "" : "# The secret comes from the variable WAMP_SECRET, or is asked for.\n";
  return `${note}${words.join(" \\\n  ")}\n`;
}

/** Quotes a word for a POSIX shell. */
function shell(word: string): string {
  return /^[\w.:/@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
