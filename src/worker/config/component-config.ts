/** `components` of a realm: which components run there, under which name and role. */

import * as v from "valibot";
import { dict, text } from "../../wamp/config/fields.ts";
import { closed, type DeepReadonly } from "../../wamp/config/shape.ts";

export const componentsSchema = v.array(
  closed({
    /** Its name in the registry of components, and its authid. */
    name: text,
    role: text,
    /** For the component to read. */
    extra: v.optional(dict, {}),
  }),
);

export type ComponentConfig = DeepReadonly<v.InferOutput<typeof componentsSchema>>[number];
