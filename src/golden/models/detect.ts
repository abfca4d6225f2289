import { examineCheckpoint } from '../../engine/weights/checkpoint-facts.ts';
import { withLdmNames } from '../../engine/weights/checkpoint-file.ts';
import type { Variant } from '../../engine/weights/family.ts';
import type { TensorEntry } from '../../engine/weights/weights-file.ts';
import { attempt, type Check } from '../compare.ts';
import { mismatch, readJson } from '../img2img/case.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { layoutEntries, readLayout } from './layouts.ts';

interface DetectCase {
  readonly name: string;
  readonly components: readonly {
    readonly layout: string;
    readonly prefix: string;
    readonly override?: Readonly<Record<string, readonly number[]>>;
    readonly strip?: string;
  }[];
  readonly extra: Readonly<Record<string, readonly number[]>>;
  readonly norm1_bias_std: number | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly expect: Expected;
}

interface Expected {
  readonly unet_prefix: string;
  readonly reference_class: string;
  readonly unet_config: Readonly<Record<string, unknown>>;
  readonly num_heads: number;
  readonly num_head_channels: number;
  readonly prediction: string;
  readonly zsnr: boolean;
  readonly latent_scale: number;
  readonly extra_input_channels: number;
  readonly text_encoders: readonly string[];
  readonly has_vae: boolean;
}

/** ComfyUI's names for what we call a family and its variant. */
const referenceClasses: Readonly<Record<string, readonly (readonly [family: string, variant: Variant])[]>> = {
  SD15: [
    ['sd1', 'plain'],
    ['sd1', 'inpainting'],
  ],
  SD15_instructpix2pix: [['sd1', 'instruct-pix2pix']],
  SD20: [
    ['sd2', 'plain'],
    ['sd2', 'inpainting'],
  ],
  SDXL: [
    ['sdxl', 'plain'],
    ['sdxl', 'inpainting'],
  ],
  SDXL_instructpix2pix: [['sdxl', 'instruct-pix2pix']],
  SDXLRefiner: [['sdxl', 'refiner']],
  SSD1B: [['sdxl', 'ssd-1b']],
  Segmind_Vega: [['sdxl', 'vega']],
  KOALA_700M: [['sdxl', 'koala-700m']],
  KOALA_1B: [['sdxl', 'koala-1b']],
};

/** ComfyUI's names for what is recognised and refused, and words of the refusal. */
const refusedClasses: Readonly<Record<string, string>> = {
  SD21UnclipL: 'a picture in place of text',
  SD21UnclipH: 'a picture in place of text',
  SD_X4Upscaler: 'the ×4 upscaler',
};

/** What a checkpoint is, from its header alone (`detect/cases.json`); `layouts/` lies beside. */
export async function* detectCases(dir: string): AsyncIterable<GoldenOutcome> {
  for (const golden of await readJson<DetectCase[]>(dir, 'cases.json')) {
    yield attempt('models/detect', golden.name, () => detectChecks(dir, golden));
  }
}

async function detectChecks(dir: string, golden: DetectCase): Promise<Check[]> {
  const tensors = new Map<string, TensorEntry>();
  for (const { layout, prefix, override = {}, strip = '' } of golden.components) {
    const shapes = { ...(await readLayout(`${dir}/../layouts`, layout)), ...override };
    const renamed = Object.entries(shapes).map(([name, shape]) => [
      prefix + (name.startsWith(strip) ? name.slice(strip.length) : name),
      shape,
    ]);
    for (const entry of layoutEntries(Object.fromEntries(renamed))) tensors.set(entry.name, entry);
  }
  for (const entry of layoutEntries(golden.extra)) tensors.set(entry.name, entry);
  const metadata = new Map(Object.entries(golden.metadata));
  const file = withLdmNames({ path: `${golden.name}.safetensors`, tensors, metadata });
  const spreadOf = async () => golden.norm1_bias_std ?? 0;
  const words = refusedClasses[golden.expect.reference_class];
  if (words === undefined) return compare(await examineCheckpoint(file, { spreadOf }), golden.expect);
  const refusal = await examineCheckpoint(file, { spreadOf }).then(() => '', String);
  return [[`refused: ${words}`, refusal.includes(words) ? 0 : Number.POSITIVE_INFINITY, 0]];
}

function compare({ facts, parts }: Awaited<ReturnType<typeof examineCheckpoint>>, expect: Expected): Check[] {
  const { unet: shape } = facts;
  const prefix = parts.unet!.prefix;
  const eight = expect.num_heads > 0 ? expect.num_heads : shape.modelChannels / expect.num_head_channels;
  const pairs: Record<string, readonly [unknown, unknown]> = {
    prefix: [prefix === '' ? '' : `${prefix}.`, expect.unet_prefix],
    prediction: [facts.prediction === 'v' ? 'V_PREDICTION' : 'EPS', expect.prediction],
    zsnr: [facts.zeroTerminalSnr, expect.zsnr],
    'latent scale': [facts.latentScale, expect.latent_scale],
    'extra input channels': [shape.inChannels - 4, expect.extra_input_channels],
    heads: [facts.headsAt(shape.modelChannels), eight],
    'text encoders': [parts.text.map(({ name }) => name).sort(), [...expect.text_encoders].sort()],
    vae: [parts.vae !== undefined, expect.has_vae],
    ...Object.fromEntries(
      Object.entries(expect.unet_config).map(([key, value]) => [
        key,
        [shape[camelCase(key) as keyof typeof shape], value],
      ]),
    ),
  };
  const classes = referenceClasses[expect.reference_class] ?? [];
  const known = classes.some(([family, variant]) => family === facts.family && variant === facts.variant);
  const checks: Check[] = Object.entries(pairs).map(([name, [got, wanted]]) => [name, mismatch(got, wanted), 0]);
  return [...checks, ['family', known ? 0 : Number.POSITIVE_INFINITY, 0]];
}

function camelCase(key: string): string {
  return key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
