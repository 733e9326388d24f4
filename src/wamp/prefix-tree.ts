/** Strings stored so that those which are prefixes of a given URI are found in one walk along it. */

import type { Uri } from "./message.ts";

/** A stored prefix (`value` set) or a fork; `label` is the piece of text that leads here from the parent. */
interface Node<T> {
  label: string;
  parent: Node<T> | undefined;
  value: T | undefined;
  /** First code unit of the child's label → child. */
  readonly children: Map<number, Node<T>>;
}

/**
 * A radix tree: prefix → value. A lookup visits only nodes that spell a beginning of the URI, so what else is
 * stored does not slow it down. Prefixes are plain strings, not whole components (Prefix Matching).
 */
export class PrefixTree<T extends NonNullable<unknown>> {
  readonly #root: Node<T> = leaf("", undefined);

  set(prefix: Uri, value: T): void {
    let node = this.#root;
    let at = 0;
    while (at < prefix.length) {
      const child = childAt(node, prefix, at) ?? append(node, prefix.slice(at));
      const shared = sharedLength(child.label, prefix, at);
      node = shared < child.label.length ? split(node, child, shared) : child;
      at += shared;
    }
    node.value = value;
  }

  delete(prefix: Uri): void {
    let node = this.#root;
    for (let at = 0; at < prefix.length; at += node.label.length) {
      const child = childAt(node, prefix, at);
      if (child === undefined || !prefix.startsWith(child.label, at)) return;
      node = child;
    }
    node.value = undefined;
    simplify(node);
  }

  /** The value of the longest stored prefix of `uri`. */
  longest(uri: Uri): T | undefined {
    let node: Node<T> | undefined = this.#deepest(uri);
    while (node !== undefined && node.value === undefined) node = node.parent;
    return node?.value;
  }

  /** Calls `visit` with the value of every stored prefix of `uri`, the longest first. */
  forEachMatch(uri: Uri, visit: (value: T) => void): void {
    for (let node: Node<T> | undefined = this.#deepest(uri); node !== undefined; node = node.parent) {
      if (node.value !== undefined) visit(node.value);
    }
  }

  /** Nodes kept, the root included: 1 when empty, at most two per prefix otherwise. */
  get nodeCount(): number {
    return countNodes(this.#root);
  }

  /** The last node whose text is a beginning of `uri`. */
  #deepest(uri: Uri): Node<T> {
    let node = this.#root;
    let at = 0;
    for (;;) {
      const child = childAt(node, uri, at);
      if (child === undefined || !uri.startsWith(child.label, at)) return node;
      node = child;
      at += child.label.length;
    }
  }
}

function leaf<T>(label: string, parent: Node<T> | undefined): Node<T> {
  return { label, parent, value: undefined, children: new Map() };
}

/** Past the end of `text` the code unit is NaN, which no child has. */
function childAt<T>(node: Node<T>, text: string, at: number): Node<T> | undefined {
  return node.children.get(text.charCodeAt(at));
}

function append<T>(parent: Node<T>, label: string): Node<T> {
  const child = leaf(label, parent);
  parent.children.set(label.charCodeAt(0), child);
  return child;
}

function sharedLength(label: string, text: string, at: number): number {
  let length = 0;
  while (length < label.length && label.charCodeAt(length) === text.charCodeAt(at + length)) length++;
  return length;
}

/** Puts a fork between `parent` and `child`, after `length` code units of the child's label. */
function split<T>(parent: Node<T>, child: Node<T>, length: number): Node<T> {
  const fork = append(parent, child.label.slice(0, length));
  adopt(fork, child, child.label.slice(length));
  return fork;
}

function adopt<T>(parent: Node<T>, child: Node<T>, label: string): void {
  child.label = label;
  child.parent = parent;
  parent.children.set(label.charCodeAt(0), child);
}

/** Takes out `node` if it neither holds a value nor forks, and then its parent if that lost its reason to be. */
function simplify<T>(node: Node<T>): void {
  const { parent, children, label } = node;
  if (parent === undefined || node.value !== undefined || children.size > 1) return;
  for (const child of children.values()) adopt(parent, child, label + child.label);
  if (children.size === 1) return;
  parent.children.delete(label.charCodeAt(0));
  simplify(parent);
}

function countNodes<T>(node: Node<T>): number {
  let count = 1;
  for (const child of node.children.values()) count += countNodes(child);
  return count;
}
