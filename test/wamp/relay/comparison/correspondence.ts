/** Finds out whether the messages of two realms are the same but for ids, random texts and the order of lists of ids. */

/** What one realm has, and the other has in its place. */
type Name = number | string;

/** Ids are drawn from 53 bits; smaller numbers are request ids and the like. */
const SMALLEST_ID = 2 ** 32;
const RANDOM_TEXT = /^[\w+/=-]{12,}$/;
const NAMES_IN_TEXT = /[\w+/=-]{12,}/g;

/** Pairs the ids of a realm of one object with those of a realm over relays, as messages show them. */
export class Correspondence {
  readonly #spreadOf = new Map<Name, Name>();
  readonly #soloOf = new Map<Name, Name>();
  /** Ids of subscriptions over relays, which are the same whenever the subscription is made again. */
  readonly #lasting = new Set<unknown>();
  #changes: (() => void)[] = [];

  /** Says that the realm over relays uses an id for a subscription. */
  noteSubscription(spread: unknown): void {
    this.#lasting.add(spread);
  }

  /** Is the id that of a subscription whose id over relays now stands for a later subscription? */
  isReplaced(solo: number): boolean {
    const spread = this.#spreadOf.get(solo);
    return spread !== undefined && this.#soloOf.get(spread) !== solo;
  }

  /** The id over relays of what has an id in either realm; undefined for an id that only one realm has shown. */
  spreadId(id: unknown): Name | undefined {
    return this.#spreadOf.get(id as Name) ?? (this.#soloOf.has(id as Name) ? (id as Name) : undefined);
  }

  /** Returns what `value` of the realm of one object is in the realm over relays. */
  translate(value: unknown): unknown {
    if (typeof value === "number") return this.#spreadOf.get(value) ?? value;
    if (typeof value === "string") {
      return (
        this.#spreadOf.get(value) ??
        value.replaceAll(NAMES_IN_TEXT, (name) =>
          String(this.#spreadOf.get(name) ?? this.#spreadOf.get(Number(name)) ?? name),
        )
      );
    }
    if (Array.isArray(value)) return value.map((each) => this.translate(each));
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.translate(each)]));
  }

  /** Says whether the values are the same, and remembers the ids in them if they are. */
  matches(solo: unknown, spread: unknown): boolean {
    const before = this.#changes;
    this.#changes = [];
    const areSame = this.#compare(solo, spread);
    if (!areSame) for (const undo of this.#changes.reverse()) undo();
    this.#changes = before;
    return areSame;
  }

  #compare(solo: unknown, spread: unknown): boolean {
    if (typeof solo === "number" && typeof spread === "number") return this.#compareNumbers(solo, spread);
    if (typeof solo === "string" && typeof spread === "string") return this.#compareTexts(solo, spread);
    if (solo instanceof Uint8Array && spread instanceof Uint8Array) return Buffer.compare(solo, spread) === 0;
    if (Array.isArray(solo) && Array.isArray(spread)) {
      if (solo.length !== spread.length) return false;
      if (solo.length > 1 && solo.every(isId)) return this.#compareSets(solo, spread);
      return solo.every((each, index) => this.#compare(each, spread[index]));
    }
    if (!isObject(solo) || !isObject(spread)) return Object.is(solo, spread);
    const keys = Object.keys(solo);
    if (keys.length !== Object.keys(spread).length) return false;
    // The router asks authenticators and authorizers by a session of each object.
    const isRouter = solo.caller_authrole === "trusted";
    return keys.every(
      (key) => (isRouter && key === "caller") || (Object.hasOwn(spread, key) && this.#compare(solo[key], spread[key])),
    );
  }

  #compareNumbers(solo: number, spread: number): boolean {
    if (isId(solo) && isId(spread)) return this.#pair(solo, spread);
    return Object.is(solo, spread);
  }

  #compareTexts(solo: string, spread: string): boolean {
    if (this.#spreadOf.has(solo)) return this.#spreadOf.get(solo) === spread;
    if (this.translate(solo) === spread) return true;
    const areRandom = solo.length === spread.length && RANDOM_TEXT.test(solo) && RANDOM_TEXT.test(spread);
    return areRandom && this.#pair(solo, spread);
  }

  /** Lists of ids have no order. */
  #compareSets(solo: readonly number[], spread: readonly unknown[]): boolean {
    const rest = new Set(spread);
    const unknown = solo.filter((id) => {
      const other = this.#spreadOf.get(id);
      return other === undefined || !rest.delete(other);
    });
    if (unknown.some((id) => this.#spreadOf.has(id))) return false;
    if (unknown.length !== rest.size || ![...rest].every(isId)) return false;
    return unknown.length !== 1 || this.#pair(unknown[0]!, [...rest][0] as number);
  }

  #pair(solo: Name, spread: Name): boolean {
    const known = this.#spreadOf.get(solo);
    if (known !== undefined) return known === spread;
    const former = this.#soloOf.get(spread);
    if (former !== undefined && !this.#lasting.has(spread)) return false;
    this.#spreadOf.set(solo, spread);
    this.#soloOf.set(spread, solo);
    this.#changes.push(() => {
      this.#spreadOf.delete(solo);
      if (former === undefined) this.#soloOf.delete(spread);
      else this.#soloOf.set(spread, former);
    });
    return true;
  }
}

function isId(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > SMALLEST_ID;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
