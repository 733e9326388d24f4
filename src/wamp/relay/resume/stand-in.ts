/** Gets the events of a session that is on its way here, in the place of the session. */

import { MessageType, type RouterMessage } from "../../protocol/message.ts";
import { NO_CLIENT } from "../../session/no-client.ts";
import { Session, type SessionOrigin } from "../../session/session.ts";
import type { SeenCounts, SeenPublications, Source } from "../link/seen-publications.ts";

/** Keeps the events until the session comes; it is no session of the realm, only a subscriber. */
export class StandIn {
  readonly session: Session;
  readonly #events: { readonly event: RouterMessage; readonly source: Source | undefined }[] = [];

  /** `origin` is that of the session. */
  constructor(origin: SessionOrigin, seen: SeenPublications) {
    const send = (event: RouterMessage): undefined => {
      if (event[0] === MessageType.EVENT) this.#events.push({ event, source: seen.sourceOf(event) });
    };
    this.session = new Session({ ...NO_CLIENT, send }, origin);
  }

  /**
   * The events that the session has not got elsewhere, where it has got those up to `seen`. One in front of them is lost
   * for it, as in a crash of the core: it would come behind them.
   */
  freshEvents(seen: SeenCounts): readonly RouterMessage[] {
    const counts = new Map(seen);
    const fresh = this.#events.filter(({ source }) => !source || source.count > (counts.get(source.origin) ?? 0));
    return fresh.map(({ event }) => event);
  }
}
