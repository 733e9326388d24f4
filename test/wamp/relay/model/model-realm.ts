/** A realm over a core and relays, with random clients, whose scheduler decides what happens next. */

import { SeededRandom } from "../../../../src/testing/seeded-random.ts";
import { MessageType } from "../../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../../src/wamp/protocol/payload.ts";
import { CORE } from "../../../../src/wamp/relay/link/relay-ids.ts";
import { type ClientCall, type ClientPattern, Fault, ModelClient } from "./model-client.ts";
import { type Fate, ModelNetwork } from "./model-network.ts";
import { MODEL_CONFIG, ModelCore, type ModelObject, ModelRelay, type ModelWorld } from "./model-objects.ts";
import { STORED_TOPIC, StoredEvents, type StoredOptions } from "./stored-events.ts";

const TOPICS = ["t.a", "t.b", "u.a", STORED_TOPIC];
const PATTERNS = [
  { match: "exact", uri: "t.a" },
  { match: "exact", uri: "u.a" },
  { match: "exact", uri: STORED_TOPIC },
  { match: "prefix", uri: "t." },
  { match: "prefix", uri: "" },
] as const;
/** Shared, of one callee, and of callees that work on one call at a time. */
const PROCEDURES = { "p.shared": { invoke: "roundrobin" }, "p.single": {}, "p.queued": { concurrency: 1 } };
const PROCEDURE_NAMES = Object.keys(PROCEDURES) as (keyof typeof PROCEDURES)[];
const CANCEL_MODES = ["skip", "kill", "killnowait"];

const PROGRESS = { progressive_call_results: true, progressive_call_invocations: true, call_canceling: true };
const ROLES = {
  publisher: {},
  subscriber: {},
  caller: { features: { ...PROGRESS, call_timeout: true } },
  callee: { features: PROGRESS },
};

/** What may go wrong in a run. */
export interface ModelOptions {
  readonly relays: number;
  /** Shares of calls between objects. */
  readonly losses: number;
  readonly duplicates: number;
  /** Do objects sleep? */
  readonly sleeps: boolean;
  /** The share of crashes in what happens to objects. */
  readonly crashes: number;
  /** Are links down for seconds or minutes? */
  readonly outages: boolean;
  /** Do clients lose their connections and come back elsewhere? */
  readonly resumes?: boolean;
}

/** All faults are thrown as `Fault`. */
export class ModelRealm {
  readonly clients: ModelClient[] = [];
  /** What was called, so that a second invocation is found. */
  readonly invoked = new Set<string>();
  readonly #stored = new StoredEvents();
  readonly #options: ModelOptions;
  readonly #world: ModelWorld;
  readonly #core: ModelCore;
  readonly #objects: ModelObject[];
  #names = 0;
  #numbers = 0;
  #crashes = 0;
  /** The objects that have had a client. */
  readonly #used = new Set<number>();

  constructor(seed: number, options: ModelOptions) {
    this.#options = options;
    const now = () => this.#world.time.now;
    const network = new ModelNetwork((object) => this.#objects[object]!, now);
    this.#world = {
      ...{ time: { now: 1_000_000 }, random: new SeededRandom(seed), network, config: MODEL_CONFIG },
      ...{ storeDelay: 2, relays: options.relays },
    };
    this.#core = new ModelCore(this.#world);
    const relays = Array.from({ length: options.relays }, (_, index) => new ModelRelay(index + 1, this.#world));
    this.#objects = [this.#core, ...relays];
  }

  /** Lets so many random things happen. */
  run(steps: number): void {
    for (let step = 0; step < steps; step++) this.#step();
  }

  /** Lets everything arrive, checks what must hold then, lets all clients leave, and checks that nothing is left. */
  finish(): void {
    for (const client of [...this.clients]) if (!client.isConnected) this.#resume(client);
    this.#settle();
    for (const client of [...this.clients]) if (client.isLost) this.#lose(client);
    for (const client of [...this.clients]) if (client.isRefused) this.#refuse(client);
    this.#settle();
    for (const client of this.clients) checkSettled(client);
    this.#checkInvocations();
    this.#checkRegistrations();
    this.#stored.checkAnswers(this.clients.map(({ name }) => name));
    this.#stored.check(this.#core.realm);
    // Events are lost in crashes, in outages, and where storage fails.
    const { crashes, outages } = this.#options;
    if (crashes === 0 && !outages) this.#stored.checkLatest(this.#core.realm, this.clients);
    for (const client of [...this.clients]) this.#leave(client);
    this.#settle();
    this.#checkEmpty();
  }

  #step(): void {
    const { random, network } = this.#world;
    const roll = random.next();
    if (network.size > 0 && roll < 0.55) return this.#stepNetwork();
    if (roll < 0.58 || this.clients.length < 2) return this.#join();
    if (roll < 0.93) return this.#act(random.pick(this.clients));
    if (roll < 0.96) {
      if (network.hasOutage) return this.#wait(random.below(random.pick([100, 10_000, 200_000])));
      // What is on its way for longer than five seconds may be given up, and need not arrive.
      return this.#wait(network.size === 0 && this.#isIdle ? random.below(20_000) : random.below(20));
    }
    this.#disturb(random.pick(this.#objects));
  }

  get #isIdle(): boolean {
    return this.#objects.every(({ isIdle }) => isIdle);
  }

  #stepNetwork(): void {
    const { random, network } = this.#world;
    const { losses, duplicates } = this.#options;
    const [from, to] = random.pick(network.busyWays());
    const roll = random.next();
    let fate: Fate = random.chance(0.5) ? "deliver" : "answer";
    if (roll < losses) fate = random.chance(0.5) ? "lose call" : "lose answer";
    else if (roll < losses + duplicates) fate = "duplicate";
    network.step(from, to, fate);
  }

  #disturb(object: ModelObject): void {
    const { random, network } = this.#world;
    const { sleeps, crashes, resumes } = this.#options;
    // Sessions outlive a crash once they are stored.
    if (resumes && random.chance(0.4)) for (const each of this.#objects) each.flush();
    if (random.chance(crashes / 4)) this.#core.host.store.failsNext = true;
    // A core that crashes is the harder case: its sessions go on.
    if (random.chance(crashes)) return this.#crash(random.chance(0.5) ? this.#core : object);
    if (this.#options.outages && random.chance(0.4)) return this.#cutOff();
    const maySleep = (): boolean => object.isIdle && !network.isBusy(object.number) && !this.#mayRepeat(object);
    if (!sleeps || !maySleep()) return;
    object.save();
    if (maySleep()) object.sleepAndWake();
  }

  /**
   * May publications that the object has got come again, because the core crashes before their relays hear of it? That
   * takes less time than the platform lets pass before an object sleeps.
   */
  #mayRepeat(object: ModelObject): boolean {
    if (object === this.#core || this.#options.crashes === 0) return false;
    const isStoring = this.#objects.some((each) => each instanceof ModelRelay && each.relay.isStoring);
    return isStoring || !this.#world.network.isQuiet;
  }

  /** A link goes down, in one direction or both, or all come up again. */
  #cutOff(): void {
    const { random, network } = this.#world;
    if (network.hasOutage && random.chance(0.5)) return network.unblock();
    const relay = random.pick(this.#objects.slice(1)).number;
    if (random.chance(0.7)) network.block(relay, CORE, random.pick(["lose call", "lose answer"]));
    if (random.chance(0.7)) network.block(CORE, relay, random.pick(["lose call", "lose answer"]));
  }

  /** What was on its way through the object need not arrive. */
  #crash(object: ModelObject): void {
    this.#crashes++;
    // What it has processed has its effects elsewhere, but those that asked for it have got no answer.
    if (this.#world.random.chance(0.5)) this.#world.network.deliverFrom(object.number);
    for (const gone of object.crash()) this.#forget(gone as ModelClient);
    for (const client of this.clients.filter(({ isConnected, isResuming }) => !isConnected || isResuming)) {
      client.mayRepeat ||= object === this.#core && (client.home === CORE || client.relay === CORE);
      this.#stored.excuse(client.name);
    }
    if (object instanceof ModelRelay) object.relay.begin();
    for (const { subscriptions } of this.clients) for (const { expected } of subscriptions.values()) expected.clear();
  }

  #join(): void {
    const { random } = this.#world;
    if (this.clients.length >= 8) return;
    const object = random.pick(this.#objects);
    const client = new ModelClient(`c${++this.#names}`, object.number, {
      forgetsRetained: this.#options.crashes > 0,
      onInvoked: (call) => {
        if (this.invoked.has(call)) throw new Fault(`call ${call} was made twice`);
        this.invoked.add(call);
      },
      onUnavailable: ({ crashes }) => {
        const { losses, outages } = this.#options;
        const isNeeded = losses > 0 || outages || crashes < this.#crashes;
        if (!isNeeded) throw new Fault("a call failed although no object has crashed since it was made");
      },
      onPublished: (...answer) => this.#stored.onAnswer(...answer),
    });
    this.#used.add(object.number);
    object.peers.set(client, object.realm.sessions.connect(client));
    const resumable = this.#options.resumes === true && random.chance(0.7);
    object.take(client, [MessageType.HELLO, "realm1", { roles: ROLES, ...(resumable && { resumable }) }]);
    this.clients.push(client);
  }

  #act(client: ModelClient): void {
    const { random } = this.#world;
    if (client.isLost) return this.#lose(client);
    if (client.isRefused) return this.#refuse(client);
    if (!client.hasJoined) return random.chance(0.1) ? this.#leave(client) : undefined;
    if (client.isResuming) return;
    if (!client.isConnected) return random.chance(0.4) ? this.#resume(client) : undefined;
    // What waits behind a SUBSCRIBE is lost with the connection.
    const mayPark = client.offer !== undefined && client.subscribing.size === 0;
    if (mayPark && random.chance(0.2)) return this.#disconnect(client);
    const roll = random.next();
    if (roll < 0.15) return this.#subscribe(client);
    if (roll < 0.2) return this.#unsubscribe(client);
    if (roll < 0.5) return this.#publish(client);
    if (roll < 0.56) return this.#register(client);
    if (roll < 0.6) return this.#unregister(client);
    if (roll < 0.72) return this.#call(client);
    if (roll < 0.76) return this.#continueInput(client);
    if (roll < 0.93) return this.#answer(client);
    if (roll < 0.97) return this.#cancel(client);
    this.#leave(client);
  }

  #take(client: ModelClient, ...message: readonly unknown[]): void {
    this.#objects[client.relay]!.take(client, message);
  }

  #subscribe(client: ModelClient): void {
    const pattern = this.#world.random.pick(PATTERNS);
    const request = ++client.request;
    // A client with another subscription of the topic may have got a later event than the retained one.
    const others = [...client.subscribing.values(), ...client.subscriptions.values()];
    const needsLatest = hasStored(pattern) && !others.some(hasStored);
    client.subscribing.set(request, { ...pattern, needsLatest });
    const options = { match: pattern.match, ...(needsLatest && { get_retained: true }) };
    this.#take(client, MessageType.SUBSCRIBE, request, options, pattern.uri);
  }

  #unsubscribe(client: ModelClient): void {
    const held = [...client.subscriptions.values()];
    if (held.length === 0 || client.subscribing.size > 0 || client.unsubscribing.size > 0) return;
    const subscription = this.#world.random.pick(held);
    const request = ++client.request;
    client.unsubscribing.set(request, subscription.id);
    this.#take(client, MessageType.UNSUBSCRIBE, request, subscription.id);
  }

  /** Every subscriber that has got SUBSCRIBED must get the event. */
  #publish(publisher: ModelClient): void {
    // Messages of a client that waits for SUBSCRIBED are not published yet.
    if (publisher.subscribing.size > 0) return;
    const topic = this.#world.random.pick(TOPICS);
    const number = ++this.#numbers;
    const key = `${publisher.name} ${number}`;
    for (const client of this.clients) {
      if (client === publisher || client.unsubscribing.size > 0) continue;
      // What is sent in an outage need not arrive.
      if (this.#options.outages) break;
      for (const { match, uri, expected } of client.subscriptions.values()) {
        if (match === "exact" ? uri === topic : topic.startsWith(uri)) expected.add(key);
      }
    }
    const request = ++publisher.request;
    const options = topic === STORED_TOPIC ? this.#storedOptions() : {};
    if (topic === STORED_TOPIC) this.#stored.onPublish(request, [publisher.name, number], options);
    this.#take(publisher, MessageType.PUBLISH, request, options, topic, Payload.of([publisher.name, number]));
  }

  #storedOptions(): StoredOptions {
    const { random } = this.#world;
    return { ...(random.chance(0.7) && { acknowledge: true }), ...(random.chance(0.5) && { retain: true }) };
  }

  #register(client: ModelClient): void {
    const procedure = this.#world.random.pick(PROCEDURE_NAMES);
    const request = ++client.request;
    client.registering.set(request, procedure);
    this.#take(client, MessageType.REGISTER, request, PROCEDURES[procedure], procedure);
  }

  #unregister(client: ModelClient): void {
    const held = [...client.registrations.keys()];
    if (held.length === 0 || client.registering.size > 0 || client.unregistering.size > 0) return;
    const request = ++client.request;
    const registration = this.#world.random.pick(held);
    client.unregistering.set(request, registration);
    this.#take(client, MessageType.UNREGISTER, request, registration);
  }

  #call(client: ModelClient): void {
    const { random } = this.#world;
    const procedure = random.pick(PROCEDURE_NAMES);
    const request = ++client.request;
    const isInputOpen = random.chance(0.2);
    const call = { procedure, isInputOpen, parts: 0, results: 0, crashes: this.#crashes };
    client.calls.set(request, call);
    const options = {
      ...(random.chance(0.3) && { receive_progress: true }),
      ...(random.chance(0.1) && { timeout: 1 + random.below(100) }),
      ...(isInputOpen && { progress: true }),
    };
    this.#takeCall(client, request, options, call);
  }

  #continueInput(client: ModelClient): void {
    const { random } = this.#world;
    const open = [...client.calls].filter(([, { isInputOpen }]) => isInputOpen);
    if (open.length === 0) return;
    const [request, call] = random.pick(open);
    call.isInputOpen = random.chance(0.5);
    this.#takeCall(client, request, call.isInputOpen ? { progress: true } : {}, call);
  }

  #takeCall(client: ModelClient, request: number, options: object, call: ClientCall): void {
    const payload = Payload.of([client.name, ++this.#numbers, ++call.parts]);
    this.#take(client, MessageType.CALL, request, options, call.procedure, payload);
  }

  #answer(client: ModelClient, isFinal = this.#world.random.chance(0.6)): void {
    const open = [...client.invocations];
    if (open.length === 0) return;
    const [request, invocation] = this.#world.random.pick(open);
    const isProgress = invocation.receivesProgress && !isFinal;
    if (!isProgress) client.invocations.delete(request);
    const payload = Payload.of([++invocation.results]);
    this.#take(client, MessageType.YIELD, request, isProgress ? { progress: true } : {}, payload);
  }

  #cancel(client: ModelClient): void {
    const open = [...client.calls.keys()];
    if (open.length === 0) return;
    const { random } = this.#world;
    this.#take(client, MessageType.CANCEL, random.pick(open), { mode: random.pick(CANCEL_MODES) });
  }

  #leave(client: ModelClient): void {
    if (client.offer !== undefined) this.#take(client, MessageType.GOODBYE, {}, "wamp.close.close_realm");
    this.#disconnect(client);
    this.#forget(client);
  }

  #disconnect(client: ModelClient): void {
    client.isConnected = false;
    this.#objects[client.relay]!.disconnect(client);
  }

  #resume(client: ModelClient): void {
    const object = this.#world.random.pick(this.#objects);
    const { id, token } = client.offer!;
    client.relay = object.number;
    this.#used.add(object.number);
    client.isConnected = true;
    client.isResuming = true;
    object.peers.set(client, object.realm.sessions.connect(client));
    const wish = { resumable: true, "resume-session": id, "resume-token": token };
    object.take(client, [MessageType.HELLO, "realm1", { roles: ROLES, ...wish }]);
  }

  /** A relay without roles opens no session while it cannot ask the core. */
  #refuse(client: ModelClient): void {
    if (!this.#options.outages) throw new Fault(`the HELLO of ${client.name} was not answered`);
    this.#disconnect(client);
    this.#forget(client);
  }

  /** A session may be lost where a relay crashes, or cannot be reached for five seconds. It may also hold registrations. */
  #lose(client: ModelClient): void {
    const { losses, crashes, outages } = this.#options;
    if (losses + crashes === 0 && !outages) throw new Fault(`${client.name} could not resume its session`);
    this.#leave(client);
  }

  #forget(client: ModelClient): void {
    this.clients.splice(this.clients.indexOf(client), 1);
  }

  /** Each object does what is due at its time; a long time ends where that puts something on its way. */
  #wait(milliseconds: number): void {
    const { time, network } = this.#world;
    const end = time.now + milliseconds;
    const onItsWay = network.size;
    for (;;) {
      const next = Math.min(...this.#objects.flatMap((object) => object.due ?? []));
      if (next > end) break;
      time.now = Math.max(time.now, next);
      this.#tick();
      network.loseBlocked();
      if (network.size > onItsWay) return;
    }
    time.now = end;
  }

  #tick(): void {
    for (const object of this.#objects) object.tick();
  }

  /** Until nothing is on its way, nothing is due and every callee has answered. */
  #settle(): void {
    const { network, time } = this.#world;
    network.unblock();
    for (let turn = 0; turn < 20_000; turn++) {
      const [way] = network.busyWays();
      const callee = this.clients.find(({ invocations, isResuming, isLost }) => {
        return invocations.size > 0 && !isResuming && !isLost;
      });
      if (way !== undefined) network.step(...way, turn % 2 === 0 ? "deliver" : "answer");
      else if (callee !== undefined) this.#answer(callee, true);
      else {
        const due = this.#objects.flatMap((object) => object.due ?? []);
        if (due.length === 0 && network.size === 0) return;
        if (due.length > 0) time.now = Math.max(time.now, Math.min(...due));
        this.#tick();
      }
    }
    throw new Fault("the objects do not come to rest");
  }

  /** The callees have answered: neither the core nor a relay may keep an invocation. */
  #checkInvocations(): void {
    const kept = this.#objects.flatMap(({ realm: { dealer, sessions } }) => {
      return Array.from(
        sessions.byId.values(),
        (session) => dealer.tables.remote?.recordOf(session)?.invocations ?? [],
      );
    });
    const pending = this.#core.realm.dealer.tables.pending.count();
    if (pending + kept.flat().length > 0) throw new Fault(`${pending} calls and invocations ${kept.flat()} are left`);
  }

  /** The core has the registrations that clients believe in, and none of a session that no client has. */
  #checkRegistrations(): void {
    const sessions = this.clients.map((client) => {
      const { state } = this.#objects[client.relay]!.peers.get(client)!;
      return [client, state.kind === "open" ? state.session.id : 0] as const;
    });
    const { registrations } = this.#core.realm.dealer;
    for (const [{ name, held }, id] of sessions) {
      const missing = held.filter(
        (each) => !registrations.byId(each)?.callees.some(({ session }) => session.id === id),
      );
      if (missing.length > 0) throw new Fault(`${name} is not registered as it believes: ${missing}`);
    }
    const ids = new Set(sessions.map(([, id]) => id));
    const callees = [...registrations.values()].flatMap((registration) => registration.callees);
    const ghosts = callees.filter(({ session }) => !ids.has(session.id));
    if (ghosts.length > 0) throw new Fault(`callees without a client: ${ghosts.map(({ session }) => session.id)}`);
  }

  #checkEmpty(): void {
    const { core, interest, sessions } = this.#core;
    const ofRelays = [...this.#used].filter((object) => object !== CORE);
    const rest = {
      ...Object.fromEntries(ofRelays.flatMap((relay) => this.#core.rowsOf(relay).map((row) => [`${row} ${relay}`, 1]))),
      moved: [...this.#core.moved.all()].length + core.moves.moved + core.moves.size,
      parked: this.#objects.reduce((sum, { host }) => sum + host.store.parked.owners().length, 0),
      interest: [...interest.all()].length + core.publications.interest.size,
      remote: sessions.rows.size + core.remote.byId.size,
      registrations: core.realm.dealer.registrations.size,
      calls: core.realm.dealer.tables.pending.count(),
      // The core keeps that of the history.
      subscriptions: this.#objects.reduce((sum, { realm }) => sum + realm.broker.subscriptions.size, -1),
      sessions: this.#objects.reduce((sum, { realm }) => sum + realm.sessions.byId.size, 0),
      announced: this.#objects.reduce((sum, object) => {
        return sum + (object instanceof ModelRelay ? object.relay.interest.size + [...object.cooling.all()].length : 0);
      }, 0),
    };
    const left = Object.entries(rest).filter(([, count]) => count > 0);
    if (left.length > 0) throw new Fault(`left when all clients have gone: ${JSON.stringify(left)}`);
    if (this.#objects[CORE]!.peers.size > 0) throw new Fault("the core has a peer");
  }
}

function hasStored({ match, uri }: Omit<ClientPattern, "needsLatest">): boolean {
  return match === "exact" ? uri === STORED_TOPIC : STORED_TOPIC.startsWith(uri);
}

function checkSettled(client: ModelClient): void {
  const { name, calls, subscribing, unsubscribing, registering, unregistering, subscriptions } = client;
  if (calls.size > 0) throw new Fault(`${name} waits for the answer to call ${[...calls.keys()]}`);
  const requests = [...subscribing.keys(), ...unsubscribing.keys(), ...registering.keys(), ...unregistering.keys()];
  if (requests.length > 0) throw new Fault(`${name} waits for the answer to request ${requests}`);
  for (const { match, uri, expected, received } of subscriptions.values()) {
    const missing = expected.difference(received);
    if (missing.size > 0) throw new Fault(`${name} misses ${[...missing]} on ${match} ${uri}`);
  }
}
