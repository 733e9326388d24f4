/** The core's part in the logins and permissions of relays. */

import type { RealmConfig } from "../../config/realm.ts";
import type { Registration, RegistrationObserver } from "../../dealer/registrations.ts";
import { earliest } from "../../host/deadlines.ts";
import type { Host } from "../../host/host.ts";
import { Payload } from "../../protocol/payload.ts";
import type { Realm } from "../../realm/realm.ts";
import type { Answer, Question, ToCore } from "../link/messages.ts";
import type { RelayIds } from "../link/relay-ids.ts";
import { CoreLogins } from "./core-logins.ts";
import { CoreRoles, type CoreRolesPorts } from "./core-roles.ts";
import { type LogOutStore, LogOuts } from "./log-outs.ts";
import { RemoteProcedures } from "./remote-procedures.ts";

/** The messages of a relay about logins and roles. */
export type AuthenticationMessage = Extract<
  ToCore,
  { readonly kind: "ask" | "attempt ended" | "cookie" | "log out" | "roles wanted" | "roles known" }
>;

/** What authentication asks of the core and its object. */
export interface CoreAuthenticationPorts extends CoreRolesPorts {
  readonly logOuts: LogOutStore;
  readonly host: Host;
  readonly ids: RelayIds;
}

/** The logins, roles and authorizers of relays at the core, whose realm is made with `logins.shared`. */
export class CoreAuthentication {
  readonly logins: CoreLogins;
  readonly roles: CoreRoles;
  readonly #logOuts: LogOuts;
  readonly #ports: CoreAuthenticationPorts;
  #realm: Realm | undefined;
  #procedures: RemoteProcedures | undefined;

  constructor(config: RealmConfig, ports: CoreAuthenticationPorts) {
    this.#ports = ports;
    this.roles = new CoreRoles(ports);
    this.#logOuts = new LogOuts(ports.logOuts, ports.queue);
    const onLogOut = (cookie: string): void => this.#logOuts.tell(this.roles.relays, cookie);
    this.logins = new CoreLogins(config, ports.host, ports.ids, onLogOut);
  }

  /** Takes the realm of the core. */
  open(realm: Realm): void {
    this.#realm = realm;
    this.#procedures = new RemoteProcedures(realm, this.#ports.host, this.#ports.queue);
    this.roles.open(realm.access.roles);
  }

  /** An observer that also tells relays of the callees of authorizers. */
  observe(observer: RegistrationObserver): RegistrationObserver {
    const tell = (registration: Registration): void => this.#procedures?.changed(registration, this.roles.relays);
    return {
      onRegister: (session, registration) => {
        tell(registration);
        observer.onRegister(session, registration);
      },
      onUnregister: (session, registration, wasLast, leaving) => {
        tell(registration);
        observer.onUnregister(session, registration, wasLast, leaving);
      },
    };
  }

  /** Takes a message of a relay. */
  receive(relay: number, message: AuthenticationMessage): void {
    switch (message.kind) {
      case "ask":
        return this.#answer(relay, message.number, message.question, message.payload);
      case "attempt ended":
        return this.logins.end({ relay, ...message }, message.result);
      case "cookie": {
        const { cookie, identity, expiresAt } = message;
        return this.logins.cookies?.remember({ ...NO_FACTS, http_cbtid: cookie }, identity, expiresAt);
      }
      case "log out":
        this.logins.cookies?.logOut(message.cookie);
        return this.#realm!.sessions.endLogins(message.cookie);
      case "roles wanted":
        return this.roles.tell(relay, message.version);
      case "roles known":
        return this.roles.acknowledged(relay, message.version);
    }
  }

  /** Sends what relays may have missed: the core has just woken, or can reach a relay again. */
  tellAgain(relay?: number): void {
    if (relay === undefined) this.roles.wake();
    else this.roles.check(relay);
    this.#logOuts.tellAgain(relay);
  }

  /** The relay has lost its sessions. */
  drop(relay: number): void {
    this.logins.drop(relay);
    this.#logOuts.forget(relay);
  }

  /** Does what is due at `now`, milliseconds since the epoch. */
  tick(now: number): void {
    this.logins.tick(now);
    this.roles.tick(now);
  }

  /** When `tick` has something to do, if it has; milliseconds since the epoch. Concerns memory only. */
  nextDeadline(): number | undefined {
    return earliest(this.logins.nextDeadline(), this.roles.nextDeadline());
  }

  #answer(relay: number, number: number, question: Question, asked: Payload): void {
    const answer = (given: Answer, payload = Payload.NONE): void => {
      this.#ports.queue(relay, { kind: "answer", number, answer: given, payload });
    };
    switch (question.about) {
      case "procedure":
        return void this.#procedures!.ask(relay, question, asked.args, answer);
      case "lockout": {
        const isLockedOut = this.logins.isLockedOut(question.authid, question.network);
        return answer({ about: "lockout", isLockedOut });
      }
      case "attempt": {
        const { authid, network } = question;
        const onAnswer = (isLockedOut: boolean): void => answer({ about: "lockout", isLockedOut });
        return this.logins.begin({ relay, number, authid, network, onAnswer });
      }
      case "cookie": {
        const remembered = this.logins.cookies?.recall({ ...NO_FACTS, http_cbtid: question.cookie });
        return answer({ about: "cookie", remembered });
      }
    }
  }
}

/** Facts of a connection that cookies do not read. */
const NO_FACTS = { is_secure: true, websocket_protocol: "", http_headers_received: {} };
