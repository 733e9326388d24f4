/** The black-box suite with the object put to sleep before every message: nobody may notice. */

import { blackBox, useRouter } from "./black-box.ts";

// One text and one binary form, one of them batched: what sleep touches does not depend on the serializer.
blackBox(useRouter(), ["wamp.2.json", "wamp.2.msgpack.batched"], { evict: true });
