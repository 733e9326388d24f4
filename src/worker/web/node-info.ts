/** The service `nodeinfo`: endpoints and subprotocols of this router, as a page or as JSON. */

import { html } from "hono/html";
import { subprotocolByName } from "../../wamp/serializers/subprotocols.ts";
import type { Config } from "../config/config-schema.ts";
import type { NodeInfoService } from "../config/web-config.ts";
import { documentResponse } from "../platform/http-responses.ts";

interface NodeInfo {
  readonly router: "wamp-edge";
  readonly websocket: string;
  readonly longpoll: string;
  readonly subprotocols: readonly string[];
  /** Only if the configuration allows it. */
  readonly realms?: readonly string[];
}

/** Answers with JSON if the request accepts it, otherwise with a page. */
export async function nodeInfo({ realms }: NodeInfoService, request: Request, config: Config): Promise<Response> {
  const { protocol, host } = new URL(request.url);
  const info: NodeInfo = {
    router: "wamp-edge",
    websocket: `${protocol === "https:" ? "wss" : "ws"}://${host}/ws/{realm}`,
    longpoll: `${protocol}//${host}/lp/{realm}`,
    subprotocols: [...subprotocolByName.keys()],
    ...(realms && { realms: config.realms.map(({ name }) => name) }),
  };
  const vary = { Vary: "Accept" };
  if (request.headers.get("Accept")?.includes("application/json")) {
    return documentResponse(request, JSON.stringify(info), "application/json; charset=utf-8", vary);
  }
  return documentResponse(request, String(await page(info)), "text/html; charset=utf-8", vary);
}

function page({ websocket, longpoll, subprotocols, realms }: NodeInfo) {
  const rows = {
    WebSocket: [websocket],
    "Long-poll": [longpoll],
    Subprotocols: subprotocols,
    ...(realms && { Realms: realms }),
  };
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>wamp-edge</title>
<style>body { font: 16px/1.5 system-ui; max-width: 40em; margin: 3em auto; padding: 0 1em } dt { font-weight: bold }</style>
<h1>wamp-edge</h1>
<p>A <a href="https://wamp-proto.org">WAMP</a> router.</p>
<dl>${Object.entries(rows).map(([name, values]) => html`<dt>${name}</dt>${values.map((value) => html`<dd><code>${value}</code></dd>`)}`)}</dl>
</html>`;
}
