/** A self-hosted router for the chaos script: a process of workerd on a port of its own, killed and started at will. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildBundle } from "../../src/cli/project/bundle.ts";
import { findProject } from "../../src/cli/project/project.ts";
import { readSettings, workerdProgram } from "../../src/cli/project/wrangler.ts";
import { makeTemporaryFolder } from "../../src/cli/workerd/temporary-folder.ts";
import { Workerd } from "../../src/cli/workerd/workerd.ts";
import { formatWorkerdConfig } from "../../src/cli/workerd/workerd-config.ts";

/** A workerd that starts again and again on the same state. */
export class Router {
  readonly #parameters: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  #workerd: Workerd | undefined;

  private constructor(parameters: readonly string[], env: NodeJS.ProcessEnv) {
    this.#parameters = parameters;
    this.#env = env;
  }

  /** Bundles the Worker once. */
  static async build(data: string, config: object): Promise<Router> {
    const project = findProject();
    const folder = makeTemporaryFolder();
    const [settings] = await Promise.all([readSettings(project), buildBundle(project, folder)]);
    const bindings = { WAMP_CONFIG: JSON.stringify(config) };
    const file = join(folder, "workerd.capnp");
    writeFileSync(file, formatWorkerdConfig(settings, "wamp-edge", Object.keys(bindings), false));
    mkdirSync(data, { recursive: true });
    const places = ["--socket-addr=http=127.0.0.1:0", "--socket-addr=control=127.0.0.1:0"];
    const parameters = [file, ...places, `--directory-path=realms=${data}`];
    return new Router(parameters, { ...process.env, ...bindings });
  }

  /** Starts workerd; resolves to the URL of the sockets. */
  async start(): Promise<string> {
    this.#workerd = new Workerd(workerdProgram(findProject()), this.#parameters, this.#env, 1);
    return `ws://127.0.0.1:${await this.#workerd.port}`;
  }

  /** Sends SIGKILL; resolves when the process has ended. */
  async kill(): Promise<void> {
    this.#workerd?.kill();
    await this.#workerd?.ended;
  }
}
