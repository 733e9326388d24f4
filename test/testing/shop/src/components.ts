/** The components of the Worker. */

import type { Components } from "wamp-edge/component";
import { orders } from "./orders.ts";

const components: Components = { orders };

export default components;
