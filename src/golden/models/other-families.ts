import { join } from 'node:path';
import { concatChannels, rows } from '../../engine/tensor/rows.ts';
import type { Tensor } from '../../engine/tensor/tensor.ts';
import { attempt, type Check, tensorError } from '../compare.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { type GoldenTensors, readGoldenTensors } from '../tensors.ts';
import {
  caseNames,
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
    yield attempt(area, 'text', () => penultimateNormed(checkpoint, golden));
    yield attempt(area, 'unet', () => unetChecks(checkpoint, golden, 'unet.'));
  }
}

async function penultimateNormed(checkpoint: GoldenCheckpoint, golden: GoldenTensors): Promise<Check[]> {
  const expected = golden.get('text.penultimate_ln');
  const layers = checkpoint.parts.text[0]!.weights.count('transformer.resblocks');
  const feeds = textFeeds(golden.get('text.ids'), layers - 1, expected.shape[2]!);
  const { normed } = await runOnce(textEncoderOf(checkpoint, 'clip_h'), feeds);
  return [['penultimate, normed', tensorError(normed!, expected), tolerance]];
}

/** SDXL: label vector, transformers of different depths, two text encoders (`sdxl/`). */
export async function* sdxlCases(dir: string): AsyncIterable<GoldenOutcome> {
  const area = 'models/sdxl';
  const checkpoint = await goldenCheckpoint(dir);
  for (const file of await goldenFiles(dir, ioFile)) {
    const golden = await readGoldenTensors(join(dir, file));
    yield attempt(area, 'text CLIP-L', () => clipLChecks(checkpoint, golden));
    yield attempt(area, 'text OpenCLIP-G', () => clipGChecks(checkpoint, golden));
    for (const name of caseNames(golden, 'unet', 'x')) {
      yield attempt(area, `unet ${name}`, () => unetChecks(checkpoint, golden, `unet.${name}.`));
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

/** Inpainting: mask and masked latent beside the latent (`concat/`). */
export async function* concatCases(dir: string): AsyncIterable<GoldenOutcome> {
  const checkpoint = await goldenCheckpoint(dir);
  for (const file of await goldenFiles(dir, ioFile)) {
    const golden = await readGoldenTensors(join(dir, file));
    const x = ['mask', 'masked_latent'].reduce(
      (joined, name) => concatChannels(joined, golden.get(name)),
      golden.get('x'),
    );
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
