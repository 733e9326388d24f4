/** The black-box suite over 2 relays, all of which and the core sleep between messages. */

import { blackBox, useRouter } from "../clients/black-box.ts";

blackBox(useRouter(2), ["wamp.2.json", "wamp.2.msgpack.batched", "wamp.2.cbor"], { evict: true, relays: 2 });
