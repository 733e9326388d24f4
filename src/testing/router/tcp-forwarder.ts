/** A port that forwards to another: wrangler's test harness chooses its port itself. */

import { connect, createServer, type Server, type Socket } from "node:net";
import { UserError } from "../../cli/project/user-error.ts";

const HOST = "127.0.0.1";

/** A listening port. */
export class TcpForwarder {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: number | undefined;

  private constructor() {
    this.#server = createServer((client) => this.#forward(client));
  }

  /** Listens on `port` of 127.0.0.1; rejects with UserError when it is in use. */
  static async listen(port: number): Promise<TcpForwarder> {
    const forwarder = new TcpForwarder();
    const listening = new Promise<void>((resolve, reject) => {
      forwarder.#server.once("error", reject).listen(port, HOST, resolve);
    });
    await listening.catch((error: NodeJS.ErrnoException) => {
      const cause = error.code === "EADDRINUSE" ? "the port is in use" : error.message;
      throw new UserError(`cannot listen on ${HOST}:${port}: ${cause}`);
    });
    return forwarder;
  }

  /** Forwards connections from now on; those before are closed. */
  forwardTo(port: number): void {
    this.#target = port;
  }

  /** Closes the port and its connections. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #forward(client: Socket): void {
    if (this.#target === undefined) return void client.destroy();
    const target = connect(this.#target, HOST);
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true).pipe(other);
      socket.on("error", () => other.destroy());
      socket.on("close", () => this.#sockets.delete(socket));
    }
  }
}
