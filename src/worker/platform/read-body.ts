/** Reads the body of a request or response up to a limit. */

/** Resolves to the bytes of the body; undefined if it has more than `limit` bytes. */
export async function readBodyWithin({ body }: Pick<Body, "body">, limit: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
