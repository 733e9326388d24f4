/** One line of the audit trail: which principal requested which action, and the verdict (Authorization). */

import type { Action } from "../protocol/action.ts";
import type { Match } from "../protocol/uri.ts";
import type { Id, Uri } from "../protocol/values.ts";

export interface AuditRecord {
  readonly realm: Uri;
  readonly session: Id;
  readonly authid: string;
  readonly authrole: string;
  readonly action: Action;
  /** The first 1,000 characters of the URI. */
  readonly uri: Uri;
  readonly match: Match;
  /** `allowed`, or the error URI that the session received. */
  readonly verdict: string;
}
