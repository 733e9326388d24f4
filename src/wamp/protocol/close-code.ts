/** The close codes of WebSockets. */

/** WebSocket close codes that the router uses. */
export const CloseCode = {
  NORMAL: 1000,
  PROTOCOL_ERROR: 1002,
  WRONG_FRAME_TYPE: 1003,
  POLICY: 1008,
  TOO_BIG: 1009,
  INTERNAL_ERROR: 1011,
  /** Clients reconnect by themselves after this code. */
  RESTART: 1012,
  OVERLOADED: 1013,
} as const;
