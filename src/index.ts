/** The Worker: its HTTP app, the classes of its objects (realms, long-poll transports), and what other Workers bind. */

import { createApp } from "./worker/app.ts";

export { LongPollObject } from "./worker/long-poll-object.ts";
export { RealmObject } from "./worker/realm-object.ts";
export { Wamp } from "./worker/service.ts";

export default createApp();
