/** The black-box suite over 5 relays, with each subprotocol. */

import { blackBox, useRouter } from "../clients/black-box.ts";
import { SUBPROTOCOLS } from "../clients/wire.ts";

blackBox(useRouter(5), SUBPROTOCOLS, { evict: false, relays: 5 });
