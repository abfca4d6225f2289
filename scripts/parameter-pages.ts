import type { Label } from '../src/edit/choices.ts';
import { type Field, type FieldName, fields } from '../src/edit/fields.ts';

type Language = keyof Label;

/** Fields that belong together, in the order of the page. */
export const groups: readonly { readonly title: Label; readonly fields: readonly FieldName[] }[] = [
  {
    title: { en: 'Words, strength and steps', zh: '提示词、重绘幅度与步数' },
    fields: [
      'prompt',
      'negativePrompt',
      'styles',
      'emphasis',
      'denoisingStrength',
      'steps',
      'exactSteps',
      'cfgScale',
      'checkpoint',
      'vae',
      'refiner',
      'refinerSwitchAt',
      'clipSkip',
      ...(['sdxlClipLSkip', 'useOldScheduling', 'commaPaddingBacktrack', 'enablePromptComments'] as const),
    ],
  },
  {
    title: { en: 'Size', zh: '尺寸' },
    fields: ['size', 'resizeMode', 'upscaler', 'tiling'],
  },
  {
    title: { en: 'Seeds and batches', zh: '种子与批次' },
    fields: [
      ...(['seed', 'subseed', 'subseedStrength', 'seedResizeFromW', 'seedResizeFromH'] as const),
      ...(['batchSize', 'batchCount', 'randnSource', 'etaNoiseSeedDelta'] as const),
    ],
  },
  {
    title: { en: 'Inpainting', zh: '局部重绘' },
    fields: [
      ...(['maskBlur', 'maskBlurX', 'maskBlurY', 'maskMode', 'maskedContent'] as const),
      ...(['inpaintArea', 'onlyMaskedPadding', 'dilateMask'] as const),
      ...(['maskAlpha', 'maskRound', 'overlayInpaint', 'inpaintingMaskWeight'] as const),
      ...(['returnMask', 'returnMaskComposite'] as const),
    ],
  },
  {
    title: { en: 'Soft inpainting', zh: '柔和重绘' },
    fields: [
      ...(['softInpainting', 'softScheduleBias', 'softPreservationStrength', 'softTransitionContrastBoost'] as const),
      ...(['softMaskInfluence', 'softDifferenceThreshold', 'softDifferenceContrast'] as const),
    ],
  },
  {
    title: { en: 'Colours and noise', zh: '颜色与噪声' },
    fields: ['colorCorrection', 'backgroundColor', 'initialNoiseMultiplier', 'extraNoise'],
  },
  {
    title: { en: 'Outpainting', zh: '外扩图片' },
    fields: [
      ...(['script', 'pixels', 'outpaintPasses', 'direction', 'mk2MaskBlur', 'noiseQ', 'colorVariation'] as const),
      ...(['poorMaskBlur', 'poorMaskedContent'] as const),
    ],
  },
  {
    title: { en: 'Mosaic outpaint', zh: '马赛克外扩' },
    fields: [
      ...(['mosaicDirection', 'mosaicMethod', 'mosaicStretchArea', 'mosaicStretchScale', 'mosaicExpandX'] as const),
      ...(['mosaicExpandY', 'mosaicFeathering', 'mosaicShortTiles', 'mosaicLongTiles', 'mosaicOverlap'] as const),
    ],
  },
  {
    title: { en: 'SD upscale and loopback', zh: 'SD 放大与回送' },
    fields: ['overlap', 'scaleFactor', 'sdUpscaler', 'loops', 'finalDenoisingStrength', 'denoisingCurve'],
  },
  {
    title: { en: 'Sampler and schedule', zh: '采样器与调度' },
    fields: [
      ...(['sampler', 'scheduler', 'eta', 'sChurn', 'sTmin', 'sTmax', 'sNoise', 'cfgRescale'] as const),
      ...(['sMinUncond', 'sMinUncondAll', 'skipEarlyCond', 'padConds', 'padCondsV0'] as const),
      'imageCfgScale',
      ...(['sigmaMin', 'sigmaMax', 'rho', 'betaDistAlpha', 'betaDistBeta', 'alwaysDiscardNextToLastSigma'] as const),
    ],
  },
];

const words = {
  en: {
    title: 'Parameters',
    intro: [
      'Every control of the img2img tab. In a text write `--strength 0.4`, in the `advanced` option `strength=0.4`, on the command',
      'line `--strength 0.4`. Each control has a short name, sometimes others, and the one of A1111’s API: all of them work everywhere.',
      'Values with blanks stand in "quotes"; a number in brackets is the step of its slider. This page is written from the table that',
      'the program itself reads.',
    ],
    usual: 'default',
    toggle: 'on, off',
    upTo: (length: number) => `up to ${length} characters`,
    empty: 'empty',
    switched: (value: boolean) => (value ? 'on' : 'off'),
  },
  zh: {
    title: '参数',
    intro: [
      '图生图页面的全部控件。在文字中写作 `--strength 0.4`，在 `advanced` 选项中写作 `strength=0.4`，在命令行中写作 `--strength 0.4`。',
      '每个控件列出简称、别名和 A1111 API 的名称，写哪个都可以；含空格的值请加引号；括号中的数字是滑块的步长。',
      '本页由程序自身使用的参数表生成。',
    ],
    usual: '默认',
    toggle: 'on、off',
    upTo: (length: number) => `最多 ${length} 个字符`,
    empty: '空',
    switched: (value: boolean) => (value ? 'on' : 'off'),
  },
} as const;

/** Values of a choice as they are written; its label follows where a language has another word. */
function choices(field: Field & { kind: 'choice' }, language: Language): string {
  return field.choices
    .map(({ value, label }) => (language === 'en' || label.zh === value ? value : `${value}（${label.zh}）`))
    .join(', ');
}

function valuesOf(field: Field, language: Language): string {
  switch (field.kind) {
    case 'integer':
    case 'number':
      return `${field.min}…${field.max}${field.step === 1 ? '' : ` (${field.step})`}`;
    case 'switch':
      return words[language].toggle;
    case 'choice':
      return choices(field, language);
    case 'text':
      return words[language].upTo(field.maxLength);
    default:
      return field satisfies never;
  }
}

function defaultOf(field: Field, language: Language): string {
  if (typeof field.default === 'boolean') return words[language].switched(field.default);
  return field.default === '' ? words[language].empty : String(field.default);
}

function line(name: FieldName, language: Language): string {
  const field: Field = fields[name];
  const spellings = [field.chat, ...(field.aliases ?? []), field.api];
  const names = [...new Set(spellings)].map((spelling) => `\`${spelling}\``).join(', ');
  const [colon, comma] = language === 'en' ? [': ', ', '] : ['：', '，'];
  const usual = `${words[language].usual} ${defaultOf(field, language)}`;
  return `- ${names}${colon}${field.label[language]}${comma}${valuesOf(field, language)}${comma}${usual}`;
}

/** The reference page of all parameters, Markdown. */
export function parametersPage(language: Language): string {
  const { title, intro } = words[language];
  const list = groups.flatMap((group) => [
    ...['', `## ${group.title[language]}`, ''],
    ...group.fields.map((name) => line(name, language)),
  ]);
  return `${[`# ${title}`, '', ...intro, ...list].join('\n')}\n`;
}
