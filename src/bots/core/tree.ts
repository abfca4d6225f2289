import type { NodeId, OutlineNode } from '../../edit/lineage.ts';

/** Levels that are drawn; above them stands "⋯", so that a long history stays narrow. */
const LEVELS = 6;

/** A picture in its tree, and how the branch it hangs on is drawn before it: `│  ├─ `. */
export interface TreeLine {
  readonly node: OutlineNode;
  readonly lead: string;
  /** Number of the picture it hangs on. */
  readonly parent: number | null;
}

interface Grown {
  readonly byId: ReadonlyMap<NodeId, OutlineNode>;
  /** In the order of their numbers; under null stands what has no parent. */
  readonly children: ReadonlyMap<NodeId | null, readonly OutlineNode[]>;
}

function grow(outline: readonly OutlineNode[]): Grown {
  const byId = new Map(outline.map((node) => [node.id, node]));
  const children = new Map<NodeId | null, OutlineNode[]>();
  for (const node of outline) {
    const parent = node.parent !== null && byId.has(node.parent) ? node.parent : null;
    const siblings = children.get(parent);
    if (siblings) siblings.push(node);
    else children.set(parent, [node]);
  }
  return { byId, children };
}

/** Removed pictures on which no picture that is left hangs: nobody needs to see them. Leaves first, since children have higher numbers. */
function withoutDeadTwigs(outline: readonly OutlineNode[]): readonly OutlineNode[] {
  const needed = new Set<NodeId>();
  for (const node of outline.toReversed()) {
    if (node.removed && !needed.has(node.id)) continue;
    needed.add(node.id);
    if (node.parent !== null) needed.add(node.parent);
  }
  return outline.filter(({ id }) => needed.has(id));
}

/** Parents before children, branch after branch. No recursion: a history may be ten thousand edits deep. */
function inOrder({ children }: Grown): readonly OutlineNode[] {
  const order: OutlineNode[] = [];
  const waiting = [...(children.get(null) ?? [])].reverse();
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    order.push(node);
    for (const child of (children.get(node.id) ?? []).toReversed()) waiting.push(child);
  }
  return order;
}

function leadOf({ byId, children }: Grown, node: OutlineNode): string {
  const parts: string[] = [];
  for (let at: OutlineNode | undefined = node; at?.parent; at = byId.get(at.parent)) {
    if (parts.length === LEVELS) return ['⋯ ', ...parts].join('');
    const isLast = children.get(at.parent)?.at(-1)?.id === at.id;
    parts.unshift(at === node ? (isLast ? '└─ ' : '├─ ') : isLast ? '   ' : '│  ');
  }
  return parts.join('');
}

export interface TreePage {
  readonly lines: readonly TreeLine[];
  /** From 0. */
  readonly page: number;
  readonly pages: number;
  /** Pictures that are still there. */
  readonly count: number;
}

/**
 * One page of a tree drawn in text.
 * @param at  the page's number from 0, or a picture that is to be on it; the nearest page there is
 * @param size  pictures on a page
 */
export function treePage(outline: readonly OutlineNode[], at: number | NodeId, size: number): TreePage {
  const shown = withoutDeadTwigs(outline);
  const grown = grow(shown);
  const order = inOrder(grown);
  const pages = Math.max(1, Math.ceil(order.length / size));
  const wanted = typeof at === 'number' ? at : Math.floor(order.findIndex(({ id }) => id === at) / size);
  const page = Math.min(pages - 1, Math.max(0, wanted));
  const lines = order.slice(page * size, (page + 1) * size).map((node) => ({
    ...{ node, lead: leadOf(grown, node) },
    parent: node.parent === null ? null : (grown.byId.get(node.parent)?.number ?? null),
  }));
  return { lines, page, pages, count: shown.filter(({ removed }) => !removed).length };
}
