/** A dead letter of a webhook, as operators and other Workers list it. */

import type { Id, Uri } from "../../wamp/protocol/values.ts";

/** An event that could not be delivered. */
export interface DeadLetter {
  /** Increases; identifies the letter, and the start of the next page. */
  readonly id: number;
  readonly publication: Id;
  readonly topic: Uri;
  readonly body: string;
  readonly tries: number;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}
