/** The tree of topics that sessions subscribe to: by components of their URIs, chains without a branch in one line. */

import { useState } from "preact/hooks";
import type { SubscriptionEntry } from "../realm/meta.ts";
import { formatCount } from "../widgets/format.ts";
import { type Child, html } from "../widgets/html.ts";
import { shorten } from "../widgets/uri.ts";

/** A part of URIs, the subscriptions that end there, and the longer ones. */
export interface TopicNode {
  /** One or more components, with the dot at the end where URIs go on. */
  readonly label: string;
  /** The URI up to the end of the label. */
  readonly path: string;
  readonly subscriptions: readonly SubscriptionEntry[];
  readonly children: readonly TopicNode[];
  /** Subscriptions here and below. */
  readonly total: number;
}

interface Branch {
  readonly subscriptions: SubscriptionEntry[];
  readonly children: Map<string, Branch>;
}

/** Children of one node that are shown at once. */
const STEP = 100;
/** Trees up to this many subscriptions are shown open. */
const OPEN_UP_TO = 30;
/** Characters of a label; its title has all of them. */
const MOST_SHOWN = 60;

/** Makes the tree of subscriptions; its children are in the order of their labels. */
export function treeOf(entries: readonly SubscriptionEntry[]): readonly TopicNode[] {
  const root: Branch = { subscriptions: [], children: new Map() };
  for (const entry of entries) {
    let branch = root;
    // Parts keep their dots: "com.", "shop.", "order".
    for (const part of entry.uri.split(/(?<=\.)/)) {
      const next = branch.children.get(part) ?? { subscriptions: [], children: new Map() };
      branch.children.set(part, next);
      branch = next;
    }
    branch.subscriptions.push(entry);
  }
  return childrenOf(root, "");
}

function childrenOf(branch: Branch, path: string): TopicNode[] {
  return [...branch.children]
    .map(([part, child]) => nodeOf(part, child, path))
    .sort((a, b) => (a.label < b.label ? -1 : 1));
}

function nodeOf(label: string, branch: Branch, path: string): TopicNode {
  const [only] = branch.children;
  if (branch.subscriptions.length === 0 && branch.children.size === 1 && only !== undefined) {
    return nodeOf(label + only[0], only[1], path);
  }
  const children = childrenOf(branch, path + label);
  const total = children.reduce((sum, child) => sum + child.total, branch.subscriptions.length);
  return { label, path: path + label, subscriptions: branch.subscriptions, children, total };
}

interface TreeProps {
  readonly nodes: readonly TopicNode[];
  readonly chosen: number;
  choose(entry: SubscriptionEntry): void;
}

/** Shows nodes and, where they are open, what is below them. */
export function Tree({ nodes, chosen, choose }: TreeProps): Child {
  const [shown, setShown] = useState(STEP);
  return html`<ul class="tree">
    ${nodes.slice(0, shown).map((node) => html`<${Node} key=${node.path} node=${node} chosen=${chosen} choose=${choose} />`)}
    ${
      nodes.length > shown &&
      html`<li><button type="button" class="plain" onClick=${() => setShown(shown + STEP)}>${formatCount(nodes.length - shown)} more</button></li>`
    }
  </ul>`;
}

interface NodeProps extends Omit<TreeProps, "nodes"> {
  readonly node: TopicNode;
}

function Node({ node, chosen, choose }: NodeProps): Child {
  const { label, path, subscriptions, children, total } = node;
  const [isOpen, setOpen] = useState(total <= OPEN_UP_TO);
  const rows = subscriptions.map(
    (entry) => html`<${Leaf} entry=${entry} label=${label} isChosen=${entry.id === chosen} choose=${choose} />`,
  );
  if (children.length === 0) return html`<li>${rows}</li>`;
  return html`<li>
    ${rows}
    <button type="button" class="plain branch" aria-expanded=${isOpen} title=${path} onClick=${() => setOpen(!isOpen)}>
      <span aria-hidden="true">${isOpen ? "▾" : "▸"}</span> <code>${shorten(label || "(empty)", MOST_SHOWN)}</code> <span class="quiet">${formatCount(total)}</span>
    </button>
    ${isOpen && html`<${Tree} nodes=${children} chosen=${chosen} choose=${choose} />`}
  </li>`;
}

interface LeafProps extends Omit<NodeProps, "node" | "chosen"> {
  readonly entry: SubscriptionEntry;
  readonly label: string;
  readonly isChosen: boolean;
}

function Leaf({ entry, label, isChosen, choose }: LeafProps): Child {
  const { uri, match, count } = entry;
  const subscribers = `${formatCount(count)} subscriber${count === 1 ? "" : "s"}`;
  return html`<button type="button" class="plain leaf" aria-pressed=${isChosen} title=${uri} onClick=${() => choose(entry)}>
      <code aria-hidden="true">${shorten(label || "(empty)", MOST_SHOWN)}</code>
      ${match !== "exact" && html`<span class="badge none" aria-hidden="true">${match}</span>`}
      <span class="hidden">${`${uri || "all topics"}, ${match}, `}</span><span class="quiet">${subscribers}</span>
    </button>`;
}
