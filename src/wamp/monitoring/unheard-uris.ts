/** URIs that were published without a receiver or called without a callee, lately: mostly misspelt ones. */

import type { Clock } from "../host/host.ts";
import type { Id, Uri } from "../protocol/values.ts";
import type { Session } from "../session/session.ts";

/** URIs of each action; the least recent one is forgotten. */
const SIZE = 200;
/** Characters of a URI: a longer one is not kept, as clients choose it, and a part would keep all of it in memory. */
const MAX_URI = 500;

/** How often a URI found no session. */
export interface Unheard {
  readonly uri: Uri;
  count: number;
  /** Of the last time; milliseconds since the epoch. */
  time: number;
  session: Id;
  authid: string;
}

/** Costs nothing for a message that reaches a session. */
export class UnheardUris {
  /** Action → URI → how often; the least recent one first. */
  readonly byAction = { publish: new Map<Uri, Unheard>(), call: new Map<Uri, Unheard>() };
  readonly #host: Clock;

  constructor(host: Clock) {
    this.#host = host;
  }

  /** Counts a message that no session has got. */
  add(action: "publish" | "call", uri: Uri, { id, identity: { authid } }: Session): void {
    const uris = this.byAction[action];
    if (uri.length > MAX_URI) return;
    const unheard = uris.get(uri) ?? { uri, count: 0, time: 0, session: id, authid };
    uris.delete(uri);
    uris.set(uri, unheard);
    if (uris.size > SIZE) uris.delete(uris.keys().next().value!);
    unheard.count++;
    unheard.time = this.#host.now();
    unheard.session = id;
    unheard.authid = authid;
  }
}
