import type { Language } from '../../storage/index.ts';

/** What only Telegram has to say: forms are messages here, nothing tells two posts apart, and albums come in pieces. */
export interface Words {
  readonly repeated: string;
  /** Above the present values of a form. */
  readonly howToAnswer: (first: string, example: string) => string;
  /** The same where there is but one. */
  readonly howToAnswerOne: string;
  readonly empty: string;
  /** In the box where the answer is written; at most 64 characters. */
  readonly placeholder: string;
  /** In place of a file that Telegram does not take. */
  readonly fileLost: string;
  /** On the button of an empty list of pictures, which leads to the bot; at most 64 characters. */
  readonly nothingYet: string;
  /** What `/start` does. */
  readonly start: string;
}

export const words: Readonly<Record<Language, Words>> = {
  en: {
    repeated: '(repeated)',
    howToAnswer: (first, example) =>
      `Reply to this message: just the new text for "${first}", or lines such as "${example}: …". What you leave out stays. Tap a value to copy it.`,
    howToAnswerOne: 'Reply to this message with the new text. Tap what is there to copy it.',
    empty: '(empty)',
    placeholder: 'Your changes',
    fileLost: 'Telegram does not take this picture as a file. ⋯ and 💾 try once more.',
    nothingYet: 'No such picture of yours yet: make one',
    start: 'Ways to begin',
  },
  zh: {
    repeated: '（重发）',
    howToAnswer: (first, example) =>
      `请回复本消息：直接写新的“${first}”，或逐行写“${example}：…”。没有写的保持不变。点一下数值即可复制。`,
    howToAnswerOne: '请回复本消息，直接写新的内容。点一下现有内容即可复制。',
    empty: '（空）',
    placeholder: '要修改的内容',
    fileLost: 'Telegram 没有接收这张图片的文件。可点 ⋯ 再点 💾 重试。',
    nothingYet: '你还没有这样的图片：去做一张',
    start: '从这里开始',
  },
};
