/** The Worker: its HTTP app, and the classes of its objects: realms, and long-poll transports. */

import { app } from "./worker/app.ts";

export { LongPollObject } from "./worker/long-poll-object.ts";
export { RealmObject } from "./worker/realm-object.ts";

export default app;
