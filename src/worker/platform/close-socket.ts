/** Closing of WebSockets. */

/** Bytes of a close reason at most (RFC 6455 section 5.5.1). The router's reasons are ASCII. */
const MAX_CLOSE_REASON = 123;

/** Closes a socket in any state; a socket that has closed already stays as it is. */
export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason.slice(0, MAX_CLOSE_REASON));
  } catch {
    // Already closed.
  }
}
