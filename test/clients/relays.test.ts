/** The black-box suite over relays; `npm run relays` has all numbers of relays, subprotocols and eviction. */

import { blackBox, useRouter } from "./black-box.ts";

const RELAYS = 2;

blackBox(useRouter(RELAYS), ["wamp.2.msgpack"], { evict: false, relays: RELAYS });
