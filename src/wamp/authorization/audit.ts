/** Writes the audit records of a realm (configuration key `options.accounting`). */

import type { Host } from "../host/host.ts";
import type { TapSelection } from "../monitoring/tap.ts";
import type { Action } from "../protocol/action.ts";
import type { Match, Pattern } from "../protocol/uri.ts";
import type { Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";

/** Which verdicts a realm records: all of them, or denials only. */
export type AuditScope = "all" | "denied";

/** `AuditRecord.verdict` of a permitted action. */
export const ALLOWED_VERDICT = "allowed";

/** Characters of a URI in a record: more than any URI in use, and a client cannot flood the log with long ones. */
const MAX_URI_LENGTH = 1_000;

/** Writes a record for each verdict in the configured scope. */
export class Audit {
  readonly #scope: AuditScope;
  readonly #realm: Uri;
  readonly #host: Pick<Host, "audit">;

  constructor(scope: AuditScope, realm: Uri, host: Pick<Host, "audit">) {
    this.#scope = scope;
    this.#realm = realm;
    this.#host = host;
  }

  /** Records a verdict: `allowed`, or the error URI. A realm that records denials only skips `allowed`. */
  record(
    { id, identity: { authid, authrole } }: Session,
    action: Action,
    uri: Uri,
    match: Match,
    verdict: string,
  ): void {
    if (verdict === ALLOWED_VERDICT && this.#scope === "denied") return;
    const principal = { realm: this.#realm, session: id, authid, authrole };
    this.#host.audit({ ...principal, action, uri: uri.slice(0, MAX_URI_LENGTH), match, verdict });
  }
}

/**
 * Records the start or end of a tap, and writes it to the log, whatever the realm records else: a session that sees the
 * messages of others must be found afterwards. `cause` says why the tap has ended; undefined at its start.
 */
export function recordTap(
  realm: Uri,
  host: Pick<Host, "audit" | "log">,
  { id, identity: { authid, authrole } }: Session,
  { session, authid: tappedAuthid, pattern = ALL }: TapSelection,
  cause?: string,
): void {
  const principal = { realm, session: id, authid, authrole };
  const tapped = {
    ...(session !== undefined && { tapped_session: session }),
    ...(tappedAuthid !== undefined && { tapped_authid: tappedAuthid }),
  };
  const uri = pattern.uri.slice(0, MAX_URI_LENGTH);
  const verdict = cause === undefined ? "started" : "ended";
  host.audit({ ...principal, action: "tap", uri, match: pattern.match, verdict, ...tapped });
  const fields = { session: id, authid, authrole, uri, match: pattern.match, ...tapped };
  if (cause === undefined) host.log({ level: "info", event: "tap.started", ...fields });
  else host.log({ level: "info", event: "tap.ended", cause, ...fields });
}

/** The pattern of a tap that is not limited to URIs. */
const ALL: Pattern = { uri: "", match: "prefix" };
