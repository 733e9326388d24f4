/** An HTTP server that receives webhooks. */

import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { vi } from "vitest";

/** A received request. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: { readonly topic: string; readonly args: readonly unknown[]; readonly [key: string]: unknown };
}

/** A running server; close it after the tests. */
export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** Returns the status of the response. */
  answer: (request: Received) => number | Promise<number>;
  /** Resolves with all requests when `count` of them have arrived. */
  arrived(count: number): Promise<readonly Received[]>;
  close(): void;
}

/** Starts a server that answers 204. */
export async function startReceiver(): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const got = { path: request.url ?? "", headers: request.headers, text, body: JSON.parse(text) };
    receiver.received.push(got);
    response.writeHead(await receiver.answer(got)).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    answer: () => 204,
    arrived: async (count) => {
      const arrived = () => {
        if (receiver.received.length < count) throw new Error(`${receiver.received.length} of ${count} have arrived`);
      };
      await vi.waitFor(arrived, { timeout: 15_000 });
      return receiver.received;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return receiver;
}

/** Returns both signatures that a request must have. */
export function signatures(secret: string, { headers, text }: Received): readonly [ofBody: string, ofAll: string] {
  const sign = (content: string) => createHmac("sha256", secret).update(content);
  const all = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${text}`;
  return [`sha256=${sign(text).digest("hex")}`, `v1,${sign(all).digest("base64")}`];
}
