/** A realm as tests use it, in this process or in a router. */

import type { SessionDetails } from "../client/channel-session.ts";
import type { Login } from "../client/login.ts";
import type { Dict, Uri } from "../wamp/protocol/values.ts";
import type { TestSession } from "./test-session.ts";

/** The identity of a session that joins without a handshake. */
export interface JoinOptions {
  /** By default a name of its own. */
  readonly authid?: string;
  /** The authrole, which the realm must have; `anonymous` by default. */
  readonly role?: string;
  /** `test` by default. */
  readonly authmethod?: string;
  /** `test` by default. */
  readonly authprovider?: string;
  readonly authextra?: Dict;
}

/** A realm that sessions of a test join. `testRealm` and `startRouter` both return such realms. */
export interface RealmUnderTest extends AsyncDisposable {
  readonly name: Uri;
  /** Opens a session of any identity, without a handshake. */
  join(options?: JoinOptions): Promise<TestSession>;
  /** Opens a session by the handshake. Rejects with an `ApplicationError` of the ABORT's URI where it is refused. */
  login(login: Login): Promise<TestSession>;
  /** The sessions that the meta API shows, components included, in the order in which they joined. */
  sessions(): Promise<SessionDetails[]>;
  /**
   * Puts the realm to sleep and wakes it: what is in no record is gone, components run again, and the sessions of
   * clients stay.
   */
  sleep(): Promise<void>;
  /** Ends the realm's object and all connections, as a new version does, and starts it again. */
  restart(): Promise<void>;
  /** Ends the sessions. Throws what handlers of events in the test have thrown, such as failed expectations. */
  stop(): Promise<void>;
}
