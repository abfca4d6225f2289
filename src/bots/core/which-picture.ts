import { commandList } from './commands.ts';
import type { Desk } from './desk.ts';
import { takeIndex } from './grammar.ts';
import { batchOf } from './picture-view.ts';
import type { CommandIncoming, MessageIncoming, RemoteFile, RepliedTo } from './platform.ts';
import { nodeShownBy, pointedMessage } from './source.ts';

/** Options that say what shall become of a picture, as words do that are typed. */
const spokenOptions = ['prompt', 'target'] as const;

type Spoken = CommandIncoming | MessageIncoming;

/** The words of an edit, and the same incoming with other words; undefined for what is no edit. */
function wordsOf<I extends Spoken>(incoming: I): { readonly text: string; with(text: string): I } | undefined {
  const isEdit = incoming.kind === 'message' || commandList.some((one) => one.edits && one.name === incoming.name);
  if (!isEdit) return undefined;
  const option =
    incoming.kind === 'command' && incoming.text === ''
      ? spokenOptions.find((name) => typeof incoming.options[name] === 'string')
      : undefined;
  if (incoming.kind === 'message' || option === undefined) {
    return { text: incoming.text, with: (text) => ({ ...incoming, text }) };
  }
  const { options } = incoming;
  return {
    text: String(options[option]),
    with: (text) => ({ ...incoming, options: { ...options, [option]: text } }),
  };
}

const linkIn = (incoming: Spoken): string | null => {
  const link = incoming.kind === 'command' ? incoming.options.link : undefined;
  return typeof link === 'string' && link.trim() !== '' ? link : null;
};

/** The same incoming, about that message instead of what its link points at. */
function about<I extends Spoken>(incoming: I, repliedTo: RepliedTo): I {
  if (incoming.kind === 'message') return { ...incoming, repliedTo };
  const { link: _, ...options } = incoming.options;
  return { ...incoming, repliedTo, options };
}

/**
 * Of several pictures the one whose number the words begin with (`2/3 a red hat`), alone: of those sent, else of those that a link or a
 * reply points at, ours or somebody's. Numbers of another count of pictures are words. @throws Refusal 'no-content'
 */
export async function withChosen<I extends Spoken>(desk: Desk, incoming: I): Promise<I> {
  const words = wordsOf(incoming);
  if (!words || !/^\s*[\d０-９]/u.test(words.text)) return incoming;
  const { files, repliedTo, where } = incoming;
  const sent = files.filter(({ role }) => role === 'image');
  if (sent.length > 0) {
    const chosen = takeIndex(words.text, sent.length);
    const isMeant = (file: RemoteFile) => file.role !== 'image' || file === sent[chosen!.index];
    return chosen ? { ...words.with(chosen.rest), files: files.filter(isMeant) } : incoming;
  }
  const pointed = await pointedMessage(desk, { where, link: linkIn(incoming), repliedTo });
  const node = pointed && (await nodeShownBy(desk, where, pointed));
  const count = node ? (await batchOf(desk, node)).length : (pointed?.files.length ?? 0);
  const chosen = takeIndex(words.text, count);
  if (!pointed || !chosen) return incoming;
  const { index, rest } = chosen;
  const only = node ? { which: index } : { files: pointed.files.slice(index, index + 1) };
  return about(words.with(rest), { ...pointed, ...only });
}
