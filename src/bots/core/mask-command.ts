import { noWords } from '../../edit/draft.ts';
import { type MaskReading, maskCombinations } from '../../edit/probe.ts';
import { Refusal } from '../../errors.ts';
import { type Flow, plantUpload } from './accept.ts';
import type { Given } from './calls.ts';
import { askWhatItIs, draftOfMask, drawnOn, hearDrawing } from './drawing.ts';
import type { Heard } from './heard.ts';
import { askAboutMask, combineDraft } from './mask-drafts.ts';
import { repostDraft } from './open-drafts.ts';
import type { CommandIncoming } from './platform.ts';
import { askAboutLastMask } from './region-menu.ts';
import { fetchFile, findSource, type Pointers } from './source.ts';

/** A call of `/mask`. */
interface Calling {
  readonly flow: Flow;
  readonly heard: Heard;
  readonly incoming: CommandIncoming;
  readonly options: Given;
}

function pointersOf({ incoming, options }: Calling): Omit<Pointers, 'file' | 'others'> {
  const { speaker, where, repliedTo, message } = incoming;
  const link = typeof options.link === 'string' && options.link.trim() !== '' ? options.link : null;
  return { speaker, where, link, repliedTo, message };
}

const plain = { words: noWords, use: null, target: null, preset: null, followsUp: true } as const;

/** The picture that is meant, in a tree. */
async function meantPicture(calling: Calling, file: Pointers['file']) {
  const { flow, heard } = calling;
  const source = await findSource(flow, { ...pointersOf(calling), file, others: [] });
  return source.kind === 'node' ? source.node : plantUpload(flow, heard.asker, source.upload);
}

async function upload(calling: Calling): Promise<void> {
  const { flow, heard, incoming, options } = calling;
  const sent = incoming.files.find((file) => file.role === 'mask') ?? incoming.files[0];
  if (!sent) throw new Refusal('option-missing', { command: 'mask upload', option: 'mask' });
  const picture = incoming.files.find((file) => file !== sent && file.role === 'image');
  const node = await meantPicture(calling, picture);
  const reading = (['white', 'black', 'alpha'] as const).find((mode) => mode === options.mode) ?? 'auto';
  const from = await fetchFile(flow, sent);
  const { covered } = await flow.probe.drawMask({
    kind: 'read',
    from,
    reading: reading satisfies MaskReading,
    size: node.image,
  });
  if (covered === 0) throw new Refusal('mask-empty', {});
  const mask = { kind: 'image', blob: await flow.storage.blobs.put(from), read: reading } as const;
  await askAboutMask(flow, heard.asker, draftOfMask(node, mask, { covered, said: plain, asks: true }));
}

async function diff(calling: Calling): Promise<void> {
  const { flow, heard, incoming } = calling;
  const [file] = incoming.files;
  if (!file) throw new Refusal('option-missing', { command: 'mask diff', option: 'image' });
  const { link, repliedTo } = pointersOf(calling);
  if (link === null) {
    if (await hearDrawing(flow, heard.asker, { file, repliedTo }, plain)) return;
    if (repliedTo) throw new Refusal('sketch-unchanged', {});
    return askWhatItIs(flow, heard.asker, { file, bytes: await fetchFile(flow, file) }, plain);
  }
  const base = await meantPicture(calling, undefined);
  const copy = { base, file, bytes: await fetchFile(flow, file) };
  if ((await drawnOn(flow, heard.asker, copy, plain)) === 'nothing drawn') throw new Refusal('sketch-unchanged', {});
}

async function combine({ flow, heard: { asker }, options }: Calling): Promise<void> {
  const draft = await flow.storage.drafts.newest(asker.where.place, asker.speaker.user, 'mask');
  if (!draft) throw new Refusal('no-mask', {});
  const how = maskCombinations.find((name) => name === options.op) ?? 'union';
  const number = /^#?(\d{1,6})$/.exec(String(options.with ?? '').trim())?.[1];
  await combineDraft(flow, asker, draft, { how, withNumber: number === undefined ? null : Number(number) });
}

async function show(calling: Calling): Promise<void> {
  const { flow, heard } = calling;
  const { asker } = heard;
  const draft = await flow.storage.drafts.newest(asker.where.place, asker.speaker.user, 'mask');
  if (draft) return repostDraft(flow, asker, draft);
  const source = await findSource(flow, { ...pointersOf(calling), file: undefined, others: [] });
  if (source.kind === 'upload') throw new Refusal('no-past-mask', {});
  await askAboutLastMask(flow, asker, source.node);
}

const does: Readonly<Record<string, (calling: Calling) => Promise<void>>> = { upload, diff, combine, show };

/** What `/mask upload`, `diff`, `combine` and `show` do. @throws Refusal for whatever cannot be done */
export async function maskCommand(sub: string, calling: Calling): Promise<void> {
  const step = does[sub];
  if (!step) throw new RangeError(`/mask ${sub}`);
  await step(calling);
}
