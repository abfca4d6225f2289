import type { ScriptName } from './choices.ts';
import { type FieldName, fields, type Params } from './fields.ts';
import { compatibility, hypernetMention } from './infotext-defaults.ts';
import { parseInfotext, writeInfotext } from './infotext-text.ts';
import { maskBlurs } from './mask-blur.ts';
import { type PartialParams, parseParam } from './params.ts';
import type { EditRequest } from './request.ts';
import { resolveSampler } from './sampler-names.ts';
import { ownRho, settingsOf } from './sampler-settings.ts';

/** What the request cannot know: learnt while the picture was made. */
export interface InfotextFacts {
  /** Of this very picture. */
  readonly seed: number;
  readonly subseed: number;
  /** First 10 hex digits of the checkpoint's SHA-256. */
  readonly modelHash: string;
  /** The VAE file in place of the checkpoint's own, with the first 10 hex digits of its SHA-256. */
  readonly vae?: NamedHash;
  /** The schedule really used; `Automatic` where the sampler has none of its own. */
  readonly scheduleType: string;
  /** Whether there was a mask, and whether "only masked" found anything in it. */
  readonly mask: 'none' | 'blank' | 'used';
  /** The refiner that took over: its name, with its hash in brackets. */
  readonly refiner?: string;
  /** The checkpoint has input channels for the masked picture. */
  readonly inpaintingModel: boolean;
  /** The checkpoint is told the picture itself (InstructPix2Pix). */
  readonly editingModel?: boolean;
  /** The sampler draws noise with the eta seed delta. */
  readonly usesEtaNoise: boolean;
  /** LoRAs by the names the prompt calls them, with the first 12 hex digits of their hashes. */
  readonly loraHashes?: readonly NamedHash[];
  /** Textual inversions that were found in the prompts, likewise. */
  readonly embeddingHashes?: readonly NamedHash[];
  /** Version of this program. */
  readonly version: string;
}

export interface NamedHash {
  readonly name: string;
  readonly hash: string;
}

type Pair = readonly [key: string, value: string | number | boolean];

const when = (condition: boolean, ...pairs: readonly Pair[]): readonly Pair[] => (condition ? pairs : []);

function seedPairs(p: Params, { subseed }: InfotextFacts): readonly Pair[] {
  return [
    ...when(p.subseedStrength !== 0, ['Variation seed', subseed], ['Variation seed strength', p.subseedStrength]),
    ...when(p.seedResizeFromW > 0 && p.seedResizeFromH > 0, [
      'Seed resize from',
      `${p.seedResizeFromW}x${p.seedResizeFromH}`,
    ]),
  ];
}

function softPairs(p: Params): readonly Pair[] {
  return [
    ['Soft inpainting enabled', true],
    ['Soft inpainting schedule bias', p.softScheduleBias],
    ['Soft inpainting preservation strength', p.softPreservationStrength],
    ['Soft inpainting transition contrast boost', p.softTransitionContrastBoost],
    ['Soft inpainting mask influence', p.softMaskInfluence],
    ['Soft inpainting difference threshold', p.softDifferenceThreshold],
    ['Soft inpainting difference contrast', p.softDifferenceContrast],
  ];
}

/** The blur that both axes have; 0, for A1111 writes none, where they differ. */
function commonBlur(p: Params): number {
  const { x, y } = maskBlurs(p);
  return x === y ? x : 0;
}

/** as A1111: what was noted before "only masked" found the mask blank stays noted. */
function maskPairs(p: Params, { mask }: InfotextFacts): readonly Pair[] {
  if (mask === 'none') return [];
  return [
    ...when(p.softInpainting, ...softPairs(p)),
    ...when(p.maskMode === 'inpaint not masked', ['Mask mode', 'Inpaint not masked']),
    ...when(commonBlur(p) > 0, ['Mask blur', commonBlur(p)]),
    ...when(
      mask === 'used' && p.inpaintArea === 'only masked',
      ['Inpaint area', 'Only masked'],
      ['Masked area padding', p.onlyMaskedPadding],
    ),
    ...when(mask === 'used' && p.maskedContent !== 'original', ['Masked content', p.maskedContent]),
  ];
}

/** `a: 0123456789ab, b: …`. Source: A1111 extensions-builtin/Lora/extra_networks_lora.py */
function hashPairs(key: string, hashes: readonly NamedHash[] = []): readonly Pair[] {
  return when(hashes.length > 0, [key, hashes.map(({ name, hash }) => `${name}: ${hash}`).join(', ')]);
}

/** What bends the levels of a schedule, where the sampler walks over one and the type looks at it. */
function schedulePairs(p: Params, { scheduleType }: InfotextFacts): readonly Pair[] {
  if (!settingsOf(p.sampler).schedule || scheduleType === 'Automatic') return [];
  const rho = ownRho(scheduleType);
  return [
    ...when(p.sigmaMin !== 0, ['Schedule min sigma', p.sigmaMin]),
    ...when(p.sigmaMax !== 0, ['Schedule max sigma', p.sigmaMax]),
    ...when(rho !== null && p.rho !== 0 && p.rho !== rho, ['Schedule rho', p.rho]),
    ...when(scheduleType === 'Beta', ['Beta schedule alpha', p.betaDistAlpha], ['Beta schedule beta', p.betaDistBeta]),
  ];
}

/** Settings of the sampler, as far as it looks at them. */
function samplerPairs(p: Params, facts: InfotextFacts): readonly Pair[] {
  const { eta, churn, noise, discardsNextToLastSigma } = settingsOf(p.sampler);
  return [
    ...when(p.initialNoiseMultiplier !== 1, ['Noise multiplier', p.initialNoiseMultiplier]),
    ...schedulePairs(p, facts),
    ...when(!discardsNextToLastSigma && p.alwaysDiscardNextToLastSigma, ['Discard penultimate sigma', true]),
    ...when(p.extraNoise !== 0, ['Extra noise', p.extraNoise]),
    ...(eta ? when(p.eta >= 0 && p.eta !== eta.own, [eta.key, p.eta]) : []),
    ...when(churn && p.sChurn !== 0, ['Sigma churn', p.sChurn]),
    ...when(churn && p.sTmin !== 0, ['Sigma tmin', p.sTmin]),
    ...when(churn && p.sTmax !== 0, ['Sigma tmax', p.sTmax]),
    ...when(noise && p.sNoise !== 1, ['Sigma noise', p.sNoise]),
    ...when(p.sMinUncond !== 0, ['NGMS', p.sMinUncond]),
    ...when(p.sMinUncondAll, ['NGMS all steps', true]),
    ...when(p.skipEarlyCond !== 0, ['Skip Early CFG', p.skipEarlyCond]),
    ...when(p.padConds, ['Pad conds', true]),
    ...when(p.padCondsV0, ['Pad conds v0', true]),
    ...when(p.useOldScheduling, ['Old prompt editing timelines', true]),
  ];
}

/** Parameters of scripts, A1111's keys where it has some; the others are kept by it as unknown parameters. */
const scriptKeys: Readonly<Record<ScriptName, readonly (readonly [key: string, field: FieldName])[]>> = {
  none: [],
  'outpainting mk2': [
    ['Outpaint pixels', 'pixels'],
    ['Outpaint direction', 'direction'],
    ['Outpaint passes', 'outpaintPasses'],
    ['Outpaint mask blur', 'mk2MaskBlur'],
    ['Outpaint fall-off exponent', 'noiseQ'],
    ['Outpaint color variation', 'colorVariation'],
  ],
  "poor man's outpainting": [
    ['Outpaint pixels', 'pixels'],
    ['Outpaint direction', 'direction'],
    ['Outpaint passes', 'outpaintPasses'],
    ['Poor outpaint mask blur', 'poorMaskBlur'],
    ['Poor outpaint masked content', 'poorMaskedContent'],
  ],
  'mosaic outpaint': [
    ['Mosaic direction', 'mosaicDirection'],
    ['Mosaic method', 'mosaicMethod'],
    ['Mosaic stretch area', 'mosaicStretchArea'],
    ['Mosaic stretch ratio', 'mosaicStretchScale'],
    ['Mosaic horizontal expand', 'mosaicExpandX'],
    ['Mosaic vertical expand', 'mosaicExpandY'],
    ['Mosaic mask feathering', 'mosaicFeathering'],
    ['Mosaic short tiles', 'mosaicShortTiles'],
    ['Mosaic long tiles', 'mosaicLongTiles'],
    ['Mosaic mask overlap', 'mosaicOverlap'],
  ],
  'SD upscale': [
    ['SD upscale overlap', 'overlap'],
    ['SD upscale upscaler', 'sdUpscaler'],
    ['SD upscale factor', 'scaleFactor'],
  ],
  extras: [
    ['Postprocess upscale by', 'scaleFactor'],
    ['Postprocess upscaler', 'sdUpscaler'],
  ],
  loopback: [
    ['Final denoising strength', 'finalDenoisingStrength'],
    ['Denoising curve', 'denoisingCurve'],
    ['Loops', 'loops'],
  ],
};

function scriptPairs(p: Params): readonly Pair[] {
  return [
    ...scriptKeys[p.script].map(([key, field]): Pair => [key, p[field]]),
    ...when(p.script !== 'none', ['Script', p.script]),
  ];
}

/** The script whose keys A1111 writes without naming it. */
function unnamedScript(params: ReadonlyMap<string, string>): PartialParams {
  if (params.has('SD upscale overlap')) return { script: 'SD upscale' };
  return params.has('Final denoising strength') ? { script: 'loopback' } : {};
}

/** Keys of our own for what A1111 forgets; it keeps them as unknown parameters. */
const ownKeys: readonly (readonly [key: string, field: FieldName])[] = [
  ['Resize mode', 'resizeMode'],
  ['Upscaler for img2img', 'upscaler'],
  ['Color correction', 'colorCorrection'],
  ['Exact steps', 'exactSteps'],
  ['Background color', 'backgroundColor'],
  ['CFG rescale', 'cfgRescale'],
  ['Clip skip SDXL', 'sdxlClipLSkip'],
  ['Comma padding', 'commaPaddingBacktrack'],
  ['Prompt comments', 'enablePromptComments'],
];
const ownMaskKeys: readonly (readonly [key: string, field: FieldName])[] = [
  ['Mask blur X', 'maskBlurX'],
  ['Mask blur Y', 'maskBlurY'],
  ['Mask transparency', 'maskAlpha'],
  ['Mask round', 'maskRound'],
  ['Mask expansion', 'dilateMask'],
  ['Overlay inpaint', 'overlayInpaint'],
];

/** The mask blur where A1111's own key says something else: it writes no blur of 0, and none that differs by axis. */
const MASK_EDGE = 'Mask edge';

/** What A1111's scripts write themselves. */
const theirs = ['SD upscale overlap', 'SD upscale upscaler', 'Final denoising strength', 'Denoising curve'];

/** Keys that A1111 does not write. */
export const ownInfotextKeys: ReadonlySet<string> = new Set([
  ...[...ownKeys, ...ownMaskKeys, ...Object.values(scriptKeys).flat()]
    .map(([key]) => key)
    .filter((key) => !theirs.includes(key)),
  ...[MASK_EDGE, 'Script', 'Engine'],
]);

function ownPairs(p: Params, { version, mask }: InfotextFacts): readonly Pair[] {
  const masked = mask === 'used';
  const changed = [...ownKeys, ...(masked ? ownMaskKeys : [])].filter(
    ([, field]) => p[field] !== fields[field].default,
  );
  return [
    ...when(masked && (p.maskBlur === 0 || p.maskBlur !== commonBlur(p)), [MASK_EDGE, p.maskBlur]),
    ...changed.map(([key, field]): Pair => [key, p[field]]),
    ['Engine', `palimpsest ${version}`],
  ];
}

/**
 * The text A1111 writes into a picture, in its order and spelling. Dropped into A1111, or read by `paramsFromInfotext`, it restores
 * the settings.
 * Source: A1111 modules/processing.py `create_infotext`
 */
export function infotextOf(request: Pick<EditRequest, 'params' | 'width' | 'height'>, facts: InfotextFacts): string {
  const { params: p, width, height } = request;
  const pairs: readonly Pair[] = [
    ['Steps', p.steps],
    ['Sampler', p.sampler],
    ['Schedule type', facts.scheduleType],
    ['CFG scale', p.cfgScale],
    ...when(facts.editingModel ?? false, ['Image CFG scale', p.imageCfgScale]),
    ['Seed', facts.seed],
    ['Size', `${width}x${height}`],
    ['Model hash', facts.modelHash],
    ['Model', p.checkpoint],
    ...(facts.vae ? when(true, ['VAE hash', facts.vae.hash], ['VAE', facts.vae.name]) : []),
    ...seedPairs(p, facts),
    ['Denoising strength', p.denoisingStrength],
    ...when(facts.inpaintingModel, ['Conditional mask weight', p.inpaintingMaskWeight]),
    ...when(p.clipSkip > 1, ['Clip skip', p.clipSkip]),
    ...when(p.etaNoiseSeedDelta !== 0 && facts.usesEtaNoise && p.eta !== 0, ['ENSD', p.etaNoiseSeedDelta]),
    ...when(p.randnSource !== 'GPU', ['RNG', p.randnSource]),
    ...when(p.tiling, ['Tiling', true]),
    ...scriptPairs(p),
    ...maskPairs(p, facts),
    ...(facts.refiner ? when(true, ['Refiner', facts.refiner], ['Refiner switch at', p.refinerSwitchAt]) : []),
    ...hashPairs('Lora hashes', facts.loraHashes),
    ...hashPairs('TI hashes', facts.embeddingHashes),
    ...when(p.emphasis !== 'Original' && /[([]/.test(p.prompt + p.negativePrompt), ['Emphasis', p.emphasis]),
    ...samplerPairs(p, facts),
    ...ownPairs(p, facts),
    ['Version', 'v1.10.1'],
  ];
  return writeInfotext({ prompt: p.prompt, negativePrompt: p.negativePrompt, params: pairs });
}

/** Infotext key → field. `Size` is not among them: it is the processing size of another picture. */
export const infotextFields: Readonly<Record<string, FieldName>> = {
  Steps: 'steps',
  'CFG scale': 'cfgScale',
  'Image CFG scale': 'imageCfgScale',
  Seed: 'seed',
  Model: 'checkpoint',
  VAE: 'vae',
  Tiling: 'tiling',
  Refiner: 'refiner',
  'Refiner switch at': 'refinerSwitchAt',
  'Variation seed': 'subseed',
  'Variation seed strength': 'subseedStrength',
  'Seed resize from-1': 'seedResizeFromW',
  'Seed resize from-2': 'seedResizeFromH',
  'Denoising strength': 'denoisingStrength',
  'Clip skip': 'clipSkip',
  ENSD: 'etaNoiseSeedDelta',
  RNG: 'randnSource',
  Emphasis: 'emphasis',
  'Soft inpainting enabled': 'softInpainting',
  'Soft inpainting schedule bias': 'softScheduleBias',
  'Soft inpainting preservation strength': 'softPreservationStrength',
  'Soft inpainting transition contrast boost': 'softTransitionContrastBoost',
  'Soft inpainting mask influence': 'softMaskInfluence',
  'Soft inpainting difference threshold': 'softDifferenceThreshold',
  'Soft inpainting difference contrast': 'softDifferenceContrast',
  'Mask mode': 'maskMode',
  'Mask blur': 'maskBlur',
  'Inpaint area': 'inpaintArea',
  'Masked area padding': 'onlyMaskedPadding',
  'Masked content': 'maskedContent',
  'Noise multiplier': 'initialNoiseMultiplier',
  'Extra noise': 'extraNoise',
  Eta: 'eta',
  'Eta DDIM': 'eta',
  'Sigma churn': 'sChurn',
  'Sigma tmin': 'sTmin',
  'Sigma tmax': 'sTmax',
  'Sigma noise': 'sNoise',
  NGMS: 'sMinUncond',
  'NGMS all steps': 'sMinUncondAll',
  'Skip Early CFG': 'skipEarlyCond',
  'Pad conds': 'padConds',
  'Pad conds v0': 'padCondsV0',
  'Old prompt editing timelines': 'useOldScheduling',
  'Conditional mask weight': 'inpaintingMaskWeight',
  'Schedule min sigma': 'sigmaMin',
  'Schedule max sigma': 'sigmaMax',
  'Schedule rho': 'rho',
  'Beta schedule alpha': 'betaDistAlpha',
  'Beta schedule beta': 'betaDistBeta',
  'Beta scheduler alpha': 'betaDistAlpha', // what A1111 reads, though it writes the former
  'Beta scheduler beta': 'betaDistBeta',
  'Discard penultimate sigma': 'alwaysDiscardNextToLastSigma',
  Script: 'script',
  [MASK_EDGE]: 'maskBlur',
  ...Object.fromEntries([...ownKeys, ...ownMaskKeys, ...Object.values(scriptKeys).flat()]),
};

/** A value that fits its field, or nothing: infotext is somebody else's text. as A1111: a switch is on unless it says `False`. */
function fitting(name: FieldName, text: string): PartialParams {
  try {
    return { [name]: fields[name].kind === 'switch' ? text !== 'False' : parseParam(name, text) };
  } catch {
    return {};
  }
}

function samplerOf(params: ReadonlyMap<string, string>): PartialParams {
  const name = params.get('Sampler');
  return name === undefined ? {} : resolveSampler(name, params.get('Schedule type'), { toAutomatic: true });
}

/** The fields a picture's infotext names, and what the version that wrote it did otherwise; unknown keys and values out of range left out. Source: A1111 modules/infotext_utils.py */
export function paramsFromInfotext(text: string): PartialParams {
  const parsed = parseInfotext(text);
  const { prompt, negativePrompt, params } = parsed;
  const asThen = compatibility(parsed).map(([key]) => [key, 'True'] as const);
  const known = [...params, ...asThen].flatMap(([key, value]) => {
    const name = infotextFields[key];
    return name ? [fitting(name, value)] : [];
  });
  return Object.assign(
    {},
    unnamedScript(params),
    ...known,
    samplerOf(params),
    fitting('prompt', prompt + hypernetMention(parsed)),
    fitting('negativePrompt', negativePrompt),
  );
}
