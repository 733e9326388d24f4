/** Dynamic authentication: a procedure of the realm decides who a client is (Dynamic Authenticators). */

import type { DynamicAuth } from "../config/auth.ts";
import { TRUSTED } from "../config/permission.ts";
import { WampUri } from "../protocol/errors.ts";
import { isValidUri } from "../protocol/uri.ts";
import { type Dict, isDict, type Uri } from "../protocol/values.ts";
import type { CallOutcome } from "../session/pending-requests.ts";
import type { ProcedureCaller } from "../session/procedure-caller.ts";
import type { Identity } from "../session/session.ts";
import type { Admitted, AuthContext, AuthRefusal, AuthRequest, AuthResponse, Reason } from "./method.ts";
import { fail, refuse } from "./method.ts";

/** Who an authenticator says somebody is, and whether it wants to hear more of him. */
export interface Grant extends Pick<Admitted, "identity" | "secondFactor"> {
  readonly kind: "granted";
  /** All it said; credentials to be checked are among it. */
  readonly says: Dict;
}

/** What stands where an authenticator does not say otherwise. */
type Known = { readonly [Key in keyof Identity]?: Identity[Key] | undefined };

/** What the router answers for a call that brought no decision, or a callee that broke; none of the client's business. */
const TECHNICAL: ReadonlySet<Uri> = new Set([
  WampUri.NO_SUCH_PROCEDURE,
  WampUri.TIMEOUT,
  WampUri.CANCELED,
  WampUri.NO_AVAILABLE_CALLEE,
  WampUri.NETWORK_FAILURE,
  WampUri.PAYLOAD_SIZE_EXCEEDED,
  WampUri.MAX_CONCURRENCY_REACHED,
  WampUri.LIMIT_EXCEEDED,
  WampUri.NOT_AUTHORIZED,
  WampUri.INVALID_ARGUMENT,
  WampUri.FEATURE_NOT_SUPPORTED,
  WampUri.UNAVAILABLE,
  "wamp.error.runtime_error",
]);

const NO_ASSIGNED_AUTHID = "no authid was assigned";
const NO_ASSIGNED_ROLE = "no role was assigned";

export class Authenticator {
  readonly #settings: DynamicAuth;
  readonly #realm: Uri;
  readonly #timeoutMs: number;
  readonly #caller: ProcedureCaller;

  constructor(settings: DynamicAuth, { realm, config, newCaller }: AuthContext) {
    this.#settings = settings;
    this.#realm = realm;
    this.#timeoutMs = config.limits.hello_timeout;
    this.#caller = newCaller(settings["authenticator-role"] ?? TRUSTED);
  }

  /**
   * Asks with Crossbar.io's arguments: realm, authid, details; `more` are details of the method. What the response leaves
   * open is as in `known`.
   */
  async identify(request: AuthRequest, more: Dict = {}, known: Known = {}): Promise<Grant | AuthRefusal> {
    const { authid = null, authrole, authextra, method, sessionId, facts } = request;
    const details = {
      session: sessionId,
      authmethod: method,
      authextra,
      ...(authid !== null && { authid }),
      ...(authrole !== undefined && { authrole }),
      transport: facts ?? {},
      ...more,
    };
    const args = [this.#realm, authid, details];
    const outcome = await this.#caller.call(this.#settings.authenticator, args, this.#timeoutMs);
    if (!outcome.ok) return this.#refusalFrom(outcome);
    return this.#grant(method, authid === null ? known : { ...known, authid }, outcome.args[0]);
  }

  /** Asks again, about somebody who has proven `identity`; `more` is what his AUTHENTICATE brings besides. */
  async confirm(response: AuthResponse, identity: Identity, more: Dict): Promise<Admitted | AuthRefusal> {
    const { authid, authrole, authextra = {} } = identity;
    const grant = await this.identify({ ...response, authid, authrole, authextra }, more, identity);
    return grant.kind === "granted" ? admit(grant) : grant;
  }

  /** What is wrong with the authenticator's response, for the log. */
  fault(cause: string): Reason {
    return { cause, procedure: this.#settings.authenticator };
  }

  /** An authenticator's own refusal is passed on; that it is broken or absent is not (DYN-03, DYN-04). */
  #refusalFrom({ uri, args }: Extract<CallOutcome, { ok: false }>): AuthRefusal {
    const reason = this.fault(uri);
    if (TECHNICAL.has(uri) || !isValidUri(uri, "loose")) return fail(reason);
    return refuse(uri, typeof args[0] === "string" ? args[0] : "the authenticator refused", reason);
  }

  #grant(authmethod: string, known: Known, response: unknown): Grant | AuthRefusal {
    const says = typeof response === "string" ? { role: response } : response;
    if (!isDict(says)) return fail(this.fault("the response must be a role or a dict"));
    // The empty string is absent, as in HELLO: authenticators in typed languages write it for what they leave open.
    const realm = says.realm || this.#realm;
    // Another realm is another object; a client gets there by saying HELLO to it.
    if (realm !== this.#realm) {
      const message = "the realm assigned to this session is another one";
      return refuse(WampUri.NO_SUCH_REALM, message, this.fault(message));
    }
    const authid = says.authid || known.authid;
    if (typeof authid !== "string")
      return refuse(WampUri.NO_SUCH_PRINCIPAL, NO_ASSIGNED_AUTHID, this.fault(NO_ASSIGNED_AUTHID));
    const authrole = (says.role || known.authrole) ?? this.#settings["default-role"];
    if (typeof authrole !== "string")
      return refuse(WampUri.NO_SUCH_ROLE, NO_ASSIGNED_ROLE, this.fault(NO_ASSIGNED_ROLE));
    const wish = says["second-factor"] ?? false;
    if (typeof wish !== "boolean" && !isDict(wish))
      return fail(this.fault("second-factor must be a boolean or a dict"));
    const authextra = isDict(says.extra) ? { ...known.authextra, ...says.extra } : known.authextra;
    const identity = { authid, authrole, authmethod, authprovider: "dynamic", ...(authextra && { authextra }) };
    return { kind: "granted", identity, secondFactor: wish === true ? {} : wish || undefined, says };
  }
}

/** Lets in whom an authenticator has granted it, or whom it was granted before he proved it. */
export function admit({ identity, secondFactor }: Pick<Admitted, "identity" | "secondFactor">): Admitted {
  return { kind: "admitted", identity, secondFactor };
}
