/** Reads the heap of a Worker through the inspector of workerd. */

import { createServer } from "node:net";
import { UserError } from "../../src/cli/project/user-error.ts";

/** Milliseconds. */
const VISIT_MS = 200;

/** Returns a port of this machine that is free now: workerd takes a port of the inspector, but does not tell which. */
export function findFreePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/**
 * Returns the bytes that objects of JavaScript take in the Worker of a service, once garbage has been collected. `visit`
 * sends the Worker a request: the inspector may answer only when something runs in it.
 */
export async function usedHeap(port: number, service: string, visit: () => Promise<unknown>): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/json`);
  const targets = (await response.json()) as readonly { id: string; webSocketDebuggerUrl: string }[];
  const target = targets.find(({ id }) => id === service);
  if (target === undefined) throw new UserError(`the inspector does not know ${service}: ${JSON.stringify(targets)}`);
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  const timer = setInterval(() => void visit().catch(() => {}), VISIT_MS);
  try {
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new UserError("the inspector cannot be reached")));
    });
    await send(socket, 1, "HeapProfiler.collectGarbage");
    const { usedSize } = (await send(socket, 2, "Runtime.getHeapUsage")) as { usedSize: number };
    return usedSize;
  } finally {
    clearInterval(timer);
    socket.close();
  }
}

function send(socket: WebSocket, id: number, method: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    socket.addEventListener("close", () => reject(new UserError("the inspector has closed")));
    socket.addEventListener("message", ({ data }) => {
      const answer = JSON.parse(String(data)) as { id?: number; result?: unknown };
      if (answer.id === id) resolve(answer.result);
    });
    socket.send(JSON.stringify({ id, method }));
  });
}
