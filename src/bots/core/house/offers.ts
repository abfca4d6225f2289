import type { BlobRef } from '../../../edit/blob.ts';
import { isId } from '../../../edit/lineage.ts';
import { fieldNamed } from '../../../edit/params.ts';
import type { Size } from '../../../edit/size.ts';
import { Refusal, type Refusals } from '../../../errors.ts';
import { button } from '../buttons.ts';
import { commands } from '../commands.ts';
import type { Desk } from '../desk.ts';
import { messagesIn } from '../messages/index.ts';
import type { Asker, Flow } from '../order.ts';
import type { ActionIncoming, Button, CommandIncoming, Incoming, MessageIncoming, RemoteFile } from '../platform.ts';
import { fetchFile } from '../source.ts';
import { ask } from './drafts.ts';

/** One way out of a refusal: what was written is written otherwise, or something is added. */
type Change =
  /** `field`: it is the value of the option of that name. */
  | { readonly label: string; readonly from: string; readonly to: string; readonly field?: string }
  /** The name of an option. */
  | { readonly label: string; readonly key: string; readonly to: string }
  | { readonly label: string; readonly option: string; readonly value: string }
  | { readonly label: string; readonly command: string }
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

/** What reads a mask the other way round than it was asked for. */
function otherWayRound(asked: Kept['asked']): { readonly option: string; readonly value: string } {
  if (asked.kind === 'command' && asked.name === commands.mask.name) {
    return { option: 'mode', value: asked.options.mode === 'black' ? 'white' : 'black' };
  }
  const isInverse = /inpaint[ _-]not[ _-]masked|重绘非蒙版内容/i.test(JSON.stringify(asked));
  return { option: 'mask-mode', value: isInverse ? 'inpaint masked' : 'inpaint not masked' };
}

/** Ways out of a refusal that need nothing but another word: the nearest value, the nearest names, the mask the other way round. */
function changesFor(error: Refusal, asked: Kept['asked'], language: Asker['language']): readonly Change[] {
  switch (error.code) {
    case 'out-of-range': {
      const { field, given, min, max } = error.details as Refusals['out-of-range'];
      const value = String(given).trim() === '' ? Number.NaN : Number(String(given).normalize('NFKC'));
      if (Number.isNaN(value)) return [];
      const nearest = String(Math.min(max, Math.max(min, value)));
      return [{ label: nearest, from: String(given), to: nearest, field }];
    }
    case 'unknown-name': {
      const { kind: field, given, nearest } = error.details as Refusals['unknown-name'];
      const names = nearest.slice(0, 3);
      if (field === 'command') return names.map((name) => ({ label: `/${name}`, command: name }));
      return names.map((name) => ({ label: name, from: given, to: name, field }));
    }
    case 'unknown-person':
    case 'several-people': {
      const { given, nearest } = error.details as Refusals['unknown-person'];
      return nearest.slice(0, 3).map((name) => ({ label: name, from: given, to: name }));
    }
    case 'bad-option': {
      const { text, nearest } = error.details as Refusals['bad-option'];
      return nearest === null ? [] : [{ label: nearest, key: text, to: nearest }];
    }
    case 'bad-size': {
      const { given, nearest, meant } = error.details as Refusals['bad-size'];
      const to = nearest ?? meant;
      return to === undefined ? [] : [{ label: to, from: given, to, field: 'size' }];
    }
    case 'mask-empty': {
      const label = messagesIn(language).buttons.invertMask;
      return [{ label, ...otherWayRound(asked) }];
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
  if (!(error instanceof Refusal) || !isOfferable(incoming)) return [];
  const asked = askedOf(incoming);
  const changes = changesFor(error, asked, language).filter((change) => findsWords(asked, change));
  if (changes.length === 0) return [];
  const files = await keptFiles(flow, incoming).catch(() => undefined);
  if (!files || (files.length === 0 && changes.some((change) => 'files' in change))) return [];
  const content: Kept = { asked, files, changes };
  const id = await ask(flow, incoming, 'offer', { content });
  const messages = messagesIn(language);
  return changes.map(({ label }, at) =>
    button(messages, 'ok', id, { label: label.slice(0, 40), emoji: '', arg: String(at) }),
  );
}

const quotedFor = (text: string) => (/[\s,，;；"]/.test(text) ? `"${text.replaceAll('"', '')}"` : text);

/** Where a text stands in another as a word of its own. */
function placesOf(word: string, text: string): readonly number[] {
  const inner = /[\p{L}\p{N}.]/u;
  const places: number[] = [];
  for (let at = text.indexOf(word); at >= 0 && word !== ''; at = text.indexOf(word, at + 1)) {
    const [before, after] = [text.slice(0, at), text.slice(at + word.length)];
    if (!inner.test(before.slice(-1)) && !/^[\p{L}\p{N}]|^\.\d/u.test(after)) places.push(at);
  }
  return places;
}

/** Whether what follows `before` is the value of an option. */
function isValueOf(field: string, before: string): boolean {
  const key = /([\p{L}\p{N}_-]+)(?:\s*[=＝]\s*|\s+)["“]?$/u.exec(before.slice(-80))?.[1]?.replace(/^[-–—－]+/, '');
  return (
    key !== undefined && (key === field || (fieldNamed(key) !== undefined && fieldNamed(key) === fieldNamed(field)))
  );
}

const put = (text: string, at: number, from: string, to: string) =>
  text.slice(0, at) + to + text.slice(at + from.length);

/** The text with another value: that of the option it was refused for, else the last one, for options follow the prompt. */
function replaced(text: string, { from, to, field }: Extract<Change, { from: string }>): string {
  const places = placesOf(from, text);
  const at = places.find((one) => field !== undefined && isValueOf(field, text.slice(0, one))) ?? places.at(-1);
  if (at === undefined) return text;
  const isQuoted = /["“]/.test(text[at - 1] ?? '') && /["”]/.test(text[at + from.length] ?? '');
  return put(text, at, from, isQuoted ? to : quotedFor(to));
}

/** The text with another name for an option: after dashes, or before an equals sign. */
function renamed(text: string, { key, to }: Extract<Change, { key: string }>): string {
  const at = placesOf(key, text).find(
    (one) => /(?:--|－－|––|—)$/.test(text.slice(0, one)) || /^\s*[=＝]/.test(text.slice(one + key.length)),
  );
  return at === undefined ? text : put(text, at, key, to);
}

type Rewriting = Extract<Change, { to: string }> & ({ readonly from: string } | { readonly key: string });

const rewritten = (text: string, change: Rewriting): string =>
  'key' in change ? renamed(text, change) : replaced(text, change);

/** Every value that says what was refused says the other instead; `advanced` holds several. */
function swapped<V extends string | number | boolean>(values: Readonly<Record<string, V>>, change: Rewriting) {
  const other = (name: string, value: V) => {
    if ('from' in change && String(value).trim() === change.from) return change.to;
    return name === 'advanced' && typeof value === 'string' ? rewritten(value, change) : value;
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, other(name, value)]));
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
  if ('command' in change) return kind === 'command' ? { ...asked, name: change.command } : asked;
  if ('option' in change) {
    if (kind === 'action') return asked;
    if (kind === 'command' && asked.text === '') {
      return { ...asked, options: { ...asked.options, [change.option]: change.value } };
    }
    return { ...asked, text: `${asked.text} --${change.option} ${quotedFor(change.value)}` };
  }
  if (kind === 'action') return { ...asked, values: swapped(asked.values ?? {}, change) as Record<string, string> };
  const text = rewritten(asked.text, change);
  return kind === 'command' ? { ...asked, text, options: swapped(asked.options, change) } : { ...asked, text };
}

/** Whether a change of words finds the words. */
const findsWords = (asked: Kept['asked'], change: Change): boolean =>
  'files' in change || 'option' in change || JSON.stringify(changed(asked, change)) !== JSON.stringify(asked);

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
