import { noWords, type OutpaintDraft, outpaintDraftSchema } from '../../edit/draft.ts';
import { fields } from '../../edit/fields.ts';
import type { LineageNode } from '../../edit/lineage.ts';
import { outpaintParams, outpaintPixels, outpaintRatios } from '../../edit/outpaint-plan.ts';
import { directions } from '../../edit/outpaint-size.ts';
import { Refusal } from '../../errors.ts';
import type { Draft } from '../../storage/index.ts';
import { type Asker, accept, type Flow } from './accept.ts';
import { promptOf } from './cards.ts';
import { commands } from './commands.ts';
import { orderEdit } from './intake.ts';
import { messagesIn } from './messages/index.ts';
import {
  checkOwner,
  onBehalf,
  postDraft,
  putDraft,
  removeDraftCard,
  repostDraft,
  showDraft,
  useDraft,
} from './open-drafts.ts';
import { checkLength } from './options.ts';
import { methodNames, outpaintCard, ratioArg } from './outpaint-card.ts';
import { field, type Press } from './press.ts';
import { visibleNode } from './source.ts';

/** As A1111 begins: mk2, 128 px on all sides. */
const beginning: Omit<OutpaintDraft, 'node'> = {
  sides: directions,
  pixels: fields.pixels.default,
  ratio: null,
  script: 'outpainting mk2',
  prompt: null,
  preset: false,
};

/** Opens the dialog for a picture; somebody's dialog about it that is still open is shown again. */
export async function openOutpaint(flow: Flow, asker: Asker, node: LineageNode): Promise<void> {
  const open = await flow.storage.drafts.newest(asker.where.place, asker.speaker.user, 'outpaint');
  const isSame = open && outpaintDraftSchema.parse(open.content).node === node.id;
  const content: OutpaintDraft = { ...beginning, node: node.id };
  if (isSame) return repostDraft(flow, asker, open);
  await postDraft(flow, asker, await putDraft(flow, asker, 'outpaint', content));
}

function toggledSide(content: OutpaintDraft, side: (typeof directions)[number]): OutpaintDraft {
  if (content.ratio !== null) return { ...content, ratio: null, sides: [side], preset: false };
  const sides = directions.filter((d) => (d === side) !== content.sides.includes(d));
  return { ...content, sides, preset: false };
}

/** The dialog after a press. @throws Refusal 'old-button' for an argument it does not know */
function pressed(content: OutpaintDraft, arg: string): OutpaintDraft {
  const side = directions.find((d) => d === arg);
  if (side) return toggledSide(content, side);
  const pixels = outpaintPixels.find((px) => String(px) === arg);
  if (pixels) return { ...content, pixels, ratio: null, preset: false };
  const ratio = outpaintRatios.find((r) => ratioArg(r) === arg);
  if (ratio) return { ...content, ratio: content.ratio === ratio ? null : ratio, preset: false };
  const script = Object.entries(methodNames).find(([name]) => name === arg)?.[1];
  if (script) return { ...content, script, preset: false };
  if (arg !== 'preset') throw new Refusal('old-button', {});
  if (content.preset) return { ...content, preset: false };
  return { ...content, sides: ['left', 'right'], pixels: 128, ratio: null, script: 'outpainting mk2', preset: true };
}

async function go(flow: Flow, press: Press, draft: Draft, content: OutpaintDraft): Promise<void> {
  const asker = onBehalf(press);
  const node = await visibleNode(flow, content.node, asker.where);
  const params = outpaintParams(content, node.image);
  if (!params) throw new Refusal('bad-direction', { given: '' });
  const words = { ...noWords, prompt: content.prompt, params };
  await useDraft(flow, draft, async () => {
    const source = { kind: 'node', node, how: 'pointed at' } as const;
    const said = { command: commands.outpaint, words, source, mask: undefined, sketch: undefined };
    await accept(flow, await orderEdit(flow, asker, { ...said, followsUp: true }));
  });
  await removeDraftCard(flow, draft, press.incoming.message);
}

async function show(flow: Flow, press: Press, draft: Draft, content: OutpaintDraft): Promise<void> {
  const node = await visibleNode(flow, content.node, press.asker.where);
  await showDraft(flow, press, { ...draft, content }, (capabilities) =>
    outpaintCard(flow, messagesIn(press.asker.language), { ...draft, content }, { node, capabilities }),
  );
}

/** A press in the dialog, or its answered form. @throws Refusal 'not-yours', 'old-button', and whatever growing refuses */
export async function pressOutpaint(flow: Flow, press: Press, draft: Draft): Promise<void> {
  const { incoming, asker } = press;
  checkOwner(draft, asker);
  const content = outpaintDraftSchema.parse(draft.content);
  if (incoming.arg === 'go') return go(flow, press, draft, content);
  if (incoming.arg !== 'prompt') return show(flow, press, draft, pressed(content, incoming.arg));
  const { prompt } = fields;
  const said = incoming.values?.[prompt.chat];
  if (said !== undefined) {
    checkLength(said);
    return show(flow, press, draft, { ...content, prompt: said });
  }
  const node = await visibleNode(flow, content.node, asker.where);
  const value = content.prompt ?? promptOf(node);
  const asked = field(prompt.chat, prompt.label[press.private], value, { long: true, maxLength: prompt.maxLength });
  const title = messagesIn(press.private).outpaint.promptTitle(node.number);
  await incoming.answer.form({ action: 'op', target: draft.id, arg: 'prompt', title, fields: [asked] });
}
