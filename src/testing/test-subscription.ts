/** A subscription of a test: it keeps its events, and waits for the next one. */

import { ApplicationError } from "../wamp/local/application-error.ts";
import type { EventDetails, EventHandler, Subscription } from "../wamp/local/component.ts";
import type { Dict, Id, List, Uri } from "../wamp/protocol/values.ts";

/** An event, as a handler gets it. */
export interface ReceivedEvent {
  readonly args: List;
  readonly kwargs: Dict;
  readonly details: EventDetails;
}

type Waiting = Pick<PromiseWithResolvers<ReceivedEvent>, "resolve" | "reject">;

/** One handler of a subscription, for `unsubscribe`. `for await` over it yields what `next` returns. */
export class TestSubscription implements Subscription, AsyncIterable<ReceivedEvent> {
  readonly id: Id;
  readonly topic: Uri;
  readonly handler: EventHandler;
  /** All events so far, in order. */
  readonly events: ReceivedEvent[] = [];
  /** Events that `next` has returned. */
  #taken = 0;
  readonly #waiting: Waiting[] = [];
  #end: ApplicationError | undefined;

  /** `handler` gets each event, too. */
  constructor(id: Id, topic: Uri, handler: EventHandler) {
    this.id = id;
    this.topic = topic;
    this.handler = (args, kwargs, details) => {
      this.#add({ args, kwargs, details });
      return handler(args, kwargs, details);
    };
  }

  /** The first event that no earlier `next` has returned. Rejects once no more can come. */
  next(): Promise<ReceivedEvent> {
    const event = this.events[this.#taken];
    if (event === undefined) {
      if (this.#end !== undefined) return Promise.reject(this.#end);
      const { promise, ...waiting } = Promise.withResolvers<ReceivedEvent>();
      this.#waiting.push(waiting);
      return promise;
    }
    this.#taken++;
    return Promise.resolve(event);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ReceivedEvent, never> {
    for (;;) yield await this.next();
  }

  /** Rejects what waits: the subscription or its session has ended. */
  end(reason: Uri): void {
    this.#end ??= new ApplicationError(reason, [`no more events of ${this.topic}`]);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#end);
  }

  #add(event: ReceivedEvent): void {
    this.events.push(event);
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return;
    this.#taken++;
    waiting.resolve(event);
  }
}
