/** The black-box suite over 1 relay, with each subprotocol. */

import { blackBox, useRouter } from "../clients/black-box.ts";
import { SUBPROTOCOLS } from "../clients/wire.ts";

blackBox(useRouter(1), SUBPROTOCOLS, { evict: false, relays: 1 });
