/** The black-box suite with each subprotocol. */

import { blackBox, useRouter } from "./black-box.ts";
import { SUBPROTOCOLS } from "./wire.ts";

blackBox(useRouter(), SUBPROTOCOLS, { evict: false });
