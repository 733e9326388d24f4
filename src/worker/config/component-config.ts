/** `components` of a realm: which components run there, under which name and role. */

import * as v from "valibot";
import { closed, type DeepReadonly, type Fault, faultAt } from "../../wamp/config/shape.ts";
import type { Components } from "../../wamp/local/component.ts";
import { isDict } from "../../wamp/protocol/values.ts";
import type { Config } from "./config.ts";

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));

export const componentsSchema = v.array(
  closed({
    /** Under which it stands in the registry, and its authid. */
    name: text,
    role: text,
    /** For the component to read. */
    extra: v.optional(v.custom<Record<string, unknown>>(isDict, "must be an object"), {}),
  }),
);

export type ComponentConfig = DeepReadonly<v.InferOutput<typeof componentsSchema>>[number];

/** A fault for every component that a realm names and that is not among `components`. */
export function componentFaults({ realms }: Config, components: Components): Fault[] {
  return realms.flatMap((realm, realmIndex) =>
    (realm.components ?? []).flatMap(({ name }, index) => {
      if (Object.hasOwn(components, name)) return [];
      const path = ["realms", realmIndex, "components", index, "name"];
      return [faultAt(path, "is not in the registry (src/components.ts, or what createApp is given)")];
    }),
  );
}
