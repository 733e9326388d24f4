/** Reads what a request or an answer carries, no further than it may go. */

/** The body's bytes; undefined where it has more than `limit`. */
export async function bodyWithin({ body }: Pick<Body, "body">, limit: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
