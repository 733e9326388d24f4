/** A TCP proxy in front of the router whose connections a test can cut, as a lost network does. */

import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface CuttableProxy {
  /** `ws://host:port`, without a path. */
  readonly origin: string;
  /** Ends every connection without a closing handshake; whoever comes back waits for `restore`. */
  cut(): void;
  /** Lets nothing more through on the connections there are, and ends none of them: they are dead, and nothing says so. */
  freeze(): void;
  restore(): void;
}

/** Starts a proxy to the router at `origin`, for the length of the test. */
export async function startProxy(origin: string): Promise<CuttableProxy> {
  const { hostname, port } = new URL(origin);
  const sockets = new Set<Socket>();
  let network = Promise.withResolvers<void>();
  network.resolve();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // A cut shows as an error at the other end, which is the point.
    socket.on("error", () => socket.destroy());
    return socket;
  };
  const server = createServer(async (socket) => {
    const client = keep(socket);
    await network.promise;
    client.pipe(keep(connect(Number(port), hostname))).pipe(client);
  });
  const cut = () => {
    network = Promise.withResolvers();
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
    freeze,
    restore: () => network.resolve(),
  };
}
