/** Your components: name → component. The configuration's `components` names those that run in a realm. */

import type { Components } from "wamp-edge/component";
import { greeter } from "./greeter.ts";

const components: Components = { greeter };

export default components;
