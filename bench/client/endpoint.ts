/** Where and how a connection of the load generator joins a router. */

import { messageFrame } from "./template.ts";
import { type WireFormat, wireFormat } from "./wire-format.ts";

/** The side of a router that sessions of one serializer join. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly format: WireFormat;
  /** The frame of HELLO. */
  readonly hello: Buffer;
}

const PORT_OF_HTTP = 80;

/** Returns the endpoint of a `ws:` URL; `serializer` is a name as `wireFormat` takes it. */
export function endpointOf(url: string, realm: string, serializer: string): Endpoint {
  const { hostname, port, pathname, search } = new URL(url);
  const format = wireFormat(serializer);
  const roles = { publisher: {}, subscriber: {}, caller: {}, callee: {} };
  return {
    host: hostname,
    port: Number(port || PORT_OF_HTTP),
    path: pathname + search,
    format,
    hello: messageFrame(format, [1, realm, { roles }]),
  };
}
