/** The current number of each stored format; all formats from 1 to this number can be read. */

/**
 * Kind of record → the format that is written. Format 1 is that of release 0.1.0, whose records have no number.
 * A change of the format needs the next number, a step from the former one, and a golden set (docs/upgrading.md).
 */
export const FORMATS = {
  /** The attachment of a socket, which survives sleep. */
  attachment: 2,
  /** A peer, with its session if it has one: in the attachment, or in the table `peer_record`. */
  peer: 2,
  /** A session without a connection. */
  parked: 2,
  /** Messages that wait for the client of a parked session. */
  messages: 2,
  /** The testaments of one session. */
  testament: 2,
  /** A role that was changed at run time. */
  role: 2,
  /** One event of an event history. */
  event: 2,
  /** The retained events of one topic. */
  retained: 2,
  /** The identity behind a cookie. */
  cookie: 2,
  /** The answer to a request with an idempotency key. */
  answer: 2,
} as const;

/** A kind of stored record. */
export type StoredKind = keyof typeof FORMATS;
