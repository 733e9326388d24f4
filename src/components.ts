/**
 * Your components: name → component. The configuration's `components` names those that run in a realm
 * (docs/components.md).
 */

import type { Components } from "./public/component.ts";

const components: Components = {};

export default components;
