/** The black-box suite over 2 relays, with each subprotocol. */

import { blackBox, useRouter } from "../clients/black-box.ts";
import { SUBPROTOCOLS } from "../clients/wire.ts";

blackBox(useRouter(2), SUBPROTOCOLS, { evict: false, relays: 2 });
