import { basename } from 'node:path';
import { Refusal } from '../../errors.ts';
import { torchEntries } from './torch.ts';
import { readTorchFile } from './torch-file.ts';
import { brokenWeights, realFile, type TensorEntry } from './weights-file.ts';

/** A layer of a hypernetwork's module: a matrix [out, in], or the gains [n] of a layer norm. */
export interface HypernetworkLayer {
  readonly kind: 'linear' | 'layer norm';
  readonly weight: TensorEntry;
  readonly bias?: TensorEntry;
}

/** The two modules for a context of one width, each a list of layers. */
export interface HypernetworkModules {
  readonly k: readonly HypernetworkLayer[];
  readonly v: readonly HypernetworkLayer[];
}

/** A hypernetwork: what is added to the context that keys and values are made of. */
export interface HypernetworkFile {
  /** By the width of the context. */
  readonly modules: ReadonlyMap<number, HypernetworkModules>;
  /** In A1111's words; 'linear' for none. */
  readonly activation: string;
  /** Whether the last matrix is followed by the activation too. */
  readonly activateOutput: boolean;
}

/** How many widths a file may be for; real ones have seven. */
const mostWidths = 64;

/**
 * Reads a hypernetwork of A1111. Which of `linear.N` is a matrix and which a layer norm is told by its shape, so that dropouts, which only
 * take up numbers, need not be counted.
 *
 * @throws Refusal 'weights-broken' for a damaged file, 'weights-unsupported' for one that is no hypernetwork
 * Source: A1111 modules/hypernetworks/hypernetwork.py
 */
export async function openHypernetwork(path: string): Promise<HypernetworkFile> {
  const real = await realFile(path);
  const { value, places } = await readTorchFile(real);
  const content = value instanceof Map ? value : new Map<unknown, unknown>();
  const widths = [...content.keys()].filter((key): key is number => typeof key === 'number');
  if (widths.length === 0 || widths.length > mostWidths) {
    throw new Refusal('weights-unsupported', { file: basename(path), why: 'it is no hypernetwork' });
  }
  const pairs = widths.map((width) => {
    const pair: unknown = content.get(width);
    const [k, v] = Array.isArray(pair) ? (pair as unknown[]) : [];
    return [width, new Map([['k', k] as const, ['v', v] as const])] as const;
  });
  const entries = await torchEntries(real, { value: new Map(pairs), places });
  const activation = content.get('activation_func');
  return {
    modules: new Map(widths.map((width) => [width, modulesOf(path, width, entries)])),
    activation: typeof activation === 'string' ? activation : 'linear',
    activateOutput: content.get('activate_output') !== false,
  };
}

function modulesOf(path: string, width: number, entries: ReadonlyMap<string, TensorEntry>): HypernetworkModules {
  const layersOf = (side: 'k' | 'v') => {
    const layers = layersIn(path, `${width}/${side}/`, entries);
    refuseUnlinked(path, width, layers);
    return layers;
  };
  return { k: layersOf('k'), v: layersOf('v') };
}

/** Names of 2022. */
const oldNames: Readonly<Record<string, string>> = { linear1: 'linear.0', linear2: 'linear.1' };

function layersIn(path: string, start: string, entries: ReadonlyMap<string, TensorEntry>): HypernetworkLayer[] {
  const own = new Map<string, TensorEntry>();
  for (const [name, entry] of entries) {
    if (!name.startsWith(start)) continue;
    const called = name.slice(start.length).replace(/^linear[12](?=\.)/, (old) => oldNames[old]!);
    // Several hypernetworks may be in one graph, and their tensors are called alike.
    own.set(called, { ...entry, name: `${path}:${name}` });
  }
  const indices = [...own.keys()].flatMap((name) => /^linear\.(\d{1,4})\.weight$/.exec(name)?.[1] ?? []);
  return indices
    .map(Number)
    .sort((a, b) => a - b)
    .map((i) => {
      const [weight, bias] = [own.get(`linear.${i}.weight`)!, own.get(`linear.${i}.bias`)];
      return { kind: weight.shape.length === 1 ? 'layer norm' : 'linear', weight, ...(bias && { bias }) };
    });
}

/** Each matrix takes what the one before it gives; the first takes, and the last gives, what the context is wide. */
function refuseUnlinked(path: string, width: number, layers: readonly HypernetworkLayer[]): void {
  let wide = width;
  for (const { kind, weight, bias } of layers) {
    const [out = 0, from = out] = weight.shape;
    if (from !== wide || weight.shape.length > 2 || (bias && `${bias.shape}` !== `${out}`)) {
      throw brokenWeights(path, `a ${kind} of [${weight.shape.join(', ')}] is given ${wide} numbers`);
    }
    wide = out;
  }
  if (layers.length === 0 || wide !== width) throw brokenWeights(path, `what it has for width ${width} is incomplete`);
}
