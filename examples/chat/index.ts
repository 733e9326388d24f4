/** A router with one realm and its chat. In the router's own Worker the two stand in `src/config.ts` and `src/components.ts`. */

import { createApp } from "../../src/worker/app.ts";
import { chat } from "./chat.ts";
import { config } from "./config.ts";

export { LongPollObject } from "../../src/worker/long-poll-object.ts";
export { RealmObject } from "../../src/worker/realm-object.ts";

export default createApp(config, { chat });
