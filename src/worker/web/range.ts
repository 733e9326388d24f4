/** Parts of a file (HTTP Semantics: Range Requests): one range of bytes, as players of video and audio ask for it. */

/** The header Range, if it asks for one range of bytes; `first` counts from the end where it is negative. */
export interface RangeWish {
  readonly first: number;
  readonly last: number | undefined;
}

/** Bytes `first` to `last`, both included, of a file of `size` bytes. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
  readonly size: number;
}

/** Undefined where the whole file is to be sent: other methods, other units, several ranges, no valid range. */
export function rangeWish({ method, headers }: Request): RangeWish | undefined {
  const [, from = "", to = ""] = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(headers.get("Range") ?? "") ?? [];
  if (method !== "GET" || (from === "" && to === "")) return undefined;
  if (from === "") return { first: -Number(to), last: undefined };
  const last = to === "" ? undefined : Number(to);
  return last !== undefined && last < Number(from) ? undefined : { first: Number(from), last };
}

/** The part of a file of `size` bytes; undefined where the file has none of it (status 416). */
export function rangeIn({ first, last }: RangeWish, size: number): ByteRange | undefined {
  if (size === 0 || Object.is(first, -0) || first >= size) return undefined;
  return { first: first < 0 ? Math.max(0, size + first) : first, last: Math.min(last ?? size - 1, size - 1), size };
}

/**
 * Whether the client's part is of the file as it is now (If-Range). A weak tag does not prove that; a date does where it
 * is the very one that the client was told.
 */
export function isOfSameFile(request: Request, headers: Headers): boolean {
  const condition = request.headers.get("If-Range")?.trim();
  if (condition === undefined) return true;
  const isTag = condition.startsWith('"');
  return condition === headers.get(isTag ? "ETag" : "Last-Modified");
}

/** The bytes of a range out of the whole; what follows is not read. */
export function partOf(whole: ReadableStream<Uint8Array>, { first, last }: ByteRange): ReadableStream<Uint8Array> {
  const { readable, writable } = new FixedLengthStream(last - first + 1);
  // A client that goes away ends both; there is no one left to tell.
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
