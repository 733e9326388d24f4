/** A client that has joined a realm, and makes calls. */

import { onTestFinished } from "vitest";
import { freshRealm } from "./harness.ts";
import { RawClient } from "./raw-client.ts";

/** Joins a realm of the router at `url`; `call` resolves to the answer of a CALL without its message type. */
export async function joinAsCaller(
  url: URL,
  realm = freshRealm(),
  subprotocol: "wamp.2.json" | "wamp.2.msgpack" = "wamp.2.json",
) {
  const client = await RawClient.connect(`ws://${url.host}/ws/${realm}`, subprotocol);
  onTestFinished(() => client.socket.terminate());
  await client.join(realm);
  let request = 0;
  const call = async (procedure: string, args: unknown[] = [], kwargs = {}, options = {}) => {
    await client.send([48, ++request, options, procedure, args, kwargs]);
    return (await client.next()).slice(1);
  };
  return { client, realm, call };
}
