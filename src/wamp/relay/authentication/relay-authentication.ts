/** A relay's part in the logins and permissions of its sessions. */

import type { RealmConfig } from "../../config/realm.ts";
import type { Host } from "../../host/host.ts";
import type { Realm } from "../../realm/realm.ts";
import type { RealmParts } from "../../realm/realm-parts.ts";
import type { OnEnd } from "../link/link-sender.ts";
import type { ToCore, ToRelay } from "../link/messages.ts";
import { CORE, type RelayIds } from "../link/relay-ids.ts";
import { type LogOutStore, LogOuts } from "./log-outs.ts";
import { Questions } from "./questions.ts";
import { type OwnRoleVersion, RelayRoles } from "./relay-roles.ts";
import { RemoteCallees } from "./remote-callees.ts";
import { RemoteCaller } from "./remote-caller.ts";
import { isCookieKnown, shareLogins } from "./remote-logins.ts";

/** The messages of the core about logins and roles. */
export type AuthenticationAnswer = Extract<
  ToRelay,
  { readonly kind: "answer" | "role" | "roles" | "callees" | "log out" }
>;

/** What authentication asks of the relay and its object. */
export interface RelayAuthenticationPorts {
  readonly host: Host;
  readonly ids: RelayIds;
  /** See `RelayPorts`. */
  readonly roleVersion: OwnRoleVersion;
  readonly relays: number;
  readonly logOuts: LogOutStore;
  /** See `Batch.boot`. */
  boot(): number;
  /** Queues a message for the core; `onEnd` as in `LinkSender.queue`. */
  send(message: ToCore, onEnd?: OnEnd): void;
  realm(): Realm;
}

/** The logins, roles and authorizers of a relay, whose realm is made with `parts`. */
export class RelayAuthentication {
  readonly questions: Questions;
  readonly roles: RelayRoles;
  readonly parts: RealmParts;
  readonly logOuts: LogOuts;
  readonly #realm: () => Realm;
  #callees: RemoteCallees | undefined;

  constructor(config: RealmConfig, ports: RelayAuthenticationPorts) {
    const { host, ids, relays, boot, send, realm } = ports;
    this.#realm = realm;
    this.roles = new RelayRoles(host, realm, ports.roleVersion, config.limits.undecided_bytes, send);
    this.questions = new Questions(host, boot, send);
    this.logOuts = new LogOuts(ports.logOuts, (_core, message, onEnd) => send(message, onEnd));
    const logOut = (cookie: string): void => this.logOuts.tell([CORE], cookie);
    this.parts = {
      authentication: shareLogins(config, ids, this.questions, { send, logOut }),
      objects: Math.max(1, relays),
      newCallees: (dealer) => {
        this.#callees = new RemoteCallees(dealer, () => realm().sessions.byId);
        return this.#callees;
      },
      newCaller: (authrole) => new RemoteCaller(this.questions, authrole),
    };
  }

  /** Does a client wait for the core? */
  get isWaiting(): boolean {
    return this.questions.size > 0 || this.roles.isWaiting;
  }

  /** Says whether the realm has an identity under the id of a tracking cookie; false if the core cannot be reached. */
  isCookieKnown(id: string): Promise<boolean> {
    return isCookieKnown(this.questions, id);
  }

  /** Takes a message of the core. */
  receive(message: AuthenticationAnswer): void {
    switch (message.kind) {
      case "answer":
        return this.questions.answered(message.number, message);
      case "role":
      case "roles":
        return this.roles.receive(message);
      case "callees":
        this.#callees!.set(message.procedure, message.callees);
        return this.#realm().access.authorizer?.meet(message.procedure);
      case "log out":
        return this.#realm().sessions.endLogins(message.cookie);
    }
  }
}
