/** Wildcard patterns stored so that those which match a given URI are found in one search along it. */

import type { Uri } from "./message.ts";

/** What can follow one sequence of pattern components; `value` where a pattern ends here. */
interface Node<T> {
  value: T | undefined;
  wildcard: Node<T> | undefined;
  readonly literals: Map<string, Node<T>>;
}

/**
 * A tree by component: pattern → value. An empty component of a pattern matches any one non-empty component; the
 * number of components must be equal (Wildcard Matching). The literal branch is searched before the wildcard, so
 * patterns come out in order of precedence: where two differ first, the literal one leads.
 */
export class WildcardTree<T extends NonNullable<unknown>> {
  readonly #root: Node<T> = emptyNode();

  set(pattern: Uri, value: T): void {
    let node = this.#root;
    for (const component of pattern.split(".")) node = childOf(node, component) ?? append(node, component);
    node.value = value;
  }

  delete(pattern: Uri): void {
    remove(this.#root, pattern.split("."), 0);
  }

  /** The value of the most specific pattern that matches `uri`. */
  best(uri: Uri): T | undefined {
    return findBest(this.#root, uri, 0);
  }

  /** Calls `visit` with the value of every pattern that matches `uri`, the most specific first. */
  forEachMatch(uri: Uri, visit: (value: T) => void): void {
    visitMatches(this.#root, uri, 0, visit);
  }

  /** Nodes kept, the root included: 1 when empty, at most one per component of each pattern otherwise. */
  get nodeCount(): number {
    return countNodes(this.#root);
  }
}

/** `start` is where the next component begins; one past the end of `uri` means that there is none left. */
function findBest<T>(node: Node<T>, uri: Uri, start: number): T | undefined {
  if (start > uri.length) return node.value;
  const end = componentEnd(uri, start);
  const literal = literalAt(node, uri, start, end);
  const found = literal === undefined ? undefined : findBest(literal, uri, end + 1);
  if (found !== undefined || node.wildcard === undefined || end === start) return found;
  return findBest(node.wildcard, uri, end + 1);
}

function visitMatches<T>(node: Node<T>, uri: Uri, start: number, visit: (value: T) => void): void {
  if (start > uri.length) {
    if (node.value !== undefined) visit(node.value);
    return;
  }
  const end = componentEnd(uri, start);
  const literal = literalAt(node, uri, start, end);
  if (literal !== undefined) visitMatches(literal, uri, end + 1, visit);
  if (node.wildcard !== undefined && end > start) visitMatches(node.wildcard, uri, end + 1, visit);
}

function componentEnd(uri: Uri, start: number): number {
  const dot = uri.indexOf(".", start);
  return dot === -1 ? uri.length : dot;
}

/** Cuts the component out of `uri` only where there is something to compare it with. */
function literalAt<T>(node: Node<T>, uri: Uri, start: number, end: number): Node<T> | undefined {
  return node.literals.size === 0 ? undefined : node.literals.get(uri.slice(start, end));
}

function emptyNode<T>(): Node<T> {
  return { value: undefined, wildcard: undefined, literals: new Map() };
}

function childOf<T>(node: Node<T>, component: string): Node<T> | undefined {
  return component === "" ? node.wildcard : node.literals.get(component);
}

function append<T>(node: Node<T>, component: string): Node<T> {
  const child = emptyNode<T>();
  if (component === "") node.wildcard = child;
  else node.literals.set(component, child);
  return child;
}

/** Forgets the pattern that the components from `at` on spell below `node`, and every node only it needed. */
function remove<T>(node: Node<T>, components: readonly string[], at: number): void {
  const component = components[at];
  if (component === undefined) {
    node.value = undefined;
    return;
  }
  const child = childOf(node, component);
  if (child === undefined) return;
  remove(child, components, at + 1);
  if (child.value !== undefined || child.wildcard !== undefined || child.literals.size > 0) return;
  if (component === "") node.wildcard = undefined;
  else node.literals.delete(component);
}

function countNodes<T>(node: Node<T>): number {
  let count = node.wildcard === undefined ? 1 : 1 + countNodes(node.wildcard);
  for (const child of node.literals.values()) count += countNodes(child);
  return count;
}
