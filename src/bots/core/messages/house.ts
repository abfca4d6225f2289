import type { Language } from '../../../storage/index.ts';
import { plural } from './plural.ts';

/** What is said about settings, presets, the rules of a server, privacy and the line. */
export interface HouseMessages {
  readonly from: Readonly<Record<'table' | 'system' | 'server' | 'channel' | 'user', string>>;
  readonly settingsTitle: string;
  readonly set: (name: string, value: string) => string;
  readonly reset: (name: string) => string;
  readonly nothingReset: (name: string) => string;
  readonly presetsTitle: (count: number) => string;
  readonly presetSaved: (name: string) => string;
  readonly presetDeleted: (name: string) => string;
  readonly presetShared: (name: string, by: string) => string;
  readonly presetTitle: (name: string, scope: string) => string;
  readonly presetDefault: (name: string, flow: string) => string;
  readonly noDefault: (flow: string) => string;
  readonly presetScopes: Readonly<Record<'user' | 'channel' | 'server' | 'system' | 'built in', string>>;
  readonly presetForm: (number: number) => string;
  readonly presetName: string;
  readonly limitsTitle: string;
  readonly done: (what: string) => string;
  readonly wordsTitle: (count: number) => string;
  readonly wordTested: (found: string) => string;
  readonly wordFree: string;
  readonly queueTitle: (count: number, isEverywhere: boolean) => string;
  readonly auditTitle: string;
  /** Of a list that is cut. */
  readonly more: (count: number) => string;
  readonly cleared: (count: number) => string;
  readonly reportTitle: (number: number, by: string) => string;
  readonly reported: string;
  readonly noLog: string;
  readonly reviewTitle: (by: string) => string;
  readonly reviewWords: (words: string) => string;
  readonly allowed: string;
  readonly denied: string;
  readonly privacyTitle: string;
  readonly stored: (counts: {
    uploads: number;
    results: number;
    edits: number;
    presets: number;
    settings: number;
    masks: number;
  }) => readonly string[];
  readonly keptFor: (inputs: number, results: number, parameters: number) => string;
  readonly exportTitle: (part: number) => string;
  readonly exportSent: string;
  readonly forgetTitle: string;
  readonly forgetLines: readonly string[];
  readonly forgotten: (counts: {
    files: number;
    nodes: number;
    edits: number;
    presets: number;
    messages: number;
  }) => string;
  readonly deletedUser: string;
  readonly remindTitle: string;
  readonly remindSet: (minutes: number) => string;
  readonly keptTitle: (count: number) => string;
  readonly elsewhere: string;
  readonly tip: readonly string[];
  readonly welcome: {
    readonly title: string;
    readonly lines: readonly string[];
    readonly choices: Readonly<Record<'sample' | 'photo' | 'draw' | 'help', string>>;
  };
  readonly sampleNote: string;
  readonly sendPhoto: string;
  /** For rooms where the bot hears only what is meant for it. */
  readonly groupHint: string;
  readonly noModel: string;
  readonly health: (workers: number, model: string, waiting: number) => string;
}

const en: HouseMessages = {
  from: { table: 'default', system: 'operator', server: 'server or group', channel: 'channel', user: 'you' },
  settingsTitle: 'Your settings',
  set: (name, value) => `${name} is ${value} now.`,
  reset: (name) => `${name} follows what holds here again.`,
  nothingReset: (name) => `${name} was not set.`,
  presetsTitle: (count) => plural(count, 'preset', 'presets'),
  presetSaved: (name) => `Preset "${name}" is saved. Use it with --preset "${name}".`,
  presetDeleted: (name) => `Preset "${name}" is deleted.`,
  presetShared: (name, by) => `Preset "${name}" by @${by}`,
  presetTitle: (name, scope) => `Preset "${name}" · ${scope}`,
  presetDefault: (name, flow) => `"${name}" is the default for ${flow} now.`,
  noDefault: (flow) => `There is no default for ${flow} any more.`,
  presetScopes: {
    user: 'yours',
    channel: 'channel',
    server: 'server or group',
    system: 'operator',
    'built in': 'built in',
  },
  presetForm: (number) => `Save the settings of #${number}`,
  presetName: 'Name',
  limitsTitle: 'Limits here',
  done: (what) => `Done: ${what}`,
  wordsTitle: (count) => `Word list: ${plural(count, 'entry', 'entries')}`,
  wordTested: (found) => `Found: ${found}`,
  wordFree: 'Nothing of that is on the list.',
  queueTitle: (count, isEverywhere) =>
    `${plural(count, 'edit', 'edits')} on the way ${isEverywhere ? 'everywhere' : 'here'}`,
  auditTitle: 'Changed here lately',
  more: (count) => `… and ${count} more`,
  cleared: (count) => `${plural(count, 'edit', 'edits')} cancelled.`,
  reportTitle: (number, by) => `🚩 #${number} was reported by @${by}`,
  reported: 'The moderators have been told.',
  noLog: 'There is no place for the moderators’ log yet: /server log.',
  reviewTitle: (by) => `@${by} asks for an edit that needs a look`,
  reviewWords: (words) => `On the list: ${words}`,
  allowed: 'Allowed.',
  denied: 'Denied.',
  privacyTitle: 'What I have stored about you',
  stored: (c) => [
    `${plural(c.uploads, 'picture you sent', 'pictures you sent')} · ${plural(c.results, 'picture made for you', 'pictures made for you')}`,
    `${plural(c.edits, 'edit', 'edits')} with their words and values · ${plural(c.presets, 'preset', 'presets')} · ${plural(c.settings, 'setting', 'settings')} · ${plural(c.masks, 'picture', 'pictures')} made with masks of yours`,
    'Your name as the platform shows it.',
  ],
  keptFor: (inputs, results, parameters) =>
    `Kept: what you send ${inputs} days after its last use, results ${results} days, words and values ${parameters} days longer.`,
  exportTitle: (part) => (part > 1 ? `Your data, part ${part}` : 'Your data'),
  exportSent: 'It is in your private messages.',
  forgetTitle: 'Forget you?',
  forgetLines: [
    'Your pictures leave the store at once, for everybody. Words, presets, masks and your name follow.',
    'Pictures of others that grew from yours stay, without yours. This cannot be undone.',
  ],
  forgotten: (c) =>
    `Forgotten: ${plural(c.files, 'file', 'files')}, ${plural(c.nodes, 'picture', 'pictures')}, ${plural(c.edits, 'edit', 'edits')}, ${plural(c.presets, 'preset', 'presets')}, ${plural(c.messages, 'message', 'messages')}.`,
  deletedUser: 'deleted user',
  remindTitle: 'You can go on now.',
  remindSet: (minutes) => `I will tell you in ${plural(minutes, 'minute', 'minutes')}.`,
  keptTitle: (count) => `${plural(count, 'result', 'results')} of yours could not be posted and waited here`,
  elsewhere: 'I could not post this where you asked for it.',
  tip: [
    'Reply to a result to go on: "+ sunset", "no: people".',
    'Its buttons make more: Again, Less, More, Undo.',
    '/help shows the rest, /privacy what I keep.',
  ],
  welcome: {
    title: 'Palimpsest edits pictures with you',
    lines: ['Send a photo and say what it shall become.', 'Or try it on a picture of mine.'],
    choices: { sample: 'Try a sample', photo: 'Send a photo', draw: 'Draw on it', help: 'Help' },
  },
  sampleNote: 'Reply to it with what it shall become, such as "winter, falling snow".',
  sendPhoto: 'Send me a photo with a few words as its caption: "oil painting, warm light".',
  groupHint:
    'In this group I only see commands and replies to me: reply to a photo with /edit and your words, or to one of my pictures.',
  noModel: 'no model at work',
  health: (workers, model, waiting) => `${plural(workers, 'worker', 'workers')} up · ${model} · ${waiting} waiting`,
};

const zh: HouseMessages = {
  from: { table: '默认', system: '运营者', server: '服务器或群组', channel: '频道', user: '你' },
  settingsTitle: '你的设置',
  set: (name, value) => `${name} 已设为 ${value}。`,
  reset: (name) => `${name} 已恢复为跟随此处的默认。`,
  nothingReset: (name) => `${name} 原本就没有设置。`,
  presetsTitle: (count) => `${count} 个预设`,
  presetSaved: (name) => `已保存预设“${name}”。用 --preset "${name}" 调用。`,
  presetDeleted: (name) => `已删除预设“${name}”。`,
  presetShared: (name, by) => `@${by} 的预设“${name}”`,
  presetTitle: (name, scope) => `预设“${name}” · ${scope}`,
  presetDefault: (name, flow) => `“${name}”已成为 ${flow} 的默认预设。`,
  noDefault: (flow) => `${flow} 不再有默认预设。`,
  presetScopes: { user: '我的', channel: '频道', server: '服务器或群组', system: '运营者', 'built in': '内置' },
  presetForm: (number) => `保存 #${number} 的参数`,
  presetName: '名称',
  limitsTitle: '此处的上限',
  done: (what) => `已完成：${what}`,
  wordsTitle: (count) => `词表：${count} 条`,
  wordTested: (found) => `命中：${found}`,
  wordFree: '词表中没有匹配项。',
  queueTitle: (count, isEverywhere) => `${isEverywhere ? '各处共' : '此处'}有 ${count} 个任务进行中`,
  auditTitle: '最近的修改记录',
  more: (count) => `……另有 ${count} 项`,
  cleared: (count) => `已取消 ${count} 个任务。`,
  reportTitle: (number, by) => `🚩 @${by} 举报了 #${number}`,
  reported: '已通知管理员。',
  noLog: '此处还没有管理日志：/server log。',
  reviewTitle: (by) => `@${by} 的任务需要审核`,
  reviewWords: (words) => `命中词表：${words}`,
  allowed: '已放行。',
  denied: '已拒绝。',
  privacyTitle: '我保存的与你有关的内容',
  stored: (c) => [
    `你发送的图片 ${c.uploads} 张 · 为你生成的图片 ${c.results} 张`,
    `任务 ${c.edits} 个（含提示词与参数）· 预设 ${c.presets} 个 · 设置 ${c.settings} 项 · 用你的蒙版生成的图片 ${c.masks} 张`,
    '平台上显示的昵称。',
  ],
  keptFor: (inputs, results, parameters) =>
    `保留时间：你发送的图片在最后一次使用后 ${inputs} 天，结果 ${results} 天，提示词与参数再保留 ${parameters} 天。`,
  exportTitle: (part) => (part > 1 ? `你的数据，第 ${part} 部分` : '你的数据'),
  exportSent: '已通过私信发送。',
  forgetTitle: '删除你的全部数据？',
  forgetLines: [
    '你的图片会立即从存储中删除，所有人都无法再看到。提示词、预设、蒙版和昵称随后删除。',
    '他人基于你的图片生成的图片会保留，但不再包含你的图片。此操作无法撤销。',
  ],
  forgotten: (c) =>
    `已删除：文件 ${c.files} 个，图片 ${c.nodes} 张，任务 ${c.edits} 个，预设 ${c.presets} 个，消息 ${c.messages} 条。`,
  deletedUser: '已注销用户',
  remindTitle: '现在可以继续了。',
  remindSet: (minutes) => `${minutes} 分钟后提醒你。`,
  keptTitle: (count) => `你有 ${count} 个结果无法发布，一直保存在这里`,
  elsewhere: '无法发布到你提出请求的地方。',
  tip: [
    '回复结果即可继续：“+ 日落”“反向：人群”。',
    '结果下方的按钮：再来一张、幅度±、撤销。',
    '/help 查看更多，/privacy 查看我保存了什么。',
  ],
  welcome: {
    title: 'Palimpsest 和你一起修图',
    lines: ['发一张照片，说说想把它变成什么样。', '也可以先用示例图片试试。'],
    choices: { sample: '试试示例', photo: '发送照片', draw: '画一画', help: '帮助' },
  },
  sampleNote: '回复这张图片，说说想变成什么样，例如“冬天，飘雪”。',
  sendPhoto: '发一张照片，并在说明里写几个词，例如“油画，温暖的光”。',
  groupHint: '在这个群里我只能看到命令和对我的回复：用 /edit 加文字回复一张照片，或回复我的图片。',
  noModel: '没有模型在运行',
  health: (workers, model, waiting) => `在线工作进程 ${workers} 个 · ${model} · 排队 ${waiting} 个`,
};

export const houseMessages: Readonly<Record<Language, HouseMessages>> = { en, zh };
