/** A visitor: somebody without a connection of his own who makes one request, and whom no other session sees. */

import type { Output } from "../host/host.ts";
import { clientFeatures } from "../protocol/features.ts";
import { MessageType } from "../protocol/message.ts";
import { Payload } from "../protocol/payload.ts";
import type { Dict, Id, List, Uri } from "../protocol/values.ts";
import type { Realm } from "../realm/realm.ts";
import type { Peer } from "../session/peer.ts";
import { type CallOutcome, type OnProgress, PendingRequests } from "../session/pending-requests.ts";
import { type Identity, Session } from "../session/session.ts";

/** What a visitor can do: ask, and wait for an answer. */
const FEATURES = clientFeatures({ publisher: {}, caller: {} });

/**
 * Passes `Realm.receive` and everything behind it like any other session, and leaves with the answer. The session meta
 * API knows nothing of it, and nothing of it survives sleep: whoever waits for the answer keeps the realm awake.
 */
export class Visitor {
  readonly #realm: Realm;
  readonly #host: Output;
  readonly #requests = new PendingRequests();
  readonly #peer: Peer;

  constructor(realm: Realm, host: Output, identity: Identity) {
    this.#realm = realm;
    this.#host = host;
    const session = new Session(this.#requests, { id: realm.sessions.newSessionId(), identity, features: FEATURES });
    this.#peer = { transport: this.#requests, state: { kind: "open", session } };
  }

  /** Resolves in any case; without `options.timeout` (milliseconds) maybe never. */
  call(procedure: Uri, args: List, kwargs: Dict, options: Dict, onProgress?: OnProgress): Promise<CallOutcome> {
    const asked = onProgress === undefined ? options : { ...options, receive_progress: true };
    const message = (request: Id) => [MessageType.CALL, request, asked, procedure, Payload.of(args, kwargs)];
    return this.#ask(message, onProgress);
  }

  /** The result is the publication id. */
  publish(topic: Uri, args: List, kwargs: Dict, options: Dict): Promise<CallOutcome> {
    const asked = { ...options, acknowledge: true };
    return this.#ask((request) => [MessageType.PUBLISH, request, asked, topic, Payload.of(args, kwargs)]);
  }

  /** Ends the visit; a call that is not answered yet is canceled. */
  leave(): void {
    this.#realm.sessions.disconnect(this.#peer);
    this.#requests.close();
    this.#host.flushOutput();
  }

  async #ask(message: (request: Id) => List, onProgress?: OnProgress): Promise<CallOutcome> {
    const { request, outcome } = this.#requests.expect(onProgress);
    this.#realm.receive(this.#peer, message(request));
    this.#host.flushOutput();
    const result = await outcome;
    this.#realm.sessions.disconnect(this.#peer);
    return result;
  }
}
