/** The black-box suite, each subprotocol. */

import { blackBox, useRouter } from "./black-box.ts";
import { SUBPROTOCOLS } from "./wire.ts";

blackBox(useRouter(), SUBPROTOCOLS, { evict: false });
