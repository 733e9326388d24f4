/** One line of the audit trail: which principal requested which action, and the verdict (Authorization). */

import type { Action } from "../protocol/action.ts";
import type { Match } from "../protocol/uri.ts";
import type { Id, Uri } from "../protocol/values.ts";

export interface AuditRecord {
  readonly realm: Uri;
  readonly session: Id;
  readonly authid: string;
  readonly authrole: string;
  /** `tap`: the session sees messages of others (`wamp.edge.tap`). */
  readonly action: Action | "tap";
  /** The first 1,000 characters of the URI. */
  readonly uri: Uri;
  readonly match: Match;
  /** `allowed`, or the error URI that the session received; of a tap `started` or `ended`. */
  readonly verdict: string;
  /** The session and the authid whose messages a tap shows, if it shows no others. */
  readonly tapped_session?: Id;
  readonly tapped_authid?: string;
}
