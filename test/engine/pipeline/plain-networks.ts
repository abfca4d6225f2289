import type { Progress } from '../../../src/edit/request.ts';
import type { Models } from '../../../src/engine/pipeline/edit.ts';
import { noExtras } from '../../../src/engine/pipeline/extras.ts';
import type { Checkpoint } from '../../../src/engine/pipeline/models.ts';
import { openReporter } from '../../../src/engine/pipeline/reporter.ts';
import { openTokenizer } from '../../../src/engine/prompt/tokenizer.ts';
import type { Tensor } from '../../../src/engine/tensor/tensor.ts';

/** Means of 8 × 8 pixels as the first three channels, their sum as the fourth: a VAE without weights. */
function encoded({ data, shape: [, , height = 0, width = 0] }: Tensor): Tensor {
  const [h, w] = [height / 8, width / 8];
  const out = new Float32Array(4 * h * w);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const v = data[(c * height + y) * width + x]! / 64;
        const cell = (y >> 3) * w + (x >> 3);
        out[c * h * w + cell]! += v;
        out[3 * h * w + cell]! += v / 3;
      }
    }
  }
  return { data: out, shape: [1, 4, h, w] };
}

/** Every latent as a square of 8 × 8 pixels. */
function decoded({ data, shape: [n = 0, , h = 0, w = 0] }: Tensor): Tensor {
  const out = new Float32Array(n * 3 * h * w * 64);
  for (let p = 0, o = 0; p < n; p++) {
    for (let c = 0; c < 3; c++) {
      for (let y = 0; y < 8 * h; y++) {
        for (let x = 0; x < 8 * w; x++, o++) out[o] = data[((p * 4 + c) * h + (y >> 3)) * w + (x >> 3)]!;
      }
    }
  }
  return { data: out, shape: [n, 3, 8 * h, 8 * w] };
}

/** A checkpoint that costs nothing: whatever its "U-Net" sees, each latent on its own, changes what comes out. */
const checkpoint = {
  facts: {
    ...{ family: 'sd1', latentSpace: 'sd', variant: 'plain', prediction: 'eps', zeroTerminalSnr: false },
    unet: { admInChannels: null },
  },
  textWidths: [8],
  use: () => {},
  encodeText: async (rows: readonly unknown[]) => ({
    states: [{ data: new Float32Array(rows.length * 77 * 8).fill(0.1), shape: [rows.length, 77, 8] }],
  }),
  unet: async (x: Tensor, timesteps: readonly number[]) => {
    const size = x.data.length / timesteps.length;
    return { data: x.data.map((v, i) => Math.tanh(0.7 * v) + timesteps[Math.floor(i / size)]! / 5000), shape: x.shape };
  },
  encodeImage: async (pixels: Tensor) => encoded(pixels),
  decodeLatent: async (latent: Tensor) => decoded(latent),
} as unknown as Checkpoint;

export async function plainModels(): Promise<Models> {
  return {
    checkpoint,
    tokenize: await openTokenizer(),
    findExtras: async () => noExtras,
    findStyles: async () => [],
    modelHash: '0123456789',
    version: 'test',
  };
}

/** Tells progress to `heard`; cancelled when `until` says so. */
export function plainReporter(heard: (progress: Progress) => void = () => {}, isCancelled = () => false) {
  const signal = {
    get cancelled() {
      return isCancelled();
    },
  };
  return openReporter({ progress: heard, signal, preview: null });
}
