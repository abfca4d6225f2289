import type { BlobRef } from '../../edit/blob.ts';
import { noWords } from '../../edit/draft.ts';
import { fields } from '../../edit/fields.ts';
import type { LineageNode } from '../../edit/lineage.ts';
import { placementOf } from '../../edit/placement.ts';
import type { MaskSource } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import { type Asker, accept, type Flow } from './accept.ts';
import { plainCard } from './cards.ts';
import { commands } from './commands.ts';
import { withKept } from './drawing.ts';
import { orderEdit } from './intake.ts';
import { orderOfMask } from './mask-drafts.ts';
import { messagesIn } from './messages/index.ts';
import { movedTo } from './past-masks.ts';
import { field, type Press } from './press.ts';
import { orderSameMask } from './rerolls.ts';

/** How far a seam is repainted to either side, px. */
const SEAM_REACH = 32;

/** Repaints the seams that growing a picture has left: a band along each, soft, from what is there. @throws Refusal 'old-button' */
export async function repairSeams(flow: Flow, { asker }: Press, node: LineageNode): Promise<void> {
  const { storage, probe } = flow;
  const before = node.parent === null ? undefined : await storage.lineage.node(node.parent);
  if (node.op !== 'outpaint' || !node.task || !before) throw new Refusal('old-button', {});
  const placement = placementOf(node.task.request, before.image, node.image);
  const { mask, covered } = await probe.drawMask({ kind: 'seams', placement, reach: SEAM_REACH });
  if (covered === 0) throw new Refusal('mask-empty', {});
  const ready: MaskSource = { kind: 'image', blob: await storage.blobs.put(mask), read: 'white' };
  const params = { maskedContent: 'original', softInpainting: true, denoisingStrength: 0.7, script: 'none' } as const;
  const words = { ...noWords, params };
  const said = { command: commands.inpaint, words, source: { kind: 'node', node, how: 'pointed at' } } as const;
  const masked = { mask: { ready, author: asker.speaker.user }, sketch: undefined };
  const order = await orderEdit(flow, asker, { ...said, ...masked, followsUp: true });
  await accept(flow, { ...order, op: 'seam repair', maskAuthor: null });
}

/** Removes what a mask covers, once more: from another beginning, or with a wider mask. */
async function removeAgain(flow: Flow, asker: Asker, node: LineageNode, arg: string): Promise<void> {
  const before = node.task?.request.params;
  if (!before) throw new Refusal('nothing-to-repeat', {});
  const changed =
    arg === 'nothing'
      ? ({ maskedContent: 'latent nothing', denoisingStrength: 0.85 } as const)
      : { dilateMask: Math.min(fields.dilateMask.max, before.dilateMask + 8) };
  const parent = node.parent === null ? undefined : await flow.storage.lineage.node(node.parent);
  if (!parent) throw new Refusal('gone', {});
  const order = await orderSameMask(flow, asker, node, { on: parent, changed });
  await accept(flow, { ...order, op: 'remove' });
}

/** Removes something by a mask that was kept; without one, tells how to mark it. */
function removeNamed(flow: Flow, press: Press, node: LineageNode, target: string): Promise<void> {
  const { title, how } = messagesIn(press.private).remove;
  return withKept(flow, press.asker, 'kept mask', (blob) =>
    blob
      ? removeUnder(flow, press.asker, { node, target, blob })
      : press.incoming.answer.tell({ ...plainCard, title: title(node.number), lines: how }),
  );
}

async function removeUnder(
  flow: Flow,
  asker: Asker,
  { node, target, blob }: { readonly node: LineageNode; readonly target: string; readonly blob: BlobRef },
): Promise<void> {
  const past = {
    mask: { kind: 'image', blob, read: 'auto' },
    from: node,
    placement: null,
    author: asker.speaker.user,
  } as const;
  const mask = { kind: 'image', blob: await movedTo(flow, past, node), read: 'white' } as const;
  const content = {
    node: node.id,
    mask,
    covered: 0,
    strokes: null,
    target,
    words: noWords,
    preset: null,
    asks: false,
    followsUp: true,
  };
  await accept(flow, await orderOfMask(flow, asker, { author: asker.speaker.user, content, node }));
}

/** Remove: asks what, does it, or tries a removal another way. @throws Refusal 'old-button', and whatever an edit refuses */
export async function pressRemove(flow: Flow, press: Press, node: LineageNode): Promise<void> {
  const { incoming, asker } = press;
  const { arg, values } = incoming;
  if (arg === 'nothing' || arg === 'grow') return removeAgain(flow, asker, node, arg);
  if (arg !== '') throw new Refusal('old-button', {});
  if (values) return removeNamed(flow, press, node, (values.target ?? '').trim().slice(0, 100));
  const { title, target } = messagesIn(press.private).remove;
  const asked = field('target', target, '', { required: true, maxLength: 100 });
  await incoming.answer.form({ action: 'rm', target: node.id, title: title(node.number), fields: [asked] });
}
