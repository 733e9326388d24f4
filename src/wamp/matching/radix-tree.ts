/** A radix tree of patterns, the base of prefix and wildcard matching. */

import type { Uri } from "../protocol/values.ts";

/** A stored pattern (`value` set) or a fork; `label` is the run of units that leads here from the parent. */
export interface Node<T> {
  label: string;
  parent: Node<T> | undefined;
  value: T | undefined;
  /** First unit of the child's label → child. */
  readonly children: Map<string, Node<T>>;
}

/** The parts of a label: no node ends inside a unit, and no two children of a node begin with the same unit. */
export interface Units {
  /** The text between two units. */
  readonly separator: "" | ".";
  /** Where the unit that begins at `start` ends in `text`. */
  end(text: string, start: number): number;
}

/** UTF-16 code units. */
export const CHARACTERS: Units = { separator: "", end: (_text, start) => start + 1 };

/** The components of a URI; `""` is one component, an empty one. */
export const COMPONENTS: Units = { separator: ".", end: componentEnd };

/** Where the component that begins at `start` ends in `uri`. */
export function componentEnd(uri: Uri, start: number): number {
  const dot = uri.indexOf(".", start);
  return dot === -1 ? uri.length : dot;
}

/**
 * A radix tree: pattern → value. Runs without a fork share one node, so that a client cannot make a long pattern cost
 * a node for each of its components.
 */
export class RadixTree<T extends NonNullable<unknown>> {
  readonly root: Node<T> = { label: "", parent: undefined, value: undefined, children: new Map() };
  readonly #units: Units;

  constructor(units: Units) {
    this.#units = units;
  }

  /** Adds `pattern` or replaces its value. */
  set(pattern: Uri, value: T): void {
    const gap = this.#units.separator.length;
    let node = this.root;
    for (let at = 0; at < pattern.length + gap; at += node.label.length + gap) {
      const child = this.#childAt(node, pattern, at) ?? this.#append(node, pattern.slice(at));
      const shared = this.#sharedLength(child.label, pattern, at);
      node = shared < child.label.length ? this.#split(node, child, shared) : child;
    }
    node.value = value;
  }

  /** Removes `pattern`, if present, and every node that no other pattern needs. */
  delete(pattern: Uri): void {
    const gap = this.#units.separator.length;
    let node = this.root;
    for (let at = 0; at < pattern.length + gap; at += node.label.length + gap) {
      const child = this.#childAt(node, pattern, at);
      if (child === undefined || this.#sharedLength(child.label, pattern, at) < child.label.length) return;
      node = child;
    }
    node.value = undefined;
    this.#simplify(node);
  }

  /** Nodes kept, the root included: 1 when empty, else at most two per pattern. */
  get nodeCount(): number {
    return countNodes(this.root);
  }

  #childAt(node: Node<T>, text: string, at: number): Node<T> | undefined {
    return node.children.get(text.slice(at, this.#units.end(text, at)));
  }

  #append(parent: Node<T>, label: string): Node<T> {
    const child: Node<T> = { label, parent, value: undefined, children: new Map() };
    this.#adopt(parent, child, label);
    return child;
  }

  #adopt(parent: Node<T>, child: Node<T>, label: string): void {
    child.label = label;
    child.parent = parent;
    parent.children.set(this.#firstUnit(label), child);
  }

  /** Puts a fork between `parent` and `child`, after `length` characters of the child's label. */
  #split(parent: Node<T>, child: Node<T>, length: number): Node<T> {
    const fork = this.#append(parent, child.label.slice(0, length));
    this.#adopt(fork, child, child.label.slice(length + this.#units.separator.length));
    return fork;
  }

  /** Removes `node` if it neither holds a value nor forks, and then its parent if the same holds for it. */
  #simplify(node: Node<T>): void {
    const { parent, children, label } = node;
    if (parent === undefined || node.value !== undefined || children.size > 1) return;
    for (const child of children.values()) this.#adopt(parent, child, label + this.#units.separator + child.label);
    if (children.size === 1) return;
    parent.children.delete(this.#firstUnit(label));
    this.#simplify(parent);
  }

  /**
   * Characters of `label`, up to the end of a unit, that `text` has too from `at` on. The first unit is equal already.
   */
  #sharedLength(label: string, text: string, at: number): number {
    const { separator, end: unitEnd } = this.#units;
    let shared = unitEnd(label, 0);
    while (shared < label.length) {
      const end = unitEnd(label, shared + separator.length);
      if (!text.startsWith(label.slice(shared, end), at + shared)) break;
      if (unitEnd(text, at + shared + separator.length) !== at + end) break;
      shared = end;
    }
    return shared;
  }

  #firstUnit(label: string): string {
    return label.slice(0, this.#units.end(label, 0));
  }
}

function countNodes<T>(node: Node<T>): number {
  let count = 1;
  for (const child of node.children.values()) count += countNodes(child);
  return count;
}
