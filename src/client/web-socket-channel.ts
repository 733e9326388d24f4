/** The connection of a client's session to a realm behind a URL: the WebSocket of the runtime. */

import type { Channel, ChannelReceiver } from "./channel.ts";

const SUBPROTOCOL = "wamp.2.json";

/**
 * Opens a WebSocket; rejects when no router answers, or when it refuses the upgrade. `signal` closes it, also before it
 * is open.
 */
export function openWebSocket(url: string, receiver: ChannelReceiver, signal?: AbortSignal): Promise<Channel> {
  const socket = new WebSocket(url, SUBPROTOCOL);
  signal?.addEventListener("abort", () => socket.close());
  const closed = new Promise<void>((resolve) => socket.addEventListener("close", () => resolve()));
  const channel: Channel = {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: () => {
      socket.close();
      return closed;
    },
  };
  return new Promise((resolve, reject) => {
    socket.addEventListener("error", () => reject(new Error(`${url} refused the WebSocket`)));
    socket.addEventListener("open", () => {
      // A close event follows an error before the opening, too: the rejection has told about it.
      socket.addEventListener("close", ({ code, reason }) => receiver.onClose(code, reason));
      resolve(channel);
    });
    socket.addEventListener("message", ({ data }) => receiver.onText(data as string));
  });
}
