/** A realm in which a viewer explains each message, before a client sends it, and the two are compared. */

import { expect } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import type { Client, Entry } from "../host/test-realm.ts";
import { TestRealm } from "../host/test-realm.ts";
import { AUTHORIZER, type Random, ROLES, type Sending } from "./explain-random.ts";

const TYPES = { call: 48, publish: 16, register: 64, subscribe: 32 } as const;
/** Features of HELLO by role: announced by every second client. */
const FEATURES = {
  publisher: {},
  subscriber: {},
  caller: { features: { progressive_call_invocations: true, call_canceling: true } },
  callee: {
    features: {
      call_timeout: true,
      progressive_call_results: true,
      progressive_call_invocations: true,
      call_canceling: true,
      call_reroute: true,
    },
  },
};
const CLIENTS = ["ann", "bob", "cat", "dan", "eve", "fay"];

// biome-ignore lint/suspicious/noExplicitAny: the answer is compared key by key.
type Answer = any;

export class ExplainedRealm {
  /** The kinds of answers so far: `call refused by rate`, `publish to receivers`, … */
  readonly #seen: Set<string>;
  readonly #realm: TestRealm;
  readonly #viewer: Client;
  readonly #authorizer: Client;
  readonly #clients: Client[];
  /** Requests that callees have not answered. */
  readonly #open: { readonly callee: Client; readonly request: number }[] = [];
  readonly #requests = new Map<Client, number>();
  #explanations = 0;

  constructor(config: Partial<RealmInput>, seen: Set<string>) {
    this.#seen = seen;
    const roles = [...config.roles!, { name: "anonymous" }];
    this.#realm = new TestRealm({ ...config, roles });
    this.#viewer = this.#realm.join("viewer");
    this.#authorizer = this.#realm.join("authorizer", FEATURES);
    this.#clients = CLIENTS.map((name, index) => {
      const partial =
        index === 5 ? { caller: {}, publisher: {} } : { publisher: {}, subscriber: {}, caller: {}, callee: {} };
      return this.#realm.join(name, index % 2 === 0 ? FEATURES : partial);
    });
    this.#assign(this.#viewer, "viewer");
    this.#assign(this.#authorizer, "service");
    for (const [index, client] of this.#clients.entries()) this.#assign(client, ROLES[index % 2]!);
    this.#realm.sleepAndWake();
    this.#authorizer.send([64, 1, {}, AUTHORIZER]);
    this.#realm.take();
  }

  /** Draws a message, explains it twice, sends it and compares. */
  async explainAndSend(random: Random): Promise<void> {
    if (random.once(4)) this.#realm.advance(random.below(1_500));
    this.#realm.take();
    const open = this.#clients.filter(({ peer }) => peer.state.kind === "open");
    if (open.length === 0) return;
    const client = random.pick(open);
    const sessions = this.#clients.map((each) => this.#idOf(each));
    const sending = random.message(sessions);
    const answer = this.#explain(client, sending);
    expect(this.#explain(client, sending)).toStrictEqual(answer);
    const logs = this.#logSizes();
    const request = this.#send(client, sending);
    const isAllowed = await this.#decide(random, answer);
    if (answer.permission !== undefined) this.#seen.add(`permission by ${answer.permission.by}`);
    const entries = this.#realm.take().filter(([name]) => name !== "authorizer");
    const context = JSON.stringify({ client: client.name, sending, answer });
    if (!isAllowed) {
      if (answer.permission.allowed !== null) throw new Error(context);
      if (sending.action !== "publish" || sending.options.acknowledge === true) {
        const head = [client.name, 8, TYPES[sending.action], request, {}, "wamp.error.not_authorized"];
        expect(headsOf(entries, 5), context).toStrictEqual([head]);
      }
    } else this.#compare(client, sending, request, answer, entries, context);
    if (isAllowed) this.#compareLogs(sending, answer, logs, context);
    this.#note(entries);
    while (this.#open.length > 0 && random.once(6)) this.#yield(random);
  }

  #explain(client: Client, sending: Sending): Answer {
    const [id, time, logged, audited] = [
      this.#realm.lastId,
      this.#realm.time,
      this.#realm.logged.length,
      this.#realm.auditTrail.length,
    ];
    const query = { session: this.#idOf(client), ...sending };
    this.#viewer.send([48, ++this.#explanations, {}, "wamp.edge.explain", [query]]);
    const entries = this.#realm.take();
    expect(entries).toStrictEqual([["viewer", [50, this.#explanations, {}, [expect.anything()]]]]);
    expect([this.#realm.lastId, this.#realm.time, this.#realm.logged.length]).toStrictEqual([id, time, logged]);
    // Only the call of the viewer is recorded.
    expect(this.#realm.auditTrail.slice(audited).filter(({ uri }) => uri !== "wamp.edge.explain")).toStrictEqual([]);
    return (entries[0]![1] as unknown[][])[3]![0];
  }

  #send(client: Client, { action, uri, options }: Sending): number {
    const request = (this.#requests.get(client) ?? 0) + 1;
    this.#requests.set(client, request);
    client.send([TYPES[action], request, options, uri]);
    return request;
  }

  /** Lets the authorizer answer where it is asked; false if it denies. */
  async #decide(random: Random, answer: Answer): Promise<boolean> {
    const asked = this.#realm.recording.find(([name, message]) => name === "authorizer" && message[0] === 68);
    expect(asked !== undefined, JSON.stringify(answer)).toBe(answer.permission?.allowed === null && !isStopped(answer));
    if (asked === undefined) return true;
    const allow = !random.once(4);
    this.#authorizer.send([70, (asked[1] as unknown[])[1], {}, [{ allow, cache: random.once(2) }]]);
    for (let turn = 0; turn < 12; turn++) await Promise.resolve();
    this.#realm.flushOutput();
    return allow;
  }

  #compare(client: Client, sending: Sending, request: number, answer: Answer, entries: Entry[], context: string): void {
    const { action, options } = sending;
    const { refused } = answer;
    if (refused !== null) {
      this.#seen.add(`${action} refused by ${answer.step}`);
      const [name, type] = [client.name, TYPES[action]];
      if (refused.ends_session)
        return void expect(entries[0], context).toMatchObject([name, [3, { message: refused.message }, refused.error]]);
      const isSilent = action === "publish" && options.acknowledge !== true;
      const error = [name, [8, type, request, {}, refused.error, [refused.message]]];
      return void expect(entries, context).toStrictEqual(isSilent ? [] : [error]);
    }
    if (action === "call") this.#compareCall(client, request, answer, entries, context);
    if (action === "publish") this.#comparePublish(answer, entries, context);
    if (action === "subscribe") this.#compareSubscribe(client, answer, entries, context);
    if (action === "register") this.#compareRegister(client, options, answer, entries, context);
  }

  #compareCall(client: Client, request: number, answer: Answer, entries: Entry[], context: string): void {
    if (answer.router) {
      this.#seen.add("call of the router");
      return void expect(headsOf(entries, 2), context).toStrictEqual([[client.name, 50, request]]);
    }
    this.#seen.add(answer.waits ? "call waits" : `call of one of ${Math.min(answer.candidates.length, 2)}`);
    if (answer.waits) return void expect(entries, context).toStrictEqual([]);
    const [[name, message], ...others] = entries as unknown as [[string, unknown[]]];
    expect(others, context).toStrictEqual([]);
    const [type, , registration, details] = message;
    const { progress, ...first } = details as Record<string, unknown>;
    expect([type, registration, first], context).toStrictEqual([68, answer.registration, answer.details]);
    const candidates = answer.callee === null ? answer.candidates : [answer.callee];
    expect(
      candidates.map(({ session }: Answer) => this.#nameOf(session)),
      context,
    ).toContain(name);
  }

  #comparePublish(answer: Answer, entries: Entry[], context: string): void {
    if (answer.events > 0) this.#seen.add("publish to receivers");
    for (const { by } of answer.excluded) this.#seen.add(`publish excluded by ${by}`);
    if (answer.retained) this.#seen.add("publish retained");
    if (answer.history.length > 0) this.#seen.add("publish kept");
    const sent = entries.filter(([, message]) => message[0] === 36).map(([name, message]) => [name, message[1]]);
    const receivers = answer.receivers.map(({ session, subscription }: Answer) => [
      this.#nameOf(session),
      subscription,
    ]);
    expect(sent, context).toStrictEqual(receivers);
    expect(answer.events).toBe(sent.length);
  }

  #compareSubscribe(client: Client, answer: Answer, entries: Entry[], context: string): void {
    this.#seen.add(
      answer.subscription === null ? "subscribe anew" : `subscribe, is_subscriber ${answer.is_subscriber}`,
    );
    const [[, subscribed], ...events] = entries as [Entry, ...Entry[]];
    expect(subscribed, context).toMatchObject([33, expect.anything(), answer.subscription?.id ?? expect.anything()]);
    expect(
      events.map(([name]) => name),
      context,
    ).toStrictEqual(events.map(() => client.name));
    if (events.length > 0) this.#seen.add("subscribe gets retained events");
    expect(events.length, context).toBe(answer.retained_count);
  }

  #compareRegister(
    client: Client,
    options: Sending["options"],
    answer: Answer,
    entries: Entry[],
    context: string,
  ): void {
    const isForced = options.force_reregister === true;
    this.#seen.add(`register, ${isForced ? "forced" : answer.registration === null ? "new" : "shared"}`);
    const [registered] = entries
      .filter(([, message]) => message[0] === 65)
      .map(([name, message]) => [name, message[2]]);
    const id = isForced ? expect.anything() : (answer.registration?.id ?? expect.anything());
    expect(registered, context).toStrictEqual([client.name, id]);
  }

  /** Remembers invocations, which callees answer later. */
  #note(entries: Entry[]): void {
    for (const [name, message] of entries) {
      if (message[0] !== 68) continue;
      const callee = this.#clients.find((client) => client.name === name)!;
      this.#open.push({ callee, request: message[1] as number });
    }
  }

  #yield(random: Random): void {
    const [{ callee, request } = this.#open[0]!] = this.#open.splice(random.below(this.#open.length), 1);
    if (callee.peer.state.kind === "open") callee.send([70, request, {}]);
    this.#note(this.#realm.take());
  }

  #logSizes(): Map<number, number> {
    const sizes = new Map<number, number>();
    for (const { id, log } of this.#realm.realm.broker.subscriptions.values()) {
      if (log !== undefined) sizes.set(id, [...log.events(false)].length);
    }
    return sizes;
  }

  #compareLogs({ action }: Sending, answer: Answer, before: Map<number, number>, context: string): void {
    const after = this.#logSizes();
    const grown = [...after].filter(([id, size]) => size > before.get(id)!).map(([id]) => id);
    const kept = action === "publish" && answer.refused === null ? answer.history.map(({ id }: Answer) => id) : [];
    expect(grown.sort(), context).toStrictEqual(kept.sort());
  }

  #assign(client: Client, authrole: string): void {
    client.alterSession({ identity: { authid: authrole, authrole, authmethod: "ticket", authprovider: "static" } });
  }

  #idOf({ peer }: Client): number {
    return peer.state.kind === "open" ? peer.state.session.id : 1;
  }

  #nameOf(session: number): string | undefined {
    return [...this.#clients, this.#authorizer, this.#viewer].find((each) => this.#idOf(each) === session)?.name;
  }
}

/** The receiver and the first elements of each message. */
function headsOf(entries: readonly Entry[], length: number): unknown[] {
  return entries.map(([name, message]) => [name, ...(message as unknown[]).slice(0, length)]);
}

/** Was the message refused before its permission was asked for? */
function isStopped({ step }: Answer): boolean {
  return step === "message" || step === "rate" || step === "role_check";
}
