/** What drivers are told, and what they answer. */

/** Opens sockets one after the other, some at a time. */
export interface OpenOrder {
  readonly kind: "open";
  /** At the router. */
  readonly url: string;
  readonly count: number;
  readonly subprotocol: string;
  /** The topic that each of them subscribes to; absent for publishers. */
  readonly topic?: string;
  readonly parallel: number;
}

/** Publishes a number of times; each time once all events of the time before have arrived. */
export interface PublishOrder {
  readonly kind: "publish";
  readonly topic: string;
  /** Publishers by their number among the sockets of the driver, in the order of their opening. */
  readonly publishers: readonly number[];
  readonly times: number;
  /** Publications of each publisher that leave in one message; more than one only with a batched subprotocol. */
  readonly burst: number;
  /** Sockets that get each publication of a publisher. */
  readonly receivers: number;
}

/** Makes a request to the router. */
export interface VisitOrder {
  readonly kind: "visit";
  readonly url: string;
}

/** Keeps the driver from being evicted for a minute: its sockets alone do not. */
export interface HoldOrder {
  readonly kind: "hold";
}

/** An order. */
export type Order = OpenOrder | PublishOrder | VisitOrder | HoldOrder;

/** What has happened at all drivers since they started. */
export interface Tally {
  /** Events that came to a socket next to the one before. */
  readonly events: number;
  /** Events that came again or out of order, and events that were left out before others. */
  readonly repeated: number;
  readonly skipped: number;
  /** Events that have not come. */
  readonly missing: number;
  /** Sockets that have closed. */
  readonly closed: number;
  /** How long the last order took until its last answer or event had come. */
  readonly milliseconds: number;
}

/** The text of a payload in front of its number: 64 bytes. */
export const FILLING = "x".repeat(64);
