/** The Durable Object of one long-poll transport, which holds a WebSocket to the realm. */

import { DurableObject } from "cloudflare:workers";
import { subprotocolByName } from "../../wamp/serializers/subprotocols.ts";
import { configOf } from "../config/deployment.ts";
import { longPollConfig } from "../config/long-poll-config.ts";
import { realmFor } from "../config/realm-lookup.ts";
import type { Env } from "../platform/env.ts";
import { webError } from "../platform/http-responses.ts";
import { connectClient } from "../routing/object-requests.ts";
import { realmObject } from "../routing/realm-stub.ts";
import { LongPollTransport } from "./long-poll-transport.ts";

/**
 * The realm sees a socket of a client, and can sleep while a poll waits here; this object stays awake as long as its
 * client polls. Nothing is stored: after a restart the transport is unknown, as a WebSocket would be closed.
 */
export class LongPollObject extends DurableObject<Env> {
  #transport: LongPollTransport | undefined;

  /** Requests of the Worker: GET opens the transport, POST to `/receive`, `/send` or `/close` uses it. */
  override async fetch(request: Request): Promise<Response> {
    if (request.method === "GET") return this.#open(request);
    const transport = this.#transport;
    if (transport === undefined || transport.isOver) return webError(404, "no such transport");
    switch (new URL(request.url).pathname) {
      case "/receive":
        return transport.receive();
      case "/send":
        return transport.send(request);
      case "/close":
        transport.close();
        return new Response(null, { status: 204 });
      default:
        // The Worker may run another version, with other actions.
        return webError(404, "no such action");
    }
  }

  /**
   * `request` is the client's, turned into an upgrade with the chosen subprotocol; its query has the realm and the
   * cookie's path.
   */
  async #open(request: Request): Promise<Response> {
    const config = configOf(this.env);
    const query = new URL(request.url).searchParams;
    const name = query.get("realm") ?? "";
    const realm = realmFor(config, name);
    const subprotocol = subprotocolByName.get(request.headers.get("Sec-WebSocket-Protocol") ?? "");
    if (realm === undefined || subprotocol === undefined) return webError(404, "no such realm");
    const object = realmObject(this.env, name, realm);
    const { webSocket, headers } = await connectClient(object, request, query.get("cookie_path") ?? "/lp");
    if (webSocket === null) return webError(503, "the realm cannot be reached");
    this.#transport = new LongPollTransport(
      webSocket,
      subprotocol,
      longPollConfig(config.http?.longpoll),
      realm.limits,
    );
    const cookie = headers.get("Set-Cookie");
    const opened = { transport: this.ctx.id.toString(), protocol: subprotocol.name };
    return Response.json(opened, { headers: cookie === null ? {} : { "Set-Cookie": cookie } });
  }
}
