import { comparisonKey, type LineageNode, type NodeId, newId } from '../../edit/lineage.ts';
import { type ComparisonStyle, comparisonStyles } from '../../edit/probe.ts';
import { Refusal } from '../../errors.ts';
import type { Asker, Flow } from './accept.ts';
import { type ComparisonNotice, comparisonLetters } from './comparison-card.ts';
import type { Notice } from './notice.ts';
import type { NodeAction } from './press.ts';
import { visibleNode } from './source.ts';

/** Two pictures of this place, and how they are to be shown together. */
export interface Comparing {
  readonly a: LineageNode;
  readonly b: LineageNode;
  readonly style: ComparisonStyle;
}

/** Shows two pictures together, to everybody. @throws Refusal 'gone', and whatever is wrong with a picture */
export async function compare(flow: Flow, asker: Asker, { a, b, style }: Comparing): Promise<void> {
  const { blobs, outbox } = flow.storage;
  const [one, other] = await Promise.all([blobs.get(a.image.ref), blobs.get(b.image.ref)]);
  const { bytes, ending, measured } = await flow.probe.compare(one, other, { style, numbers: [a.number, b.number] });
  const comparison: ComparisonNotice = {
    ...{ a: { id: a.id, number: a.number }, b: { id: b.id, number: b.number } },
    ...{ style, image: await blobs.put(bytes), ending, measured, spoiler: a.spoiler || b.spoiler },
  };
  const card: Notice = { kind: 'comparison', language: asker.language, comparison };
  const { place } = asker.where;
  const about = { place, card, job: null, node: b.id, replyTo: asker.message };
  await outbox.put({ id: newId(flow.random), key: comparisonKey(asker.key), ...about });
  flow.outbox.wake();
}

/** Compares a picture with the one above it. @throws Refusal 'nothing-to-compare' for a first picture */
export async function compareAbove(
  flow: Flow,
  asker: Asker,
  b: LineageNode,
  style: Comparing['style'] = 'side',
): Promise<void> {
  const a = await flow.storage.lineage.above(b);
  if (!a) throw new Refusal('nothing-to-compare', {});
  return compare(flow, asker, { a, b, style });
}

/**
 * Compare: with the picture above, or with the one and in the style the button names.
 * @throws Refusal 'nothing-to-compare' for a first picture, 'old-button', 'gone'
 */
export const pressCompare: NodeAction = async (flow, { asker, incoming }, b) => {
  const found = /^(?:([swd])([0-9a-z]{10}))?$/.exec(incoming.arg);
  if (!found) throw new Refusal('old-button', {});
  const [, letter, id] = found;
  const style = comparisonStyles.find((known) => comparisonLetters[known] === letter) ?? 'side';
  if (!id) return compareAbove(flow, asker, b, style);
  return compare(flow, asker, { a: await visibleNode(flow, id as NodeId, asker.where), b, style });
};
