/** A TCP proxy in front of the router, with simulated network failures. */

import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A running proxy; it closes with the test. */
export interface CuttableProxy {
  /** `ws://host:port`, without a path. */
  readonly origin: string;
  /** Ends every connection without a closing handshake; new connections wait for `restore`. */
  cut(): void;
  /** Resolves when a client, which has noticed that the network is cut, connects anew. */
  reconnecting(): Promise<void>;
  /** Stops forwarding on all open connections without closing them. */
  freeze(): void;
  /** Lets new connections through again. */
  restore(): void;
}

/** Starts a proxy to the router at `origin`. */
export async function startProxy(origin: string): Promise<CuttableProxy> {
  const { hostname, port } = new URL(origin);
  const sockets = new Set<Socket>();
  let network = Promise.withResolvers<void>();
  let reconnection = Promise.withResolvers<void>();
  network.resolve();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // `cut` causes an error at the other end, which is expected.
    socket.on("error", () => socket.destroy());
    return socket;
  };
  const server = createServer(async (socket) => {
    const client = keep(socket);
    reconnection.resolve();
    await network.promise;
    client.pipe(keep(connect(Number(port), hostname))).pipe(client);
  });
  const cut = () => {
    network = Promise.withResolvers();
    reconnection = Promise.withResolvers();
    for (const socket of sockets) socket.destroy();
  };
  const freeze = () => {
    for (const socket of sockets) socket.unpipe().pause();
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    origin: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    reconnecting: () => reconnection.promise,
    freeze,
    restore: () => network.resolve(),
  };
}
