import type { MaskDraft } from '../../edit/draft.ts';
import type { LineageNode } from '../../edit/lineage.ts';
import type { Draft } from '../../storage/index.ts';
import { arranged, button } from './buttons.ts';
import { plainCard, quoted } from './cards.ts';
import { type Desk, nameOf } from './desk.ts';
import type { Messages } from './messages/catalogue.ts';
import { oneLine } from './plain-text.ts';
import type { Button, Capabilities, Card } from './platform.ts';
import { withoutTarget } from './remove.ts';

/** Pixels that Grow and Shrink go by. */
export const GROW_STEP = 4;

/** Whether strokes are painted over the picture, not only a sign of where. */
export const isSketch = ({ strokes }: MaskDraft): boolean => strokes !== null && strokes.use !== 'mask';

/** Percent with as many digits as tell something. */
export const percent = (share: number): string =>
  share < 0.095 ? (100 * share).toFixed(1) : String(Math.round(100 * share));

function maskButtons(messages: Messages, id: string, content: MaskDraft): readonly (readonly Button[])[] {
  const { words, strokes } = content;
  const of = (action: Button['action'], more: Partial<Button> = {}) => button(messages, action, id, more);
  const shape = isSketch(content) ? [] : [of('mi'), of('mg'), of('mh'), of('mc')];
  const softWord = words.params.softInpainting ? messages.mask.softOn : messages.mask.softOff;
  const other = strokes?.use === 'mask' ? messages.mask.isSketch : messages.mask.isMask;
  const toggle = strokes ? [of('sk', { label: other })] : [];
  const soft = strokes?.use === 'sketch' ? [] : [of('so', { label: softWord })];
  return [
    [of('mu', { style: 'primary' }), ...shape],
    [...soft, ...toggle, of('no')],
  ];
}

const isInverse = ({ words }: MaskDraft): boolean => words.params.maskMode === 'inpaint not masked';

/** Share of the picture that is repainted. */
const repainted = (content: MaskDraft): number => (isInverse(content) ? 1 - content.covered : content.covered);

/** Whether everything is repainted: nothing is left for a mask to keep. */
export function coversAll(content: MaskDraft): boolean {
  return !isSketch(content) && repainted(content) >= 1 && content.words.params.maskRound !== false;
}

/** How much is marked, or that it is everything. */
function areaOf(messages: Messages, content: MaskDraft): string {
  return coversAll(content) && content.target === null
    ? messages.picture.fullMask
    : messages.mask.area(percent(repainted(content)));
}

/** What is marked, in words. */
function says(messages: Messages, content: MaskDraft, node: LineageNode): readonly string[] {
  const { target, strokes, words, asks } = content;
  const prompt = [words.prompt ?? '', words.append].filter((part) => part !== '').join(', ');
  const what = target === null ? quoted(prompt) : withoutTarget(messages, node, target).notes;
  const missing = asks && prompt === '' && target === null ? [messages.mask.noWords] : [];
  const how = strokes === null || strokes.use === 'mask' ? areaOf(messages, content) : messages.mask.uses[strokes.use];
  return [...what, ...missing, how];
}

async function shownPicture({ storage, probe }: Desk, content: MaskDraft, node: LineageNode) {
  const { strokes, mask } = content;
  if (strokes && strokes.use !== 'mask') return strokes.painted;
  const reading = {
    kind: 'read',
    from: await storage.blobs.get(mask.blob),
    reading: mask.read,
    size: node.image,
  } as const;
  const hard = await probe.drawMask(reading);
  const shown = isInverse(content) ? await probe.drawMask({ kind: 'invert', mask: hard.mask }) : hard;
  return storage.blobs.put(await probe.veil(await storage.blobs.get(node.image.ref), shown.mask));
}

/** The card that asks whether a part of a picture is the right one. @throws Refusal 'gone' for a picture that is no longer kept */
export async function maskCard(
  desk: Desk,
  messages: Messages,
  { id, author, content }: { readonly id: string; readonly author: Draft['author']; readonly content: MaskDraft },
  { node, capabilities }: { readonly node: LineageNode; readonly capabilities: Capabilities },
): Promise<Card> {
  const by = oneLine(await nameOf(desk, author), 40);
  return {
    ...plainCard,
    title: content.target === null ? messages.mask.title(node.number, by) : messages.mask.removeTitle(node.number, by),
    lines: says(messages, content, node),
    images: [
      {
        source: await shownPicture(desk, content, node),
        name: isSketch(content) ? `sketch_${id}.png` : `mask_${id}.jpg`,
        description: messages.mask.description(node.number, percent(repainted(content))),
      },
    ],
    rows: arranged(maskButtons(messages, id, content), capabilities),
    spoiler: node.spoiler,
  };
}
