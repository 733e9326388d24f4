/** Anonymous authentication: the client proves nothing, so the router ignores the authid and authrole it asks for. */

import type { AnonymousAuth } from "../config/auth.ts";
import { toBase64Url } from "../crypto/encoding.ts";
import { Authenticator, admit } from "./dynamic-authenticator.ts";
import type { AuthContext, AuthOutcome, AuthRequest, Method } from "./method.ts";

/** Bytes of a random authid: enough that two sessions never get the same one. */
const AUTHID_LENGTH = 18;

class Anonymous implements Method {
  readonly #settings: AnonymousAuth;
  readonly #context: AuthContext;
  readonly authenticator: Authenticator | undefined;

  constructor(settings: AnonymousAuth, context: AuthContext) {
    this.#settings = settings;
    this.#context = context;
    if (settings.type === "dynamic") this.authenticator = new Authenticator(settings, context);
  }

  canServe(): "open" {
    return "open";
  }

  begin(request: AuthRequest): AuthOutcome | Promise<AuthOutcome> {
    const randomAuthid = () => toBase64Url(this.#context.host.randomBytes(AUTHID_LENGTH));
    if (this.#settings.type === "dynamic") return this.#ask({ ...request, authid: randomAuthid() });
    const { role, authid = randomAuthid() } = this.#settings;
    const identity = { authid, authrole: role, authmethod: request.method, authprovider: "static" };
    return { kind: "admitted", identity };
  }

  async #ask(request: AuthRequest): Promise<AuthOutcome> {
    const grant = await this.authenticator!.identify(request);
    return grant.kind === "granted" ? admit(grant) : grant;
  }
}

/** Makes the method if the realm has it. */
export function createAnonymous(context: AuthContext): Method | undefined {
  const settings = context.config.auth.anonymous;
  return settings && new Anonymous(settings, context);
}
