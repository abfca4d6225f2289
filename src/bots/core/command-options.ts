import { type Label, type ScriptName, scripts } from '../../edit/choices.ts';
import type { OwnOption } from './command.ts';

// What commands ask for; the rows of commands.ts name them.

/** Longest prompt an option takes. */
const PROMPT_LIMIT = 1500;

export const picture = (role: 'image' | 'mask' | 'sketch', about: Label): OwnOption => ({
  ...{ kind: 'picture', name: role, role, about },
});
export const words = (name: string, about: Label, maxLength: number) =>
  ({ kind: 'text', name, about, maxLength }) as const satisfies OwnOption;

export const image = picture('image', { en: 'The picture', zh: '图片' });
export const mask = picture('mask', { en: 'Mask: white is repainted', zh: '蒙版：白色部分会被重绘' });
export const link = words(
  'link',
  { en: 'Link to a message with the picture, or to a file on Discord', zh: '含图片的消息链接，或 Discord 文件链接' },
  1000,
);
export const prompt = words('prompt', { en: 'Prompt', zh: '提示词' }, PROMPT_LIMIT);
export const negative = words('negative', { en: 'Negative prompt', zh: '反向提示词' }, PROMPT_LIMIT);
export const advanced = words(
  'advanced',
  { en: 'Any other parameter: key=value key=value', zh: '其他参数：键=值 键=值' },
  1000,
);

export const preset: OwnOption = {
  ...{ kind: 'text', name: 'preset', about: { en: 'A preset by its name', zh: '预设名称' }, maxLength: 64 },
  suggests: 'preset',
};
export const sketch = picture('sketch', { en: 'The picture as you have drawn on it', zh: '在图片上画好的草稿' });

/** Scripts that go with a plain edit; outpainting has a command of its own. */
export const script: OwnOption = {
  ...{ kind: 'choice', name: 'script', about: { en: 'A script around the edit', zh: '脚本' } },
  choices: scripts.filter(({ value }) => value === 'none' || value === 'loopback' || value === 'SD upscale'),
};

/** Short names of the scripts that grow a picture. */
export const outpaintMethods = {
  mk2: 'outpainting mk2',
  'poor-man': "poor man's outpainting",
  mosaic: 'mosaic outpaint',
} as const satisfies Record<string, ScriptName>;

export const outpaintMethod: OwnOption = {
  ...{ kind: 'choice', name: 'method', about: { en: 'Which way', zh: '外扩方式' } },
  choices: Object.entries(outpaintMethods).map(([value, script]) => ({
    ...{ value, label: scripts.find((known) => known.value === script)!.label },
  })),
};

/** Sides that are grown; any others are for `advanced`. */
export const outpaintDirection: OwnOption = {
  ...{ kind: 'choice', name: 'direction', about: { en: 'Which sides grow', zh: '向哪边扩展' } },
  choices: [
    { value: 'all', label: { en: 'all', zh: '四周' } },
    { value: 'left', label: { en: 'left', zh: '左' } },
    { value: 'right', label: { en: 'right', zh: '右' } },
    { value: 'up', label: { en: 'up', zh: '上' } },
    { value: 'down', label: { en: 'down', zh: '下' } },
    { value: 'horizontal', label: { en: 'horizontal', zh: '左右' } },
    { value: 'vertical', label: { en: 'vertical', zh: '上下' } },
  ],
};

/** Short names of the ways to enlarge a picture, and the script each runs. */
export const upscaleMethods = {
  extras: 'extras',
  img2img: 'none',
  'sd-upscale': 'SD upscale',
} as const satisfies Record<string, ScriptName>;

export const upscaleMethod: OwnOption = {
  ...{ kind: 'choice', name: 'method', about: { en: 'Which way', zh: '放大方式' } },
  choices: [
    { value: 'extras', label: { en: 'extras: enlarge only', zh: '后期处理：仅放大' } },
    { value: 'img2img', label: { en: 'img2img: repaint it larger', zh: '图生图：放大后重绘' } },
    { value: 'sd-upscale', label: { en: 'SD upscale: repaint it in tiles', zh: 'SD 放大：分块重绘' } },
  ],
};

/** The shape to reach. */
export const toRatio: OwnOption = {
  ...words('to-ratio', { en: 'Shape to reach, like 16:9', zh: '目标宽高比，如 16:9' }, 16),
  suggests: 'ratio',
};

/** The card and the result for the asker's eyes only, where a platform can do that. */
export const forMeAlone: OwnOption = {
  kind: 'switch',
  name: 'private',
  about: { en: 'Only I see it', zh: '仅自己可见' },
};

export const steps: OwnOption = {
  ...{ kind: 'integer', name: 'steps', about: { en: 'How many steps', zh: '步数' }, min: 1, max: 10 },
};

export const modelKind: OwnOption = {
  ...{ kind: 'choice', name: 'kind', about: { en: 'Of which kind', zh: '类型' } },
  choices: [
    { value: 'checkpoint', label: { en: 'Checkpoints', zh: '模型' } },
    { value: 'lora', label: { en: 'LoRAs', zh: 'LoRA' } },
    { value: 'upscaler', label: { en: 'Upscalers', zh: '放大算法' } },
    { value: 'vae', label: { en: 'VAEs', zh: 'VAE' } },
    { value: 'embedding', label: { en: 'Embeddings', zh: '嵌入' } },
  ],
};
