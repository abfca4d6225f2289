import type { DraftWords } from '../../edit/draft.ts';
import type { LineageNode } from '../../edit/lineage.ts';
import { promptOf } from './cards.ts';
import { promptWithout } from './grammar.ts';
import type { Messages } from './messages/catalogue.ts';

/** What is said about removing, when the picture was made with some words; and the lines that tell of it. */
export function withoutTarget({ remove }: Messages, node: LineageNode, target: string) {
  const before = promptOf(node);
  const after = promptWithout(before, target.trim() === '' ? null : target.trim());
  const changed = before === after ? [] : [remove.prompt(before, after)];
  return { prompt: after, notes: [...(target === '' ? [] : [remove.what(target)]), ...changed] };
}

/** The words of a removal as those of an edit. */
export function removalWords(messages: Messages, node: LineageNode, words: DraftWords, target: string): DraftWords {
  const { prompt } = withoutTarget(messages, node, target);
  const negative = [words.appendNegative, target].filter((part) => part.trim() !== '').join(', ');
  return { ...words, prompt: words.prompt ?? prompt, appendNegative: negative };
}
