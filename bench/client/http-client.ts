/** HTTP requests on connections that stay open. */

import { Agent, request } from "node:http";

const SUCCESS = 200;
const NO_CONTENT = 204;

/** Posts JSON to one router. */
export class HttpClient {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #origin: URL;

  constructor(origin: URL) {
    this.#origin = origin;
  }

  /** Resolves to the body of the answer; rejects when the router refuses the request. */
  post(path: string, body: string): Promise<string> {
    const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
    const { href } = new URL(path, this.#origin);
    return new Promise((resolve, reject) => {
      const sent = request(href, { method: "POST", agent: this.#agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          const { statusCode } = response;
          if (statusCode === SUCCESS || statusCode === NO_CONTENT) resolve(text);
          else reject(new Error(`the router answers ${statusCode} to ${path}: ${text}`));
        });
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  /** Closes its connections. */
  close(): void {
    this.#agent.destroy();
  }
}
