/** Dynamic authentication: a procedure of the realm decides on the identity of a client (Dynamic Authenticators). */

import type { DynamicAuth } from "../config/auth.ts";
import { TRUSTED } from "../config/trusted.ts";
import { WampUri } from "../protocol/errors.ts";
import { isValidUri } from "../protocol/uri.ts";
import { type Dict, isDict, type Uri } from "../protocol/values.ts";
import type { CallOutcome } from "../session/pending-requests.ts";
import type { ProcedureCaller } from "../session/procedure-caller.ts";
import type { Identity } from "../session/session.ts";
import type { Admitted, AuthContext, AuthRefusal, AuthRequest, AuthResponse, Reason } from "./method.ts";
import { fail, refuse } from "./method.ts";

/** The identity that an authenticator grants, and whether it asks for a second factor. */
export interface Grant extends Pick<Admitted, "identity" | "secondFactor"> {
  readonly kind: "granted";
  /** The whole response, with the credentials for the method to check. */
  readonly response: Dict;
}

/** Defaults for keys that the response lacks. */
type Defaults = { readonly [Key in keyof Identity]?: Identity[Key] | undefined };

/** Errors of the call itself. The client gets `authentication_failed` for them, and no detail of the application. */
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

/** Calls the authenticator procedure of one method. */
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
   * Calls the procedure with Crossbar.io's arguments: realm, authid, details. `more` adds details of the method;
   * `defaults` fill keys that the response lacks.
   */
  async identify(request: AuthRequest, more: Dict = {}, defaults: Defaults = {}): Promise<Grant | AuthRefusal> {
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
    return this.#grant(method, authid === null ? defaults : { ...defaults, authid }, outcome.args[0]);
  }

  /** Calls the procedure again for a client that has proven `identity`; `more` comes from its AUTHENTICATE. */
  async confirm(response: AuthResponse, identity: Identity, more: Dict): Promise<Admitted | AuthRefusal> {
    const { authid, authrole, authextra = {} } = identity;
    const grant = await this.identify({ ...response, authid, authrole, authextra }, more, identity);
    return grant.kind === "granted" ? admit(grant) : grant;
  }

  /** Makes the log entry for an invalid response. */
  describeFault(cause: string): Reason {
    return { cause, procedure: this.#settings.authenticator };
  }

  /** Passes on the authenticator's own refusal, but not the error of a broken or absent one (DYN-03, DYN-04). */
  #refusalFrom({ uri, args }: Extract<CallOutcome, { ok: false }>): AuthRefusal {
    const reason = this.describeFault(uri);
    if (TECHNICAL.has(uri) || !isValidUri(uri, "loose")) return fail(reason);
    return refuse(uri, typeof args[0] === "string" ? args[0] : "the authenticator refused", reason);
  }

  #grant(authmethod: string, defaults: Defaults, answer: unknown): Grant | AuthRefusal {
    const response = typeof answer === "string" ? { role: answer } : answer;
    if (!isDict(response)) return fail(this.describeFault("the response must be a role or a dict"));
    // The empty string counts as absent, as in HELLO: authenticators in typed languages write it for missing values.
    const realm = response.realm || this.#realm;
    // Another realm is another Durable Object; a client reaches it only by HELLO.
    if (realm !== this.#realm) {
      const message = "the realm assigned to this session is another one";
      return refuse(WampUri.NO_SUCH_REALM, message, this.describeFault(message));
    }
    const authid = response.authid || defaults.authid;
    if (typeof authid !== "string")
      return refuse(WampUri.NO_SUCH_PRINCIPAL, NO_ASSIGNED_AUTHID, this.describeFault(NO_ASSIGNED_AUTHID));
    const authrole = (response.role || defaults.authrole) ?? this.#settings["default-role"];
    if (typeof authrole !== "string")
      return refuse(WampUri.NO_SUCH_ROLE, NO_ASSIGNED_ROLE, this.describeFault(NO_ASSIGNED_ROLE));
    const factor = response["second-factor"] ?? false;
    if (typeof factor !== "boolean" && !isDict(factor))
      return fail(this.describeFault("second-factor must be a boolean or a dict"));
    const authextra = isDict(response.extra) ? { ...defaults.authextra, ...response.extra } : defaults.authextra;
    const identity = { authid, authrole, authmethod, authprovider: "dynamic", ...(authextra && { authextra }) };
    return { kind: "granted", identity, secondFactor: factor === true ? {} : factor || undefined, response };
  }
}

/** Makes the outcome that opens a session with a granted or proven identity. */
export function admit({ identity, secondFactor }: Pick<Admitted, "identity" | "secondFactor">): Admitted {
  return { kind: "admitted", identity, secondFactor };
}
