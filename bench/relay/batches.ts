/** Batches of messages, without a check (Batched WebSocket Transport). */

const RECORD_SEPARATOR = "\u001e";
/** Bytes of the length before each message of a binary batch. */
const LENGTH_SIZE = 4;

/** Returns the messages of a batch. */
export function splitBatch(batch: string | ArrayBuffer): readonly (string | Uint8Array)[] {
  if (typeof batch === "string") return batch.slice(0, -1).split(RECORD_SEPARATOR);
  const view = new DataView(batch);
  const messages: Uint8Array[] = [];
  for (let at = 0; at < batch.byteLength; ) {
    const size = view.getUint32(at);
    messages.push(new Uint8Array(batch, at + LENGTH_SIZE, size));
    at += LENGTH_SIZE + size;
  }
  return messages;
}

/** Returns messages, which are all text or all bytes, as one batch. */
export function joinBatch(messages: readonly (string | Uint8Array)[]): string | Uint8Array {
  if (typeof messages[0] === "string") return `${messages.join(RECORD_SEPARATOR)}${RECORD_SEPARATOR}`;
  const parts = messages as readonly Uint8Array[];
  const batch = new Uint8Array(parts.reduce((size, part) => size + LENGTH_SIZE + part.length, 0));
  const view = new DataView(batch.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length);
    batch.set(part, at + LENGTH_SIZE);
    at += LENGTH_SIZE + part.length;
  }
  return batch;
}
