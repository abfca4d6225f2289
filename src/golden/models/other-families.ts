import { join } from 'node:path';
import { labelVector } from '../../engine/pipeline/label-vector.ts';
import { stableDiffusionAlphas } from '../../engine/sampling/alphas.ts';
import { sigmaPreconditioning } from '../../engine/sampling/preconditioning.ts';
import { discreteSchedule } from '../../engine/sampling/schedule.ts';
import { lincomb, scale } from '../../engine/tensor/arithmetic.ts';
import { concatChannels, concatRows, rows } from '../../engine/tensor/rows.ts';
import type { Tensor } from '../../engine/tensor/tensor.ts';
import { attempt, type Check, tensorError } from '../compare.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { type GoldenTensors, readGoldenTensors } from '../tensors.ts';
import {
  type GoldenCheckpoint,
  goldenCheckpoint,
  goldenFiles,
  runOnce,
  textEncoderOf,
  textFeeds,
  unetOf,
} from './checkpoint.ts';

const tolerance = 1e-4;
const ioFile = /_io\.safetensors$/;

/** Stable Diffusion 2: linear projections, OpenCLIP-H, bfloat16 (`sd2/`). */
export async function* sd2Cases(dir: string): AsyncIterable<GoldenOutcome> {
  const area = 'models/sd2';
  const checkpoint = await goldenCheckpoint(dir);
  for (const file of await goldenFiles(dir, ioFile)) {
    const golden = await readGoldenTensors(join(dir, file));
    const has = (name: string) => golden.tensors.has(name);
    if (has('text.ids')) yield attempt(area, 'text', () => penultimateNormed(checkpoint, golden));
    for (const prefix of casePrefixes(golden)) {
      yield attempt(area, prefix.slice(0, -1), () => unetChecks(checkpoint, golden, prefix));
    }
    for (const prediction of ['v', 'eps'] as const) {
      if (!has(`denoise.${prediction}.x`)) continue;
      yield attempt(area, `denoise ${prediction}`, () => denoiseChecks(checkpoint, golden, prediction));
    }
  }
}

/** How the names of every U-Net case begin: `unet.` where there is but one, else `unet.<case>.`. */
function casePrefixes(golden: GoldenTensors): readonly string[] {
  return [...golden.tensors.keys()].flatMap((name) => /^(unet\.(?:.+\.)?)x$/.exec(name)?.[1] ?? []);
}

async function penultimateNormed(checkpoint: GoldenCheckpoint, golden: GoldenTensors): Promise<Check[]> {
  const expected = golden.get('text.penultimate_ln');
  const layers = checkpoint.parts.text[0]!.weights.count('transformer.resblocks');
  const feeds = textFeeds(golden.get('text.ids'), layers - 1, expected.shape[2]!);
  const { normed } = await runOnce(textEncoderOf(checkpoint, 'clip_h'), feeds);
  return [['penultimate, normed', tensorError(normed!, expected), tolerance]];
}

/** Each row has a σ of its own; the context is that of the U-Net's case. */
async function denoiseChecks(
  checkpoint: GoldenCheckpoint,
  golden: GoldenTensors,
  prediction: 'v' | 'eps',
): Promise<Check[]> {
  const of = (name: string) => golden.get(`denoise.${prediction}.${name}`);
  const given = sigmaPreconditioning(discreteSchedule(stableDiffusionAlphas()), prediction);
  const sigmas = [...of('sigma').data];
  const timesteps = { data: Float32Array.from(sigmas, given.timestep), shape: [sigmas.length] };
  const parts = sigmas.map((sigma, i) => [rows(of('x'), i, i + 1), sigma] as const);
  const x = concatRows(parts.map(([part, sigma]) => scale(given.inputScale(sigma), part)));
  const [first = ''] = casePrefixes(golden);
  const { out } = await runOnce(unetOf(checkpoint), { x, timesteps, context: golden.get(`${first}context`) });
  const denoised = concatRows(
    parts.map(([part, sigma], i) => {
      const mix = given.output(sigma);
      return lincomb(mix.x, part, mix.known, rows(out!, i, i + 1));
    }),
  );
  return [
    ['timestep', tensorError(timesteps, of('timestep')), 1e-3],
    ['denoised', tensorError(denoised, of('denoised')), 5e-4],
  ];
}

/** SDXL: label vector, transformers of different depths, two text encoders (`sdxl/`). */
export async function* sdxlCases(dir: string): AsyncIterable<GoldenOutcome> {
  const area = 'models/sdxl';
  const checkpoint = await goldenCheckpoint(dir);
  for (const file of await goldenFiles(dir, ioFile)) {
    const golden = await readGoldenTensors(join(dir, file));
    const has = (name: string) => golden.tensors.has(name);
    if (has('text.ids_l')) yield attempt(area, 'text CLIP-L', () => clipLChecks(checkpoint, golden));
    if (has('text.ids_g')) yield attempt(area, 'text OpenCLIP-G', () => clipGChecks(checkpoint, golden));
    if (golden.metadata.sizes) yield attempt(area, 'label vectors', async () => labelChecks(golden));
    for (const prefix of casePrefixes(golden)) {
      yield attempt(area, prefix.slice(0, -1), () => unetChecks(checkpoint, golden, prefix));
    }
  }
}

async function clipLChecks(checkpoint: GoldenCheckpoint, golden: GoldenTensors): Promise<Check[]> {
  const ids = golden.get('text.ids_l');
  const prefix = 'text.l.hidden_states.';
  const layers = [...golden.tensors.keys()].filter((name) => name.startsWith(prefix));
  const checks: Check[] = [];
  for (const name of layers) {
    const expected = golden.get(name);
    const feeds = textFeeds(ids, Number(name.slice(prefix.length)), expected.shape[2]!);
    const { hidden } = await runOnce(textEncoderOf(checkpoint, 'clip_l'), feeds);
    checks.push([name, tensorError(hidden!, expected), tolerance]);
  }
  return checks;
}

async function clipGChecks(checkpoint: GoldenCheckpoint, golden: GoldenTensors): Promise<Check[]> {
  const expected = golden.get('text.g.penultimate');
  const part = checkpoint.parts.text.find(({ name }) => name === 'clip_g')!;
  const layers = part.weights.count('transformer.resblocks');
  const feeds = textFeeds(golden.get('text.ids_g'), layers - 1, expected.shape[2]!);
  const { hidden, pooled } = await runOnce(textEncoderOf(checkpoint, 'clip_g'), feeds);
  return [
    ['penultimate', tensorError(hidden!, expected), tolerance],
    ['pooled', tensorError(pooled!, golden.get('text.g.pooled_per_chunk')), tolerance],
    ['pooled of the first chunk', tensorError(rows(pooled!, 0, 1), golden.get('cond.pooled')), tolerance],
  ];
}

interface Sizes {
  readonly original_hw: readonly [number, number];
  readonly crop_top_left: readonly [number, number];
  readonly target_hw: readonly [number, number];
}

function labelChecks(golden: GoldenTensors): Check[] {
  const sizes = JSON.parse(golden.metadata.sizes ?? '{}') as Record<string, Sizes>;
  const size = ([height, width]: readonly [number, number]) => ({ height, width });
  return Object.entries(sizes).map(
    ([
      name,
      {
        original_hw,
        crop_top_left: [cropTop, cropLeft],
        target_hw,
      },
    ]) => {
      const given = { original: size(original_hw), cropTop, cropLeft, target: size(target_hw) };
      const vector = labelVector(golden.get('cond.pooled'), given);
      return [name, tensorError(vector, golden.get(`cond.vector_${name}`)), tolerance];
    },
  );
}

/** Inpainting: mask and masked latent beside the latent (`concat/`). */
export async function* concatCases(dir: string): AsyncIterable<GoldenOutcome> {
  const checkpoint = await goldenCheckpoint(dir);
  for (const file of await goldenFiles(dir, ioFile)) {
    const golden = await readGoldenTensors(join(dir, file));
    const beside = ['mask', 'masked_latent', 'image_latent'].filter((name) => golden.tensors.has(name));
    const x = beside.reduce((joined, name) => concatChannels(joined, golden.get(name)), golden.get('x'));
    yield attempt('models/concat', file, () => unetChecks(checkpoint, golden, '', x));
  }
}

async function unetChecks(
  checkpoint: GoldenCheckpoint,
  golden: GoldenTensors,
  prefix: string,
  x: Tensor = golden.get(`${prefix}x`),
): Promise<Check[]> {
  const names = ['timesteps', 'context', 'y'].filter((name) => golden.tensors.has(prefix + name));
  const others = Object.fromEntries(names.map((name) => [name, golden.get(prefix + name)]));
  const { out } = await runOnce(unetOf(checkpoint), { x, ...others });
  return [['out', tensorError(out!, golden.get(`${prefix}out`)), tolerance]];
}
