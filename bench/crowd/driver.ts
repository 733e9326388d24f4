/**
 * The Worker that drives a crowd: its objects open sockets to the router in the same process, without descriptors of the
 * operating system, and count what each of them gets. An object may have 32,768 sockets.
 */

import { DurableObject } from "cloudflare:workers";
import { FILLING, type OpenOrder, type Order, type PublishOrder, type Tally } from "./orders.ts";

interface Env {
  readonly ROUTER: Fetcher;
  readonly DRIVER: DurableObjectNamespace;
}

const RECORD_SEPARATOR = "\u001e";
/** Milliseconds without an event after which those that are missing are given up. */
const LOST_MS = 5_000;
const HOLD_MS = 60_000;
/** Milliseconds in which a repeated event would come. */
const REPEAT_MS = 50;
/** Milliseconds after which a driver asks whether the last event has come to another one: none can call another. */
const POLL_MS = 5;

export default {
  /** The path of a request is the name of a driver. */
  fetch: (request: Request, { DRIVER }: Env): Promise<Response> =>
    DRIVER.getByName(new URL(request.url).pathname).fetch(request),
};

/** Holds some of the sockets. */
export class Driver extends DurableObject<Env> {
  readonly #members: Member[] = [];
  /** Carries out the order of a request; answers with the tally. */
  override async fetch(request: Request): Promise<Response> {
    const order: Order = await request.json();
    const start = Date.now();
    if (order.kind === "open") await this.#open(order);
    else if (order.kind === "publish") await this.#publish(order);
    else if (order.kind === "visit") await (await this.env.ROUTER.fetch(order.url)).arrayBuffer();
    else await scheduler.wait(HOLD_MS);
    const milliseconds = Date.now() - start;
    await scheduler.wait(REPEAT_MS);
    return Response.json({ ...counter.tally, milliseconds } satisfies Tally);
  }

  async #open({ url, count, subprotocol, topic, parallel }: OpenOrder): Promise<void> {
    let left = count;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const member = new Member(await this.#connect(url, subprotocol), subprotocol, topic, this);
        this.#members.push(member);
        await member.join(new URL(url).pathname.split("/").at(-1)!, counter.published);
      }
    };
    await Promise.all(Array.from({ length: parallel }, worker));
  }

  async #connect(url: string, subprotocol: string): Promise<WebSocket> {
    const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": subprotocol };
    const { webSocket, status } = await this.env.ROUTER.fetch(url, { headers });
    if (webSocket === null) throw new Error(`${url} answers ${status}`);
    return webSocket;
  }

  async #publish({ topic, publishers, times, burst, receivers }: PublishOrder): Promise<void> {
    for (let time = 0; time < times; time++) {
      const numbers = Array.from({ length: burst }, () => ++counter.published);
      const arrived = counter.expect(receivers * publishers.length * burst, this);
      for (const publisher of publishers) this.#members[publisher]!.publish(topic, numbers);
      await arrived;
    }
  }
}

/** Counts the events of the sockets of all drivers. */
class Counter {
  readonly tally = { events: 0, repeated: 0, skipped: 0, missing: 0, closed: 0 };
  /** The number of the last publication. */
  published = 0;
  #left = 0;
  #owner: Driver | undefined;
  #arrived = (): void => {};

  /** Resolves in `owner` when so many events have come, or no more come. */
  expect(events: number, owner: Driver): Promise<void> {
    this.#left = events;
    this.#owner = owner;
    return new Promise((resolve) => {
      let [seen, seenAt] = [events, Date.now()];
      const timer = setInterval(() => {
        if (this.#left === 0) return this.#arrived();
        if (this.#left !== seen) [seen, seenAt] = [this.#left, Date.now()];
        else if (Date.now() - seenAt > LOST_MS) {
          this.tally.missing += this.#left;
          this.#arrived();
        }
      }, POLL_MS);
      this.#arrived = () => {
        clearInterval(timer);
        resolve();
      };
    });
  }

  /** Counts an event with this number at a socket of `owner` whose last one had another. */
  count(number: number, last: number, owner: Driver): void {
    if (number <= last) this.tally.repeated++;
    else {
      this.tally.skipped += number - last - 1;
      this.tally.events++;
      if (--this.#left === 0 && owner === this.#owner) this.#arrived();
    }
  }
}

const counter = new Counter();

/** One socket and its session. */
class Member {
  readonly #socket: WebSocket;
  readonly #isBatched: boolean;
  readonly #topic: string | undefined;
  readonly #owner: Driver;
  /** The number of the last event. */
  #last = 0;
  #opened = (): void => {};
  #failed: (error: Error) => void = () => {};

  constructor(socket: WebSocket, subprotocol: string, topic: string | undefined, owner: Driver) {
    this.#socket = socket;
    this.#isBatched = subprotocol.endsWith(".batched");
    this.#topic = topic;
    this.#owner = owner;
    socket.accept();
    socket.addEventListener("message", ({ data }) => this.#receiveFrame(data as string));
    socket.addEventListener("close", () => {
      counter.tally.closed++;
      this.#failed(new Error("the router has closed a socket"));
    });
  }

  /** Joins the realm and subscribes; events up to the number `last` have been published before. */
  join(realm: string, last: number): Promise<void> {
    this.#last = last;
    this.#send([JSON.stringify([1, realm, { roles: { publisher: {}, subscriber: {} } }])]);
    return new Promise((resolve, reject) => {
      this.#opened = resolve;
      this.#failed = reject;
    });
  }

  /** Publishes one event for each number, all in one frame. */
  publish(topic: string, numbers: readonly number[]): void {
    this.#send(numbers.map((number) => JSON.stringify([16, number, {}, topic, [FILLING, number]])));
  }

  #send(messages: readonly string[]): void {
    if (!this.#isBatched) for (const message of messages) this.#socket.send(message);
    else this.#socket.send(messages.map((message) => message + RECORD_SEPARATOR).join(""));
  }

  #receiveFrame(frame: string): void {
    if (!this.#isBatched) return this.#receive(frame);
    for (const message of frame.slice(0, -1).split(RECORD_SEPARATOR)) this.#receive(message);
  }

  #receive(message: string): void {
    // An event ends with its number: `[36,…,["xxx",7]]`.
    if (message.startsWith("[36,")) {
      const number = Number(message.slice(message.lastIndexOf(",") + 1, -2));
      counter.count(number, this.#last, this.#owner);
      this.#last = Math.max(this.#last, number);
    } else if (message.startsWith("[2,") && this.#topic !== undefined) {
      this.#send([JSON.stringify([32, 1, {}, this.#topic])]);
    } else if (message.startsWith("[2,") || message.startsWith("[33,")) this.#opened();
    else this.#failed(new Error(`the router says ${message}`));
  }
}
