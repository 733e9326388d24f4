/** The shape of the whole configuration, and its types. */

import * as v from "valibot";
import type { EnvName } from "../../wamp/config/auth.ts";
import { closed, type DeepReadonly } from "../../wamp/config/shape.ts";
import { admissionEntries } from "./admission-config.ts";
import { bridgeSchema, eventsSchema, metricsSchema, serviceSchema } from "./bridge-config.ts";
import { longPollSchema } from "./long-poll-config.ts";
import { workerRealmSchema } from "./realm-config.ts";
import { triggerEntries } from "./triggers-config.ts";
import { pathsSchema } from "./web-config.ts";

/** The shape; what must hold beyond it is checked by `loadConfig`. */
export const configSchema = closed({
  version: v.literal(1),
  realms: v.array(workerRealmSchema),
  ...triggerEntries,
  http: v.exactOptional(
    closed({
      bridge: v.exactOptional(bridgeSchema),
      service: v.exactOptional(serviceSchema),
      longpoll: v.exactOptional(longPollSchema),
      events: v.exactOptional(eventsSchema),
      metrics: v.exactOptional(metricsSchema),
      paths: v.exactOptional(pathsSchema),
      /** By default the console is served where a role has `console`. */
      console: v.exactOptional(v.boolean()),
      ...admissionEntries,
    }),
  ),
});

/** The configuration, checked, defaults filled in, secrets in their places. */
export type Config = DeepReadonly<v.InferOutput<typeof configSchema>>;
/** The configuration as written: defaults may be left out, texts may be `{ "env": "NAME" }`. */
export type ConfigInput = Nameable<DeepReadonly<v.InferInput<typeof configSchema>>>;

/** `T`, in which a binding may be named in place of any text, other than a word that the configuration defines. */
type Nameable<T> = T extends EnvName
  ? T
  : T extends string
    ? string extends T
      ? T | EnvName
      : T
    : T extends object
      ? { readonly [K in keyof T]: Nameable<T[K]> }
      : T;
