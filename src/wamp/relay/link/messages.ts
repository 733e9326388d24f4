/** The messages between a relay and the core. */

import type { AttemptResult } from "../../authentication/lockouts.ts";
import type { Admitted } from "../../authentication/method.ts";
import type { Permission } from "../../authorization/permission-rules.ts";
import type { Publication } from "../../broker/publication.ts";
import type { TapSettings } from "../../monitoring/tap.ts";
import type {
  Call,
  Cancel,
  ErrorMessage,
  Event,
  Register,
  Result,
  RouterMessage,
  Unregister,
  Yield,
} from "../../protocol/message.ts";
import type { Payload } from "../../protocol/payload.ts";
import type { Pattern } from "../../protocol/uri.ts";
import type { Id, Uri } from "../../protocol/values.ts";
import type { Identity, SessionOrigin } from "../../session/session.ts";
import type { MoveMessage } from "./moved-session.ts";

/** The session of a relay, as the core's dealer needs it. */
export type RemoteOrigin = Pick<SessionOrigin, "id" | "identity" | "features">;

/** Returns what another object needs to know of a session: a session itself has more, which must not be sent. */
export function originOf({ id, identity, features }: RemoteOrigin): RemoteOrigin {
  return { id, identity, features };
}

/** A publication on its way to other objects. */
export interface ForwardedPublication extends Publication {
  /** The number of the object that the publication entered, and its count of publications: it grows with each. */
  readonly origin: number;
  readonly count: number;
}

/**
 * A publication of a relay's session. The core processes each once: by its `count`, which it has written for what is
 * stored.
 */
export interface PublishRequest {
  readonly kind: "publish";
  readonly publication: ForwardedPublication;
  /**
   * The count of the last publication before this one that waits to be stored, if any does. A core that has not got it,
   * because it has restarted, ignores this one: the relay sends both again once it hears of the restart.
   */
  readonly behind?: number | undefined;
  /** Present if the core has to store it. */
  readonly keep?: KeepRequest | undefined;
}

/** How a publication is stored. */
export interface KeepRequest {
  /** The publisher's session. */
  readonly publisher: Id;
  /** Does the publisher wait for PUBLISHED? */
  readonly isAcknowledged: boolean;
  /** The relay waits for no answer to a publication with a smaller count. */
  readonly oldest: number;
}

/** A session subscribes and asks for retained events. One that is lost or repeated is made again with another number. */
export interface RetainedRequest {
  readonly kind: "get retained";
  readonly number: number;
  readonly pattern: Pattern;
  /** Has the core confirmed that the relay gets the events of the pattern? Otherwise it answers after that. */
  readonly isConfirmed: boolean;
  readonly origin: RemoteOrigin;
}

/** The EVENTs of a `RetainedRequest`, for its session. The relay ignores an answer that it does not wait for. */
export interface RetainedAnswer {
  readonly kind: "retained";
  readonly number: number;
  /** The count of the last publication of the relay that the core has processed; the events include it. */
  readonly count: number;
  readonly events: readonly Event[];
}

/**
 * The node keys of a pattern: to the core those of the relay's subscribers, to a relay those of all others. The last one
 * of a pattern counts.
 */
export interface NodeKeysMessage {
  readonly kind: "node keys";
  readonly pattern: Pattern;
  readonly keys: readonly string[];
}

/** A publication is stored, or cannot be. The relay ignores an answer that it does not wait for. */
export interface StoredAnswer {
  readonly kind: "stored";
  readonly count: number;
  readonly fault?: { readonly uri: Uri; readonly text: string } | undefined;
}

/** A message of a session that the core knows, because it has registered or called before. */
export type LaterRequest = Cancel | Yield | ErrorMessage;

/** A message about a registration. */
export type RegistrationRequest = RegisterRequest | UnregisterRequest;

/** REGISTER; `origin` goes with each, and with each CALL, so that the core may forget a session that holds nothing. */
export interface RegisterRequest {
  readonly kind: "register";
  readonly origin: RemoteOrigin;
  readonly permission: Permission;
  readonly message: Register;
  /** The core has restarted since, and may have registered the session before. */
  readonly isRepeated: boolean;
}

/** UNREGISTER. */
export interface UnregisterRequest {
  readonly kind: "unregister";
  readonly session: Id;
  readonly message: Unregister;
  /**
   * The REGISTER.Requests of the session since. A core that has made it a callee again for one of them has processed the
   * UNREGISTER before, and a repeated one must not remove what came after it.
   */
  readonly laterRegisters: Id[];
}

/** Asks the core to call an authenticator or authorizer. */
export interface ProcedureQuestion {
  readonly about: "procedure";
  readonly procedure: Uri;
  readonly timeoutMs: number;
  /** The call is permitted as those of this role. */
  readonly authrole: string;
}

/** What a relay asks the core; a question that meets a core without memory fails (`Questions`). */
export type Question =
  | ProcedureQuestion
  /** Is the authid locked out? */
  | { readonly about: "lockout"; readonly authid: string; readonly network: string | undefined }
  /** Asks the same before a secret is checked; where it is not, `attempt ended` follows with the same number. */
  | { readonly about: "attempt"; readonly authid: string; readonly network: string | undefined }
  /** Which identity has the cookie? */
  | { readonly about: "cookie"; readonly cookie: string };

/** The answer to a question about the same. */
export type Answer =
  /** The payload has the result, or the arguments of the error. */
  | { readonly about: "procedure"; readonly error: Uri | undefined }
  | { readonly about: "lockout"; readonly isLockedOut: boolean }
  | { readonly about: "cookie"; readonly remembered: Admitted | undefined };

/**
 * What a session has open, after the relay or the core has restarted or the link was down: the requests of calls, and the
 * keys of invocations, of which `lastKey` is the largest that the relay has seen, ended ones included. The core fails the
 * calls that it does not know, and says of such invocations that they are over; it ends the calls and invocations that
 * the relay does not know any more.
 */
export interface OpenCalls {
  readonly kind: "open calls";
  readonly session: Id;
  readonly requests: readonly Id[];
  readonly keys: readonly Id[];
  readonly lastKey: Id;
}

/** authrole → sessions */
export type SessionsByRole = Readonly<Record<string, number>>;

/** Has a relay run a procedure of the router. If it arrives twice, only the first answer counts. */
export interface MetaRequest {
  readonly kind: "meta";
  /** Never used again, also after a restart of the core. */
  readonly number: number;
  readonly caller: RemoteOrigin;
  readonly message: Call;
}

/** The answer to a `MetaRequest`. One that is lost counts as that of a relay that cannot be reached. */
export interface MetaAnswer {
  readonly kind: "meta answer";
  readonly number: number;
  readonly message: Result | ErrorMessage;
}

/** Has a relay show its messages to a reader; a repeated one is ignored, and one that is lost leaves a part out. */
export interface TapRequest {
  readonly kind: "tap";
  /** As in `MetaRequest`. */
  readonly number: number;
  readonly reader: RemoteOrigin;
  readonly settings: TapSettings;
}

/** From a relay to the core. */
export type ToCore =
  | RegisterRequest
  | { readonly kind: "call"; readonly origin: RemoteOrigin; readonly permission: Permission; readonly message: Call }
  /** Further input of a call. */
  | { readonly kind: "chunk"; readonly session: Id; readonly message: Call }
  | UnregisterRequest
  | { readonly kind: "request"; readonly session: Id; readonly message: LaterRequest }
  /**
   * Removes what the core has made for a REGISTER that has failed at the relay, if that has made the session a callee; the
   * message has its request. A repeated one finds nothing, and one that is lost is sent again.
   */
  | { readonly kind: "undo"; readonly session: Id; readonly message: Unregister }
  /** See `Dealer.failTooLarge`. */
  | { readonly kind: "too large"; readonly session: Id; readonly front: readonly number[] }
  /** The session has ended. */
  | { readonly kind: "leave"; readonly session: Id }
  /**
   * The relay has no session, and nothing at the core: its rows go. A lost one leaves them until the next one.
   * `isVoid`: a session has been opened since, so that the rows must stay.
   */
  | { readonly kind: "closed"; readonly isVoid: boolean }
  | OpenCalls
  /** The visible sessions of the relay now, by authrole; the last of these messages counts. */
  | { readonly kind: "sessions"; readonly byRole: SessionsByRole }
  | MetaAnswer
  /** A message for the reader of a tap; a lost one is missing there, a tap that the core does not know is ended. */
  | { readonly kind: "tapped"; readonly number: number; readonly payload: Payload }
  /**
   * After the link was down: all sessions of the relay that the core may know, and all topics and patterns of which it
   * has a subscriber. The core drops what it has beyond them. `patterns` is undefined where only messages of the core may
   * have been dropped (`restate`).
   */
  | {
      readonly kind: "only";
      readonly sessions: readonly Id[];
      readonly patterns: readonly Pattern[] | undefined;
    }
  /** `session` is that of the first subscriber, or of the last one. */
  | { readonly kind: "announce"; readonly pattern: Pattern; readonly session: Id }
  | { readonly kind: "withdraw"; readonly pattern: Pattern; readonly session: Id }
  | PublishRequest
  | RetainedRequest
  | NodeKeysMessage
  /** `number` is that of no other question of the relay. */
  | { readonly kind: "ask"; readonly number: number; readonly question: Question; readonly payload: Payload }
  /** A repeated one counts a failure twice, so that it can only lock out too early. */
  | {
      readonly kind: "attempt ended";
      readonly number: number;
      readonly authid: string;
      readonly network: string | undefined;
      readonly result: AttemptResult;
    }
  /** See `CookieJar.remember`; a repeated one changes nothing. */
  | {
      readonly kind: "cookie";
      readonly cookie: string;
      readonly identity: Identity;
      readonly expiresAt: number | undefined;
    }
  | MoveMessage<RegistrationRequest>
  /** A session whose id another object has made has come here, or is here after the relay has lost its sockets. */
  | { readonly kind: "session here"; readonly session: Id; readonly moves: number }
  /** A message of the core for a session that has moved from here; a lost one is made up for by `UnsureInvocations`. */
  | { readonly kind: "redirect"; readonly session: Id; readonly message: RouterMessage; readonly isTapped?: true }
  /** The same for `over`, which follows the INVOCATION on this way. */
  | { readonly kind: "redirect"; readonly session: Id; readonly key: Id; readonly isAbandoned: boolean }
  /** `version` is that of the relay's roles; undefined if it has none. The core answers if it has another one. */
  | { readonly kind: "roles wanted"; readonly version: number | undefined }
  /** The relay has stored this version of the roles. */
  | { readonly kind: "roles known"; readonly version: number }
  /** See `CookieJar.logOut`; one that is lost is sent again (`LogOuts`), and a repeated one changes nothing. */
  | { readonly kind: "log out"; readonly cookie: string };

/** From the core to a relay. */
export type ToRelay =
  /** A message of the core's dealer for a session. */
  | {
      readonly kind: "send";
      readonly session: Id;
      readonly message: RouterMessage;
      /** Is it a result of a tap, which no tap shows? */
      readonly isTapped?: true;
    }
  /**
   * An invocation is over without its callee's answer. `isAbandoned`: the callee may go on with progressive results, and
   * is interrupted if it does (LEAVE-04). A repeated one finds no invocation; a lost one is made up for by `OpenCalls`.
   */
  | { readonly kind: "over"; readonly session: Id; readonly key: Id; readonly isAbandoned: boolean }
  /** Only its answer is wanted, which says whether the relay has lost its sessions. */
  | { readonly kind: "ping" }
  /**
   * After the link was down: the relay repeats what is not answered, states what is open and which sessions it has, and
   * forgets unused topics.
   */
  | { readonly kind: "restate" }
  /** The session has broken the protocol, as only the core could see. */
  | { readonly kind: "abort"; readonly session: Id; readonly uri: Uri; readonly text: string; readonly code: number }
  | MetaRequest
  | TapRequest
  /** The tap has ended; a relay that does not know it ignores this. */
  | { readonly kind: "untap"; readonly number: number }
  /** The caller has got its RESULT: the relay makes the changes that follow it, unless it has made or forgotten them. */
  | { readonly kind: "meta done"; readonly number: number }
  /** `publication` is the meta event of the creation; a repeated confirmation is ignored. */
  | { readonly kind: "confirm"; readonly pattern: Pattern; readonly publication?: Publication | undefined }
  | { readonly kind: "refuse"; readonly pattern: Pattern; readonly uri: Uri; readonly text: string }
  | { readonly kind: "publish"; readonly publication: ForwardedPublication }
  | StoredAnswer
  | RetainedAnswer
  | NodeKeysMessage
  /** No other object has a use for publications on the topic. */
  | { readonly kind: "unused"; readonly topic: Uri }
  /** Others may have a use for publications on these topics. */
  | { readonly kind: "revoke"; readonly pattern: Pattern }
  | { readonly kind: "answer"; readonly number: number; readonly answer: Answer; readonly payload: Payload }
  /** The callees of an authorizer, as they are now. */
  | {
      readonly kind: "callees";
      readonly procedure: Uri;
      readonly callees: readonly (readonly [session: Id, order: number])[];
    }
  | MoveMessage<RegistrationRequest>
  /** A changed role; see `RoleObserver.onChange`. A relay that has not the version before it asks for all. */
  | { readonly kind: "role"; readonly version: number; readonly name: string; readonly text: string | undefined }
  /** All changed roles. */
  | {
      readonly kind: "roles";
      readonly version: number;
      readonly texts: readonly (readonly [name: string, text: string])[];
    }
  /** Ends the sessions with the cookie, as above. */
  | { readonly kind: "log out"; readonly cookie: string };

/** Returns the message `closed`. Sent again after a session of `sessions` was opened, it must not end what that holds. */
export function closedMessage(sessions: ReadonlyMap<Id, unknown>): Extract<ToCore, { readonly kind: "closed" }> {
  let isVoid = false;
  return {
    kind: "closed",
    // Read each time it is carried.
    get isVoid() {
      isVoid ||= sessions.size > 0;
      return isVoid;
    },
  };
}
