/** Why a WebSocket is closed. */

/** WebSocket close codes the router uses (D-02). */
export const CloseCode = {
  NORMAL: 1000,
  PROTOCOL_ERROR: 1002,
  WRONG_FRAME_TYPE: 1003,
  POLICY: 1008,
  TOO_BIG: 1009,
  INTERNAL_ERROR: 1011,
  /** The client comes back by itself. */
  RESTART: 1012,
  OVERLOADED: 1013,
} as const;
