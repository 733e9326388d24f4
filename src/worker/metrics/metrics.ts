/** Serves `GET /metrics`: the figures of all realms, in the text format of Prometheus. */

import { findText } from "../../wamp/crypto/digest.ts";
import type { Config } from "../config/config-schema.ts";
import type { Env } from "../platform/env.ts";
import { refuseOtherMethods, webError } from "../platform/http-responses.ts";
import { EXPOSITION_TYPE, exposition } from "./exposition.ts";
import { registryIn } from "./registry-stub.ts";

/** Answers a request; undefined without `http.metrics`. Only registries are asked, so that no realm wakes. */
export async function metrics(request: Request, env: Env, { realms, http }: Config): Promise<Response | undefined> {
  const settings = http?.metrics;
  if (settings === undefined) return undefined;
  const refusal = refuseOtherMethods(request);
  if (refusal !== undefined) return refusal;
  const [, token = ""] = /^Bearer +(\S+)$/i.exec(request.headers.get("Authorization") ?? "") ?? [];
  if ((await findText(token, settings.token)) === undefined) {
    return webError(401, "send the token of http.metrics as Authorization: Bearer", { "WWW-Authenticate": "Bearer" });
  }
  const registries = [...new Set(realms.map(({ jurisdiction }) => jurisdiction))];
  const sums = await Promise.all(registries.map((jurisdiction) => registryIn(env, jurisdiction).reportedSums()));
  // Entries that are no longer in the configuration have rows, too.
  const entries = new Set(realms.map(({ name }) => name));
  // HELP texts are of no use before a scrape.
  const { default: families } = await import("./families.txt");
  const text = exposition(
    families,
    sums.flat().filter(({ entry }) => entries.has(entry)),
  );
  const headers = { "Content-Type": EXPOSITION_TYPE, "Cache-Control": "no-store" };
  return new Response(request.method === "HEAD" ? null : text, { headers });
}
