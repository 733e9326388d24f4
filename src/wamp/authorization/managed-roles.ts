/** Stores the changes of roles at run time, so that they survive sleep, restarts and deployments. */

import { type PermissionRule, parseRole, type Role } from "../config/realm.ts";
import type { Fault } from "../config/shape.ts";
import type { Log, Storage } from "../host/host.ts";
import type { RoleStore } from "../host/storage.ts";
import { WampError, WampUri } from "../protocol/errors.ts";
import type { Pattern } from "../protocol/uri.ts";
import type { Dict } from "../protocol/values.ts";
import { roleFromFormat1 } from "../stored-records/format-1.ts";
import { type Format, optional, read, record, unreadable, write } from "../stored-records/stored-record.ts";
import * as is from "../stored-records/stored-values.ts";
import type { Authorization } from "./permission-rules.ts";

/** Prefix of the procedures that change roles. */
export const MANAGEMENT = "wamp.edge.";

/** Changed roles of a realm; more of them belong into the configuration. */
const MAX_ROLES = 1_000;
/** Characters of one role as JSON, some thousand rules: far below the 2 MB of a storage row. */
const MAX_ROLE_LENGTH = 200_000;
/** Characters of all changed roles: relays get them in one message, and the platform carries 32 MiB at once. */
const MAX_LENGTH = 10_000_000;

/** A role in the format of the configuration; absent for a removed role of the configuration. */
interface ChangedRole {
  readonly role?: Dict | undefined;
}

const ROLE: Format<ChangedRole> = {
  kind: "role",
  codec: record<ChangedRole>({ role: optional("role", is.dict) }),
  steps: [roleFromFormat1],
};

/** Learns of changed roles, where other objects have them, too. */
export interface RoleObserver {
  /** A role has changed; `text` is what the storage has, or undefined if the role is that of the configuration again. */
  onChange(name: string, text: string | undefined): void;
  /** Calls `done` when the changes are in force everywhere. */
  whenSpread(done: () => void): void;
}

/** Applies and stores changed roles, each of which replaces the configured role of the same name until it is reset. */
export class ManagedRoles {
  readonly #configured: ReadonlyMap<string, Role>;
  readonly #store: RoleStore;
  readonly #authorization: Authorization;
  readonly #log: Log["log"];
  /** Name of a changed role → characters of its name and text. */
  readonly #lengths = new Map<string, number>();
  /** Undefined where no other object has the roles. */
  observer: RoleObserver | undefined;

  /** Applies the stored changes to `authorization`. */
  constructor(configured: readonly Role[], host: Storage & Log, authorization: Authorization) {
    this.#configured = new Map(configured.map((role) => [role.name, role]));
    this.#store = host.store.roles;
    this.#log = (line) => host.log(line);
    this.#authorization = authorization;
    for (const [name, text] of this.#store.all()) {
      this.#count(name, text);
      this.#restore(name, text);
    }
  }

  /**
   * Adds a role, or replaces the role of the same name. Throws WampError `limit_exceeded` beyond `MAX_ROLES`,
   * `MAX_ROLE_LENGTH` or `MAX_LENGTH`.
   */
  set(role: Role): void {
    const { permissions, ...rest } = role;
    // The schema rejects `permissions`, even an empty list, beside `allow-by-default`.
    this.#put(role.name, write(ROLE, { role: permissions.length === 0 ? rest : role }));
    this.#authorization.setRole(role);
  }

  /** Removes a role; one of the configuration stays removed until `reset`. */
  remove(name: string): void {
    if (this.#configured.has(name)) this.#put(name, write(ROLE, {}));
    else this.#forget(name);
    this.#authorization.removeRole(name);
  }

  /** Restores the configured role, or removes a role that the configuration does not have. */
  reset(name: string): void {
    this.#forget(name);
    const configured = this.#configured.get(name);
    if (configured === undefined) this.#authorization.removeRole(name);
    else this.#authorization.setRole(configured);
  }

  /** Role → text of the changed roles, for `adoptAll` at another object. */
  texts(): (readonly [name: string, text: string])[] {
    return [...this.#store.all()];
  }

  /** Takes over a change that was made at another object; see `RoleObserver.onChange`. */
  adopt(name: string, text: string | undefined): void {
    if (text === undefined) return this.reset(name);
    this.#store.put(name, text);
    this.#count(name, text);
    this.#restore(name, text);
  }

  /** Takes over all changed roles of another object. */
  adoptAll(texts: readonly (readonly [name: string, text: string])[]): void {
    const kept = new Set(texts.map(([name]) => name));
    for (const name of [...this.#lengths.keys()]) if (!kept.has(name)) this.reset(name);
    for (const [name, text] of texts) this.adopt(name, text);
  }

  /**
   * A rule of a role as it is now: its index in `permissions`, and whether the configuration has the same one or it was
   * made at run time.
   */
  describeRule(name: string, { uri, match }: Pattern): Dict {
    const isSame = (rule: PermissionRule) => rule.uri === uri && rule.match === match;
    const rules = this.#authorization.role(name)?.permissions ?? [];
    const rule = rules.find(isSame);
    const configured = this.#configured.get(name)?.permissions.find(isSame);
    const isConfigured = textOf(rule) === textOf(configured);
    return { ...rule, index: rules.findIndex(isSame), source: isConfigured ? "configuration" : "run time" };
  }

  #put(name: string, text: string): void {
    if (text.length > MAX_ROLE_LENGTH) {
      throw new WampError(WampUri.LIMIT_EXCEEDED, `a role may have ${MAX_ROLE_LENGTH} characters of JSON`);
    }
    const others = new Map(this.#lengths);
    others.delete(name);
    if (others.size >= MAX_ROLES) throw new WampError(WampUri.LIMIT_EXCEEDED, `${MAX_ROLES} roles may be changed`);
    const length = [...others.values()].reduce((sum, each) => sum + each, name.length + text.length);
    if (length > MAX_LENGTH) {
      throw new WampError(WampUri.LIMIT_EXCEEDED, `all changed roles may have ${MAX_LENGTH} characters of JSON`);
    }
    this.#store.put(name, text);
    this.#count(name, text);
    this.observer?.onChange(name, text);
  }

  #count(name: string, text: string): void {
    this.#lengths.set(name, name.length + text.length);
  }

  #forget(name: string): void {
    if (!this.#lengths.delete(name)) return;
    this.#store.delete(name);
    this.observer?.onChange(name, undefined);
  }

  /** Removes a role whose record cannot be read: no permissions are safer than too many. */
  #restore(name: string, text: string): void {
    const reading = read(ROLE, text);
    const role = reading.ok && reading.value.role !== undefined ? parseRole(reading.value.role) : undefined;
    if (role?.ok) return this.#authorization.setRole(role.value);
    const fault = reading.ok ? role && formatFaults(role.faults) : reading.cause;
    if (fault !== undefined) this.#log(unreadable("role", fault, { role: name }));
    this.#authorization.removeRole(name);
  }
}

/** The rule without its pattern, whose place among the keys depends on its notation. */
function textOf(rule: PermissionRule | undefined): string {
  return JSON.stringify({ ...rule, uri: undefined, match: undefined });
}

function formatFaults(faults: readonly Fault[]): string {
  return faults.map(({ path, message }) => `${path} ${message}`).join("; ");
}
