import type { FamilyName } from '../../edit/catalog.ts';
import type { TextEncoderName } from './declared.ts';
import type { UnetShape } from './unet-shape.ts';

/** Relatives within a family: other inputs, or blocks left out. */
export type Variant =
  | 'plain'
  | 'inpainting'
  | 'instruct-pix2pix'
  | 'refiner'
  | 'ssd-1b'
  | 'vega'
  | 'koala-700m'
  | 'koala-1b'
  | 'unclip-l'
  | 'unclip-h'
  | 'depth'
  | 'x4-upscaler';

export interface FamilyMatch {
  readonly name: FamilyName;
  readonly variant: Variant;
}

/** What a family's U-Net looks like; what is left out may be anything. */
interface Row extends FamilyMatch {
  readonly contextDim: number;
  readonly linear: boolean;
  readonly adm: number | null;
  readonly modelChannels: number;
  readonly inChannels: number;
  readonly depth?: string;
}

const sd1 = { name: 'sd1', contextDim: 768, linear: false, adm: null, modelChannels: 320 } as const;
const sd2 = { name: 'sd2', contextDim: 1024, linear: true, adm: null, modelChannels: 320 } as const;
const sdxl = { name: 'sdxl', contextDim: 2048, linear: true, adm: 2816, modelChannels: 320 } as const;
const sdxlDepth = '0,0,2,2,10,10';

/** First match counts. Source: ComfyUI `supported_models.py` */
const rows: readonly Row[] = [
  { ...sd1, variant: 'instruct-pix2pix', inChannels: 8 },
  { ...sd1, variant: 'plain', inChannels: 4 },
  { ...sd1, variant: 'inpainting', inChannels: 9 },
  { ...sd2, variant: 'plain', inChannels: 4 },
  { ...sd2, variant: 'inpainting', inChannels: 9 },
  { ...sd2, variant: 'depth', inChannels: 5 },
  { ...sd2, variant: 'unclip-l', adm: 1536, inChannels: 4 },
  { ...sd2, variant: 'unclip-h', adm: 2048, inChannels: 4 },
  { ...sd2, variant: 'x4-upscaler', modelChannels: 256, inChannels: 7 },
  { ...sdxl, variant: 'instruct-pix2pix', depth: sdxlDepth, inChannels: 8 },
  {
    ...sdxl,
    variant: 'refiner',
    contextDim: 1280,
    adm: 2560,
    modelChannels: 384,
    depth: '0,0,4,4,4,4,0,0',
    inChannels: 4,
  },
  { ...sdxl, variant: 'plain', depth: sdxlDepth, inChannels: 4 },
  { ...sdxl, variant: 'inpainting', depth: sdxlDepth, inChannels: 9 },
  { ...sdxl, variant: 'ssd-1b', depth: '0,0,2,2,4,4', inChannels: 4 },
  { ...sdxl, variant: 'vega', depth: '0,0,1,1,2,2', inChannels: 4 },
  { ...sdxl, variant: 'koala-700m', depth: '0,2,5', inChannels: 4 },
  { ...sdxl, variant: 'koala-1b', depth: '0,2,6', inChannels: 4 },
];

/**
 * The family a U-Net belongs to. Sizes no family has (fine-tuned or small relatives) are placed by their structure.
 * @param declared  the family that the file's own metadata give, which counts only where the sizes tell nothing
 */
export function familyOf(shape: UnetShape, declared?: FamilyName): FamilyMatch {
  const row = rows.find((candidate) => matches(candidate, shape));
  if (row) return { name: row.name, variant: row.variant };
  return { name: declared ?? structuralFamily(shape), variant: structuralVariant(shape.inChannels) };
}

/** The text encoders that a family of checkpoints reads, in the order their states are joined. */
export function textEncodersOf(family: FamilyName, variant: Variant): readonly TextEncoderName[] {
  if (family === 'sd1') return ['clip_l'];
  if (family === 'sd2') return ['clip_h'];
  return variant === 'refiner' ? ['clip_g'] : ['clip_l', 'clip_g'];
}

function matches(row: Row, shape: UnetShape): boolean {
  return (
    row.contextDim === shape.contextDim &&
    row.linear === shape.useLinearInTransformer &&
    row.adm === shape.admInChannels &&
    row.modelChannels === shape.modelChannels &&
    row.inChannels === shape.inChannels &&
    (row.depth ?? `${shape.transformerDepth}`) === `${shape.transformerDepth}`
  );
}

function structuralFamily(shape: UnetShape): FamilyName {
  if (shape.admInChannels !== null) return 'sdxl';
  return shape.useLinearInTransformer ? 'sd2' : 'sd1';
}

function structuralVariant(inChannels: number): Variant {
  if (inChannels === 9) return 'inpainting';
  return inChannels === 8 ? 'instruct-pix2pix' : 'plain';
}
