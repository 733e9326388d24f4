/** Shows the WAMP messages of the console's connection, as they are on the wire, to the page that asks for them. */

import type { Channel, Connect } from "../../client/channel.ts";

/** One WAMP message in JSON. */
export interface Frame {
  readonly direction: "sent" | "received";
  /** Milliseconds of the page's clock (`performance.now`). */
  readonly at: number;
  readonly text: string;
}

/** HELLO to GOODBYE: what opens and ends a session, and may have credentials. */
const HANDSHAKE = /^\s*\[\s*[1-6]\s*[,\]]/;

const listeners = new Set<(frame: Frame) => void>();

/** Calls `listener` with each frame until the returned function is called. Frames of the handshake are left out. */
export function listenToFrames(listener: (frame: Frame) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Makes the connections of `connect` observable. */
export function withFrames(connect: Connect): Connect {
  return async (receiver) => {
    const channel = await connect({
      onText: (text) => {
        show("received", text);
        receiver.onText(text);
      },
      onClose: (code, reason) => receiver.onClose(code, reason),
    });
    return {
      send: (text) => {
        show("sent", text);
        channel.send(text);
      },
      close: () => channel.close(),
    } satisfies Channel;
  };
}

function show(direction: Frame["direction"], text: string): void {
  if (listeners.size === 0 || HANDSHAKE.test(text)) return;
  const frame = { direction, at: performance.now(), text };
  for (const listener of listeners) listener(frame);
}
