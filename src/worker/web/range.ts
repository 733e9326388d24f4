/** Range requests with one range of bytes, as media players send them (HTTP Semantics: Range Requests). */

/** The range in the header Range; a negative `first` counts from the end of the file. */
export interface RequestedRange {
  readonly first: number;
  readonly last: number | undefined;
}

/** Bytes `first` to `last`, both included, of a file of `size` bytes. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
  readonly size: number;
}

/**
 * Reads the header Range; undefined if the whole file is to be sent: other methods or units, several ranges, no valid
 * range.
 */
export function readRange({ method, headers }: Request): RequestedRange | undefined {
  const [, from = "", to = ""] = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(headers.get("Range") ?? "") ?? [];
  if (method !== "GET" || (from === "" && to === "")) return undefined;
  if (from === "") return { first: -Number(to), last: undefined };
  const last = to === "" ? undefined : Number(to);
  return last !== undefined && last < Number(from) ? undefined : { first: Number(from), last };
}

/** The range within a file of `size` bytes; undefined if the file has none of it (status 416). */
export function resolveRange({ first, last }: RequestedRange, size: number): ByteRange | undefined {
  if (size === 0 || Object.is(first, -0) || first >= size) return undefined;
  return { first: first < 0 ? Math.max(0, size + first) : first, last: Math.min(last ?? size - 1, size - 1), size };
}

/**
 * Whether the client's copy is of the current file (If-Range). A weak tag does not prove that; a date does if it equals
 * the current Last-Modified.
 */
export function isOfSameFile(request: Request, headers: Headers): boolean {
  const condition = request.headers.get("If-Range")?.trim();
  if (condition === undefined) return true;
  const isTag = condition.startsWith('"');
  return condition === headers.get(isTag ? "ETag" : "Last-Modified");
}

/** The bytes of a range out of the whole file; later bytes are not read. */
export function partOf(whole: ReadableStream<Uint8Array>, { first, last }: ByteRange): ReadableStream<Uint8Array> {
  const { readable, writable } = new FixedLengthStream(last - first + 1);
  // A client that disconnects ends both streams; no reader is left for the error.
  void copy(whole, first, last + 1, writable).catch(() => {});
  return readable;
}

async function copy(whole: ReadableStream<Uint8Array>, start: number, end: number, to: WritableStream): Promise<void> {
  const writer = to.getWriter();
  let at = 0;
  try {
    for await (const chunk of whole) {
      const part = chunk.subarray(Math.max(0, start - at), end - at);
      at += chunk.byteLength;
      if (part.byteLength > 0) await writer.write(part);
      if (at >= end) break;
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error);
  }
}
