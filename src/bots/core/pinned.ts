import { isId, type LineageNode, type NodeId, type PlaceId } from '../../edit/lineage.ts';
import type { Desk } from './desk.ts';
import { headOf } from './picture-view.ts';

/** Where it is kept which picture is pinned to a place. */
export const keyIn = (place: PlaceId) => ({ scope: 'channel', owner: place, key: 'pinned' }) as const;

/** The picture that was pinned to a place, whatever became of it. */
export async function pinnedId({ storage }: Pick<Desk, 'storage'>, place: PlaceId): Promise<NodeId | undefined> {
  const settings = await storage.settings.of([keyIn(place)]);
  const value = settings.find(({ key }) => key === 'pinned')?.value;
  return typeof value === 'string' && isId(value) ? (value as NodeId) : undefined;
}

/** The picture words without a picture are about here: HEAD of the tree that was pinned. Undefined when none is, or it is gone. */
export async function pinnedNode({ storage }: Pick<Desk, 'storage'>, place: PlaceId): Promise<LineageNode | undefined> {
  const id = await pinnedId({ storage }, place);
  const node = id && (await storage.lineage.node(id));
  const lineage = node && (await storage.lineage.lineage(node.lineage));
  if (lineage?.place !== place) return undefined;
  const head = await storage.lineage.node(headOf(lineage));
  return head?.removed === false ? head : undefined;
}
