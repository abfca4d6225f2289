import type { BlobRef } from '../../edit/blob.ts';
import { type DraftWords, keptFileDraftSchema, type MaskDraft, type NewPictureDraft } from '../../edit/draft.ts';
import type { LineageNode } from '../../edit/lineage.ts';
import type { FoundScribble } from '../../edit/probe.ts';
import type { MaskSource, Sketch } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import { type Asker, accept, type Flow, plantUpload } from './accept.ts';
import { asksAboutMask } from './ask-mask.ts';
import type { Desk } from './desk.ts';
import { askAboutMask, orderOfMask, sketchParams } from './mask-drafts.ts';
import { postDraft, putDraft, spend } from './open-drafts.ts';
import type { RemoteFile, RepliedTo } from './platform.ts';
import { type Drawing, findDrawing, scribbleOn } from './scribbles.ts';
import { fetchFile, storeUpload, visibleNode } from './source.ts';

/** What was said about a picture that may have been drawn on. */
export interface SaidOfDrawing {
  readonly words: DraftWords;
  /** What its words make of the strokes; null leaves it to their colours. */
  readonly use: 'mask' | Sketch['kind'] | null;
  /** What shall be removed; null for painting something. */
  readonly target: string | null;
  /** A preset by its name. */
  readonly preset: string | null;
  readonly followsUp: boolean;
}

const hasWords = ({ prompt, append }: DraftWords) => prompt !== null || append !== '';

/** What becomes of strokes: what the words say, else what their colours mean; on a blank sheet they are the whole picture. */
function useOf({ use, target }: SaidOfDrawing, found: FoundScribble): 'mask' | Sketch['kind'] {
  if (target !== null) return 'mask';
  if (use !== null) return use;
  return found.onBlank ? 'sketch' : found.mode;
}

async function draftOf({ storage }: Desk, { base, found }: Drawing, said: SaidOfDrawing): Promise<MaskDraft> {
  const [blob, painted] = await Promise.all([storage.blobs.put(found.mask), storage.blobs.put(found.painted)]);
  const use = useOf(said, found);
  const { words, target, preset, followsUp } = said;
  const params = use === 'inpaint sketch' && preset === null ? { ...sketchParams, ...words.params } : words.params;
  return {
    node: base.id,
    mask: { kind: 'image', blob, read: 'white' },
    covered: found.covered,
    strokes: { painted, use },
    target,
    words: { ...words, params },
    preset,
    asks: true,
    followsUp,
  };
}

/** Goes on with strokes that were found: asks whether they are meant so, unless that is never wanted. */
export async function useDrawing(flow: Flow, asker: Asker, drawing: Drawing, said: SaidOfDrawing): Promise<void> {
  const content = await draftOf(flow, drawing, said);
  await goOn(flow, asker, { content, node: drawing.base, isGuess: true });
}

interface Prepared {
  readonly content: MaskDraft;
  readonly node: LineageNode;
  readonly isGuess: boolean;
}

/** Asks about a mask, or uses it at once where there is nothing to ask. */
async function goOn(flow: Flow, asker: Asker, { content, node, isGuess }: Prepared): Promise<void> {
  const isComplete = !content.asks || content.target !== null || hasWords(content.words);
  const isAsked = await asksAboutMask(flow, asker, { covered: content.covered, isGuess });
  if (isAsked || !isComplete) return askAboutMask(flow, asker, content);
  await accept(flow, await orderOfMask(flow, asker, { author: asker.speaker.user, content, node }));
}

async function baseOfReply(flow: Flow, repliedTo: RepliedTo | null, asker: Asker): Promise<LineageNode | undefined> {
  const link = repliedTo && (await flow.storage.messages.find(asker.where.place, repliedTo.message));
  return link?.node ? visibleNode(flow, link.node, asker.where) : undefined;
}

/** Goes on with what was drawn on a picture; asks what was sent instead when it is another picture. */
export async function drawnOn(
  flow: Flow,
  asker: Asker,
  { base, file, bytes }: { readonly base: LineageNode; readonly file: RemoteFile; readonly bytes: Uint8Array },
  said: SaidOfDrawing,
): Promise<'nothing drawn' | 'dealt with'> {
  try {
    const found = await scribbleOn(flow, base, bytes);
    if (!found) return 'nothing drawn';
    await useDrawing(flow, asker, { base, found }, said);
  } catch (error) {
    const isOther = error instanceof Refusal && (error.code === 'diff-too-different' || error.code === 'diff-base');
    if (!isOther) throw error;
    await askWhatItIs(flow, asker, { file, bytes }, said);
  }
  return 'dealt with';
}

/** Asks what a picture is that looked like a drawn-on copy, and is none of the picture it was compared with. */
export async function askWhatItIs(
  flow: Flow,
  asker: Asker,
  { file, bytes }: { readonly file: RemoteFile; readonly bytes: Uint8Array },
  { words, preset, use, target }: SaidOfDrawing,
): Promise<void> {
  const upload = await storeUpload(flow, bytes, { message: asker.message, spoiler: file.spoiler ?? false });
  const { id: node } = await plantUpload(flow, asker, upload);
  const content: NewPictureDraft = { node, words, preset, use, target };
  await postDraft(flow, asker, await putDraft(flow, asker, 'new picture', content));
}

/**
 * A picture that came with a message, taken for one that was drawn on: that of the picture replied to, else of one that was here lately.
 * @returns whether that is what it was; if not, it is a picture of its own
 */
export async function hearDrawing(
  flow: Flow,
  asker: Asker,
  { file, repliedTo }: { readonly file: RemoteFile; readonly repliedTo: RepliedTo | null },
  said: SaidOfDrawing,
): Promise<boolean> {
  const bytes = await fetchFile(flow, file);
  const base = await baseOfReply(flow, repliedTo, asker);
  if (base) return (await drawnOn(flow, asker, { base, file, bytes }, said)) === 'dealt with';
  if (repliedTo) return false;
  const size = await flow.probe.probe(bytes);
  const drawing = await findDrawing(flow, asker.where, bytes, size);
  if (!drawing) return false;
  await useDrawing(flow, asker, drawing, said);
  return true;
}

/** Does something with a file somebody kept for their next command, if they did; when that is refused, the file is kept still. */
export async function withKept<T>(
  flow: Flow,
  { speaker, where }: Asker,
  kind: 'kept mask' | 'kept sketch',
  use: (blob: BlobRef | undefined) => Promise<T>,
): Promise<T> {
  const draft = await flow.storage.drafts.newest(where.place, speaker.user, kind);
  if (!draft) return use(undefined);
  return spend(flow, draft, () => use(keptFileDraftSchema.parse(draft.content).blob));
}

/** A mask that was sent, as a draft. */
export function draftOfMask(
  node: LineageNode,
  mask: Extract<MaskSource, { kind: 'image' }>,
  { covered, said, asks }: { readonly covered: number; readonly said: SaidOfDrawing; readonly asks: boolean },
): MaskDraft {
  const { words, target, preset, followsUp } = said;
  return { node: node.id, mask, covered, strokes: null, target, words, preset, asks, followsUp };
}
