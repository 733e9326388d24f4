/** Starts and stops a local router: the same for `wamp-edge start` (wrangler) and `wamp-edge serve` (workerd). */

import { createServer } from "node:net";
import type { Fault } from "../wamp/config/shape.ts";
import { formatFaults } from "../worker/config/load-config.ts";
import { findFaultsOfObjects } from "./missing-settings.ts";
import { watchParent } from "./parent-process.ts";
import { loadConfigModule } from "./project/config-module.ts";
import { requireConsoleFiles } from "./project/console-files.ts";
import { readDevVars } from "./project/dev-vars.ts";
import { findProject, type Project } from "./project/project.ts";
import { exitWithError, UserError } from "./project/user-error.ts";
import { readSettings } from "./project/wrangler.ts";
import { overrideVariables, readServerOptions, type ServerFlags, type ServerOptions } from "./server-options.ts";

/** A server that is starting or running. */
export type LocalServer = {
  /** The address it listens on; rejects with UserError when it cannot listen. */
  readonly origin: Promise<URL>;
  /** Saves all state and ends the child processes. */
  readonly stop: () => Promise<void>;
  /** Ends the child processes at once. */
  readonly kill: () => void;
  /** A line for the operator, printed once the server listens. */
  readonly notice?: string | undefined;
};

/** What a server runs in. */
export type ServerContext = {
  readonly project: Project;
  /** Where the Worker's console goes: with `--json` standard error, because standard output is for programs. */
  readonly output: { readonly fd: 1 | 2 } & NodeJS.WritableStream;
};

/** Starts a server; rejects with UserError when it cannot start. */
export type StartServer = (options: ServerOptions, context: ServerContext) => Promise<LocalServer>;

const READY_TIMEOUT_MS = 30_000;
const POLL_INTERVAL_MS = 50;
/** npm forwards a Ctrl-C that the terminal has already delivered: a signal this soon after the first one is a copy. */
const DUPLICATE_SIGNAL_MS = process.env.npm_lifecycle_event ? 500 : 0;

/**
 * Starts a server with the options of the command line and of the environment and prints its addresses once `/healthz`
 * answers; the main module must export `classes`. SIGINT, SIGTERM, SIGHUP, the end of npm and, with `--json`, the end of the parent process stop the server; a
 * second signal ends the process at once with code 1. An error ends the process with its message and code 1.
 */
export async function runServer(
  start: StartServer,
  flags: ServerFlags,
  classes: readonly string[] = [],
): Promise<void> {
  let server: LocalServer | undefined;
  let stoppedAt: number | undefined;
  const stop = async () => {
    if (stoppedAt !== undefined) return;
    stoppedAt = Date.now();
    await server?.stop();
    process.exit(0);
  };
  const onSignal = () => {
    if (stoppedAt === undefined) return void stop();
    if (Date.now() - stoppedAt < DUPLICATE_SIGNAL_MS) return;
    server?.kill();
    process.exit(1);
  };
  handleSignals(onSignal);
  if (process.env.npm_lifecycle_event || flags.json) watchParent(() => void stop(), flags.json === true);
  try {
    requireConsoleFiles();
    const project = findProject();
    const env = await overrideVariables(process.env, flags, project);
    const options = await readServerOptions(env, () => loadConfigModule(project), await readDevVars(project));
    await requireObjects(project, options, classes);
    await requireFreePort(options.host, options.port);
    server = await start(options, { project, output: flags.json ? process.stderr : process.stdout });
    handleSignals(onSignal);
    const origin = toClientUrl(await server.origin);
    await waitUntilHealthy(origin);
    const text = flags.json
      ? formatJson(origin, options.realms)
      : formatGreeting(origin, options.realms, server.notice);
    process.stdout.write(text);
  } catch (error) {
    await server?.stop();
    exitWithError(error);
  }
}

/** Throws UserError with the lines to add when the project lacks what the router's objects or the server need. */
async function requireObjects(
  project: Project,
  { needsWebhooks }: ServerOptions,
  classes: readonly string[],
): Promise<void> {
  const faults = findFaultsOfObjects(project, await readSettings(project), needsWebhooks, classes);
  if (faults.length > 0) throw new UserError(`the project lacks settings\n${formatFaults(faults)}`);
}

/**
 * Throws UserError when the port is taken. Checked before the start, because wrangler waits for a taken port without
 * end.
 */
async function requireFreePort(host: string, port: number): Promise<void> {
  const probe = createServer();
  const listening = new Promise<void>((resolve, reject) => {
    probe.once("error", reject).listen(port, host, resolve);
  });
  await listening.catch((error: NodeJS.ErrnoException) => {
    const cause = error.code === "EADDRINUSE" ? "the port is in use (PORT chooses another)" : error.message;
    throw new UserError(`cannot listen on ${host}:${port}: ${cause}`);
  });
  await new Promise((resolve) => probe.close(resolve));
}

/**
 * Makes `onSignal` the only listener of the three signals: Miniflare's listeners would exit with code 130 or 143, as if
 * an orderly stop were a failure. A listener that is already there stays, because Node drops a signal that arrives
 * while no listener is registered.
 */
function handleSignals(onSignal: () => void): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    if (!process.listeners(signal).includes(onSignal)) process.on(signal, onSignal);
    for (const other of process.listeners(signal)) if (other !== onSignal) process.off(signal, other);
  }
}

/**
 * Returns an address that clients can connect to: a server can listen on a wildcard address, a client cannot use it.
 */
function toClientUrl(origin: URL): URL {
  const url = new URL("/", origin);
  if (url.hostname === "0.0.0.0" || url.hostname === "[::]") url.hostname = "127.0.0.1";
  return url;
}

async function waitUntilHealthy(origin: URL): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const response = await fetch(new URL("/healthz", origin), { signal: AbortSignal.timeout(READY_TIMEOUT_MS) }).catch(
      () => undefined,
    );
    if (response?.ok) return;
    if (response) throw new UserError(describeUnhealthy(response.status, await response.text()));
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
  throw new UserError(`no answer from ${origin.href}healthz within ${READY_TIMEOUT_MS / 1000} seconds`);
}

/** The faults that only the Worker finds, such as a component that it does not have, or what else it answers. */
function describeUnhealthy(status: number, text: string): string {
  try {
    const { faults } = JSON.parse(text) as { readonly faults?: readonly Fault[] };
    if (faults !== undefined) return `the configuration has faults\n${formatFaults(faults)}`;
  } catch {
    // Not the router's own answer.
  }
  return `/healthz answers ${status}: ${text}`;
}

/** One line for the program that started the server. */
function formatJson(origin: URL, realms: readonly string[]): string {
  return `${JSON.stringify({ url: origin.href, websocket: toSocketUrl(origin).href, realms })}\n`;
}

function toSocketUrl(origin: URL): URL {
  const url = new URL("/ws/", origin);
  url.protocol = "ws:";
  return url;
}

function formatGreeting(origin: URL, realms: readonly string[], notice?: string): string {
  const socketUrl = toSocketUrl(origin);
  const sockets = realms.map((realm) => `  ${socketUrl.href}${encodeURIComponent(realm)}\n`);
  const addresses = `${sockets.join("") || `  ${socketUrl.href}<realm>\n`}  ${origin.href}\n`;
  return `wamp-edge is running; Ctrl-C stops it\n${addresses}${notice === undefined ? "" : `  ${notice}\n`}`;
}
