/** `npm run serve` for the chaos script: started, stopped in order, or killed. */

import { Command } from "../cli/command.ts";

export class Serve {
  readonly command: Command;

  constructor(data: string, config: object) {
    const variables = { WAMP_DATA: data, WAMP_CONFIG: JSON.stringify(config) };
    this.command = new Command([process.execPath, "src/cli/serve.ts"], variables);
  }

  /** Resolves to the URL of the sockets. */
  async url(): Promise<string> {
    return `ws://${(await this.command.origin()).host}`;
  }

  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null> {
    this.command.process.kill("SIGTERM");
    return this.command.ended();
  }

  /** `kill -9`; workerd ends with it. */
  async kill(): Promise<void> {
    this.command.process.kill("SIGKILL");
    await this.command.ended();
  }
}
