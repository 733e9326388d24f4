/** WebSocket frames of a client, masked in advance (RFC 6455, section 5). */

/**
 * The key of every mask: not zero, so a server has to unmask each byte as for any client, and constant, so the load
 * generator masks a message once.
 */
export const MASK = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);

/** Opcodes. */
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** The longest head of a masked frame, in bytes. */
export const MOST_HEAD_BYTES = 14;

/** Returns the size of the head of a masked frame in bytes. */
export function headSize(payloadSize: number): number {
  if (payloadSize < 126) return 6;
  return payloadSize < 65_536 ? 8 : MOST_HEAD_BYTES;
}

/** Writes the head of a masked frame to `target` so that it ends at `end`; returns where it starts. */
export function writeHead(target: Buffer, end: number, opcode: number, payloadSize: number): number {
  const start = end - headSize(payloadSize);
  target[start] = 0x80 | opcode;
  if (payloadSize < 126) target[start + 1] = 0x80 | payloadSize;
  else if (payloadSize < 65_536) {
    target[start + 1] = 0x80 | 126;
    target.writeUInt16BE(payloadSize, start + 2);
  } else {
    target[start + 1] = 0x80 | 127;
    target.writeUInt32BE(0, start + 2);
    target.writeUInt32BE(payloadSize, start + 6);
  }
  target.set(MASK, end - MASK.length);
  return start;
}

/** Masks bytes in place; `phase` is the position of the first one in the payload of its frame. */
export function mask(bytes: Buffer, phase = 0): Buffer {
  for (let index = 0; index < bytes.length; index++) bytes[index]! ^= MASK[(phase + index) & 3]!;
  return bytes;
}

/** Returns a masked frame; `payload` stays as it is. */
export function maskedFrame(opcode: number, payload: Uint8Array): Buffer {
  const head = headSize(payload.length);
  const frame = Buffer.allocUnsafeSlow(head + payload.length);
  writeHead(frame, head, opcode, payload.length);
  frame.set(payload, head);
  mask(frame.subarray(head));
  return frame;
}
