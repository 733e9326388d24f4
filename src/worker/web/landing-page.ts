/** The page at `/`, unless `http.paths` serves another one. */

import { sha256 } from "../../wamp/crypto/digest.ts";
import { toBase64, utf8 } from "../../wamp/crypto/encoding.ts";
import type { Config } from "../config/config-schema.ts";
import { hasConsole } from "../config/web-config.ts";
import { CLOSED_POLICY, documentResponse, escapeHtml } from "../platform/http-responses.ts";

/** Says what this is and how to connect to each realm, and lets a browser try a realm without a login. */
export async function landingPage(request: Request, config: Config): Promise<Response> {
  const { origin, host } = new URL(request.url);
  const sockets = origin.replace("http", "ws");
  const { realms, http } = config;
  const open = realms.find(({ name, auth }) => auth.anonymous !== undefined && !name.includes("*"));
  const realm = (open ?? realms[0])?.name.replaceAll("*", "example") ?? "";
  const has = {
    realm: realms.length > 0,
    demo: open !== undefined,
    pattern: realms.some(({ name }) => name.includes("*")),
    bridge: http?.bridge !== undefined,
    console: hasConsole(config),
  };
  const urlOf = (name: string) => escapeHtml(`${sockets}/ws/${name}`);
  const values: Readonly<Record<string, string>> = {
    classes: Object.entries(has)
      .map(([part, isThere]) => (isThere ? "" : `no-${part} `))
      .join(""),
    origin: escapeHtml(origin),
    realm: escapeHtml(realm),
    url: urlOf(realm),
    realms: realms.map(({ name }) => `<li><code>${urlOf(name)}</code><button class="copy">Copy</button></li>`).join(""),
  };
  const { default: template } = await import("./landing-page.html");
  const text = template.replace(/\{\{(\w+)\}\}/g, (_, name) => values[name]!);
  const [, style = "", script = ""] =
    /<style>(.*)<\/style>.*<script type="module">(.*)<\/script>/s.exec(template) ?? [];
  return documentResponse(request, text, "text/html; charset=utf-8", {
    "Content-Security-Policy": `default-src 'none'; style-src ${await hashOf(style)}; script-src ${await hashOf(script)}; img-src data:; connect-src 'self' ws://${host} wss://${host}; ${CLOSED_POLICY}`,
    "Referrer-Policy": "no-referrer",
  });
}

async function hashOf(text: string): Promise<string> {
  return `'sha256-${toBase64(await sha256(utf8(text)))}'`;
}
