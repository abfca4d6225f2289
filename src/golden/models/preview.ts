import { join } from 'node:path';
import type { Graph } from '../../engine/graph/core.ts';
import { approxDecoder, taesdDecoder } from '../../engine/nets/preview-decoders.ts';
import { cheapPreview } from '../../engine/pipeline/preview.ts';
import type { Tensor } from '../../engine/tensor/tensor.ts';
import { openWeights } from '../../engine/weights/open-weights.ts';
import { type Weights, weightsOf } from '../../engine/weights/weights.ts';
import { attempt, tensorError } from '../compare.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { type GoldenTensors, readGoldenTensors } from '../tensors.ts';
import { goldenFiles, runOnce } from './checkpoint.ts';

const area = 'models/preview';
const tolerance = 1e-4;
/** Linear previews: whose matrix, and of which latents. */
const matrices = {
  cheap_sd1: ['A1111', 'sd'],
  cheap_sdxl: ['A1111', 'sdxl'],
  latent2rgb_sd1: ['ComfyUI', 'sd'],
  latent2rgb_sdxl: ['ComfyUI', 'sdxl'],
} as const;

/** Latents as people see them while an edit runs (`preview/`). */
export async function* previewCases(dir: string): AsyncIterable<GoldenOutcome> {
  for (const file of await goldenFiles(dir, /_io\.safetensors$/)) {
    const golden = await readGoldenTensors(join(dir, file));
    for (const [name, [whose, space]] of Object.entries(matrices)) {
      if (!golden.tensors.has(name)) continue;
      yield attempt(area, name, async () => {
        const preview = cheapPreview(space, golden.get('latent'), whose);
        const expected = golden.get(name);
        return [[name, tensorError(whose === 'ComfyUI' ? channelsLast(preview) : preview, expected), tolerance]];
      });
    }
    yield* networkCases(dir, file, golden);
  }
}

/** [B, C, h, w] → [B, h, w, C], as ComfyUI has pictures. */
function channelsLast({ data, shape }: Tensor): Tensor {
  const [batch = 0, channels = 0, height = 0, width = 0] = shape;
  const area = height * width;
  const out = new Float32Array(data.length);
  for (let b = 0; b < batch; b++)
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < area; i++) out[(b * area + i) * channels + c] = data[(b * channels + c) * area + i]!;
  return { data: out, shape: [batch, height, width, channels] };
}

/** The result a network gives, and the graph that computes it. */
const networks: Readonly<Record<string, (w: Weights) => Graph>> = {
  image_01: taesdDecoder,
  approx_nn: approxDecoder,
};

/** The small decoders; their weights lie beside the cases, `<name>_tinyrandom` for `<name>_io`. */
async function* networkCases(dir: string, file: string, golden: GoldenTensors): AsyncIterable<GoldenOutcome> {
  for (const [name, graph] of Object.entries(networks)) {
    if (!golden.tensors.has(name)) continue;
    yield attempt(area, name, async () => {
      const weights = await openWeights(join(dir, file.replace('_io', '_tinyrandom')));
      const { pixels } = await runOnce(graph(weightsOf(weights.path, weights.tensors)), {
        latent: golden.get('latent'),
      });
      return [[name, tensorError(pixels!, golden.get(name)), tolerance]];
    });
  }
}
