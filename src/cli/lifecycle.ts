/** How a local router comes up and goes down: the same for the development server and for plain workerd. */

import { createServer } from "node:net";
import { type LocalEnvironment, readEnvironment, StartError } from "./environment.ts";
import { readVariables } from "./variables.ts";

/** A server that is starting or running. */
export type LocalServer = {
  /** Where it listens, once it does; rejects with StartError where it cannot. */
  readonly origin: Promise<URL>;
  /** Resolves when all is saved and every process that would outlive this one is gone. */
  readonly stop: () => Promise<void>;
  /** Ends every process that would outlive this one at once. */
  readonly kill: () => void;
  /** A line for the operator, shown when it listens. */
  readonly notice?: string | undefined;
};

const READY_WITHIN_MS = 30_000;
const POLL_EVERY_MS = 50;
/** npm passes on a Ctrl-C that the terminal has delivered already: a signal so soon after the first is the same one. */
const REPEATED_WITHIN_MS = process.env.npm_lifecycle_event ? 500 : 0;

/** The process that started this one: under npm, the shell that npm runs scripts in. */
const PARENT = process.ppid;

/**
 * Starts a server as the environment says, prints where to connect once `/healthz` answers, and stops it on Ctrl-C,
 * SIGTERM, a closed terminal or the end of npm; a second signal ends it at once, with code 1. A fault that can be mended
 * ends the process with its message and code 1.
 */
export async function runServer(start: (environment: LocalEnvironment) => Promise<LocalServer>): Promise<void> {
  let server: LocalServer | undefined;
  let stoppingSince: number | undefined;
  const stop = async () => {
    if (stoppingSince !== undefined) return;
    stoppingSince = Date.now();
    await server?.stop();
    process.exit(0);
  };
  const onSignal = () => {
    if (stoppingSince === undefined) return void stop();
    if (Date.now() - stoppingSince < REPEATED_WITHIN_MS) return;
    server?.kill();
    process.exit(1);
  };
  stopOnSignals(onSignal);
  if (process.env.npm_lifecycle_event) stopWithParent(stop);
  try {
    const environment = await readEnvironment(process.env, () => loadDeployedConfig(), await readVariables());
    await requireFreePort(environment.host, environment.port);
    server = await start(environment);
    stopOnSignals(onSignal);
    const origin = connectable(await server.origin);
    await untilHealthy(origin);
    process.stdout.write(greeting(origin, environment.realms, server.notice));
  } catch (error) {
    await server?.stop();
    fail(error);
  }
}

/** Ends the process with code 1: a StartError shows its message alone, any other error where it comes from. */
export function fail(error: unknown): never {
  const text = error instanceof StartError ? error.message : error instanceof Error ? error.stack : error;
  process.stderr.write(`wamp-edge: ${text}\n`);
  // A cast, because the Workers types declare `process` as any.
  return process.exit(1) as never;
}

/**
 * What `src/config.ts` exports, or another `module` of that name. Node runs it here, so it may import nothing that only the Worker has.
 * Rejects with StartError where it cannot be run or exports nothing.
 */
export async function loadDeployedConfig(
  module: Promise<object> = import("../config.ts"),
  name = "src/config.ts",
): Promise<unknown> {
  const exported = await module.catch((error: Error) => {
    throw new StartError(`${name}: ${error.message}`);
  });
  if (!("default" in exported)) throw new StartError(`${name}: has no default export`);
  return exported.default;
}

/** Asked before anything starts, because wrangler waits for ever for a port that is taken. */
async function requireFreePort(host: string, port: number): Promise<void> {
  const probe = createServer();
  const listening = new Promise<void>((resolve, reject) => {
    probe.once("error", reject).listen(port, host, resolve);
  });
  await listening.catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "EADDRINUSE" ? "the port is in use (PORT chooses another)" : error.message;
    throw new StartError(`cannot listen on ${host}:${port}: ${why}`);
  });
  await new Promise((resolve) => probe.close(resolve));
}

/**
 * Calls `onSignal` on each of them, and nothing else: Miniflare would leave with code 130 or 143, as if that were a
 * failure. What listens already goes on listening, for Node drops a signal that has come when nothing listens for a moment.
 */
function stopOnSignals(onSignal: () => void): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    if (!process.listeners(signal).includes(onSignal)) process.on(signal, onSignal);
    for (const other of process.listeners(signal)) if (other !== onSignal) process.off(signal, other);
  }
}

/** npm signals only its shell, and where that is dash it dies without passing the signal on. */
function stopWithParent(stop: () => void): void {
  const hasParent = () => process.ppid === PARENT;
  setInterval(() => hasParent() || stop(), POLL_EVERY_MS).unref();
}

/** A wildcard address is where a server listens, not where a client can connect. */
function connectable(origin: URL): URL {
  const url = new URL("/", origin);
  if (url.hostname === "0.0.0.0" || url.hostname === "[::]") url.hostname = "127.0.0.1";
  return url;
}

async function untilHealthy(origin: URL): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(new URL("/healthz", origin), { signal: AbortSignal.timeout(READY_WITHIN_MS) }).catch(
      () => undefined,
    );
    if (answer?.ok) return;
    if (answer) throw new StartError(`/healthz answers ${answer.status}: ${await answer.text()}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
  }
  throw new StartError(`no answer from ${origin.href}healthz within ${READY_WITHIN_MS / 1000} seconds`);
}

function greeting(origin: URL, realms: readonly string[], notice?: string): string {
  const socket = new URL("/ws/", origin);
  socket.protocol = "ws:";
  const sockets = realms.map((realm) => `  ${socket.href}${encodeURIComponent(realm)}\n`);
  const addresses = `${sockets.join("") || `  ${socket.href}<realm>\n`}  ${origin.href}\n`;
  return `wamp-edge is running; Ctrl-C stops it\n${addresses}${notice === undefined ? "" : `  ${notice}\n`}`;
}
