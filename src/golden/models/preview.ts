import { join } from 'node:path';
import type { Graph } from '../../engine/graph/core.ts';
import { approxDecoder, taesdDecoder } from '../../engine/nets/preview-decoders.ts';
import { cheapPreview } from '../../engine/pipeline/preview.ts';
import { openWeights } from '../../engine/weights/open-weights.ts';
import { type Weights, weightsOf } from '../../engine/weights/weights.ts';
import { attempt, tensorError } from '../compare.ts';
import type { GoldenOutcome } from '../outcome.ts';
import { type GoldenTensors, readGoldenTensors } from '../tensors.ts';
import { goldenFiles, runOnce } from './checkpoint.ts';

const area = 'models/preview';
const tolerance = 1e-4;
const spaces = { cheap_sd1: 'sd', cheap_sdxl: 'sdxl' } as const;

/** Latents as people see them while an edit runs (`preview/`). */
export async function* previewCases(dir: string): AsyncIterable<GoldenOutcome> {
  for (const file of await goldenFiles(dir, /_io\.safetensors$/)) {
    const golden = await readGoldenTensors(join(dir, file));
    for (const [name, space] of Object.entries(spaces)) {
      if (!golden.tensors.has(name)) continue;
      yield attempt(area, name, async () => {
        return [[name, tensorError(cheapPreview(space, golden.get('latent')), golden.get(name)), tolerance]];
      });
    }
    yield* networkCases(dir, file, golden);
    const known = ['latent', ...Object.keys(spaces), ...Object.keys(networks), 'image_minus1_1'];
    for (const name of [...golden.tensors.keys()].filter((tensor) => !known.includes(tensor))) {
      const reason = "linear previews are made with A1111's matrices, not with ComfyUI's";
      yield { area, name, status: 'not covered', reason };
    }
  }
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
