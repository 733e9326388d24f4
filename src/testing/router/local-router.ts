/** Starts and stops the Worker of a project in a workerd of this process. */

import { existsSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestHarness } from "wrangler";
import { readDevVars } from "../../cli/project/dev-vars.ts";
import { OLDEST_NODE_FOR_WRANGLER, requireNode } from "../../cli/project/node-version.ts";
import { findProject, type Project } from "../../cli/project/project.ts";
import { UserError } from "../../cli/project/user-error.ts";
import { loadWrangler, readSettings, type WorkerSettings } from "../../cli/project/wrangler.ts";
import type { Fault } from "../../wamp/config/shape.ts";
import { isDict } from "../../wamp/protocol/values.ts";
import type { Observation, Observed } from "./observer-worker.ts";
import { describeFaults, prepareConfig, type RouterConfig, unchangedConfig } from "./router-config.ts";
import { RouterRealm } from "./router-realm.ts";
import { TcpForwarder } from "./tcp-forwarder.ts";
import type { RouterOptions, TestRouter } from "./test-router.ts";

const HOST = "127.0.0.1";
/** The name of the Worker that observes realms. */
const OBSERVER = "wamp-edge-testing";

/** Miniflare's words about an object that sleeps already, or that has never been used. */
const NOT_RUNNING = "it is not currently running";

/** Starts a router; see `startRouter`. */
export async function startLocalRouter(options: RouterOptions): Promise<TestRouter> {
  requireNode("startRouter", OLDEST_NODE_FOR_WRANGLER);
  const { wranglerToml, env, port = 0 } = options;
  const project = wranglerToml === undefined ? findProject() : projectOf(wranglerToml);
  const { createTestHarness } = await loadWrangler(project);
  const config = await configFor(project, options);
  const forwarder = port === 0 ? undefined : await TcpForwarder.listen(port);
  // As under `npm start`, so that a faulty configuration is answered with its faults.
  const vars = { WAMP_DEVELOPMENT: "true", ...options.vars, ...config.variables };
  const settings = await readSettings(project, env);
  const server = createTestHarness({
    root: project.folder,
    workers: [
      { configPath: project.settingsFile, vars, ...(env !== undefined && { env }) },
      { config: observerOf(settings) },
    ],
  });
  try {
    const { url } = await server.listen();
    await requireSoundConfig(url);
    forwarder?.forwardTo(Number(url.port));
    return new LocalRouter(`http://${HOST}:${port || url.port}`, config, server, forwarder);
  } catch (error) {
    forwarder?.close();
    await server.close();
    throw describeStartFailure(error as Error);
  }
}

/** A Worker in workerd. */
class LocalRouter implements TestRouter {
  readonly url: string;
  readonly #config: RouterConfig;
  readonly #server: TestHarness;
  readonly #forwarder: TcpForwarder | undefined;

  constructor(url: string, config: RouterConfig, server: TestHarness, forwarder: TcpForwarder | undefined) {
    this.url = url;
    this.#config = config;
    this.#server = server;
    this.#forwarder = forwarder;
  }

  websocket(realm: string): string {
    return `${this.url.replace("http:", "ws:")}/ws/${encodeURIComponent(realm)}`;
  }

  realm(name: string): RouterRealm {
    return new RouterRealm(name, {
      url: this.websocket(name),
      sign: (...session) => this.#config.sign(...session),
      evict: (webSockets) => this.evict(name, webSockets),
      call: (procedure, args) => this.#observe({ realm: name, procedure, args }),
    });
  }

  async evict(realm: string, webSockets: "hibernate" | "close" = "hibernate"): Promise<void> {
    for (const name of this.#config.objectsOf(realm)) await this.#evictObject(name, webSockets);
  }

  async #evictObject(name: string, webSockets: "hibernate" | "close"): Promise<void> {
    try {
      await this.#server.getWorker().evictDurableObject("REALM", { name, webSockets });
    } catch (error) {
      if (!(error as Error).message.includes(NOT_RUNNING)) throw error;
    }
  }

  async stop(): Promise<void> {
    this.#forwarder?.close();
    await this.#server.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #observe(observation: Observation): Promise<Observed> {
    const request = { method: "POST", body: JSON.stringify(observation) };
    const response = await this.#server.getWorker(OBSERVER).fetch("http://observer/", request);
    return (await response.json()) as Observed;
  }
}

function projectOf(settings: string | URL): Project {
  const settingsFile = resolve(typeof settings === "string" ? settings : fileURLToPath(settings.href));
  if (!existsSync(settingsFile)) throw new UserError(`wranglerToml: ${settingsFile} does not exist`);
  return { folder: dirname(settingsFile), settingsFile };
}

/** The settings of the Worker that observes realms of the Worker with `settings`. */
function observerOf({ name, compatibility_date, durable_objects }: WorkerSettings) {
  const bindings = durable_objects.bindings
    .filter((binding) => binding.name === "REALM")
    .map((binding) => ({ script_name: name, ...binding }));
  // In the package, the file is a compiled one.
  const main = join(import.meta.dirname, `observer-worker${extname(import.meta.filename)}`);
  return { name: OBSERVER, main, compatibility_date, durable_objects: { bindings } };
}

async function configFor(
  project: Project,
  { config, vars = {}, testKey = true }: RouterOptions,
): Promise<RouterConfig> {
  if (testKey) return prepareConfig(project, config, { ...(await readDevVars(project)), ...vars });
  const variables = config === undefined ? {} : { WAMP_CONFIG: JSON.stringify(config) };
  return unchangedConfig("startRouter was called with testKey: false", variables);
}

/** A router with a faulty configuration answers each request with its faults, unless the Worker serves the path itself. */
async function requireSoundConfig(url: URL): Promise<void> {
  const response = await fetch(new URL("/healthz", url));
  const text = await response.text();
  if (response.status !== 500) return;
  const faults = faultsIn(text);
  throw new UserError(faults === undefined ? `GET /healthz answers 500: ${text}` : describeFaults(faults));
}

function faultsIn(text: string): readonly Fault[] | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isDict(body) && Array.isArray(body.faults) ? body.faults : undefined;
  } catch {
    return undefined;
  }
}

/** What workerd writes when the Worker's main module throws, as JSON. */
const RUNTIME_MESSAGE = /"message":("(?:[^"\\]|\\.)*")/;

function describeStartFailure(error: Error): UserError {
  if (error instanceof UserError) return error;
  const message = RUNTIME_MESSAGE.exec(error.message)?.[1];
  const text = message === undefined ? error.message : JSON.parse(message);
  return new UserError(`the Worker does not start: ${text}`, { cause: error });
}
