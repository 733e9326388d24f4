/** The latest messages of a subscription, a tap or a request, which a page shows as they come. */

import type { Dict, Id, List, Uri } from "../../wamp/protocol/values.ts";

/** Messages that are kept; the oldest are forgotten. */
const MOST_MESSAGES = 200;

/** What a list shows of one message. */
export interface LiveMessage {
  /** Clock, or time since a request. */
  readonly time: string;
  /** `from` a client or `to` it, and which one, where the list has several. */
  readonly way?: "from" | "to";
  readonly who?: string;
  /** Its details, where a link is to lead to them. */
  readonly session?: Id;
  readonly type?: string;
  readonly uri?: Uri;
  /** Error or reason that the message has. */
  readonly fault?: Uri;
  /** Of the encoded message. */
  readonly bytes?: number;
  /** The payload, as far as the page has it; without it, `text` is its beginning. */
  readonly args?: List;
  readonly kwargs?: Dict;
  readonly text?: string;
  /** What else is to say about the payload. */
  readonly note?: string;
  /** What an opened message shows: name → JSON value. */
  readonly facts?: Dict;
  /** Parameters of the page Access, which explains why the message was refused. */
  readonly question?: Readonly<Record<string, string>>;
  /** Messages that were left out before this one. */
  readonly dropped?: number;
}

/** A message of a list; `index` counts the messages of the list, and tells them apart. */
export type ListedMessage = LiveMessage & { readonly index: number };

/** During a pause messages are counted, but not kept. */
export class MessageLog {
  /** The latest ones first. */
  readonly messages: ListedMessage[] = [];
  /** Messages since the start or the last `clear`, also those of pauses. */
  total = 0;
  /** Messages that the source has left out meanwhile. */
  dropped = 0;
  isPaused = false;
  #index = 0;
  readonly #listeners = new Set<() => void>();

  /** Adds the latest message. */
  add(message: LiveMessage): void {
    this.total++;
    this.dropped += message.dropped ?? 0;
    if (!this.isPaused) {
      this.messages.unshift({ ...message, index: this.#index++ });
      if (this.messages.length > MOST_MESSAGES) this.messages.pop();
    }
    this.#tell();
  }

  /** Begins or ends a pause. */
  pause(isPaused: boolean): void {
    this.isPaused = isPaused;
    this.#tell();
  }

  /** Forgets all messages and counts. */
  clear(): void {
    this.messages.length = 0;
    this.total = 0;
    this.dropped = 0;
    this.#tell();
  }

  /** Calls `listener` after each change until the returned function is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
