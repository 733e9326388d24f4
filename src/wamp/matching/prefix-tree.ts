/** Finds the stored prefixes of a URI in one walk along it. */

import type { Uri } from "../protocol/values.ts";
import { CHARACTERS, type Node, RadixTree } from "./radix-tree.ts";

/**
 * Prefix → value. Prefixes are plain strings, not whole components (Prefix Matching). A lookup visits only nodes that
 * spell a beginning of the URI, so its cost does not depend on the number of entries.
 */
export class PrefixTree<T extends NonNullable<unknown>> extends RadixTree<T> {
  constructor() {
    super(CHARACTERS);
  }

  /** The value of the longest stored prefix of `uri`. */
  longest(uri: Uri): T | undefined {
    let node: Node<T> | undefined = deepest(this.root, uri);
    while (node !== undefined && node.value === undefined) node = node.parent;
    return node?.value;
  }

  /** Calls `visit` with the value of every stored prefix of `uri`, the longest first. */
  forEachMatch(uri: Uri, visit: (value: T) => void): void {
    for (let node: Node<T> | undefined = deepest(this.root, uri); node !== undefined; node = node.parent) {
      if (node.value !== undefined) visit(node.value);
    }
  }
}

/** The last node under `root` whose text is a beginning of `uri`. */
function deepest<T>(root: Node<T>, uri: Uri): Node<T> {
  let node = root;
  let at = 0;
  for (;;) {
    const child = node.children.get(uri.charAt(at)); // "" at the end of the URI, which no child begins with
    if (child === undefined || !uri.startsWith(child.label, at)) return node;
    node = child;
    at += child.label.length;
  }
}
