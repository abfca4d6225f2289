import type { ComparisonStyle } from '../../../edit/probe.ts';
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
  readonly askDelete: (number: number) => { readonly title: string; readonly line: string };
  readonly confirmDelete: (number: number) => string;
  readonly deleted: (number: number, by: string) => string;
  readonly compareTitle: (a: number, b: number) => string;
  readonly compared: (a: number, b: number) => string;
  readonly compareStyles: Readonly<Record<ComparisonStyle, string>>;
  readonly measuredDifference: (mean: number, percent: number) => string;
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
  askDelete: (number) => ({
    title: `Delete #${number} for good?`,
    line: 'The picture and its messages go, and cannot be brought back. Pictures made from it stay.',
  }),
  confirmDelete: (number) => `Delete #${number}`,
  deleted: (number, by) => `#${number} was deleted by @${by}`,
  compareTitle: (a, b) => `#${a} and #${b}`,
  compared: (a, b) => `Pictures #${a} and #${b} compared`,
  compareStyles: { side: 'Side by side', wipe: 'Slider', difference: 'Difference' },
  measuredDifference: (mean, percent) =>
    `${percent} % of the picture looks different · mean ΔE ${mean.toFixed(1)} (5 is plain to see)`,
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
  askDelete: (number) => ({
    title: `要永久删除 #${number} 吗？`,
    line: '图片和相关消息都会删除，无法恢复。由它生成的图片会保留。',
  }),
  confirmDelete: (number) => `删除 #${number}`,
  deleted: (number, by) => `#${number} 已由 @${by} 删除`,
  compareTitle: (a, b) => `#${a} 与 #${b}`,
  compared: (a, b) => `图片 #${a} 与 #${b} 的对比`,
  compareStyles: { side: '并排', wipe: '滑动', difference: '差异' },
  measuredDifference: (mean, percent) => `画面有 ${percent} % 看得出不同 · 平均 ΔE ${mean.toFixed(1)}（5 已明显可见）`,
};

export const roomMessages: Readonly<Record<Language, RoomMessages>> = { en, zh };
