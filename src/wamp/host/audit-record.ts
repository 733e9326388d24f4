/** The record of one authorization decision. */

import type { Match } from "../protocol/uri.ts";
import type { Id, Uri } from "../protocol/values.ts";

/** The four things a session must be permitted (Authorization: Actions). */
export type Action = "call" | "register" | "publish" | "subscribe";

/** One action of one principal. */
export interface AuditRecord {
  readonly realm: Uri;
  readonly session: Id;
  readonly authid: string;
  readonly authrole: string;
  readonly action: Action;
  /** Its first `LONGEST_URI` characters. */
  readonly uri: Uri;
  readonly match: Match;
  /** `allowed`, or the error that was the answer. */
  readonly verdict: string;
}
