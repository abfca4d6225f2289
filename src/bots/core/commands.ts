import type { Label } from '../../edit/choices.ts';
import type { Command, OwnOption } from './command.ts';
import { houseCommands } from './house/command-rows.ts';

/** Longest prompt an option takes. */
const PROMPT_LIMIT = 1500;

const picture = (role: 'image' | 'mask' | 'sketch', about: Label): OwnOption => ({
  ...{ kind: 'picture', name: role, role, about },
});
const words = (name: string, about: Label, maxLength: number): OwnOption => ({ kind: 'text', name, about, maxLength });

const image = picture('image', { en: 'The picture', zh: '图片' });
const mask = picture('mask', { en: 'Mask: white is repainted', zh: '蒙版：白色部分会被重绘' });
const link = words('link', { en: 'Link to a message with the picture', zh: '含图片的消息链接' }, 200);
const prompt = words('prompt', { en: 'Prompt', zh: '提示词' }, PROMPT_LIMIT);
const negative = words('negative', { en: 'Negative prompt', zh: '反向提示词' }, PROMPT_LIMIT);
const advanced = words(
  'advanced',
  { en: 'Any other parameter: key=value key=value', zh: '其他参数：键=值 键=值' },
  1000,
);

/** What `/help` can be asked about (option `topic`, or the word after it); `start` when nothing is said. */
export const helpTopics = ['start', 'edit', 'region', 'buttons', 'options'] as const;
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
      'checkpoint',
      'resizeMode',
      'size',
      'sampler',
      'scheduler',
      'steps',
      'cfgScale',
      'seed',
      'batchSize',
      advanced,
    ],
    edits: { prompt: 'required', sets: { denoisingStrength: 0.5 } },
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
      'sampler',
      'scheduler',
      'steps',
      'cfgScale',
      'seed',
      'size',
      'batchSize',
      advanced,
    ],
    edits: { prompt: 'optional', sets: { denoisingStrength: 0.75 } },
  },
  outpaint: {
    name: 'outpaint',
    nameZh: '外扩',
    about: { en: 'Make a picture larger at its edges', zh: '向外扩展图片' },
    options: [
      image,
      link,
      prompt,
      'direction',
      'pixels',
      'script',
      negative,
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
      advanced,
    ],
    edits: { prompt: 'optional', sets: { script: 'outpainting mk2' } },
  },
  upscale: {
    name: 'upscale',
    nameZh: '放大',
    about: { en: 'Enlarge a picture and paint in detail (SD upscale)', zh: '放大图片并补充细节（SD 放大）' },
    options: [
      image,
      link,
      prompt,
      'scaleFactor',
      'denoisingStrength',
      'overlap',
      'sdUpscaler',
      negative,
      'colorCorrection',
      'checkpoint',
      'sampler',
      'scheduler',
      'steps',
      'cfgScale',
      'seed',
      'size',
      advanced,
    ],
    edits: { prompt: 'optional', sets: { script: 'SD upscale' } },
  },
  undo: {
    name: 'undo',
    nameZh: '撤销',
    about: { en: 'Step back to the picture before', zh: '退回到上一张图片' },
    options: [],
  },
  redo: {
    name: 'redo',
    nameZh: '重做',
    about: { en: 'Step forward again', zh: '重新前进一步' },
    options: [],
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

/** Entries of a picture's context menu where a platform has one. */
export const pictureMenu = [{ name: 'Edit image', nameZh: '编辑图片', command: 'edit' }] as const satisfies readonly {
  name: string;
  nameZh: string;
  command: CommandName;
}[];
