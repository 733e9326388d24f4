/** The way from the command to the Worker that it runs: requests to the entrypoint `Control`, over a Unix socket. */

import { request } from "node:http";
import type { DiskState } from "../../worker/storage/free-space.ts";

/** What the Worker can be told to do (`control.ts`). */
export type Order = "stop" | `disk-${DiskState}`;

/** Sends orders to a workerd that listens on the Unix socket `path`. */
export class ControlChannel {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Resolves to the JSON of the answer; rejects where there is none within `timeoutMs`, or another status than 200. */
  async order(name: Order, timeoutMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(timeoutMs);
      const sent = request({ socketPath: this.path, path: `/${name}`, method: "POST", signal }, async (answer) => {
        try {
          const text = (await answer.setEncoding("utf8").toArray()).join("");
          if (answer.statusCode !== 200) throw new Error(`${name}: ${answer.statusCode} ${text}`);
          resolve(JSON.parse(text));
        } catch (error) {
          reject(error);
        }
      });
      sent.once("error", reject).end();
    });
  }
}
