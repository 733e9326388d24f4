/** The black-box suite over 5 relays, all of which and the core sleep between messages. */

import { blackBox, useRouter } from "../clients/black-box.ts";

blackBox(useRouter(5), ["wamp.2.json", "wamp.2.msgpack.batched", "wamp.2.cbor"], { evict: true, relays: 5 });
