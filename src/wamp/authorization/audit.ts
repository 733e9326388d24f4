/** Writes the audit records of a realm (configuration key `options.accounting`). */

import type { Host } from "../host/host.ts";
import type { Action } from "../protocol/action.ts";
import type { Match } from "../protocol/uri.ts";
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
