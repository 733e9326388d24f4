/** What runs inside your realms: a name for each component, which `components` in the configuration lists (docs/components.md). */

import type { Components } from "./wamp/local/component.ts";

const components: Components = {};

export default components;
