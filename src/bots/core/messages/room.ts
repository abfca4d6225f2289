import type { Language } from '../../../storage/index.ts';

/** What is said about trees of pictures and about working on one together. */
export interface RoomMessages {
  readonly historyTitle: (count: number, page: number, pages: number) => string;
  /** Above the list by which one jumps to a picture. */
  readonly jump: string;
  readonly removedPicture: (number: number) => string;
  readonly whichForward: string;
  readonly furtherTitle: (number: number) => string;
  readonly branchForm: (number: number) => string;
  readonly branchLabel: string;
  readonly branchBegun: (name: string) => string;
  readonly branchForgotten: (name: string) => string;
}

const en: RoomMessages = {
  historyTitle: (count, page, pages) =>
    `History · ${count} ${count === 1 ? 'picture' : 'pictures'}${pages > 1 ? ` · page ${page} of ${pages}` : ''}`,
  jump: 'Jump to a picture…',
  removedPicture: (number) => `#${number} (deleted)`,
  whichForward: 'Several pictures come next. Which one?',
  furtherTitle: (number) => `More for #${number}`,
  branchForm: (number) => `Branch from #${number}`,
  branchLabel: 'Name',
  branchBegun: (name) => `The branch "${name}" begins here.`,
  branchForgotten: (name) => `The branch "${name}" is gone; its pictures stay in the history.`,
};

const zh: RoomMessages = {
  historyTitle: (count, page, pages) => `历史 · 共 ${count} 张${pages > 1 ? ` · 第 ${page}/${pages} 页` : ''}`,
  jump: '跳转到某张图片…',
  removedPicture: (number) => `#${number}（已删除）`,
  whichForward: '后面有几张图片，要前进到哪一张？',
  furtherTitle: (number) => `#${number} 的更多操作`,
  branchForm: (number) => `从 #${number} 新建分支`,
  branchLabel: '名称',
  branchBegun: (name) => `分支“${name}”从这里开始。`,
  branchForgotten: (name) => `分支“${name}”已删除，其中的图片仍保留在历史中。`,
};

export const roomMessages: Readonly<Record<Language, RoomMessages>> = { en, zh };
