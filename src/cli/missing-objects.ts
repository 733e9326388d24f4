/** Finds what wrangler.toml lacks for the router's objects: bindings and migrations, of the Worker or of an [env]. */

import type { Fault } from "../wamp/config/shape.ts";
import type { WorkerSettings } from "./project/wrangler.ts";

/** Binding → class. */
const OBJECTS = { REALM: "RealmObject", LONG_POLL: "LongPollObject", WEBHOOK: "WebhookObject" } as const;

/** Name of a binding of OBJECTS. */
type ObjectName = keyof typeof OBJECTS;

/** An object that the settings bind, or should bind. */
type BoundObject = { readonly name: ObjectName; readonly className: string; readonly isOfOtherWorker: boolean };

/**
 * Returns a fault for each binding, class or migration that the settings lack, with the lines to add. `needsWebhooks`
 * is whether a realm has outgoing webhooks.
 */
export function findMissingObjects(settings: WorkerSettings, needsWebhooks: boolean): Fault[] {
  const needed = neededNames(needsWebhooks);
  return [
    ...needed.flatMap((name) => findMissingBinding(name, settings)),
    ...findMissingMigrations(settings, ownClasses(settings, needed)),
  ];
}

/**
 * Returns a fault when the main module lacks classes: those of the objects and `others`. `main` is its path in messages,
 * `exported` are the names of its exports.
 */
export function findMissingExports(
  main: string,
  exported: readonly string[],
  settings: WorkerSettings,
  needsWebhooks: boolean,
  others: readonly string[] = [],
): Fault[] {
  const needed = [...ownClasses(settings, neededNames(needsWebhooks)), ...others];
  const missing = needed.filter((name) => !exported.includes(name));
  if (missing.length === 0) return [];
  const names = missing.join(", ");
  return [{ path: main, message: `does not export ${names}. Add:\nexport { ${names} } from "wamp-edge/worker";` }];
}

function neededNames(needsWebhooks: boolean): readonly ObjectName[] {
  return ["REALM", "LONG_POLL", ...(needsWebhooks ? (["WEBHOOK"] as const) : [])];
}

/** The classes of the router's objects that the Worker itself must have. */
function ownClasses(settings: WorkerSettings, needed: readonly ObjectName[]): string[] {
  const bound = boundObjects(settings);
  const own = bound.filter(({ isOfOtherWorker }) => !isOfOtherWorker).map(({ className }) => className);
  const unbound = needed.filter((name) => !bound.some((object) => object.name === name));
  return [...new Set([...own, ...unbound.map((name) => OBJECTS[name])])];
}

/** The router's objects in the settings, with the class that each should have. */
function boundObjects({ durable_objects }: WorkerSettings): BoundObject[] {
  return durable_objects.bindings.flatMap(({ name, class_name, script_name }) => {
    if (!isObjectName(name)) return [];
    const className = isConfused(name, class_name) ? OBJECTS[name] : class_name;
    return [{ name, className, isOfOtherWorker: script_name !== undefined }];
  });
}

function isObjectName(name: string): name is ObjectName {
  return Object.hasOwn(OBJECTS, name);
}

/** Whether the class is another object's. Any other class may be the project's own, which extends the router's. */
function isConfused(name: ObjectName, className: string): boolean {
  return className !== OBJECTS[name] && Object.values<string>(OBJECTS).includes(className);
}

function findMissingBinding(name: ObjectName, { durable_objects, environment, fileName }: WorkerSettings): Fault[] {
  const path = `${fileName}: ${sectionOf(environment)}durable_objects.bindings`;
  const index = durable_objects.bindings.findIndex((binding) => binding.name === name);
  const className = durable_objects.bindings[index]?.class_name;
  if (className === undefined) {
    const lines = `[[${sectionOf(environment)}durable_objects.bindings]]\nname = "${name}"\nclass_name = "${OBJECTS[name]}"`;
    return [{ path, message: `lacks ${name}. Add:\n${lines}` }];
  }
  if (!isConfused(name, className)) return [];
  return [
    { path: `${path}[${index}]`, message: `binds another object's class. Write:\nclass_name = "${OBJECTS[name]}"` },
  ];
}

function findMissingMigrations(settings: WorkerSettings, needed: readonly string[]): Fault[] {
  const { fileName, migrations = [], hasOwnMigrations, environment } = settings;
  const section = hasOwnMigrations ? sectionOf(environment) : "";
  const path = `${fileName}: ${section}migrations`;
  const wrong = migrations.flatMap(({ tag, new_classes = [] }, index) => {
    const classes = needed.filter((name) => new_classes.includes(name));
    if (classes.length === 0) return [];
    const lines = `[[${section}migrations]]\ntag = ${JSON.stringify(tag)}\nnew_sqlite_classes = ${JSON.stringify(classes)}`;
    const message = `makes objects without SQLite, which the router needs. Before the first deployment, write:\n${lines}`;
    return [{ path: `${path}[${index}].new_classes`, message }];
  });
  const made = migrations.flatMap(({ new_classes = [], new_sqlite_classes = [], ...moved }) => [
    ...new_classes,
    ...new_sqlite_classes,
    ...[...(moved.renamed_classes ?? []), ...(moved.transferred_classes ?? [])].map(({ to }) => to),
  ]);
  const missing = needed.filter((name) => !made.includes(name));
  if (missing.length === 0) return wrong;
  const tag = unusedTag(migrations.map((migration) => migration.tag));
  const lines = `[[${section}migrations]]\ntag = "${tag}"\nnew_sqlite_classes = [${missing.map((name) => JSON.stringify(name)).join(", ")}]`;
  return [...wrong, { path, message: `lacks ${missing.join(", ")}. Add as the last migration:\n${lines}` }];
}

function unusedTag(tags: readonly string[]): string {
  let number = tags.length + 1;
  while (tags.includes(`v${number}`)) number++;
  return `v${number}`;
}

/** The start of a key's path: settings of an environment stand below `env.NAME`. */
function sectionOf(environment: string | undefined): string {
  return environment === undefined ? "" : `env.${environment}.`;
}
