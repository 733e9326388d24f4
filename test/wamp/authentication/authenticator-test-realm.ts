/** A realm with an authenticator procedure, for the tests of dynamic authentication. */

import { setImmediate } from "node:timers/promises";
import { ALL_ROLES, type Client, type Line } from "../host/test-realm.ts";
import { type Auth, AuthTestRealm, type Extra, TLS, waitForReply } from "./auth-test-realm.ts";
import { CLIENT_NONCE, KEY } from "./methods.ts";

/** The settings of a dynamic method. */
export const DYNAMIC = { type: "dynamic", authenticator: "com.app.authenticate" } as const;
/** The transport info of the clients. */
export const FACTS = {
  ...TLS,
  peer: "203.0.113.7",
  http_headers_received: { "user-agent": "test/1.0", cookie: "a=b" },
  http_cbtid: "id",
};

/** Method → the authextra it needs. */
const METHODS: Readonly<Record<string, Extra>> = {
  anonymous: {},
  ticket: {},
  wampcra: {},
  scram: { nonce: CLIENT_NONCE },
  "wamp-scram": { nonce: CLIENT_NONCE },
  cryptosign: { pubkey: KEY.publicKey },
};

/** Roles of the realm. */
export const ROLES = ["anonymous", "user"].map((name) => ({
  name,
  permissions: [
    { uri: "", match: "prefix" as const, allow: { call: true, register: true, publish: true, subscribe: true } },
  ],
}));

/** A realm whose methods all call one authenticator, and the client that serves it. */
export class AuthenticatorTestRealm extends AuthTestRealm {
  readonly authenticator: Client;
  /** INVOCATION.Request of the last call to the authenticator. */
  #request = 0;

  constructor(settings: object = {}, isServed = true, input: object = {}) {
    const dynamic = { ...DYNAMIC, ...settings };
    const auth: Auth = { anonymous: dynamic, wampcra: dynamic, scram: dynamic, cryptosign: dynamic, ticket: dynamic };
    super(auth, input);
    // The authenticator joins by a static method before the realm gets its dynamic ones.
    this.configure({ auth: { anonymous: { type: "static", role: "anonymous" } } });
    this.sleepAndWake();
    this.authenticator = this.join("authenticator");
    if (isServed) this.authenticator.send([64, 1, {}, "com.app.authenticate"]);
    this.configure({ roles: ROLES, auth, ...input });
    this.sleepAndWake();
    this.take();
  }

  /** Sends HELLO with a method, and for tickets the ticket; resolves when the authenticator has been called. */
  async startLogin(method: string, details: Extra = {}): Promise<Client> {
    const client = this.connect("joe", FACTS);
    const authextra = METHODS[method];
    client.send([1, "realm1", { roles: ALL_ROLES, authid: "joe", authmethods: [method], authextra, ...details }]);
    if (method === "ticket") {
      this.take();
      client.send([5, "secret!!!", {}]);
    }
    await setImmediate();
    return client;
  }

  /** The Arguments of the INVOCATION that the authenticator got. */
  takeRequest(): Line {
    const [, request, , , args] = this.takeReply(this.authenticator);
    this.#request = request as number;
    return args as Line;
  }

  /** Sends the response of the authenticator; resolves when the router has processed it. */
  async respond(client: Client, response: unknown): Promise<void> {
    this.takeRequest();
    this.authenticator.send([70, this.#request, {}, [response]]);
    await waitForReply(client);
  }

  /** Sends an ERROR of the authenticator. */
  async respondWithError(client: Client, uri: string, ...args: unknown[]): Promise<void> {
    this.takeRequest();
    this.authenticator.send([8, 68, this.#request, {}, uri, args]);
    await waitForReply(client);
  }
}
