import type { OutpaintDraft } from '../../edit/draft.ts';
import type { LineageNode } from '../../edit/lineage.ts';
import { outpaintParams, outpaintPixels, outpaintRatios } from '../../edit/outpaint-plan.ts';
import type { Direction } from '../../edit/outpaint-size.ts';
import type { PartialParams } from '../../edit/params.ts';
import { type Placement, placementOf } from '../../edit/placement.ts';
import { resolveEdit } from '../../edit/resolve.ts';
import { scriptDefaults } from '../../edit/script.ts';
import { Refusal, refusalData } from '../../errors.ts';
import type { Draft } from '../../storage/index.ts';
import { arranged, button } from './buttons.ts';
import { plainCard, promptOf, quoted } from './cards.ts';
import { type Desk, nameOf, uniform } from './desk.ts';
import type { Messages } from './messages/catalogue.ts';
import { troubleOf } from './messages/index.ts';
import { oneLine } from './plain-text.ts';
import type { Button, Capabilities, Card } from './platform.ts';

const arrows: readonly (readonly [Direction, string])[] = [
  ['left', '⬅️'],
  ['up', '⬆️'],
  ['down', '⬇️'],
  ['right', '➡️'],
];
/** How methods are called in identifiers of buttons. */
export const methodNames = {
  mk2: 'outpainting mk2',
  poor: "poor man's outpainting",
  mosaic: 'mosaic outpaint',
} as const satisfies Record<string, OutpaintDraft['script']>;

/** Their words are short; in rows of fewer the last ones, Go among them, would not fit everywhere. */
const BUTTONS_PER_ROW = 5;

/** Ratios as they stand in identifiers, where colons part. */
export const ratioArg = (ratio: string): string => ratio.replace(':', 'x');

function rowsOf(messages: Messages, id: string, content: OutpaintDraft): readonly (readonly Button[])[] {
  const { outpaint } = messages;
  const of = (arg: string, label: string, isOn: boolean): Button => ({
    ...{ label, action: 'op', target: id, arg, style: isOn ? 'primary' : 'secondary' },
  });
  const isFree = content.ratio === null;
  const method = (arg: keyof typeof methodNames) =>
    of(arg, outpaint.methods[methodNames[arg]], content.script === methodNames[arg]);
  return [
    arrows.map(([side, label]) => of(side, label, isFree && content.sides.includes(side))),
    outpaintPixels.map((px) => of(String(px), `${px} px`, isFree && content.pixels === px)),
    outpaintRatios.map((ratio) => of(ratioArg(ratio), ratio, content.ratio === ratio)),
    [method('mk2'), method('poor'), method('mosaic'), of('preset', outpaint.preset, content.preset)],
    [
      button(messages, 'op', id, { label: outpaint.prompt, emoji: '✏️', arg: 'prompt' }),
      button(messages, 'op', id, { label: outpaint.go, emoji: '✅', arg: 'go', style: 'primary' }),
      button(messages, 'no', id),
    ],
  ];
}

interface Outlook {
  readonly placement: Placement;
  readonly passes: number;
}

/** What the dialog would come to. @throws Refusal for what cannot be done */
async function outlookOf(desk: Desk, node: LineageNode, params: PartialParams): Promise<Outlook> {
  const catalog = await desk.queue.catalog();
  const script = params.script ?? 'none';
  const layers = [{ name: 'command', content: { params: { ...scriptDefaults[script], ...params } } }] as const;
  const wish = { init: node.image.ref, initSize: node.image, mask: null, layers };
  const { request } = resolveEdit(wish, catalog, desk.caps, () => uniform(desk));
  const output = request.script ?? node.image;
  const placement = placementOf(request, node.image, { width: output.width, height: output.height });
  return { placement, passes: params.outpaintPasses ?? 1 };
}

const inWords = ({ width, height }: { readonly width: number; readonly height: number }) => `${width}×${height}`;

/** The picture in its new frame and what is said of it; the picture as it is where nothing would come of the choice. */
async function shown(desk: Desk, messages: Messages, node: LineageNode, content: OutpaintDraft) {
  const same = { output: node.image, x: 0, y: 0, width: node.image.width, height: node.image.height };
  const params = outpaintParams(content, node.image);
  if (!params) return { placement: same, line: messages.outpaint.nothing };
  try {
    const { placement, passes } = await outlookOf(desk, node, params);
    return { placement, line: messages.outpaint.size(inWords(node.image), inWords(placement.output), passes) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { what, why } = troubleOf(messages, refusalData(error));
    return { placement: same, line: `⚠ ${what} · ${why}` };
  }
}

/** The dialog that makes a picture larger at its edges. */
export async function outpaintCard(
  desk: Desk,
  messages: Messages,
  { id, author, content }: { readonly id: string; readonly author: Draft['author']; readonly content: OutpaintDraft },
  { node, capabilities }: { readonly node: LineageNode; readonly capabilities: Capabilities },
): Promise<Card> {
  const { storage, probe } = desk;
  const { placement, line } = await shown(desk, messages, node, content);
  const source = await storage.blobs.put(await probe.frame(await storage.blobs.get(node.image.ref), placement));
  const by = oneLine(await nameOf(desk, author), 40);
  return {
    ...plainCard,
    title: messages.outpaint.title(node.number, by),
    lines: [
      line,
      ...quoted(content.prompt ?? promptOf(node)),
      ...(content.preset ? [messages.outpaint.presetNote] : []),
    ],
    images: [
      { source, name: `frame_${id}.jpg`, description: messages.outpaint.description(inWords(placement.output)) },
    ],
    rows: arranged(rowsOf(messages, id, content), { ...capabilities, buttonsPerRow: BUTTONS_PER_ROW }),
    spoiler: node.spoiler,
  };
}
