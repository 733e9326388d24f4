/** The four things a session must be permitted (Authorization: Actions). */

export type Action = "call" | "register" | "publish" | "subscribe";
