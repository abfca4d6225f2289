import { denoisingCurves, imageUpscalers, maskedContents, mosaicMethods, scripts } from './choices.ts';
import { type Control, choice, integer, number, text } from './field.ts';

/** One or more sides, in any order: `left right`, `up,down`, `horizontal`. */
const side = '(?:left|right|up|down|all|horizontal|vertical)';
const sideList = `${side}(?:[\\s,;+]+${side})*`;
const sides = {
  pattern: new RegExp(`^\\s*${sideList}\\s*$`, 'i'),
  unquoted: new RegExp(`${sideList}(?![\\p{L}\\p{N}])`, 'iuy'),
} as const;

const blurRange = { min: 0, max: 64, step: 1 } as const;
const shareRange = { min: 0.05, max: 1, step: 0.05 } as const;

/**
 * Which script runs around the edit, and the controls of each, under its own names; the parameters of one that does not run have
 * no effect. Source: A1111 scripts/outpainting_mk_2.py, poor_mans_outpainting.py, sd_upscale.py, loopback.py;
 * sd-webui-mosaic-outpaint 2.6
 */
export const scriptFields = {
  script: choice({ api: 'script_name', chat: 'script' }, { en: 'Script', zh: '脚本' }, scripts, 'none'),
  pixels: integer(
    { api: 'pixels', chat: 'pixels' },
    { en: 'Outpainting: pixels to expand', zh: '外扩：拓展像素数' },
    { min: 8, max: 256, step: 8, default: 128 },
  ),
  outpaintPasses: integer(
    { api: 'outpaint_passes', chat: 'passes' },
    { en: 'Outpainting: passes, each on the result of the one before', zh: '外扩：次数（逐次向外扩展）' },
    { min: 1, max: 16, step: 1, default: 1 },
  ),
  direction: text(
    { api: 'direction', chat: 'direction', aliases: ['directions'] },
    { en: 'Outpainting direction (left right up down)', zh: '外扩方向（left right up down）' },
    { maxLength: 32, default: 'left right up down', refusal: 'bad-direction', ...sides },
  ),
  mk2MaskBlur: integer(
    { api: 'mk2_mask_blur', chat: 'mk2-blur' },
    { en: 'Outpainting mk2: mask blur', zh: '向外绘制第二版：蒙版模糊' },
    { ...blurRange, default: 8 },
  ),
  noiseQ: number(
    { api: 'noise_q', chat: 'falloff' },
    { en: 'Outpainting mk2: fall-off exponent (lower=higher detail)', zh: '向外绘制第二版：衰减指数（越低细节越多）' },
    { min: 0, max: 4, step: 0.01, default: 1 },
  ),
  colorVariation: number(
    { api: 'color_variation', chat: 'color-variation' },
    { en: 'Outpainting mk2: color variation', zh: '向外绘制第二版：色彩变化' },
    { min: 0, max: 1, step: 0.01, default: 0.05 },
  ),
  poorMaskBlur: integer(
    { api: 'poor_mask_blur', chat: 'poor-blur' },
    { en: 'Poor man’s outpainting: mask blur', zh: '效果稍差的向外绘制：蒙版模糊' },
    { ...blurRange, default: 4 },
  ),
  poorMaskedContent: choice(
    { api: 'poor_inpainting_fill', chat: 'poor-fill' },
    { en: 'Poor man’s outpainting: masked content', zh: '效果稍差的向外绘制：蒙版区域内容处理' },
    maskedContents,
    'fill',
  ),
  mosaicDirection: text(
    { api: 'mosaic_directions', chat: 'mosaic-direction' },
    { en: 'Mosaic outpaint: directions (left right up down)', zh: '马赛克外扩：方向（left right up down）' },
    { maxLength: 32, default: 'right', refusal: 'bad-direction', ...sides },
  ),
  mosaicMethod: choice(
    { api: 'mosaic_method', chat: 'mosaic-method' },
    { en: 'Mosaic outpaint: method', zh: '马赛克外扩：方式' },
    mosaicMethods,
    'stretch',
  ),
  mosaicStretchArea: number(
    { api: 'stretch_area', chat: 'mosaic-stretch' },
    { en: 'Mosaic outpaint: stretch %', zh: '马赛克外扩：拉伸区域比例' },
    { min: 0.25, max: 0.75, step: 0.05, default: 0.5 },
  ),
  mosaicStretchScale: integer(
    { api: 'stretch_scale', chat: 'mosaic-ratio' },
    { en: 'Mosaic outpaint: stretch ratio', zh: '马赛克外扩：拉伸倍数' },
    { min: 1, max: 5, step: 1, default: 2 },
  ),
  mosaicExpandX: number(
    { api: 'expansion_X', chat: 'mosaic-x' },
    { en: 'Mosaic outpaint: horizontal expand %', zh: '马赛克外扩：水平外扩比例' },
    { ...shareRange, default: 0.5 },
  ),
  mosaicExpandY: number(
    { api: 'expansion_Y', chat: 'mosaic-y' },
    { en: 'Mosaic outpaint: vertical expand %', zh: '马赛克外扩：垂直外扩比例' },
    { ...shareRange, default: 0.5 },
  ),
  mosaicFeathering: integer(
    { api: 'mosaic_feathering', chat: 'mosaic-feather' },
    { en: 'Mosaic outpaint: mask feathering', zh: '马赛克外扩：蒙版羽化' },
    { min: 0, max: 64, step: 4, default: 0 },
  ),
  mosaicShortTiles: integer(
    { api: 'steps_S', chat: 'mosaic-short' },
    { en: 'Mosaic outpaint: short-side tile count', zh: '马赛克外扩：短边格数' },
    { min: 1, max: 6, step: 1, default: 3 },
  ),
  mosaicLongTiles: integer(
    { api: 'steps_L', chat: 'mosaic-long' },
    { en: 'Mosaic outpaint: long-side tile count', zh: '马赛克外扩：长边格数' },
    { min: 12, max: 72, step: 12, default: 24 },
  ),
  mosaicOverlap: number(
    { api: 'mosaic_overlap', chat: 'mosaic-overlap' },
    { en: 'Mosaic outpaint: mask overlap %', zh: '马赛克外扩：蒙版重叠比例' },
    { min: 0.05, max: 0.5, step: 0.05, default: 0.15 },
  ),
  overlap: integer(
    { api: 'overlap', chat: 'tile-overlap' },
    { en: 'SD upscale: tile overlap', zh: 'SD 放大：图块重叠像素' },
    { min: 0, max: 256, step: 16, default: 64 },
  ),
  scaleFactor: number(
    { api: 'scale_factor', chat: 'factor' },
    { en: 'SD upscale: scale factor', zh: 'SD 放大：放大倍数' },
    { min: 1, max: 4, step: 0.05, default: 2 },
  ),
  sdUpscaler: choice(
    { api: 'upscaler_index', chat: 'sd-upscaler', aliases: ['upscaler_1'] }, // as extras calls it
    { en: 'SD upscale: upscaler', zh: 'SD 放大：放大算法' },
    imageUpscalers,
    'None',
  ),
  loops: integer(
    { api: 'loops', chat: 'loops' },
    { en: 'Loopback: loops', zh: '回送：循环次数' },
    { min: 1, max: 32, step: 1, default: 4 },
  ),
  finalDenoisingStrength: number(
    { api: 'final_denoising_strength', chat: 'final-strength' },
    { en: 'Loopback: final denoising strength', zh: '回送：最终重绘幅度' },
    { min: 0, max: 1, step: 0.01, default: 0.5 },
  ),
  denoisingCurve: choice(
    { api: 'denoising_curve', chat: 'curve' },
    { en: 'Loopback: denoising strength curve', zh: '回送：重绘幅度曲线' },
    denoisingCurves,
    'Linear',
  ),
} satisfies Record<string, Control>;
