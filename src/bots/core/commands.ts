import type { Command, OwnOption } from './command.ts';
import {
  advanced,
  forMeAlone,
  image,
  link,
  mask,
  modelKind,
  negative,
  outpaintDirection,
  outpaintMethod,
  picture,
  preset,
  prompt,
  script,
  sketch,
  steps,
  toRatio,
  upscaleMethod,
  words,
} from './command-options.ts';
import { houseCommands } from './house/command-rows.ts';

/** What `/help` can be asked about (option `topic`, or the word after it); `start` when nothing is said. */
export const helpTopics = [
  ...(['start', 'edit', 'region', 'scribble', 'outpaint', 'upscale', 'buttons'] as const),
  ...(['history', 'together', 'presets', 'privacy', 'options'] as const),
] as const;
export type HelpTopic = (typeof helpTopics)[number];

const topic: OwnOption = {
  ...{ kind: 'text', name: 'topic', about: { en: 'What about', zh: '主题' }, maxLength: 100, suggests: 'topic' },
};

export const commands = {
  edit: {
    name: 'edit',
    nameZh: '编辑',
    about: { en: 'Edit a picture by a prompt (img2img)', zh: '按提示词编辑图片（图生图）' },
    options: [
      { ...prompt, required: true },
      image,
      link,
      'denoisingStrength',
      negative,
      preset,
      'checkpoint',
      'resizeMode',
      'size',
      'sampler',
      'scheduler',
      'steps',
      'cfgScale',
      'seed',
      'batchSize',
      sketch,
      script,
      advanced,
      forMeAlone,
    ],
    edits: { prompt: 'required', usual: { denoisingStrength: 0.5 }, sets: {} },
  },
  inpaint: {
    name: 'inpaint',
    nameZh: '局部重绘',
    about: { en: 'Repaint what a mask covers', zh: '重绘蒙版盖住的部分' },
    options: [
      image,
      link,
      mask,
      prompt,
      negative,
      'denoisingStrength',
      'maskedContent',
      'inpaintArea',
      'onlyMaskedPadding',
      'maskBlur',
      'maskMode',
      'dilateMask',
      'softInpainting',
      'checkpoint',
      preset,
      'sampler',
      'scheduler',
      'steps',
      'cfgScale',
      'seed',
      'size',
      'batchSize',
      advanced,
      forMeAlone,
    ],
    edits: { prompt: 'optional', usual: { denoisingStrength: 0.75 }, sets: {} },
  },
  outpaint: {
    name: 'outpaint',
    nameZh: '外扩',
    about: { en: 'Make a picture larger at its edges', zh: '向外扩展图片' },
    options: [
      image,
      link,
      outpaintDirection,
      'pixels',
      outpaintMethod,
      toRatio,
      prompt,
      'maskBlur',
      'noiseQ',
      'colorVariation',
      'maskedContent',
      'denoisingStrength',
      preset,
      'seed',
      advanced,
      forMeAlone,
    ],
    edits: { prompt: 'optional', usual: {}, sets: { script: 'outpainting mk2' } },
  },
  upscale: {
    name: 'upscale',
    nameZh: '放大',
    about: { en: 'Enlarge a picture, with or without painting in detail', zh: '放大图片，可补充细节' },
    options: [
      image,
      link,
      'scaleFactor',
      upscaleMethod,
      'upscaler',
      'denoisingStrength',
      'overlap',
      prompt,
      preset,
      'colorCorrection',
      'exactSteps',
      'seed',
      advanced,
      forMeAlone,
    ],
    edits: { prompt: 'optional', usual: {}, sets: { script: 'SD upscale' } },
  },
  sketch: {
    name: 'sketch',
    nameZh: '涂鸦',
    about: { en: 'Paint over what you have drawn', zh: '把你画的草稿变成图片' },
    options: [
      { ...prompt, required: true },
      image,
      link,
      sketch,
      {
        ...{ kind: 'choice', name: 'mode', about: { en: 'What is repainted', zh: '重绘方式' } },
        choices: [
          { value: 'sketch', label: { en: 'sketch: everything', zh: '涂鸦：整张图' } },
          { value: 'inpaint sketch', label: { en: 'inpaint sketch: the strokes', zh: '涂鸦重绘：只重绘笔迹' } },
        ],
      },
      'maskAlpha',
      'maskBlur',
      'denoisingStrength',
      'softInpainting',
      preset,
      'seed',
      'batchSize',
      advanced,
      forMeAlone,
    ],
    edits: { prompt: 'required', usual: { denoisingStrength: 0.75 }, sets: {} },
  },
  remove: {
    name: 'remove',
    nameZh: '移除',
    about: { en: 'Remove something from a picture', zh: '从图片中移除物体' },
    options: [
      { ...words('target', { en: 'What shall go', zh: '要移除的物体' }, 100) },
      image,
      link,
      mask,
      prompt,
      'maskedContent',
      'denoisingStrength',
      'dilateMask',
      advanced,
      forMeAlone,
    ],
    edits: {
      prompt: 'optional',
      usual: {},
      sets: {
        ...{ maskedContent: 'fill', denoisingStrength: 0.5, dilateMask: 8, maskBlur: 4 },
        inpaintArea: 'whole picture',
      },
    },
  },
  mask: {
    name: 'mask',
    nameZh: '蒙版',
    about: { en: 'Masks: send, find, combine, show', zh: '蒙版：上传、识别、合并、查看' },
    options: [],
    subcommands: [
      {
        name: 'upload',
        nameZh: '上传',
        about: { en: 'Use a picture as the mask', zh: '把一张图片用作蒙版' },
        options: [
          { ...mask, required: true },
          {
            ...{ kind: 'choice', name: 'mode', about: { en: 'What is repainted', zh: '重绘哪一部分' } },
            choices: [
              { value: 'white', label: { en: 'what is white', zh: '白色部分' } },
              { value: 'black', label: { en: 'what is black', zh: '黑色部分' } },
              { value: 'alpha', label: { en: 'what is opaque', zh: '不透明部分' } },
            ],
          },
          image,
          link,
        ],
      },
      {
        name: 'diff',
        nameZh: '涂画',
        about: { en: 'Find what you drew on a copy of a picture', zh: '找出你在图片副本上画的笔迹' },
        options: [{ ...picture('image', { en: 'The copy you drew on', zh: '涂画过的副本' }), required: true }, link],
      },
      {
        name: 'combine',
        nameZh: '合并',
        about: { en: 'Combine your open mask with one used before', zh: '把当前蒙版与之前用过的合并' },
        options: [
          {
            ...{ kind: 'choice', name: 'op', about: { en: 'How', zh: '方式' } },
            choices: [
              { value: 'union', label: { en: 'union', zh: '并集' } },
              { value: 'intersect', label: { en: 'intersect', zh: '交集' } },
              { value: 'subtract', label: { en: 'subtract', zh: '减去' } },
              { value: 'xor', label: { en: 'xor', zh: '异或' } },
            ],
          },
          {
            ...words(
              'with',
              { en: 'Number of the picture made with the other mask, like #3', zh: '用过另一个蒙版的图片编号，如 #3' },
              100,
            ),
            suggests: 'masked version',
          },
        ],
      },
      {
        name: 'show',
        nameZh: '查看',
        about: { en: 'Show your open mask, or the last one used', zh: '查看当前蒙版，或上次用过的蒙版' },
        options: [],
      },
    ],
  },
  undo: {
    name: 'undo',
    nameZh: '撤销',
    about: { en: 'Step back to the picture before', zh: '退回到上一张图片' },
    options: [steps, link],
  },
  redo: {
    name: 'redo',
    nameZh: '重做',
    about: { en: 'Step forward again', zh: '重新前进一步' },
    options: [steps, link],
  },
  history: {
    name: 'history',
    nameZh: '历史',
    about: { en: 'Show every version of a picture as a tree', zh: '以树状图查看图片的所有版本' },
    options: [
      { kind: 'person', name: 'user', about: { en: 'Only what they made', zh: '只看此人的图片' } },
      { kind: 'integer', name: 'limit', about: { en: 'Pictures on a page', zh: '每页张数' }, min: 1, max: 20 },
      link,
    ],
  },
  invite: {
    name: 'invite',
    nameZh: '邀请',
    about: { en: 'Let somebody move a picture on together with you', zh: '邀请他人一起推进图片' },
    options: [
      { kind: 'person', name: 'who', about: { en: 'Whom', zh: '邀请谁' } },
      { kind: 'role', name: 'role', about: { en: 'Everybody with a role', zh: '邀请某个身份组的所有人' } },
      { kind: 'switch', name: 'remove', about: { en: 'Take the invitation back', zh: '取消邀请' } },
      link,
    ],
  },
  compare: {
    name: 'compare',
    nameZh: '对比',
    about: { en: 'Show two versions together', zh: '对比两个版本' },
    options: [
      { ...words('a', { en: 'The first picture: its number', zh: '第一张图片的编号' }, 100), suggests: 'version' },
      { ...words('b', { en: 'The second picture: its number', zh: '第二张图片的编号' }, 100), suggests: 'version' },
      {
        kind: 'choice',
        name: 'style',
        about: { en: 'How', zh: '方式' },
        choices: [
          { value: 'side', label: { en: 'side by side', zh: '并排' } },
          { value: 'wipe', label: { en: 'slider (GIF)', zh: '滑动对比（GIF）' } },
          { value: 'difference', label: { en: 'difference', zh: '差异' } },
        ],
      },
    ],
  },
  cancel: {
    name: 'cancel',
    nameZh: '取消',
    about: { en: 'Cancel your newest edit here', zh: '取消你在此处最新的任务' },
    options: [],
  },
  queue: {
    name: 'queue',
    nameZh: '队列',
    about: { en: 'Show the queue and your place in it', zh: '查看队列与排队位置' },
    options: [],
  },
  models: {
    name: 'models',
    nameZh: '模型',
    about: { en: 'Which models, LoRAs and upscalers there are', zh: '查看可用的模型、LoRA 和放大算法' },
    options: [modelKind, words('search', { en: 'Part of its name', zh: '名称中的词' }, 100)],
  },
  pinfo: {
    name: 'pinfo',
    nameZh: '图片信息',
    about: { en: 'Read the settings a picture was made with', zh: '读取图片的生成参数' },
    options: [image, link],
  },
  help: {
    name: 'help',
    nameZh: '帮助',
    about: { en: 'How to edit pictures with Palimpsest', zh: '如何使用 Palimpsest 编辑图片' },
    options: [topic],
  },
  ...houseCommands,
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof commands;
/** In the order in which menus and help show them. */
export const commandList: readonly Command[] = Object.values(commands);

/** What only a menu can ask for: nobody types a name with blanks. */
export type MenuCommand = 'use as mask' | 'use as sketch';

/** An entry of a picture's context menu. */
interface MenuEntry {
  readonly name: string;
  readonly nameZh: string;
  readonly command: CommandName | MenuCommand;
  /** Asks for words first; else the command is done at once. */
  readonly asks: boolean;
}

/** Entries of a picture's context menu where a platform has one. */
export const pictureMenu: readonly MenuEntry[] = [
  { name: 'Edit image', nameZh: '编辑图片', command: 'edit', asks: true },
  { name: 'Inpaint image', nameZh: '局部重绘图片', command: 'inpaint', asks: true },
  { name: 'Upscale image', nameZh: '放大图片', command: 'upscale', asks: false },
  { name: 'Use as mask', nameZh: '用作蒙版', command: 'use as mask', asks: false },
  { name: 'Use as sketch', nameZh: '用作涂鸦', command: 'use as sketch', asks: false },
  { name: 'Compare', nameZh: '与原图对比', command: 'compare', asks: false },
  { name: 'Show settings', nameZh: '查看参数', command: 'pinfo', asks: false },
];
