import type { Label } from '../../edit/choices.ts';
import type { FieldName } from '../../edit/fields.ts';
import type { PartialParams } from '../../edit/params.ts';

/** A command as data: Discord's JSON, Telegram's menu, the parser and the help are read off it. */
export interface Command {
  /** `edit` in `/edit`; the same word on every platform. */
  readonly name: string;
  /** Name shown to Chinese clients where a platform translates names. */
  readonly nameZh: string;
  readonly about: Label;
  /** What it acts on; `none` for commands that only tell. */
  readonly image: 'optional' | 'none';
  readonly mask: 'optional' | 'required' | 'none';
  readonly prompt: 'required' | 'optional' | 'none';
  /** Fields offered as options of their own, after image, mask and prompt, in this order; the rest goes through `advanced`. */
  readonly options: readonly FieldName[];
  /** What the command stands for: wins over presets, loses against options. */
  readonly sets: PartialParams;
}

export const commands = {
  edit: {
    name: 'edit',
    nameZh: '编辑',
    about: { en: 'Edit a picture by a prompt (img2img)', zh: '按提示词编辑图片（图生图）' },
    image: 'optional',
    mask: 'none',
    prompt: 'required',
    options: [
      'denoisingStrength',
      'negativePrompt',
      'checkpoint',
      'resizeMode',
      'size',
      'sampler',
      'scheduler',
      'steps',
      'cfgScale',
      'seed',
      'batchSize',
    ],
    sets: { denoisingStrength: 0.5 },
  },
  inpaint: {
    name: 'inpaint',
    nameZh: '局部重绘',
    about: { en: 'Repaint what a mask covers', zh: '重绘蒙版盖住的部分' },
    image: 'optional',
    mask: 'optional',
    prompt: 'optional',
    options: [
      'negativePrompt',
      'denoisingStrength',
      'maskedContent',
      'inpaintArea',
      'onlyMaskedPadding',
      'maskBlur',
      'maskMode',
      'dilateMask',
      'softInpainting',
      'checkpoint',
      'sampler',
      'scheduler',
      'steps',
      'cfgScale',
      'seed',
      'size',
      'batchSize',
    ],
    sets: { denoisingStrength: 0.75 },
  },
  outpaint: {
    name: 'outpaint',
    nameZh: '外扩图片',
    about: { en: 'Make a picture larger at its edges', zh: '向外扩展图片' },
    image: 'optional',
    mask: 'none',
    prompt: 'optional',
    options: [
      'direction',
      'pixels',
      'script',
      'negativePrompt',
      'denoisingStrength',
      'mk2MaskBlur',
      'noiseQ',
      'colorVariation',
      'checkpoint',
      'sampler',
      'scheduler',
      'steps',
      'cfgScale',
      'seed',
      'size',
      'batchSize',
    ],
    sets: { script: 'outpainting mk2' },
  },
  upscale: {
    name: 'upscale',
    nameZh: '图片放大',
    about: { en: 'Enlarge a picture and paint in detail (SD upscale)', zh: '放大图片并补充细节（SD 放大）' },
    image: 'optional',
    mask: 'none',
    prompt: 'optional',
    options: [
      'scaleFactor',
      'denoisingStrength',
      'overlap',
      'sdUpscaler',
      'negativePrompt',
      'colorCorrection',
      'checkpoint',
      'sampler',
      'scheduler',
      'steps',
      'cfgScale',
      'seed',
      'size',
    ],
    sets: { script: 'SD upscale' },
  },
  undo: {
    name: 'undo',
    nameZh: '撤销',
    about: { en: 'Step back to the picture before', zh: '退回到上一张图片' },
    image: 'none',
    mask: 'none',
    prompt: 'none',
    options: [],
    sets: {},
  },
  redo: {
    name: 'redo',
    nameZh: '重做',
    about: { en: 'Step forward again', zh: '重新前进一步' },
    image: 'none',
    mask: 'none',
    prompt: 'none',
    options: [],
    sets: {},
  },
  cancel: {
    name: 'cancel',
    nameZh: '取消',
    about: { en: 'Cancel your newest edit here', zh: '取消你在此处最新的任务' },
    image: 'none',
    mask: 'none',
    prompt: 'none',
    options: [],
    sets: {},
  },
  queue: {
    name: 'queue',
    nameZh: '队列',
    about: { en: 'Show the queue and your place in it', zh: '查看队列与排队位置' },
    image: 'none',
    mask: 'none',
    prompt: 'none',
    options: [],
    sets: {},
  },
  help: {
    name: 'help',
    nameZh: '帮助',
    about: { en: 'How to edit pictures with Palimpsest', zh: '如何使用 Palimpsest 编辑图片' },
    image: 'none',
    mask: 'none',
    prompt: 'none',
    options: [],
    sets: {},
  },
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof commands;
/** In the order in which menus and help show them. */
export const commandList: readonly Command[] = Object.values(commands);

/** What `/help` can be asked about (option `topic`, or the word after it); `start` when nothing is said. */
export const helpTopics = ['start', 'edit', 'region', 'buttons', 'options'] as const;
export type HelpTopic = (typeof helpTopics)[number];

/** Extra options every editing command has on platforms with typed options. */
export const editingOptions = {
  link: { en: 'Link to a message with the picture', zh: '含图片的消息链接' },
  advanced: { en: 'Any other parameter: key=value key=value', zh: '其他参数：键=值 键=值' },
} as const satisfies Record<string, Label>;

/** Entries of a picture's context menu where a platform has one. */
export const pictureMenu = [{ name: 'Edit image', nameZh: '编辑图片', command: 'edit' }] as const satisfies readonly {
  name: string;
  nameZh: string;
  command: CommandName;
}[];
