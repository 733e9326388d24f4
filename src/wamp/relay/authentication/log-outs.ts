/** Log-outs of which other objects may not have heard: each hears of them, however long it cannot be reached. */

import type { OnEnd } from "../link/link-sender.ts";

/** A log-out, and the objects that may not have heard of it; the core has the number 0. */
export interface LogOutRow {
  /** The id of the tracking cookie. */
  readonly cookie: string;
  readonly objects: readonly number[];
}

/** One row for each log-out, until all have heard of it. */
export interface LogOutStore {
  all(): Iterable<LogOutRow>;
  /** Adds the row, or replaces that of the cookie. */
  put(row: LogOutRow): void;
  /** Removes the row, if present. */
  delete(cookie: string): void;
}

/** Queues the message for an object; `onEnd` as in `LinkSender.queue`. */
export type SendLogOut = (object: number, message: { kind: "log out"; cookie: string }, onEnd: OnEnd) => void;

/** One that is late also ends what has logged in with the cookie since, which is the safe side. */
export class LogOuts {
  readonly #store: LogOutStore;
  readonly #send: SendLogOut;
  /** cookie → objects that may not have heard of its log-out */
  readonly #unheard = new Map<string, Set<number>>();

  constructor(store: LogOutStore, send: SendLogOut) {
    this.#store = store;
    this.#send = send;
    for (const { cookie, objects } of store.all()) this.#unheard.set(cookie, new Set(objects));
  }

  /** Log-outs of which an object may not have heard. */
  get size(): number {
    return this.#unheard.size;
  }

  /** Tells objects of a log-out. */
  tell(objects: Iterable<number>, cookie: string): void {
    const unheard = new Set(objects);
    if (unheard.size === 0) return;
    this.#unheard.set(cookie, unheard);
    this.#store.put({ cookie, objects: [...unheard] });
    for (const object of unheard) this.#tell(object, cookie, unheard);
  }

  /** Tells all that may not have heard of a log-out, or one of them. */
  tellAgain(object?: number): void {
    for (const [cookie, unheard] of this.#unheard) {
      for (const each of unheard) if (each === (object ?? each)) this.#tell(each, cookie, unheard);
    }
  }

  /** The object has no session any more. */
  forget(object: number): void {
    for (const [cookie, unheard] of this.#unheard) this.#heard(object, cookie, unheard);
  }

  #tell(object: number, cookie: string, unheard: Set<number>): void {
    this.#send(object, { kind: "log out", cookie }, (end) => {
      if (end === "processed") this.#heard(object, cookie, unheard);
    });
  }

  /** The set is another one if the cookie has been logged out again. */
  #heard(object: number, cookie: string, unheard: Set<number>): void {
    unheard.delete(object);
    if (unheard.size > 0 || this.#unheard.get(cookie) !== unheard) return;
    this.#unheard.delete(cookie);
    this.#store.delete(cookie);
  }
}
