/** Files from the folder that is bound as `ASSETS`: Cloudflare's assets where it is deployed, a directory in plain workerd. */

import { getMimeType } from "hono/utils/mime";
import type { StaticService } from "../config/web-config.ts";
import { hasEtag, webError } from "../platform/http-responses.ts";
import { writeLog } from "../platform/log.ts";
import { isOfSameFile, partOf, type RangeWish, rangeIn, rangeWish } from "./range.ts";

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
  const { cache_timeout, default_file } = service.options;
  const path = isFolder ? [...rest.slice(0, -1), INDEX] : rest;
  const file = await folder.file(path);
  const caching = cache_timeout === null ? "no-cache" : `public, max-age=${cache_timeout}`;
  if (file !== undefined) return answer(file, { service, folder, path, request }, { "Cache-Control": caching });
  if (!isFolder && (await folder.has([...rest, INDEX]))) return toFolder(request);
  if (default_file === undefined) return webError(404, "not found");
  const page = isNavigation(request, rest) ? default_file.split("/") : undefined;
  const fallback = page && (await folder.file(page));
  if (fallback === undefined) return webError(404, "not found", FALLBACK);
  return answer(fallback, { service, folder, path: page!, request }, FALLBACK);
}

/**
 * Where the page of a single-page application may stand in for a missing file. The file may be there after the next
 * deployment, so browsers have to ask again.
 */
const FALLBACK = { "Cache-Control": "no-cache", Vary: "Accept, Sec-Fetch-Mode" };

/**
 * Whether the request is for a page, by a browser that goes to an address. A script, style or image that is missing must
 * be a 404: HTML in its place is a syntax error. Browsers tell the mode to secure origins only.
 */
function isNavigation({ headers }: Request, rest: readonly string[]): boolean {
  const mode = headers.get("Sec-Fetch-Mode");
  if (mode !== null) return mode === "navigate";
  const hasExtension = rest.at(-1)?.includes(".") === true;
  return !hasExtension && /text\/html|\*\/\*|^$/.test(headers.get("Accept") ?? "");
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
  async file(path: readonly string[], method = this.#request.method, range?: string): Promise<File | undefined> {
    const url = `${this.#base}/${path.join("/")}`;
    let response = await this.#ask(url, method, range);
    const location = response.headers.get("Location");
    // Unless told otherwise, Cloudflare's assets have pages at addresses without index.html and .html.
    if (location !== null && location !== `${new URL(url).pathname}/`) {
      response = await this.#ask(new URL(location, url).href, method, range);
    }
    if (response.status === 304 || (response.ok && !isListing(response))) return { name: path.at(-1) ?? "", response };
    await response.body?.cancel();
    return undefined;
  }

  async has(path: readonly string[]): Promise<boolean> {
    return (await this.file(path, "HEAD")) !== undefined;
  }

  #ask(url: string, method: string, range?: string): Promise<Response> {
    const known = this.#request.headers.get("If-None-Match");
    const headers = { ...(known !== null && { "If-None-Match": known }), ...(range !== undefined && { Range: range }) };
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

/** Where a file was found, and for which request. */
interface Found {
  readonly service: StaticService;
  readonly folder: Folder;
  readonly path: readonly string[];
  readonly request: Request;
}

async function answer(
  { name, response }: File,
  found: Found,
  more: Readonly<Record<string, string>>,
): Promise<Response> {
  const etag = response.headers.get("ETag") ?? tagOf(response.headers);
  const headers = new Headers({ ...more, "X-Content-Type-Options": "nosniff", "Accept-Ranges": "bytes" });
  if (etag !== undefined) headers.set("ETag", etag);
  if (response.status === 304 || (etag !== undefined && hasEtag(found.request, etag))) {
    void response.body?.cancel();
    return new Response(null, { status: 304, headers });
  }
  headers.set("Content-Type", typeOf(name, response, found.service.options.mime_types));
  for (const kept of ["Content-Length", "Last-Modified"]) {
    const value = response.headers.get(kept);
    if (value !== null) headers.set(kept, value);
  }
  const wish = rangeWish(found.request);
  if (wish !== undefined && isOfSameFile(found.request, headers)) return part(wish, response, headers, found);
  return new Response(response.body, { headers });
}

/** A part of a file. Plain workerd reads no more of the file than that; of Cloudflare's assets the rest is left out here. */
async function part(wish: RangeWish, whole: Response, headers: Headers, { folder, path }: Found): Promise<Response> {
  const length = headers.get("Content-Length");
  // Not every asset has its length told; the platform's are 25 MiB at most.
  const body = length === null ? await whole.arrayBuffer() : undefined;
  const range = rangeIn(wish, body?.byteLength ?? Number(length));
  headers.delete("Content-Length");
  if (range === undefined) {
    void whole.body?.cancel();
    headers.set("Content-Range", `bytes */${body?.byteLength ?? length}`);
    return new Response(null, { status: 416, headers });
  }
  const { first, last, size } = range;
  headers.set("Content-Range", `bytes ${first}-${last}/${size}`);
  headers.set("Content-Length", String(last - first + 1));
  if (body !== undefined) return new Response(body.slice(first, last + 1), { status: 206, headers });
  const response = first === 0 ? undefined : (await folder.file(path, "GET", `bytes=${first}-${last}`))?.response;
  if (response?.status === 206) {
    void whole.body?.cancel();
    return new Response(response.body, { status: 206, headers });
  }
  void response?.body?.cancel();
  return new Response(partOf(whole.body!, range), { status: 206, headers });
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
