import type { Language } from '../../storage/index.ts';

/** What only Discord has to say: the form of a picture's context menu, and buttons that come too late. */
export interface Words {
  readonly repeated: string;
  /** Titles of the menu's forms; at most 45 characters, like every label below. */
  readonly titles: { readonly edit: string; readonly inpaint: string };
  readonly prompt: string;
  readonly strength: string;
  /** Steps of the strength, weakest first. */
  readonly strengths: readonly [string, string, string, string];
  readonly mask: string;
  readonly maskHelp: string;
  /** Of an edit: a file that may be either. */
  readonly markup: string;
  readonly markupHelp: string;
  readonly preset: string;
  readonly noPreset: string;
  /** Instead of a form that could not be opened in time. */
  readonly lateTitle: string;
  readonly lateNext: string;
  readonly open: string;
}

export const words: Readonly<Record<Language, Words>> = {
  en: {
    repeated: '(repeated)',
    titles: { edit: 'Edit image', inpaint: 'Inpaint image' },
    prompt: 'Prompt',
    strength: 'Denoising strength',
    strengths: ['Subtle', 'Medium', 'Strong', 'Redraw'],
    mask: 'Mask',
    maskHelp: 'White is repainted, black stays. Transparent parts of the picture count where none is sent.',
    markup: 'Mask or sketch',
    markupHelp: 'Black and white: white is repainted. Else: the picture as you have drawn on it.',
    preset: 'Preset',
    noPreset: 'None',
    lateTitle: 'That took a moment',
    lateNext: 'The form can be opened now.',
    open: 'Open',
  },
  zh: {
    repeated: '（重发）',
    titles: { edit: '编辑图片', inpaint: '局部重绘图片' },
    prompt: '提示词',
    strength: '重绘幅度',
    strengths: ['轻微', '中等', '较强', '重画'],
    mask: '蒙版',
    maskHelp: '白色部分会被重绘，黑色部分保持不变。不上传时以图片的透明部分为蒙版。',
    markup: '蒙版或涂鸦',
    markupHelp: '黑白图为蒙版：白色部分重绘；否则视为在图片上画好的草稿。',
    preset: '预设',
    noPreset: '不使用预设',
    lateTitle: '刚才有点慢',
    lateNext: '现在可以打开表单了。',
    open: '打开',
  },
};
