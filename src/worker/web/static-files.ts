/** Files from the folder that is bound as `ASSETS`: Cloudflare's assets where it is deployed, a directory in plain workerd. */

import { getMimeType } from "hono/utils/mime";
import { writeLog } from "../log.ts";
import { isKnown, webError } from "./answer.ts";
import type { StaticService } from "./config.ts";

const INDEX = "index.html";
const UNTYPED = "application/octet-stream";

/** Answers GET and HEAD for the file that `rest` leads to, below the directory of the service. */
export async function staticFile(
  service: StaticService,
  rest: readonly string[],
  request: Request,
  assets: Fetcher | undefined,
): Promise<Response> {
  if (assets === undefined) {
    writeLog({ level: "error", event: "binding.missing", cause: "a static service needs the binding ASSETS" });
    return webError(500, "no folder of files is bound");
  }
  if (rest.length === 0) return toFolder(request);
  if (!rest.every(isPublic)) return webError(404, "not found");
  const folder = new Folder(service.directory, request, assets);
  const isFolder = rest.at(-1) === "";
  const file = await folder.file(isFolder ? [...rest.slice(0, -1), INDEX] : rest);
  if (file !== undefined) return answer(file, service, request);
  if (!isFolder && (await folder.has([...rest, INDEX]))) return toFolder(request);
  const { default_file } = service.options;
  const fallback = default_file && (await folder.file(default_file.split("/")));
  return fallback ? answer(fallback, service, request) : webError(404, "not found");
}

/** Names that begin with a dot are nobody's business, but for what they were made public for (RFC 8615). */
function isPublic(segment: string): boolean {
  try {
    const name = decodeURIComponent(segment);
    return (!name.startsWith(".") || name === ".well-known") && !/[/\\\0]/.test(name);
  } catch {
    return false;
  }
}

/** Relative links on the page of a folder lead below the folder only from an address with a slash at its end. */
function toFolder({ url }: Request): Response {
  const { pathname, search } = new URL(url);
  const last = pathname.split("/").at(-1);
  return new Response(null, { status: 302, headers: { Location: `./${last}/${search}` } });
}

interface File {
  readonly name: string;
  readonly response: Response;
}

class Folder {
  readonly #base: string;
  readonly #request: Request;
  readonly #assets: Fetcher;

  constructor(directory: string, request: Request, assets: Fetcher) {
    this.#base = `https://assets${directory.split("/").filter(Boolean).map(toSegment).join("")}`;
    this.#request = request;
    this.#assets = assets;
  }

  /** The file at a path, if there is one; the answer may be that the client has it already. */
  async file(path: readonly string[], method = this.#request.method): Promise<File | undefined> {
    const url = `${this.#base}/${path.join("/")}`;
    let response = await this.#ask(url, method);
    const location = response.headers.get("Location");
    // Unless told otherwise, Cloudflare's assets have pages at addresses without index.html and .html.
    if (location !== null && location !== `${new URL(url).pathname}/`) {
      response = await this.#ask(new URL(location, url).href, method);
    }
    if (response.status === 304 || (response.ok && !isListing(response))) return { name: path.at(-1) ?? "", response };
    await response.body?.cancel();
    return undefined;
  }

  async has(path: readonly string[]): Promise<boolean> {
    return (await this.file(path, "HEAD")) !== undefined;
  }

  #ask(url: string, method: string): Promise<Response> {
    const known = this.#request.headers.get("If-None-Match");
    const headers = known === null ? {} : { "If-None-Match": known };
    return this.#assets.fetch(new Request(url, { method, headers, redirect: "manual" }));
  }
}

function toSegment(name: string): string {
  return `/${encodeURIComponent(name)}`;
}

/** Plain workerd lists a directory as JSON; files have no type there, and Cloudflare's assets have a tag. */
function isListing({ headers }: Response): boolean {
  return headers.get("Content-Type") === "application/json" && !headers.has("ETag");
}

function answer({ name, response }: File, { options }: StaticService, request: Request): Response {
  const etag = response.headers.get("ETag") ?? tagOf(response.headers);
  const headers = new Headers({ "X-Content-Type-Options": "nosniff", ...(etag !== undefined && { ETag: etag }) });
  const { cache_timeout } = options;
  headers.set("Cache-Control", cache_timeout === null ? "no-cache" : `public, max-age=${cache_timeout}`);
  if (response.status === 304 || (etag !== undefined && isKnown(request, etag))) {
    void response.body?.cancel();
    return new Response(null, { status: 304, headers });
  }
  headers.set("Content-Type", typeOf(name, response, options.mime_types));
  for (const kept of ["Content-Length", "Last-Modified"]) {
    const value = response.headers.get(kept);
    if (value !== null) headers.set(kept, value);
  }
  return new Response(response.body, { headers });
}

/** Plain workerd tells of a file how long it is, and when it was changed. */
function tagOf(headers: Headers): string | undefined {
  const changed = headers.get("Last-Modified");
  return changed === null ? undefined : `W/"${Date.parse(changed).toString(36)}-${headers.get("Content-Length")}"`;
}

function typeOf(name: string, { headers }: Response, types: ReadonlyMap<string, string> | undefined): string {
  const extension = /\.[^.]*$/.exec(name)?.[0];
  const configured = extension === undefined ? undefined : types?.get(extension);
  const given = headers.get("Content-Type");
  if (configured !== undefined) return configured;
  return given !== null && given !== UNTYPED ? given : (getMimeType(name) ?? UNTYPED);
}
