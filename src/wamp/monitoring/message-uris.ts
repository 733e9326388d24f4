/** Finds the topic or procedure that a message is about, also of replies, which do not have it. */

import { type Message, MessageType } from "../protocol/message.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";

/** The tables of broker and dealer that know URIs by ids. */
export interface UriTables {
  readonly subscriptions: { byId(id: Id): { readonly topic: Uri } | undefined };
  readonly registrations: { byId(id: Id): { readonly procedure: Uri } | undefined };
  readonly calls: {
    invocation(callee: Session, request: Id): { readonly procedure: Uri } | undefined;
    callsOf(caller: Session): ReadonlyMap<Id, { readonly procedure: Uri }>;
  };
}

/** Requests that are remembered; a megabyte or two of memory while a tap runs. */
const MAX_REQUESTS = 10_000;

const T = MessageType;

/** Remembers the URIs of requests: of more than 10,000 the oldest is forgotten. */
export class MessageUris {
  readonly #tables: UriTables;
  /** session id and request id → URI, oldest first */
  readonly #requests = new Map<string, Uri>();

  /** Remembers the calls of these sessions that are open. */
  constructor(tables: UriTables, sessions: Iterable<Session>) {
    this.#tables = tables;
    for (const session of sessions) {
      for (const [request, { procedure }] of tables.calls.callsOf(session)) this.#add(session, request, procedure);
    }
  }

  /** Returns the URI of a message that a session has sent or is sent; undefined where it is unknown. */
  of(session: Session, message: Message): Uri | undefined {
    const { subscriptions, registrations } = this.#tables;
    switch (message[0]) {
      case T.CALL:
      case T.SUBSCRIBE:
      case T.REGISTER:
        return this.#add(session, message[1], message[3]);
      case T.PUBLISH:
        // Without `acknowledge` no reply needs it.
        return message[2].acknowledge === true ? this.#add(session, message[1], message[3]) : message[3];
      case T.UNSUBSCRIBE:
        return this.#add(session, message[1], subscriptions.byId(message[2])?.topic);
      case T.UNREGISTER:
        return this.#add(session, message[1], registrations.byId(message[2])?.procedure);
      case T.EVENT:
        return topicIn(message[3]) ?? subscriptions.byId(message[1])?.topic;
      case T.INVOCATION:
      case T.INTERRUPT:
      case T.YIELD:
        return this.#invoked(session, message[1]);
      case T.ERROR:
        if (message[1] === T.INVOCATION || message[1] === T.YIELD) return this.#invoked(session, message[2]);
        return this.#take(session, message[2], true);
      case T.CANCEL:
        return this.#take(session, message[1], false);
      case T.RESULT:
        return this.#take(session, message[1], message[2].progress !== true);
      case T.PUBLISHED:
      case T.SUBSCRIBED:
      case T.UNSUBSCRIBED:
      case T.REGISTERED:
      case T.UNREGISTERED:
        return this.#take(session, message[1], true);
      default:
        return undefined;
    }
  }

  #invoked(callee: Session, request: Id): Uri | undefined {
    return this.#tables.calls.invocation(callee, request)?.procedure;
  }

  #add(session: Session, request: Id, uri: Uri | undefined): Uri | undefined {
    if (uri === undefined) return undefined;
    this.#requests.set(keyOf(session, request), uri);
    const [oldest] = this.#requests.size > MAX_REQUESTS ? this.#requests.keys() : [];
    if (oldest !== undefined) this.#requests.delete(oldest);
    return uri;
  }

  /** Returns the URI of a request; forgets it with the last reply. */
  #take(session: Session, request: Id, isLast: boolean): Uri | undefined {
    const key = keyOf(session, request);
    const uri = this.#requests.get(key);
    if (isLast) this.#requests.delete(key);
    return uri;
  }
}

function topicIn({ topic }: Dict): Uri | undefined {
  return typeof topic === "string" ? topic : undefined;
}

function keyOf({ id }: Session, request: Id): string {
  return `${id} ${request}`;
}
