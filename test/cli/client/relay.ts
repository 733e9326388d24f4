/** Stands between commands and a router: loses their connections, or speaks TLS with them. */

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** A self-signed certificate of localhost until 2126, for tests only. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUcCROBkGhdbBT3+5BB1u8CBUYZ+0wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODE0MzI1N1oYDzIxMjYxMTA0
MTQzMjU3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQcNlMjlVMA6hPJrsARABVWxJT6/dh4FIvuDA77JWI+fcWEEqyQZNWo
xstGeNOFKt06EpO9IlhwgdQX7j17ojGuo28wbTAdBgNVHQ4EFgQUXPGD4zHptQ8q
9ta6yLvPm6k2mdwwHwYDVR0jBBgwFoAUXPGD4zHptQ8q9ta6yLvPm6k2mdwwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgEKanhL9kI0e/DUZl+qm7Gp01WPqMIZ5u45BljGkHoK0CIQC8
5eE6r/mQVYY3YRqcrQLqQho0zzbbhij/i5iyS4IJVg==
-----END CERTIFICATE-----
`;
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGll1uI78kUwBM2wv
8s6SRyiPoJYeE6hSdRLx5wz5ssuhRANCAAQcNlMjlVMA6hPJrsARABVWxJT6/dh4
FIvuDA77JWI+fcWEEqyQZNWoxstGeNOFKt06EpO9IlhwgdQX7j17ojGu
-----END PRIVATE KEY-----
`;

/** Listens on a port that the system chooses. */
export class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(port: number, isSecure: boolean) {
    const listener = (socket: Socket): void => this.#take(socket, port);
    this.#server = isSecure ? createTlsServer({ cert: CERTIFICATE, key: KEY }, listener) : createServer(listener);
  }

  /** Starts a relay to a port of this machine. */
  static async start(port: string, isSecure = false): Promise<Relay> {
    const relay = new Relay(Number(port), isSecure);
    relay.#server.listen(0, "localhost");
    await once(relay.#server, "listening");
    return relay;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** Loses all connections without a close frame, and each new one until `restore`. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  restore(): void {
    this.#isCut = false;
  }

  stop(): void {
    this.cut();
    this.#server.close();
  }

  #take(client: Socket, port: number): void {
    if (this.#isCut) return void client.destroy();
    const router = connect(port, "127.0.0.1");
    for (const [socket, other] of [
      [client, router],
      [router, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
