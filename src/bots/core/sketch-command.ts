import { type NodeId, newId } from '../../edit/lineage.ts';
import type { Sketch } from '../../edit/request.ts';
import { Refusal } from '../../errors.ts';
import type { Draft } from '../../storage/index.ts';
import { type Flow, plantUpload } from './accept.ts';
import { button } from './buttons.ts';
import { plainCard } from './cards.ts';
import { hearDrawing, type SaidOfDrawing, withKept } from './drawing.ts';
import type { Heard } from './heard.ts';
import { messagesIn } from './messages/index.ts';
import { putDraft, useDraft } from './open-drafts.ts';
import type { CommandIncoming, RemoteFile } from './platform.ts';
import type { Press } from './press.ts';

/** Sheets one can take, px. */
const sheets = ['512x512', '512x768', '768x512'] as const;

/** What a sketch command works on. */
export interface SketchFiles {
  /** The picture as it was drawn on. */
  readonly drawn: RemoteFile | undefined;
  /** Everything else; a drawing without an original is the picture itself. */
  readonly files: readonly RemoteFile[];
}

/**
 * Does something with the files of a sketch command, one that was kept for it among them: a drawing that points at no original is what
 * is painted over.
 */
export function withSketchFiles(
  flow: Flow,
  { asker }: Heard,
  { incoming, hasLink }: { readonly incoming: CommandIncoming; readonly hasLink: boolean },
  use: (sorted: SketchFiles) => Promise<void>,
): Promise<void> {
  if (incoming.files.some((file) => file.role === 'sketch')) return use(sketchFiles(incoming, undefined, hasLink));
  return withKept(flow, asker, 'kept sketch', async (blob) => {
    const bytes = blob && (await flow.storage.blobs.get(blob));
    const kept = bytes && { name: 'drawing.png', size: bytes.length, download: async () => bytes };
    await use(sketchFiles(incoming, kept && { role: 'image', ...kept }, hasLink));
  });
}

function sketchFiles(
  { files, repliedTo }: CommandIncoming,
  kept: RemoteFile | undefined,
  hasLink: boolean,
): SketchFiles {
  const drawn = files.find((file) => file.role === 'sketch') ?? kept;
  const others = files.filter((file) => file !== drawn && file.role !== 'sketch');
  if (!drawn && repliedTo?.ours && others.length > 0) return { drawn: others[0], files: [] };
  if (!drawn || others.length > 0 || repliedTo || hasLink) return { drawn, files: others };
  return { drawn: undefined, files: [{ ...drawn, role: 'image' }] };
}

/** A drawing whose original is replied to, or is found among the pictures here. @throws Refusal 'diff-base' */
export async function sketchOnReply(
  flow: Flow,
  { asker }: Heard,
  drawn: { readonly file: RemoteFile; readonly repliedTo: CommandIncoming['repliedTo'] },
  said: Omit<SaidOfDrawing, 'use'> & { readonly use: Sketch['kind'] },
): Promise<void> {
  if (!(await hearDrawing(flow, asker, drawn, said))) throw new Refusal('sketch-unchanged', {});
}

/** Offers a blank sheet to somebody who has nothing to draw on. */
export async function offerSheet(
  flow: Flow,
  { asker, ...heard }: Heard,
  incoming: Pick<CommandIncoming, 'answer'>,
): Promise<void> {
  const messages = messagesIn(heard.private);
  const draft = await putDraft(flow, asker, 'sheet', {});
  const choices = sheets.map((size) =>
    button(messages, 'ok', draft.id, { label: size.replace('x', '×'), emoji: '⬜', arg: size }),
  );
  const { title, lines } = messages.sheet;
  await incoming.answer.tell({ ...plainCard, title, lines, rows: [choices] });
}

/** Posts a blank sheet as the first picture of a tree; replies to it with a drawing are sketches. @throws Refusal 'old-button' */
export async function useSheet(flow: Flow, { asker, incoming }: Press, draft: Draft): Promise<void> {
  const size = sheets.find((name) => name === incoming.arg);
  if (!size) throw new Refusal('old-button', {});
  const [width = 0, height = 0] = size.split('x').map(Number);
  await useDraft(flow, draft, async () => {
    const ref = await flow.storage.blobs.put(await flow.probe.blank({ width, height }));
    const upload = { image: { ref, width, height }, infotext: null, transparent: false, spoiler: false, message: null };
    const node = await plantUpload(flow, asker, upload);
    await postNode(flow, asker, node.id);
  });
}

async function postNode(flow: Flow, asker: Press['asker'], node: NodeId): Promise<void> {
  const notes = [messagesIn(asker.language).sheet.posted];
  await flow.storage.outbox.put({
    ...{ id: newId(flow.random), key: `sheet:${asker.key}`, place: asker.where.place, job: null, node },
    card: { kind: 'node', language: asker.language, notes },
    replyTo: asker.message,
  });
  flow.outbox.wake();
}
