/** Runs `npm run serve` for the chaos script. */

import { Command } from "../cli/command.ts";

/** A running `npm run serve`. */
export class Serve {
  readonly command: Command;

  constructor(data: string, config: object) {
    const variables = { WAMP_DATA: data, WAMP_CONFIG: JSON.stringify(config) };
    this.command = new Command([process.execPath, "src/cli/wamp-edge.ts", "serve"], variables);
  }

  /** Resolves to the URL of the sockets. */
  async url(): Promise<string> {
    return `ws://${(await this.command.origin()).host}`;
  }

  /** Sends SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null> {
    this.command.process.kill("SIGTERM");
    return this.command.ended();
  }

  /** Sends SIGKILL; workerd ends with the command. */
  async kill(): Promise<void> {
    this.command.process.kill("SIGKILL");
    await this.command.ended();
  }
}
