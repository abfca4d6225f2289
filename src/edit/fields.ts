import {
  emphases,
  imageUpscalers,
  inpaintAreas,
  maskedContents,
  maskModes,
  randnSources,
  resizeModes,
  samplers,
  schedulers,
} from './choices.ts';
import {
  type ChoiceField,
  type Control,
  choice,
  integer,
  type NumberField,
  number,
  type SwitchField,
  text,
  toggle,
} from './field.ts';
import { samplerFields } from './sampler-fields.ts';
import { scriptFields } from './script-fields.ts';

/** A row of the table. */
export type Field = Control;

/** Longest prompt that is taken. */
const PROMPT_LIMIT = 4000;

/** Largest seed a person can ask for; −1 draws one. */
export const MAX_SEED = 2 ** 32 - 1;

/**
 * THE parameter table: every control of the img2img tab and its scripts, written once. Schemas, slash options, chat flags, web form, help and docs
 * are read off it. Names and ranges are A1111's; defaults are those of its interface.
 * Source: A1111 modules/ui.py, modules/processing.py, modules/shared_options.py
 */
export const fields = {
  prompt: text(
    { api: 'prompt', chat: 'prompt' },
    { en: 'Prompt', zh: '提示词' },
    { maxLength: PROMPT_LIMIT, default: '' },
  ),
  negativePrompt: text(
    { api: 'negative_prompt', chat: 'negative', aliases: ['neg', 'no'] },
    { en: 'Negative prompt', zh: '反向提示词' },
    { maxLength: PROMPT_LIMIT, default: '' },
  ),
  styles: text(
    { api: 'styles', chat: 'styles', aliases: ['style'] },
    { en: 'Styles (of styles.csv, with commas)', zh: '预设样式（styles.csv 中的名称，以逗号分隔）' },
    { maxLength: 500, default: '' },
  ),
  emphasis: choice(
    { api: 'emphasis', chat: 'emphasis' },
    { en: 'Emphasis mode', zh: '提示词强调模式' },
    emphases,
    'Original',
  ),
  denoisingStrength: number(
    { api: 'denoising_strength', chat: 'strength', aliases: ['denoise'] },
    { en: 'Denoising strength', zh: '重绘幅度' },
    { min: 0, max: 1, step: 0.01, default: 0.75 },
  ),
  steps: integer(
    { api: 'steps', chat: 'steps' },
    { en: 'Sampling steps', zh: '迭代步数' },
    { min: 1, max: 150, step: 1, default: 20 },
  ),
  exactSteps: toggle(
    { api: 'img2img_fix_steps', chat: 'exact-steps' },
    { en: 'Do exactly the amount of steps the slider specifies', zh: '精确执行设定的迭代步数' },
    false,
  ),
  cfgScale: number(
    { api: 'cfg_scale', chat: 'cfg' },
    { en: 'CFG Scale', zh: '提示词引导系数' },
    { min: 1, max: 30, step: 0.5, default: 7 },
  ),
  imageCfgScale: number(
    { api: 'image_cfg_scale', chat: 'image-cfg' },
    { en: 'Image CFG Scale (InstructPix2Pix)', zh: '图像引导系数（InstructPix2Pix）' },
    { min: 0, max: 3, step: 0.05, default: 1.5 },
  ),
  sampler: choice(
    { api: 'sampler_name', chat: 'sampler' },
    { en: 'Sampling method', zh: '采样方法' },
    samplers,
    'Euler a',
  ),
  scheduler: choice(
    { api: 'scheduler', chat: 'scheduler' },
    { en: 'Schedule type', zh: '调度类型' },
    schedulers,
    'Automatic',
  ),
  seed: integer(
    { api: 'seed', chat: 'seed' },
    { en: 'Seed', zh: '随机数种子' },
    { min: -1, max: MAX_SEED, step: 1, default: -1 },
  ),
  subseed: integer(
    { api: 'subseed', chat: 'subseed' },
    { en: 'Variation seed', zh: '变异随机种子' },
    { min: -1, max: MAX_SEED, step: 1, default: -1 },
  ),
  subseedStrength: number(
    { api: 'subseed_strength', chat: 'subseed-strength' },
    { en: 'Variation strength', zh: '变异强度' },
    { min: 0, max: 1, step: 0.01, default: 0 },
  ),
  seedResizeFromW: integer(
    { api: 'seed_resize_from_w', chat: 'seed-width' },
    { en: 'Resize seed from width', zh: '种子来源宽度' },
    { min: 0, max: 2048, step: 8, default: 0 },
  ),
  seedResizeFromH: integer(
    { api: 'seed_resize_from_h', chat: 'seed-height' },
    { en: 'Resize seed from height', zh: '种子来源高度' },
    { min: 0, max: 2048, step: 8, default: 0 },
  ),
  size: text(
    { api: 'size', chat: 'size' },
    { en: 'Size (src, 768x512, 2x, w832, h1216)', zh: '尺寸（src、768x512、2x、w832、h1216）' },
    {
      maxLength: 16,
      default: 'src',
      refusal: 'bad-size',
      pattern: /^(?:src|\d{1,5}\s*[x×*]\s*\d{1,5}|\d{0,2}(?:\.\d{1,4})?[x×]|[wh]\d{1,5})$/i,
      unquoted: /\d{2,5}\s*[x×*]\s*\d{2,5}(?![\p{L}\p{N}])/uy,
    },
  ),
  resizeMode: choice(
    { api: 'resize_mode', chat: 'resize' },
    { en: 'Resize mode', zh: '缩放模式' },
    resizeModes,
    'just resize',
  ),
  upscaler: choice(
    { api: 'upscaler_for_img2img', chat: 'upscaler' },
    { en: 'Upscaler for img2img', zh: '图生图放大算法' },
    imageUpscalers,
    'None',
  ),
  batchSize: integer(
    { api: 'batch_size', chat: 'count' },
    { en: 'Batch size', zh: '单批数量' },
    { min: 1, max: 8, step: 1, default: 1 },
  ),
  batchCount: integer(
    { api: 'n_iter', chat: 'batches' },
    { en: 'Batch count', zh: '总批次数' },
    { min: 1, max: 100, step: 1, default: 1 },
  ),
  maskedContent: choice(
    { api: 'inpainting_fill', chat: 'fill' },
    { en: 'Masked content', zh: '蒙版区域内容处理' },
    maskedContents,
    'original',
  ),
  inpaintArea: choice(
    { api: 'inpaint_full_res', chat: 'area' },
    { en: 'Inpaint area', zh: '重绘区域' },
    inpaintAreas,
    'whole picture',
  ),
  onlyMaskedPadding: integer(
    { api: 'inpaint_full_res_padding', chat: 'padding' },
    { en: 'Only masked padding, pixels', zh: '仅蒙版区域下边缘预留像素' },
    { min: 0, max: 256, step: 4, default: 32 },
  ),
  maskBlur: integer(
    { api: 'mask_blur', chat: 'mask-blur' },
    { en: 'Mask blur', zh: '蒙版边缘模糊度' },
    { min: 0, max: 64, step: 1, default: 4 },
  ),
  maskBlurX: integer(
    { api: 'mask_blur_x', chat: 'mask-blur-x' },
    { en: 'Mask blur across (−1: as mask blur)', zh: '蒙版横向模糊度（−1：同蒙版边缘模糊度）' },
    { min: -1, max: 64, step: 1, default: -1 },
  ),
  maskBlurY: integer(
    { api: 'mask_blur_y', chat: 'mask-blur-y' },
    { en: 'Mask blur down (−1: as mask blur)', zh: '蒙版纵向模糊度（−1：同蒙版边缘模糊度）' },
    { min: -1, max: 64, step: 1, default: -1 },
  ),
  maskAlpha: integer(
    { api: 'mask_alpha', chat: 'mask-alpha' },
    { en: 'Mask transparency', zh: '蒙版透明度' },
    { min: 0, max: 100, step: 1, default: 0 },
  ),
  maskMode: choice(
    { api: 'inpainting_mask_invert', chat: 'mask-mode' },
    { en: 'Mask mode', zh: '蒙版模式' },
    maskModes,
    'inpaint masked',
  ),
  maskRound: toggle(
    { api: 'mask_round', chat: 'mask-round' },
    { en: 'Round the mask to black and white', zh: '蒙版二值化' },
    true,
  ),
  overlayInpaint: toggle(
    { api: 'overlay_inpaint', chat: 'overlay' },
    { en: 'Overlay original for inpaint', zh: '重绘后叠加原图' },
    true,
  ),
  inpaintingMaskWeight: number(
    { api: 'inpainting_mask_weight', chat: 'mask-weight' },
    { en: 'Inpainting conditioning mask strength', zh: '重绘模型的蒙版强度' },
    { min: 0, max: 1, step: 0.01, default: 1 },
  ),
  returnMask: toggle(
    { api: 'return_mask', chat: 'return-mask' },
    { en: 'For inpainting, include the greyscale mask in results', zh: '重绘时在结果中附上灰度蒙版' },
    false,
  ),
  returnMaskComposite: toggle(
    { api: 'return_mask_composite', chat: 'return-mask-composite' },
    { en: 'For inpainting, include the masked composite in results', zh: '重绘时在结果中附上蒙版区域的合成图' },
    false,
  ),
  softInpainting: toggle({ api: 'soft_inpainting', chat: 'soft' }, { en: 'Soft inpainting', zh: '柔和重绘' }, false),
  softScheduleBias: number(
    { api: 'mask_blend_power', chat: 'soft-bias' },
    { en: 'Schedule bias', zh: '柔和重绘：调度偏向' },
    { min: 0, max: 8, step: 0.1, default: 1 },
  ),
  softPreservationStrength: number(
    { api: 'mask_blend_scale', chat: 'soft-preserve' },
    { en: 'Preservation strength', zh: '柔和重绘：保留强度' },
    { min: 0, max: 8, step: 0.05, default: 0.5 },
  ),
  softTransitionContrastBoost: number(
    { api: 'inpaint_detail_preservation', chat: 'soft-contrast' },
    { en: 'Transition contrast boost', zh: '柔和重绘：过渡对比度增强' },
    { min: 1, max: 32, step: 0.5, default: 4 },
  ),
  softMaskInfluence: number(
    { api: 'composite_mask_influence', chat: 'soft-mask' },
    { en: 'Mask influence', zh: '柔和重绘：蒙版影响' },
    { min: 0, max: 1, step: 0.05, default: 0 },
  ),
  softDifferenceThreshold: number(
    { api: 'composite_difference_threshold', chat: 'soft-threshold' },
    { en: 'Difference threshold', zh: '柔和重绘：差异阈值' },
    { min: 0, max: 8, step: 0.25, default: 0.5 },
  ),
  softDifferenceContrast: number(
    { api: 'composite_difference_contrast', chat: 'soft-diff-contrast' },
    { en: 'Difference contrast', zh: '柔和重绘：差异对比度' },
    { min: 0, max: 8, step: 0.25, default: 2 },
  ),
  initialNoiseMultiplier: number(
    { api: 'initial_noise_multiplier', chat: 'noise-mult' },
    { en: 'Noise multiplier for img2img', zh: '图生图噪声倍数' },
    { min: 0, max: 1.5, step: 0.001, default: 1 },
  ),
  extraNoise: number(
    { api: 'img2img_extra_noise', chat: 'extra-noise' },
    { en: 'Extra noise multiplier for img2img', zh: '图生图额外噪声倍数' },
    { min: 0, max: 1, step: 0.01, default: 0 },
  ),
  colorCorrection: toggle(
    { api: 'img2img_color_correction', chat: 'color-correction' },
    { en: 'Apply color correction to match original colors', zh: '颜色校正以匹配原图' },
    false,
  ),
  backgroundColor: text(
    { api: 'img2img_background_color', chat: 'background' },
    { en: 'Background color for transparency', zh: '透明区域的背景色' },
    { maxLength: 7, default: '#ffffff', refusal: 'bad-color', pattern: /^#[0-9a-f]{6}$/i },
  ),
  tiling: toggle(
    { api: 'tiling', chat: 'tiling' },
    { en: 'Tiling: the picture continues at its opposite edge', zh: '可平铺（Tiling）：画面边缘首尾相接' },
    false,
  ),
  checkpoint: text(
    { api: 'sd_model_checkpoint', chat: 'model' },
    { en: 'Checkpoint', zh: '模型' },
    { maxLength: 200, default: '' },
  ),
  vae: text(
    { api: 'sd_vae', chat: 'vae' },
    { en: 'SD VAE', zh: '外挂 VAE 模型' },
    { maxLength: 200, default: 'Automatic' },
  ),
  refiner: text(
    { api: 'refiner_checkpoint', chat: 'refiner' },
    { en: 'Refiner (a checkpoint that takes over near the end)', zh: '精修模型（Refiner，后段接手的模型）' },
    { maxLength: 200, default: '' },
  ),
  refinerSwitchAt: number(
    { api: 'refiner_switch_at', chat: 'refiner-at' },
    { en: 'Refiner: switch at', zh: '精修模型的切换时机' },
    { min: 0, max: 1, step: 0.01, default: 0.8 },
  ),
  clipSkip: integer(
    { api: 'CLIP_stop_at_last_layers', chat: 'clip-skip' },
    { en: 'Clip skip', zh: 'CLIP 终止层数' },
    { min: 1, max: 12, step: 1, default: 1 },
  ),
  randnSource: choice(
    { api: 'randn_source', chat: 'rng' },
    { en: 'Random number generator source', zh: '随机数生成源' },
    randnSources,
    'GPU',
  ),
  etaNoiseSeedDelta: integer(
    { api: 'eta_noise_seed_delta', chat: 'ensd' },
    { en: 'Eta noise seed delta', zh: 'Eta 噪声种子偏移' },
    { min: 0, max: MAX_SEED, step: 1, default: 0 },
  ),
  ...samplerFields,
  dilateMask: integer(
    { api: 'mask_dilate', chat: 'expand' },
    { en: 'Expand the mask (negative: shrink), pixels', zh: '蒙版扩张（负数为收缩），像素' },
    { min: -64, max: 64, step: 1, default: 0 },
  ),
  ...scriptFields,
} satisfies Record<string, Field>;

export type FieldName = keyof typeof fields;
/** Names of all fields in the order of the table. */
export const fieldNames = Object.keys(fields) as readonly FieldName[];

type ValueOf<F> = F extends NumberField
  ? number
  : F extends SwitchField
    ? boolean
    : F extends ChoiceField<infer V>
      ? V
      : string;

/** A value for every field. */
export type Params = { readonly [K in FieldName]: ValueOf<(typeof fields)[K]> };

/** The table's own defaults. */
export const defaultParams: Params = Object.fromEntries(
  fieldNames.map((name) => [name, fields[name].default]),
) as unknown as Params;
