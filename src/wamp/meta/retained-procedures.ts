/** The procedure that removes a retained event, for which the specification has none (Event Retention). */

import { WampError, WampUri } from "../protocol/errors.ts";
import { Payload } from "../protocol/payload.ts";
import type { Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";
import { argument, isString } from "./arguments.ts";
import type { MetaContext } from "./meta-context.ts";
import type { MetaProcedure } from "./meta-procedure.ts";

/** `wamp.edge.retained.remove`. */
export const RETENTION_PROCEDURES: Readonly<Record<Uri, MetaProcedure>> = { "wamp.edge.retained.remove": remove };

/**
 * (topic) → whether anything was retained there. Takes the right to publish on the topic, by which the event could be
 * replaced as well. MQTT's way, a PUBLISH without payload, would make a value of the topic that applications have today
 * a removal.
 */
function remove(context: MetaContext, caller: Session, payload: Payload): Payload {
  const topic = argument(payload, 0, "topic", isString);
  if (!context.access.isUri(topic)) throw new WampError(WampUri.INVALID_URI, `${topic} is not a valid topic`);
  context.access.permit(caller, "publish", topic, "exact");
  return Payload.of([context.broker.forgetRetained(topic)]);
}
