/** A text in every language the product speaks. */
export interface Label {
  readonly en: string;
  readonly zh: string;
}

/** One value of a choice field; its place in the list is the number A1111's API uses for it. */
export interface Choice<V extends string = string> {
  readonly value: V;
  readonly label: Label;
}

/** Samplers in A1111's order. Source: A1111 modules/sd_samplers_kdiffusion.py, sd_samplers_timesteps.py. */
export const samplerNames = [
  'DPM++ 2M',
  'DPM++ SDE',
  'DPM++ 2M SDE',
  'DPM++ 2M SDE Heun',
  'DPM++ 2S a',
  'DPM++ 3M SDE',
  'Euler a',
  'Euler',
  'LMS',
  'Heun',
  'DPM2',
  'DPM2 a',
  'DPM fast',
  'DPM adaptive',
  'Restart',
  'DDIM',
  'DDIM CFG++',
  'PLMS',
  'UniPC',
  'LCM',
] as const;
export type SamplerName = (typeof samplerNames)[number];

/** Schedule types in A1111's order, then those of its fork Forge. Source: modules/sd_schedulers.py of both. */
export const schedulerNames = [
  'Automatic',
  'Uniform',
  'Karras',
  'Exponential',
  'Polyexponential',
  'SGM Uniform',
  'KL Optimal',
  'Align Your Steps',
  'Simple',
  'Normal',
  'DDIM',
  'Beta',
  'Turbo',
  'Align Your Steps GITS',
  'Align Your Steps 11',
  'Align Your Steps 32',
] as const;
export type SchedulerName = (typeof schedulerNames)[number];

/** Names that are written the same in every language. */
function untranslated<V extends string>(values: readonly V[]): readonly Choice<V>[] {
  return values.map((value) => ({ value, label: { en: value, zh: value } }));
}

export const samplers = untranslated(samplerNames);
export const schedulers = untranslated(schedulerNames);

export const resizeModes = [
  { value: 'just resize', label: { en: 'Just resize', zh: '仅调节大小' } },
  { value: 'crop and resize', label: { en: 'Crop and resize', zh: '裁剪后缩放' } },
  { value: 'resize and fill', label: { en: 'Resize and fill', zh: '缩放后填充空白' } },
  { value: 'latent upscale', label: { en: 'Just resize (latent upscale)', zh: '调整大小（潜空间放大）' } },
] as const satisfies readonly Choice[];
export type ResizeMode = (typeof resizeModes)[number]['value'];

export const maskedContents = [
  { value: 'fill', label: { en: 'fill', zh: '填充' } },
  { value: 'original', label: { en: 'original', zh: '原版' } },
  { value: 'latent noise', label: { en: 'latent noise', zh: '潜空间噪声' } },
  { value: 'latent nothing', label: { en: 'latent nothing', zh: '空白潜空间' } },
] as const satisfies readonly Choice[];
export type MaskedContent = (typeof maskedContents)[number]['value'];

export const inpaintAreas = [
  { value: 'whole picture', label: { en: 'Whole picture', zh: '整张图片' } },
  { value: 'only masked', label: { en: 'Only masked', zh: '仅蒙版区域' } },
] as const satisfies readonly Choice[];
export type InpaintArea = (typeof inpaintAreas)[number]['value'];

export const maskModes = [
  { value: 'inpaint masked', label: { en: 'Inpaint masked', zh: '重绘蒙版内容' } },
  { value: 'inpaint not masked', label: { en: 'Inpaint not masked', zh: '重绘非蒙版内容' } },
] as const satisfies readonly Choice[];

/** Where noise comes from. A1111's GPU source is Philox, as NV; both names give the same numbers here. */
export const randnSources = [
  { value: 'GPU', label: { en: 'GPU', zh: 'GPU' } },
  { value: 'CPU', label: { en: 'CPU', zh: 'CPU' } },
  { value: 'NV', label: { en: 'NV', zh: 'NV' } },
] as const satisfies readonly Choice[];
export type RandnSource = (typeof randnSources)[number]['value'];

/** How the weights in a prompt act on what the text encoder says. Source: A1111 modules/sd_emphasis.py */
export const emphases = [
  { value: 'Original', label: { en: 'Original', zh: '原版' } },
  { value: 'No norm', label: { en: 'No norm', zh: '不归一化' } },
  { value: 'Ignore', label: { en: 'Ignore', zh: '忽略权重' } },
  { value: 'None', label: { en: 'None', zh: '不解析' } },
] as const satisfies readonly Choice[];
export type Emphasis = (typeof emphases)[number]['value'];

export const imageUpscalers = [
  { value: 'None', label: { en: 'None', zh: '无' } },
  { value: 'Lanczos', label: { en: 'Lanczos', zh: 'Lanczos' } },
  { value: 'Nearest', label: { en: 'Nearest', zh: '最近邻' } },
] as const satisfies readonly Choice[];
export type ImageUpscaler = (typeof imageUpscalers)[number]['value'];

/**
 * The schedule type each sampler stands for when `Automatic` is chosen; samplers left out use Uniform, or timesteps of their own.
 * Source: A1111 modules/sd_samplers_kdiffusion.py
 */
export const automaticScheduler: Readonly<Partial<Record<SamplerName, Exclude<SchedulerName, 'Automatic'>>>> = {
  'DPM++ 2M': 'Karras',
  'DPM++ SDE': 'Karras',
  'DPM++ 2M SDE': 'Exponential',
  'DPM++ 2M SDE Heun': 'Exponential',
  'DPM++ 2S a': 'Karras',
  'DPM++ 3M SDE': 'Exponential',
  DPM2: 'Karras',
  'DPM2 a': 'Karras',
  Restart: 'Karras',
};

/** Scripts of the img2img tab. Mosaic outpaint is an extension's; the others are A1111's own. */
export const scripts = [
  { value: 'none', label: { en: 'None', zh: '无' } },
  { value: 'outpainting mk2', label: { en: 'Outpainting mk2', zh: '向外绘制第二版' } },
  { value: "poor man's outpainting", label: { en: 'Poor man’s outpainting', zh: '效果稍差的向外绘制' } },
  { value: 'mosaic outpaint', label: { en: 'Mosaic outpaint', zh: '马赛克外扩' } },
  { value: 'SD upscale', label: { en: 'SD upscale', zh: '使用 SD 放大' } },
  { value: 'loopback', label: { en: 'Loopback', zh: '回送' } },
  { value: 'extras', label: { en: 'Extras: enlarge only', zh: '后期处理：仅放大' } },
] as const satisfies readonly Choice[];
export type ScriptName = (typeof scripts)[number]['value'];

export const mosaicMethods = [
  { value: 'stretch', label: { en: 'stretch', zh: '拉伸' } },
  { value: 'mirror', label: { en: 'mirror', zh: '镜像' } },
] as const satisfies readonly Choice[];
export type MosaicMethod = (typeof mosaicMethods)[number]['value'];

/** How the denoising strength goes from the first loop to the last. */
export const denoisingCurves = [
  { value: 'Aggressive', label: { en: 'Aggressive', zh: '激进' } },
  { value: 'Linear', label: { en: 'Linear', zh: '线性' } },
  { value: 'Lazy', label: { en: 'Lazy', zh: '平缓' } },
] as const satisfies readonly Choice[];
export type DenoisingCurve = (typeof denoisingCurves)[number]['value'];

/** Samplers that walk over timesteps, not over σ. Source: A1111 modules/sd_samplers_timesteps.py */
export const timestepSamplers: readonly SamplerName[] = ['DDIM', 'DDIM CFG++', 'PLMS', 'UniPC'];
