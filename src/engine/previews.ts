import { basename } from 'node:path';
import type { Graph } from './graph/core.ts';
import { type ModelFile, modelFiles } from './library/model-files.ts';
import { approxDecoder, taesdDecoder } from './nets/preview-decoders.ts';
import { cheapPreview, type PreviewOf } from './pipeline/preview.ts';
import type { DeviceOptions } from './runtime/device.ts';
import { type Network, openNetwork } from './runtime/network.ts';
import { addScaled } from './tensor/arithmetic.ts';
import type { Tensor } from './tensor/tensor.ts';
import type { LatentSpace } from './weights/declared.ts';
import { openWeights } from './weights/open-weights.ts';
import { type Weights, weightsOf } from './weights/weights.ts';

/**
 * How live previews are made, in A1111's words; `latent2rgb` is ComfyUI's linear one. `auto` takes the best there is a file for: TAESD, Approx NN,
 * else Approx cheap, which needs none.
 */
export type PreviewMethod = 'off' | 'auto' | 'taesd' | 'approx nn' | 'approx cheap' | 'latent2rgb';

/** Makes previews, with small networks held open where there are files for them. */
export interface Previews extends AsyncDisposable {
  readonly of: PreviewOf;
}

export interface PreviewOptions {
  /** The folder that holds `VAE-approx` and `VAE-taesd`. */
  readonly modelsDir: string;
  readonly method: Exclude<PreviewMethod, 'off'>;
  readonly device: () => Promise<DeviceOptions>;
}

type Kind = 'taesd' | 'approx nn';

/** A decoder's graph, and what its answer is as pixels around [−1, 1]. */
const decoders: Readonly<Record<Kind, { readonly graph: (w: Weights) => Graph; toPixels(out: Tensor): Tensor }>> = {
  taesd: { graph: taesdDecoder, toPixels: fromUnit },
  'approx nn': { graph: approxDecoder, toPixels: (out) => out },
};

/** [0, 1] → [−1, 1] */
function fromUnit(out: Tensor): Tensor {
  return addScaled({ data: new Float32Array(out.data.length).fill(-1), shape: out.shape }, 2, out);
}

/** A decoder that is open, and the versions of the files it was chosen from. */
interface Chosen {
  readonly among: string;
  readonly decoder: Promise<OpenDecoder | null>;
}

/** Looks into the folder at every preview, and reads only what is new there. A file that cannot be used is passed over. */
export function openPreviews({ modelsDir, method, device }: PreviewOptions): Previews {
  const kinds = kindsOf(method);
  const chosen = new Map<LatentSpace, Chosen>();
  const close = async (space: LatentSpace) => {
    const decoder = await chosen.get(space)?.decoder;
    chosen.delete(space);
    await decoder?.network[Symbol.asyncDispose]();
  };
  const decoderFor = async (space: LatentSpace): Promise<OpenDecoder | null> => {
    const files = kinds.length > 0 ? await modelFiles(modelsDir, 'vae-approx') : [];
    const among = JSON.stringify(files.map(({ path, version }) => [path, version]));
    if (chosen.get(space)?.among !== among) {
      await close(space);
      chosen.set(space, { among, decoder: openDecoder(space, { kinds, files, device }) });
    }
    return await chosen.get(space)!.decoder;
  };
  const linear = method === 'latent2rgb' ? 'ComfyUI' : 'A1111';
  return {
    of: async (space, latent) => {
      const decoder = await decoderFor(space);
      if (!decoder) return cheapPreview(space, latent, linear);
      const { pixels } = await decoder.network.run({ latent });
      return decoders[decoder.kind].toPixels(pixels!);
    },
    [Symbol.asyncDispose]: async () => {
      for (const space of [...chosen.keys()]) await close(space);
    },
  };
}

function kindsOf(method: PreviewMethod): readonly Kind[] {
  if (method === 'auto') return ['taesd', 'approx nn'];
  return method === 'taesd' || method === 'approx nn' ? [method] : [];
}

interface OpenDecoder {
  readonly kind: Kind;
  readonly network: Network;
}

interface Choice {
  /** Best first. */
  readonly kinds: readonly Kind[];
  readonly files: readonly ModelFile[];
  readonly device: PreviewOptions['device'];
}

async function openDecoder(space: LatentSpace, { kinds, files, device }: Choice): Promise<OpenDecoder | null> {
  for (const kind of kinds) {
    for (const file of files.filter((one) => isFor(space, kind, one))) {
      try {
        const { path, tensors } = await openWeights(file.path);
        return { kind, network: await openNetwork(decoders[kind].graph(weightsOf(path, tensors)), await device()) };
      } catch {
        // damaged, of other sizes, or just being replaced: the next best will do
      }
    }
  }
  return null;
}

/** By the names A1111 downloads them under. */
function isFor(space: LatentSpace, kind: Kind, { path, fault }: ModelFile): boolean {
  if (fault !== null || space === 'palimpsest-tiny') return false;
  const name = basename(path).toLowerCase();
  const isXl = /taesdxl|sdxl/.test(name);
  const isKind = kind === 'taesd' ? /^taesd(xl)?_decoder\b/.test(name) : /^(model|vaeapprox-\w+)\.[a-z]+$/.test(name);
  return isKind && isXl === (space === 'sdxl');
}
