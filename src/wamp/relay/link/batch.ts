/** What two objects of a realm exchange: batches of messages, and the answer to each. */

/** The messages that one object sends another in one turn. */
export interface Batch<M> {
  /**
   * Numbers the batches of one stream from 1. A sender begins another stream after a pause, and when the receiver has
   * forgotten the former one.
   */
  readonly seq: number;
  /** Larger than that of every earlier stream of the sender, across its sleeps and restarts. */
  readonly stream: number;
  /** Counts what the sender hands to the platform, retries included; only the sender reads it. */
  readonly attempt: number;
  /** Is it sent again, so that the receiver may have processed it before? */
  readonly isRetry: boolean;
  /**
   * The life of the relay, whichever side sends: a number that grows each time the relay has lost its sockets, and with
   * them its sessions.
   */
  readonly epoch: number;
  /** Identifies what the sender has in memory: another number after each sleep and restart. */
  readonly boot: number;
  readonly messages: readonly M[];
}

/** What the receiver of a batch answers, as the result of the call that carries the batch. */
export interface BatchAnswer {
  readonly stream: number;
  /** The last batch of the stream that the receiver has processed; it has processed all before. */
  readonly received: number;
  /** Does the receiver not know the stream, because it has slept or restarted? It has processed nothing of the batch. */
  readonly isForgotten: boolean;
  /** Would a crash lose anything that the receiver holds for a session, or has to send it? Only the core says so. */
  readonly isUnsaved?: boolean;
  /** Those of the receiver. */
  readonly epoch: number;
  readonly boot: number;
}
