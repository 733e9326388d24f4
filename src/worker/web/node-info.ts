/** The service `nodeinfo`: endpoints and subprotocols of this router, as a page or as JSON. */

import { subprotocolByName } from "../../wamp/serializers/subprotocols.ts";
import type { Config } from "../config/config-schema.ts";
import type { NodeInfoService } from "../config/web-config.ts";
import { documentResponse, escapeHtml } from "../platform/http-responses.ts";

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
  return documentResponse(request, await page(info), "text/html; charset=utf-8", vary);
}

async function page({ websocket, longpoll, subprotocols, realms }: NodeInfo): Promise<string> {
  const rows = {
    WebSocket: [websocket],
    "Long-poll": [longpoll],
    Subprotocols: subprotocols,
    ...(realms && { Realms: realms }),
  };
  const list = Object.entries(rows).map(([name, values]) => {
    return `<dt>${name}</dt>${values.map((value) => `<dd><code>${escapeHtml(value)}</code></dd>`).join("")}`;
  });
  const { default: template } = await import("./node-info.html");
  return template.replace("{{rows}}", () => list.join(""));
}
