import type { BlobRef } from '../../../edit/blob.ts';
import { isId } from '../../../edit/lineage.ts';
import type { Size } from '../../../edit/size.ts';
import { Refusal, type Refusals } from '../../../errors.ts';
import { button } from '../buttons.ts';
import type { Desk } from '../desk.ts';
import { messagesIn } from '../messages/index.ts';
import type { Asker, Flow } from '../order.ts';
import type { ActionIncoming, Button, CommandIncoming, Incoming, MessageIncoming, RemoteFile } from '../platform.ts';
import { fetchFile } from '../source.ts';
import { ask } from './drafts.ts';

/** One way out of a refusal: what was written is written otherwise, or something is added. */
type Change =
  | { readonly label: string; readonly from: string; readonly to: string }
  | { readonly label: string; readonly option: string; readonly value: string }
  /** The pictures get smaller, or the mask another shape. */
  | { readonly label: string; readonly files: 'all' | 'mask'; readonly to: Size | { readonly megapixels: number } };

/** Without who asked and how to answer, which a press brings along. */
type Asked<I> = I extends unknown ? Omit<I, 'key' | 'speaker' | 'where' | 'answer' | 'files'> : never;

/** What somebody asked for, as JSON; their files are kept. */
interface Kept {
  readonly asked: Asked<Offerable>;
  readonly files: readonly (Omit<RemoteFile, 'download'> & { readonly ref: BlobRef })[];
  readonly changes: readonly Change[];
}

/** Ways out of a refusal that need nothing but another word: the nearest value, the nearest names, the mask the other way round. */
function changesFor(error: Refusal, language: Asker['language']): readonly Change[] {
  switch (error.code) {
    case 'out-of-range': {
      const { given, min, max } = error.details as Refusals['out-of-range'];
      const value = String(given).trim() === '' ? Number.NaN : Number(given);
      if (!Number.isFinite(value)) return [];
      const nearest = String(Math.min(max, Math.max(min, value)));
      return [{ label: nearest, from: String(given), to: nearest }];
    }
    case 'unknown-name':
    case 'unknown-person':
    case 'several-people': {
      const { given, nearest } = error.details as Pick<Refusals['unknown-name'], 'given' | 'nearest'>;
      return nearest.slice(0, 3).map((name) => ({ label: name, from: given, to: name }));
    }
    case 'mask-empty': {
      const label = messagesIn(language).buttons.invertMask;
      return [{ label, option: 'mask-mode', value: 'inpaint not masked' }];
    }
    case 'image-too-large': {
      const { limit } = error.details as Refusals['image-too-large'];
      return [{ label: messagesIn(language).buttons.downscale, files: 'all', to: { megapixels: limit } }];
    }
    case 'mask-size': {
      const [, width, height] = /^(\d+)×(\d+)$/.exec((error.details as Refusals['mask-size']).image) ?? [];
      const size = { width: Number(width), height: Number(height) };
      return width ? [{ label: messagesIn(language).buttons.stretch, files: 'mask', to: size }] : [];
    }
    default:
      return [];
  }
}

type Offerable = CommandIncoming | MessageIncoming | ActionIncoming;

function isOfferable(incoming: Incoming): incoming is Offerable {
  if (incoming.kind === 'unreadable') return false;
  return incoming.kind !== 'action' || incoming.values !== null;
}

async function keptFiles(desk: Desk, incoming: Offerable): Promise<Kept['files']> {
  if (incoming.kind === 'action') return [];
  return Promise.all(
    incoming.files.map(async (file) => {
      const { role, name, size, spoiler } = file;
      const ref = await desk.storage.blobs.put(await fetchFile(desk, file));
      return { role, name, size, ...(spoiler !== undefined && { spoiler }), ref };
    }),
  );
}

function askedOf(incoming: Offerable): Kept['asked'] {
  const { key: _, speaker: __, where: ___, answer: ____, ...asked } = incoming;
  const { files: _____, ...rest } = { files: null, ...asked };
  const repliedTo = 'repliedTo' in rest && rest.repliedTo ? { ...rest.repliedTo, files: [] } : null;
  return { ...rest, ...(incoming.kind !== 'action' && { repliedTo }) } as Kept['asked'];
}

/** Buttons that ask the same with another word; none where the refusal is of another kind, or its files cannot be fetched. */
export async function offerButtons(
  flow: Flow,
  incoming: Incoming,
  language: Asker['language'],
  error: unknown,
): Promise<readonly Button[]> {
  const changes = error instanceof Refusal ? changesFor(error, language) : [];
  if (changes.length === 0 || !isOfferable(incoming)) return [];
  const files = await keptFiles(flow, incoming).catch(() => undefined);
  if (!files || (files.length === 0 && changes.some((change) => 'files' in change))) return [];
  const content: Kept = { asked: askedOf(incoming), files, changes };
  const id = await ask(flow, incoming, 'offer', { content });
  const messages = messagesIn(language);
  return changes.map(({ label }, at) =>
    button(messages, 'ok', id, { label: label.slice(0, 40), emoji: '', arg: String(at) }),
  );
}

/** Every value that says what was refused says the other instead. */
function swapped<V extends string | number | boolean>(values: Readonly<Record<string, V>>, from: string, to: string) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value) === from ? to : value]));
}

const quotedFor = (text: string) => (/[\s,，;；"]/.test(text) ? `"${text.replaceAll('"', '')}"` : text);

function replaced(text: string, from: string, to: string): string {
  const at = text.lastIndexOf(from); // options follow the prompt
  return at < 0 ? text : text.slice(0, at) + quotedFor(to) + text.slice(at + from.length);
}

/** A file in another size, when it is one that shall have it: the mask is the one sent as such, else the last. */
function reshaped({ probe }: Flow, files: readonly RemoteFile[], change: Change): readonly RemoteFile[] {
  if (!('files' in change)) return files;
  const mask = files.find(({ role }) => role === 'mask') ?? files.at(-1);
  return files.map((file) => {
    if (change.files === 'mask' && file !== mask) return file;
    return { ...file, download: async (signal) => probe.resized(await file.download(signal), change.to) };
  });
}

function changed(asked: Kept['asked'], change: Change): Kept['asked'] {
  const { kind } = asked;
  if ('files' in change) return asked;
  if ('option' in change) {
    if (kind === 'action') return asked;
    if (kind === 'command' && asked.text === '') {
      return { ...asked, options: { ...asked.options, [change.option]: change.value } };
    }
    return { ...asked, text: `${asked.text} --${change.option} ${quotedFor(change.value)}` };
  }
  const { from, to } = change;
  if (kind === 'action') {
    const values = Object.entries(asked.values ?? {}).map(([name, value]) => [
      name,
      value.trim() === from ? to : replaced(value, from, to),
    ]);
    return { ...asked, values: Object.fromEntries(values) as Record<string, string> };
  }
  const text = replaced(asked.text, from, to);
  return kind === 'command' ? { ...asked, text, options: swapped(asked.options, from, to) } : { ...asked, text };
}

/**
 * What somebody asked for, said otherwise, when this is a press of such a button; the incoming itself when it is anything else.
 * @throws Refusal 'not-yours', 'old-button'
 */
export async function asOffered(flow: Flow, incoming: Incoming): Promise<Incoming> {
  if (incoming.kind !== 'action' || incoming.action !== 'ok' || !isId(incoming.target)) return incoming;
  const draft = await flow.storage.drafts.find(incoming.target);
  if (draft?.kind !== 'offer' || draft.place !== incoming.where.place) return incoming;
  if (draft.author !== incoming.speaker.user) throw new Refusal('not-yours', {});
  const { asked, files, changes } = draft.content as Kept; // written by `offerButtons` alone
  const change = /^\d$/.test(incoming.arg) ? changes[Number(incoming.arg)] : undefined;
  if (!change) throw new Refusal('old-button', {});
  const { key, speaker, where, answer } = incoming;
  const again = files.map(({ ref, ...file }) => ({ ...file, download: () => flow.storage.blobs.get(ref) }));
  return { ...changed(asked, change), key, speaker, where, answer, files: reshaped(flow, again, change) } as Offerable;
}
