/** Types of the service binding `env.WAMP`, as another Worker sees them. */

import type { Dict, Id, List, Uri } from "../wamp/protocol/values.ts";
import type { DeadLetter } from "./webhooks/dead-letter.ts";

/** Rejection of every method: a WAMP ERROR with its `uri`, `args` and `kwargs`. */
export { ApplicationError as ServiceError } from "../wamp/local/application-error.ts";

/** Arguments and ArgumentsKw of the final RESULT of a call. */
export interface ServiceResult {
  readonly args: List;
  readonly kwargs: Dict;
}

/** CALL.Options; `timeout` in milliseconds, 60,000 by default. */
export interface ServiceCallOptions {
  readonly timeout?: number;
  readonly disclose_me?: boolean;
  /** Receives each progressive result. */
  readonly onProgress?: (args: List, kwargs: Dict) => unknown;
  readonly [option: string]: unknown;
}

/** Methods of the service binding; all reject with a `ServiceError`. */
export interface WampService {
  /** Resolves to the final result. */
  call(realm: string, procedure: Uri, args?: List, kwargs?: Dict, options?: ServiceCallOptions): Promise<ServiceResult>;
  /** Resolves to the publication id once the event is published. */
  publish(realm: string, topic: Uri, args?: List, kwargs?: Dict, options?: Dict): Promise<Id>;
  /** Ids of the realm's sessions; the role needs the permission to call `wamp.session.list`. */
  sessions(realm: string): Promise<readonly Id[]>;
  /** Events that a webhook could not be given, oldest first, one page at a time. */
  deadLetters(realm: string, webhook: string, page?: DeadLetterPage): Promise<readonly DeadLetter[]>;
  /** Queues these dead letters for delivery again, by default all of them; resolves to their number. */
  redeliver(realm: string, webhook: string, ids?: readonly number[]): Promise<number>;
}

/** `after` is the `id` of the last letter of the page before; `limit` is 100 by default. */
export interface DeadLetterPage {
  readonly after?: number;
  readonly limit?: number;
}
