/**
 * The least that a router can do: takes the messages of the load generator, hands them to the right socket, and
 * rewrites only the few bytes that must change. It checks nothing, and knows only the shapes that the load generator
 * sends: empty options, ids in fixed places.
 */

/** A socket of the relay. */
export interface Receiver {
  send(message: string | Uint8Array): void;
  /** Absent where nothing survives sleep. */
  remember?(table: Table, uri: string): void;
}

/** What a socket has joined. */
export type Table = "topics" | "procedures";

/** Invocations whose callers are known at a time; a power of two. */
const RING = 2 ** 16;
const QUOTE = '"';

/** Tables of a realm, and the messages in JSON. */
export class Relay {
  readonly topics = new Map<string, Receiver[]>();
  readonly procedures = new Map<string, Receiver>();
  /** By invocation: the caller, and the id of its request as it came. */
  readonly #callers = new Array<Receiver | undefined>(RING);
  readonly #requests = new Array<string | number | undefined>(RING);
  #invocations = 0;
  #publications = 0;
  #sessions = 0;

  /** Takes a message of JSON. */
  receive(from: Receiver, text: string): void {
    const isShort = text[2] === ",";
    const type = isShort ? text.charCodeAt(1) - 48 : (text.charCodeAt(1) - 48) * 10 + text.charCodeAt(2) - 48;
    switch (type) {
      case 48:
        return this.#call(from, text);
      case 70:
        return this.#yield(text);
      case 16:
        return this.#publish(from, text);
      case 32:
        this.join("topics", uriOf(text), from);
        return from.send(`[33,${idOf(text)},1]`);
      case 64:
        this.join("procedures", uriOf(text), from);
        return from.send(`[65,${idOf(text)},1]`);
      case 1:
        return from.send(`[2,${++this.#sessions},{"roles":{"broker":{},"dealer":{}}}]`);
      case 6:
        return from.send('[6,{},"wamp.close.goodbye_and_out"]');
    }
  }

  /** Forgets a socket. */
  leave(receiver: Receiver): void {
    for (const [topic, receivers] of this.topics) {
      const index = receivers.indexOf(receiver);
      if (index >= 0) receivers.splice(index, 1);
      if (receivers.length === 0) this.topics.delete(topic);
    }
    for (const [procedure, callee] of this.procedures) if (callee === receiver) this.procedures.delete(procedure);
  }

  /** Makes a socket a subscriber or callee, and lets it remember that over the sleep of the object. */
  join(table: Table, uri: string, receiver: Receiver): void {
    this.restore(table, uri, receiver);
    receiver.remember?.(table, uri);
  }

  /** Makes a socket a subscriber or callee again. */
  restore(table: Table, uri: string, receiver: Receiver): void {
    const receivers = this.topics.get(uri);
    if (table === "procedures") this.procedures.set(uri, receiver);
    else if (receivers === undefined) this.topics.set(uri, [receiver]);
    else receivers.push(receiver);
  }

  /** Notes the caller; returns the id of the invocation. */
  openInvocation(caller: Receiver, request: string | number): number {
    const invocation = ++this.#invocations;
    this.#callers[invocation & (RING - 1)] = caller;
    this.#requests[invocation & (RING - 1)] = request;
    return invocation;
  }

  callerOf(invocation: number): Receiver | undefined {
    return this.#callers[invocation & (RING - 1)];
  }

  requestOf(invocation: number): string | number | undefined {
    return this.#requests[invocation & (RING - 1)];
  }

  nextPublication(): number {
    return ++this.#publications;
  }

  /** `[48,id,{},"procedure",args]` → `[68,invocation,1,{},args]`. */
  #call(caller: Receiver, text: string): void {
    const comma = text.indexOf(",", 4);
    const start = text.indexOf(QUOTE, comma + 4);
    const end = text.indexOf(QUOTE, start + 1);
    const callee = this.procedures.get(text.slice(start + 1, end));
    const invocation = this.openInvocation(caller, text.slice(4, comma));
    callee?.send(`[68,${invocation},1,{}${text.slice(end + 1)}`);
  }

  /** `[70,invocation,{},args]` → `[50,id,{},args]`. */
  #yield(text: string): void {
    const comma = text.indexOf(",", 4);
    const invocation = Number(text.slice(4, comma));
    this.callerOf(invocation)?.send(`[50,${this.requestOf(invocation)}${text.slice(comma)}`);
  }

  /** `[16,id,options,"topic",args]` → `[36,1,publication,{},args]`, and PUBLISHED if there are options. */
  #publish(publisher: Receiver, text: string): void {
    const comma = text.indexOf(",", 4);
    const brace = text.indexOf("}", comma);
    const end = text.indexOf(QUOTE, brace + 3);
    const receivers = this.topics.get(text.slice(brace + 3, end));
    const publication = this.nextPublication();
    if (receivers !== undefined) {
      const event = `[36,1,${publication},{}${text.slice(end + 1)}`;
      for (const receiver of receivers) receiver.send(event);
    }
    if (brace > comma + 2) publisher.send(`[17,${text.slice(4, comma)},${publication}]`);
  }
}

/** The id of `[32,id,…]`. */
function idOf(text: string): string {
  return text.slice(4, text.indexOf(",", 4));
}

/** The URI of `[32,id,{},"uri"]`. */
function uriOf(text: string): string {
  return text.slice(text.indexOf("}") + 3, -2);
}
