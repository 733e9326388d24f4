/** A realm with authentication methods, for the tests of authentication. */

import { setImmediate } from "node:timers/promises";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import type { TransportInfo } from "../../../src/wamp/host/transport.ts";
import { ALL_ROLES, ANYTHING, type Client, type Line, TestRealm } from "../host/test-realm.ts";

export type Auth = NonNullable<RealmInput["auth"]>;
export type Extra = Readonly<Record<string, unknown>>;

/** Roles of every realm. */
export const ROLES = ["anonymous", "user", "admin"].map((name) => ({ name, permissions: [ANYTHING] }));

/** The transport info of a TLS connection. */
export const TLS: TransportInfo = { is_secure: true, websocket_protocol: "wamp.2.json", http_headers_received: {} };

export const DENIED = [3, { message: "the credentials were rejected" }, "wamp.error.authentication_denied"] as const;
export const FAILED = [
  3,
  { message: "authentication failed for a technical reason" },
  "wamp.error.authentication_failed",
] as const;

/** A realm with these methods, and helpers that send HELLO and read the replies. */
export class AuthTestRealm extends TestRealm {
  constructor(auth: Auth, input: Partial<RealmInput> = {}) {
    super({ roles: ROLES, auth, ...input });
  }

  /** Sends HELLO from a new client; resolves when the router has answered. */
  async sendHello(details: Extra, name = "joe", facts?: TransportInfo): Promise<Client> {
    const client = this.connect(name, facts);
    await this.sendFrom(client, [1, this.realm.name, { roles: ALL_ROLES, ...details }]);
    return client;
  }

  /** Sends a message; resolves when the router has replied. */
  async sendFrom(client: Client, message: Line): Promise<void> {
    client.send(message);
    await waitForReply(client);
  }

  /** `sendFrom` with an authenticator that is not registered: resolves after the timeout. */
  async sendUntilTimeout(client: Client, message: Line): Promise<void> {
    client.send(message);
    await setImmediate();
    this.advance(9_000);
    await waitForReply(client);
  }

  /** The messages sent to a client since the last call, without the close of its transport. */
  takeMessages(client: Client): Line[] {
    const entries = this.take().filter(([name]) => name === client.name);
    return entries.flatMap(([, message]) => (message === "closed" ? [] : [message]));
  }

  /** The only message sent to a client since the last call; throws if there were none or several. */
  takeReply(client: Client): Line {
    const [reply, ...others] = this.takeMessages(client);
    if (reply === undefined || others.length > 0)
      throw new Error(`not exactly one reply: ${JSON.stringify([reply, ...others])}`);
    return reply;
  }

  /** CHALLENGE.Extra; throws if the reply is another message. */
  takeChallenge(client: Client): Extra {
    const [type, , extra] = this.takeReply(client);
    if (type !== 4) throw new Error(`no CHALLENGE but ${type}`);
    return extra as Extra;
  }

  /** WELCOME.Details, or the whole reply if it is another message. */
  takeWelcome(client: Client): Extra | Line {
    const reply = this.takeReply(client);
    return reply[0] === 2 ? (reply[2] as Extra) : reply;
  }
}

/** Resolves when the router has processed the client's HELLO or AUTHENTICATE. */
export async function waitForReply(client: Client): Promise<void> {
  const startedAt = Date.now();
  while (client.peer.state.kind === "authenticating") {
    if (Date.now() - startedAt > 4_000) throw new Error("the router does not reply");
    await setImmediate();
  }
  // The router flushes its output in the next turn.
  await setImmediate();
}
