/** An HTTP server for tests of callees: answers by path, and records aborted requests. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A running server; close it after the tests. */
export interface Receiver {
  readonly origin: string;
  /** Paths of the requests that the client aborted before the response. */
  readonly abandoned: readonly string[];
  /** Resolves when a request for `path` has arrived, with a function that sends the JSON text of the response. */
  waiting(path: string): Promise<(text: string) => void>;
  close(): void;
}

/** Answers a request whose body has arrived. */
export type Route = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

/** Starts the server. The test answers paths under `/wait/`, `routes` all others. */
export async function startReceiver(routes: Readonly<Record<string, Route>>): Promise<Receiver> {
  const abandoned: string[] = [];
  const held = new Map<string, PromiseWithResolvers<(text: string) => void>>();
  const hold = (path: string) => {
    const present = held.get(path) ?? Promise.withResolvers<(text: string) => void>();
    held.set(path, present);
    return present;
  };
  const server: Server = createServer((request, response) => {
    const path = request.url!.split("?")[0]!;
    response.on("close", () => response.writableFinished || abandoned.push(path));
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (path.startsWith("/wait/")) hold(path).resolve((text) => json(response, text));
      else (routes[path] ?? missing)(request, response, Buffer.concat(chunks));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    abandoned,
    waiting: (path) => hold(path).promise,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Sends JSON text as the response. */
export function json(response: ServerResponse, text: string, status = 200): void {
  response.writeHead(status, { "Content-Type": "application/json; charset=utf-8" }).end(text);
}

const missing: Route = (_request, response) => void response.writeHead(404).end();
