/** Sends commands to the running Worker: requests to its entrypoint `Control`, over a Unix socket. */

import { request } from "node:http";
import type { DiskState } from "../../worker/storage/free-space.ts";

/** The commands that the Worker's entrypoint `Control` accepts. */
export type ControlCommand = "stop" | `disk-${DiskState}`;

/** A client of the entrypoint `Control` of a workerd that listens on the Unix socket `path`. */
export class ControlClient {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Resolves to the JSON of the response; rejects after `timeoutMs` and for any status other than 200. */
  async send(command: ControlCommand, timeoutMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(timeoutMs);
      const options = { socketPath: this.path, path: `/${command}`, method: "POST", signal };
      const sent = request(options, async (response) => {
        try {
          const text = (await response.setEncoding("utf8").toArray()).join("");
          if (response.statusCode !== 200) throw new Error(`${command}: ${response.statusCode} ${text}`);
          resolve(JSON.parse(text));
        } catch (error) {
          reject(error);
        }
      });
      sent.once("error", reject).end();
    });
  }
}
