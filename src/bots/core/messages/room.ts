import type { Policy } from '../../../edit/lineage.ts';
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
  readonly renameForm: string;
  readonly branchRenamed: (before: string, after: string) => string;
  readonly branchForgotten: (name: string) => string;
  readonly pinned: (number: number, by: string) => string;
  readonly unpinned: (number: number, by: string) => string;
  readonly askDelete: (number: number) => { readonly title: string; readonly line: string };
  readonly confirmDelete: (number: number) => string;
  readonly deleted: (number: number, by: string) => string;
  /** What is voted on: by whom, about which picture. */
  readonly motions: Readonly<Record<'move' | 'delete' | 'lock', (by: string, number: number) => string>>;
  readonly ballotsGiven: (given: number, needed: number) => string;
  readonly agree: (given: number, needed: number) => string;
  readonly voteEnds: Readonly<Record<'passed' | 'closed', string>>;
  /** Under a result whose branch went on without it. */
  readonly raced: (current: number) => string;
  readonly together: TogetherMessages;
  readonly compareTitle: (a: number, b: number) => string;
  readonly compared: (a: number, b: number) => string;
  readonly compareStyles: Readonly<Record<ComparisonStyle, string>>;
  readonly measuredDifference: (mean: number, percent: number) => string;
}

/** What is said about who may do what. */
export interface TogetherMessages {
  readonly title: string;
  readonly explained: Readonly<Record<Policy, (owner: string) => string>>;
  readonly policies: Readonly<Record<Policy, string>>;
  readonly usualPolicies: Readonly<Record<Policy, string>>;
  readonly invited: (names: readonly string[]) => string;
  readonly lockedBy: (name: string) => string;
  readonly votesOn: string;
  readonly howToInvite: string;
  readonly votesButton: string;
  readonly authorsButton: string;
  readonly locked: (by: string) => string;
  readonly unlocked: (by: string) => string;
  readonly asks: (name: string, owner: string, number: number) => string;
  readonly waits: (name: string, number: number) => string;
  readonly done: string;
  readonly allow: (name: string) => string;
  readonly allowed: (by: string, name: string) => string;
  readonly free: (number: number, by: string) => string;
  readonly invitedNow: (name: string) => string;
  readonly uninvited: (name: string) => string;
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
  renameForm: 'Rename the branch',
  branchRenamed: (before, after) => `The branch "${before}" is called "${after}" now.`,
  pinned: (number, by) => `@${by} pinned #${number}: words without a picture are about it.`,
  unpinned: (number, by) => `@${by} unpinned #${number}.`,
  branchForgotten: (name) => `The branch "${name}" is gone; its pictures stay in the history.`,
  askDelete: (number) => ({
    title: `Delete #${number} for good?`,
    line: 'The picture and its messages go, and cannot be brought back. Pictures made from it stay.',
  }),
  confirmDelete: (number) => `Delete #${number}`,
  deleted: (number, by) => `#${number} was deleted by @${by}`,
  motions: {
    move: (by, number) => `@${by} wants to go to #${number}`,
    delete: (by, number) => `@${by} wants to delete #${number}`,
    lock: (by) => `@${by} wants to lock or unlock this history`,
  },
  ballotsGiven: (given, needed) => `${given} of ${needed} agree · open for ten minutes · press again to take it back`,
  agree: (given, needed) => `Agree (${given}/${needed})`,
  voteEnds: { passed: 'Agreed.', closed: 'Not enough agreed in ten minutes.' },
  raced: (current) => `While this was painted, #${current} became the current picture.`,
  together: {
    title: 'Working together on this picture',
    explained: {
      anyone: () => 'Anyone here may move it on, step back and lock it.',
      collaborators: (owner) =>
        `@${owner} and whoever they invited move it on; what others make begins branches of their own.`,
      owner: (owner) => `@${owner} alone moves it on; what others make begins branches of their own.`,
    },
    policies: { anyone: 'Anyone', collaborators: 'Invited', owner: 'Owner only' },
    usualPolicies: { anyone: 'Here: anyone', collaborators: 'Here: invited', owner: 'Here: owner' },
    invited: (names) => `Invited: ${names.map((name) => `@${name}`).join(', ')}`,
    lockedBy: (name) => `Locked by @${name}`,
    votesOn: 'Stepping back, deleting and locking take a vote here.',
    howToInvite: 'Invite with /invite.',
    votesButton: 'Here: vote',
    authorsButton: 'Here: name authors',
    locked: (by) => `@${by} locked this history. Others go on in branches of their own.`,
    unlocked: (by) => `@${by} unlocked this history.`,
    asks: (name, owner, number) => `@${name} asks @${owner}: may I move #${number} on?`,
    waits: (name, number) => `@${name} waits to go on from #${number}`,
    done: 'I am done with it',
    allow: (name) => `Allow ${name}`,
    allowed: (by, name) => `@${by} invited @${name}.`,
    free: (number, by) => `@${by} is done with #${number}.`,
    invitedNow: (name) => `@${name} is invited.`,
    uninvited: (name) => `@${name} is no longer invited.`,
  },
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
  renameForm: '重命名分支',
  branchRenamed: (before, after) => `分支“${before}”已改名为“${after}”。`,
  pinned: (number, by) => `@${by} 固定了 #${number}：没有指明图片的话都作用于它。`,
  unpinned: (number, by) => `@${by} 取消了 #${number} 的固定。`,
  branchForgotten: (name) => `分支“${name}”已删除，其中的图片仍保留在历史中。`,
  askDelete: (number) => ({
    title: `要永久删除 #${number} 吗？`,
    line: '图片和相关消息都会删除，无法恢复。由它生成的图片会保留。',
  }),
  confirmDelete: (number) => `删除 #${number}`,
  deleted: (number, by) => `#${number} 已由 @${by} 删除`,
  motions: {
    move: (by, number) => `@${by} 想切换到 #${number}`,
    delete: (by, number) => `@${by} 想删除 #${number}`,
    lock: (by) => `@${by} 想锁定或解锁这段历史`,
  },
  ballotsGiven: (given, needed) => `${needed} 票中已有 ${given} 票 · 十分钟内有效 · 再按一次可撤回`,
  agree: (given, needed) => `同意（${given}/${needed}）`,
  voteEnds: { passed: '已通过。', closed: '十分钟内票数不足。' },
  raced: (current) => `生成期间，当前图片已变为 #${current}。`,
  together: {
    title: '一起编辑这张图片',
    explained: {
      anyone: () => '这里的任何人都可以推进、撤销和锁定。',
      collaborators: (owner) => `由 @${owner} 和受邀的人推进；其他人的作品会自成分支。`,
      owner: (owner) => `只由 @${owner} 推进；其他人的作品会自成分支。`,
    },
    policies: { anyone: '任何人', collaborators: '受邀者', owner: '仅所有者' },
    usualPolicies: { anyone: '此处：任何人', collaborators: '此处：受邀者', owner: '此处：所有者' },
    invited: (names) => `已邀请：${names.map((name) => `@${name}`).join('、')}`,
    lockedBy: (name) => `由 @${name} 锁定`,
    votesOn: '在这里，撤销、删除和锁定需要投票。',
    howToInvite: '用 /invite 邀请。',
    votesButton: '此处：投票',
    authorsButton: '此处：署名',
    locked: (by) => `@${by} 锁定了这段历史，其他人会在自己的分支上继续。`,
    unlocked: (by) => `@${by} 解锁了这段历史。`,
    asks: (name, owner, number) => `@${name} 请求 @${owner}：可以让我推进 #${number} 吗？`,
    waits: (name, number) => `@${name} 等着从 #${number} 继续`,
    done: '我处理完了',
    allow: (name) => `允许 ${name}`,
    allowed: (by, name) => `@${by} 邀请了 @${name}。`,
    free: (number, by) => `@${by} 处理完了 #${number}。`,
    invitedNow: (name) => `已邀请 @${name}。`,
    uninvited: (name) => `已取消对 @${name} 的邀请。`,
  },
  compareTitle: (a, b) => `#${a} 与 #${b}`,
  compared: (a, b) => `图片 #${a} 与 #${b} 的对比`,
  compareStyles: { side: '并排', wipe: '滑动', difference: '差异' },
  measuredDifference: (mean, percent) => `画面有 ${percent} % 看得出不同 · 平均 ΔE ${mean.toFixed(1)}（5 已明显可见）`,
};

export const roomMessages: Readonly<Record<Language, RoomMessages>> = { en, zh };
