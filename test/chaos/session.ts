/** A session of a client over a WebSocket in Node. */

import { once } from "node:events";
import { WebSocket } from "ws";
import { Client, Lost } from "./client.ts";

/** A session of one socket. */
export class Session extends Client {
  private constructor(socket: WebSocket) {
    super({ send: (text) => socket.send(text), close: () => socket.terminate() });
    socket.on("message", (data) => this.receive(JSON.parse(String(data))));
    socket.on("close", () => this.lose());
  }

  /**
   * Joins a realm, at a relay of `region` if it has any: always at the same one from the same `address`. Rejects with
   * `Lost` when the router is not running.
   */
  static async join(url: string, realm: string, region?: string, address?: string): Promise<Session> {
    const query = region === undefined ? "" : `?region=${region}`;
    const headers = address === undefined ? {} : { "CF-Connecting-IP": address };
    const options = { perMessageDeflate: false, headers };
    const socket = new WebSocket(`${url}/ws/${realm}${query}`, "wamp.2.json", options);
    socket.on("error", () => {});
    const session = new Session(socket);
    await Promise.race([once(socket, "open"), once(socket, "close")]).catch((error) => {
      throw new Lost(String(error));
    });
    await session.hello(realm);
    return session;
  }
}
