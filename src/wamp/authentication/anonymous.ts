/** Anonymous sessions: nothing is proven, and so nothing the client says of itself is believed. */

import type { AnonymousAuth } from "../config/auth.ts";
import { toBase64Url } from "../crypto/encoding.ts";
import { Authenticator, admitted } from "./dynamic.ts";
import type { Applicant, Method, Outcome, Surroundings } from "./method.ts";

/** Bytes of a drawn authid: enough that no two sessions ever share one. */
const AUTHID_LENGTH = 18;

class Anonymous implements Method {
  readonly #settings: AnonymousAuth;
  readonly #surroundings: Surroundings;
  readonly authenticator: Authenticator | undefined;

  constructor(settings: AnonymousAuth, surroundings: Surroundings) {
    this.#settings = settings;
    this.#surroundings = surroundings;
    if (settings.type === "dynamic") this.authenticator = new Authenticator(settings, surroundings);
  }

  fits(): "open" {
    return "open";
  }

  begin(applicant: Applicant): Outcome | Promise<Outcome> {
    const drawn = () => toBase64Url(this.#surroundings.host.randomBytes(AUTHID_LENGTH));
    if (this.#settings.type === "dynamic") return this.#ask({ ...applicant, authid: drawn() });
    const { role, authid = drawn() } = this.#settings;
    const identity = { authid, authrole: role, authmethod: applicant.method, authprovider: "static" };
    return { kind: "admitted", identity };
  }

  async #ask(applicant: Applicant): Promise<Outcome> {
    const grant = await this.authenticator!.identify(applicant);
    return grant.kind === "granted" ? admitted(grant) : grant;
  }
}

/** The method, where the realm has it. */
export function anonymous(surroundings: Surroundings): Method | undefined {
  const settings = surroundings.config.auth.anonymous;
  return settings && new Anonymous(settings, surroundings);
}
