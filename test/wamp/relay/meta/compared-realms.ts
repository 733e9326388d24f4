/** Runs one conversation in a realm of one object and in one over relays, to compare what the clients get. */

import type { RealmInput } from "../../../../src/wamp/config/realm.ts";
import type { SendFault } from "../../../../src/wamp/host/transport.ts";
import type { RouterMessage } from "../../../../src/wamp/protocol/message.ts";
import { json } from "../../../../src/wamp/serializers/json.ts";
import { ALL_ROLES, ANYTHING } from "../../host/test-realm.ts";
import type { ModelObject } from "../model/model-objects.ts";
import { RecordingTransport, RelayedRealm } from "../relayed-realm.ts";
import { SoloRealm } from "../solo-realm.ts";

/** A realm with two roles that may do everything. */
export const INPUT = inputOf({});

/** The configuration of these tests with changes. */
export function inputOf(changes: Partial<RealmInput>): Partial<RealmInput> {
  const permissions = [ANYTHING];
  return {
    options: {},
    roles: ["user", "guest"].map((name) => ({ name, permissions, console: true })),
    auth: {},
    ...changes,
  };
}

/** A connection whose messages the taps of its object see, as on the platform. */
class TappedTransport extends RecordingTransport {
  readonly #object: ModelObject;

  constructor(object: ModelObject) {
    super();
    this.#object = object;
  }

  override send(message: RouterMessage): SendFault | undefined {
    const fault = super.send(message);
    const { taps } = this.#object.realm.monitor;
    if (taps.isRunning) taps.sent(this.#object.peers.get(this), message, json.encode(message), json.name);
    return fault;
  }
}

/** A client with an identity of its own. */
export class ComparedClient {
  readonly transport: RecordingTransport;
  readonly id: number;
  readonly name: string;
  readonly #realm: ComparedRealm;
  readonly #object: ModelObject;
  #request = 0;

  constructor(realm: ComparedRealm, object: ModelObject, name: string, authrole: string, roles: object) {
    this.name = name;
    this.#realm = realm;
    this.#object = object;
    this.transport = new TappedTransport(object);
    const identity = { authid: name, authrole, authmethod: "ticket", authprovider: "static" };
    object.peers.set(this.transport, object.realm.sessions.connectAs(this.transport, identity, roles as never));
    const [[, id]] = this.transport.received.splice(0) as [[number, number]];
    this.id = id;
    object.after();
    realm.deliver();
  }

  /** Sends messages, and lets all batches arrive after each. */
  send(...messages: unknown[]): void {
    for (const message of messages) {
      this.say(message);
      this.#realm.deliver();
    }
  }

  /** Sends a message, whose batches stay on their way. */
  say(message: unknown): void {
    const text = JSON.stringify(message);
    const elements = json.decode(text, { depth: 64 }) as unknown[];
    const { taps } = this.#object.realm.monitor;
    if (taps.isRunning) taps.received(this.#object.peers.get(this.transport)!, elements, text, json.name);
    this.#object.take(this.transport, elements);
  }

  /** Calls a procedure of the router. */
  call(procedure: string, args: readonly unknown[] = [], kwargs: object = {}): void {
    this.send([48, ++this.#request, {}, procedure, args, kwargs]);
  }

  /** The messages so far. */
  get received(): readonly unknown[] {
    return this.transport.received;
  }

  /** The id in the last acknowledgment. */
  get lastId(): number {
    return (this.received as number[][]).findLast(([type]) => type === 33 || type === 65)![2]!;
  }

  /** Ends the connection. */
  leave(): void {
    this.#object.realm.sessions.disconnect(this.#object.peers.get(this.transport)!);
    this.#object.peers.delete(this.transport);
    this.#object.after();
    this.#realm.deliver();
  }
}

/** A realm whose clients join it at a place: 0 is the core, others are relays. */
export interface ComparedRealm {
  join(place: number, name?: string, authrole?: string, roles?: object): ComparedClient;
  deliver(): void;
  advance(milliseconds: number): void;
}

/** A realm of one object. */
class OneObject extends SoloRealm implements ComparedRealm {
  join(_: number, name = "joe", authrole = "user", roles: object = ALL_ROLES): ComparedClient {
    return new ComparedClient(this, this.object, name, authrole, roles);
  }
}

/** A core and two relays. */
export class SpreadRealm extends RelayedRealm implements ComparedRealm {
  constructor(relays = 2, input = INPUT) {
    super(relays, input);
  }

  // @ts-expect-error The clients of this realm have identities.
  override join(place: number, name = "joe", authrole = "user", roles: object = ALL_ROLES): ComparedClient {
    return new ComparedClient(this, place === 0 ? this.core : this.relays[place - 1]!, name, authrole, roles);
  }
}

/** What happens in a realm; returns the clients whose messages are compared. */
export type Conversation = (realm: ComparedRealm) => readonly ComparedClient[];

/** What the clients get in both realms, ids replaced by the order in which they appear. */
export function compare(
  conversation: Conversation,
  input = INPUT,
): { readonly solo: unknown; readonly spread: unknown } {
  return {
    solo: logOf(conversation(new OneObject(input))),
    spread: logOf(conversation(new SpreadRealm(2, input))),
  };
}

function logOf(clients: readonly ComparedClient[]): Record<string, unknown> {
  const names = new Map<number, string>();
  const replaced = (value: unknown): unknown => {
    if (isLarge(value)) {
      if (!names.has(value)) names.set(value, `id ${names.size + 1}`);
      return names.get(value);
    }
    if (typeof value === "string") return value.replaceAll(/\d{10,}/g, (digits) => String(replaced(Number(digits))));
    if (Array.isArray(value)) return isUnordered(value) ? sorted(value.map(replaced)) : value.map(replaced);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replaced(each)]));
  };
  for (const { id } of clients) replaced(id);
  return Object.fromEntries(clients.map(({ name, received }) => [name, received.map(replaced)]));
}

function isLarge(value: unknown): value is number {
  return typeof value === "number" && value > 2 ** 32;
}

/** The lists of ids and of receivers have no order. */
function isUnordered(list: readonly unknown[]): boolean {
  return list.every((each) => isLarge(each) || (typeof each === "object" && each !== null && "subscription" in each));
}

function sorted(list: readonly unknown[]): unknown[] {
  return [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
