/**
 * The service `static`: files of the binding `ASSETS`, which is Cloudflare's assets or, in plain workerd, a directory.
 */

import { getMimeType } from "hono/utils/mime";
import type { StaticService } from "../config/web-config.ts";
import { hasEtag, webError } from "../platform/http-responses.ts";
import { writeLog } from "../platform/log.ts";
import { isOfSameFile, partOf, type RequestedRange, readRange, resolveRange } from "./range.ts";

const INDEX = "index.html";
const UNTYPED = "application/octet-stream";

/** Answers GET and HEAD for the file at the path `rest` below the service's directory. */
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
  if (rest.length === 0) return redirectToFolder(request);
  if (!rest.every(isPublic)) return webError(404, "not found");
  const folder = new Folder(service.directory, request, assets);
  const isFolder = rest.at(-1) === "";
  const { cache_timeout, default_file } = service.options;
  const path = isFolder ? [...rest.slice(0, -1), INDEX] : rest;
  const file = await folder.file(path);
  const caching = cache_timeout === null ? "no-cache" : `public, max-age=${cache_timeout}`;
  if (file !== undefined) return answer(file, { service, folder, path, request }, { "Cache-Control": caching });
  if (!isFolder && (await folder.has([...rest, INDEX]))) return redirectToFolder(request);
  if (default_file === undefined) return webError(404, "not found");
  const page = isNavigation(request, rest) ? default_file.split("/") : undefined;
  const fallback = page && (await folder.file(page));
  if (fallback === undefined) return webError(404, "not found", FALLBACK);
  return answer(fallback, { service, folder, path: page!, request }, FALLBACK);
}

/**
 * Headers if the page of a single-page application replaces a missing file. The next deployment may have the file, so
 * browsers must revalidate.
 */
const FALLBACK = { "Cache-Control": "no-cache", Vary: "Accept, Sec-Fetch-Mode" };

/**
 * Whether a browser navigates to a page. A missing script, style or image must be a 404: HTML in its place is a syntax
 * error. Browsers send the mode to secure origins only.
 */
function isNavigation({ headers }: Request, rest: readonly string[]): boolean {
  const mode = headers.get("Sec-Fetch-Mode");
  if (mode !== null) return mode === "navigate";
  const hasExtension = rest.at(-1)?.includes(".") === true;
  return !hasExtension && /text\/html|\*\/\*|^$/.test(headers.get("Accept") ?? "");
}

/** Whether a path segment may be served: hidden files may not, except `.well-known` (RFC 8615). */
function isPublic(segment: string): boolean {
  try {
    const name = decodeURIComponent(segment);
    return (!name.startsWith(".") || name === ".well-known") && !/[/\\\0]/.test(name);
  } catch {
    return false;
  }
}

/** Redirects to the folder's URL with a slash at its end; without it relative links would leave the folder. */
function redirectToFolder({ url }: Request): Response {
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

  /** The file at a path, if it exists; its response may be 304. */
  async file(path: readonly string[], method = this.#request.method, range?: string): Promise<File | undefined> {
    const url = `${this.#base}/${path.join("/")}`;
    let response = await this.#ask(url, method, range);
    const location = response.headers.get("Location");
    // By default Cloudflare's assets redirect URLs with index.html and .html to URLs without.
    if (location !== null && location !== `${new URL(url).pathname}/`) {
      response = await this.#ask(new URL(location, url).href, method, range);
    }
    if (response.status === 304 || (response.ok && !isListing(response))) return { name: path.at(-1) ?? "", response };
    await response.body?.cancel();
    return undefined;
  }

  /** Whether a file exists. */
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

/**
 * Whether the response is plain workerd's listing of a directory: JSON without an ETag. Workerd's files have no content
 * type.
 */
function isListing({ headers }: Response): boolean {
  return headers.get("Content-Type") === "application/json" && !headers.has("ETag");
}

/** A file's place, and the request for it. */
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
  const wish = readRange(found.request);
  if (wish !== undefined && isOfSameFile(found.request, headers)) return part(wish, response, headers, found);
  return new Response(response.body, { headers });
}

/**
 * Answers with a part of a file. Plain workerd reads only that part; Cloudflare's assets send the whole file, which is
 * cut here.
 */
async function part(
  wish: RequestedRange,
  whole: Response,
  headers: Headers,
  { folder, path }: Found,
): Promise<Response> {
  const length = headers.get("Content-Length");
  // Some assets have no Content-Length; Cloudflare's are at most 25 MiB.
  const body = length === null ? await whole.arrayBuffer() : undefined;
  const range = resolveRange(wish, body?.byteLength ?? Number(length));
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

/** A weak tag of length and time of change, which is all that plain workerd knows of a file. */
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
