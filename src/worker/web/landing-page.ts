/** The page at `/`, unless `http.paths` serves another one. */

import { html } from "hono/html";
import type { Config } from "../config/config-schema.ts";

/** Lists the realms with their URLs. */
export function landingPage(config: Config, { protocol, host }: URL) {
  const base = `${protocol === "https:" ? "wss" : "ws"}://${host}/ws/`;
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>wamp-edge</title>
<style>body { font: 16px/1.5 system-ui; max-width: 40em; margin: 3em auto; padding: 0 1em }</style>
<h1>wamp-edge</h1>
<p>A <a href="https://wamp-proto.org">WAMP</a> router is running here.</p>
${config.realms.length === 0 ? NO_REALMS : html`<ul>${config.realms.map(({ name }) => html`<li><code>${base}${name}</code></li>`)}</ul>`}
</html>`;
}

const NO_REALMS = html`<p>It has no realms yet and admits no client. Describe them in <code>src/config.ts</code>, or in the
variable <code>WAMP_CONFIG</code>, and deploy again.</p>`;
