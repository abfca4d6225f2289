import type { GraphBuilder } from '../graph/builder.ts';
import type { Graph, PatchMaker, Precision } from '../graph/core.ts';
import type { HypernetworkUse } from '../nets/hypernetwork.ts';
import { type LoraUse, loraPatch } from '../nets/lora-patch.ts';
import { sizeOf, type Tensor } from '../tensor/tensor.ts';
import type { LoraTarget } from '../weights/lora-targets.ts';
import {
  adapterFeeds,
  bytesFed,
  type Feeds,
  fedApart,
  isTouching,
  type ReadFactors,
  readFactors,
} from './adapter-feeds.ts';
import type { DeviceOptions } from './device.ts';
import { type Network, openNetwork } from './network.ts';

/** What changes a checkpoint's networks for one request. */
export interface Outfit {
  /** In the order of the prompt. */
  readonly loras: readonly LoraUse[];
  /** Likewise; only a U-Net has use for them. */
  readonly hypernetworks: readonly HypernetworkUse[];
  /** For pictures that can be laid side by side with themselves; likewise. */
  readonly tiling?: boolean;
}

/** How a network's graph is to be written: with inputs for low-rank changes, and with other changes written into it. */
export interface Dress {
  readonly precision: Precision;
  readonly tiling: boolean;
  readonly adapters: boolean;
  readonly patch?: PatchMaker<GraphBuilder>;
  readonly hypernetworks?: readonly HypernetworkUse[];
}

export interface DressedOptions {
  readonly device: DeviceOptions;
  /** Writes the graph. @throws Refusal for a file that lacks what it needs */
  readonly graph: (dress: Dress) => Graph;
  readonly targets: () => ReadonlyMap<string, LoraTarget>;
  /** Networks with less than so many bytes of weights are opened anew for every change: that is quick, and they run faster without. */
  readonly adaptersFrom: number;
  /** Bytes of weights that may be open besides those that one network for each purpose takes. */
  readonly spareBytes: () => number;
  /** Told when float16 turned out too narrow, and float32 is used from now on. */
  readonly onFloat32: () => void;
}

/** A network that LoRAs and hypernetworks change. Opened when it first runs, and held until disposed. */
export interface DressedNetwork extends Network {
  /** What it wears from its next run on; in the order given. */
  wear(outfit: Outfit): void;
  /** What it holds besides the weights of one open network: low-rank factors, and other networks with changes written into them. */
  extraBytes(): number;
}

/**
 * One open network serves every plain LoRA: their factors are fed to it. Other kinds, and hypernetworks, are written into graphs of their
 * own, which stay open as long as there is room for them.
 */
export function dressedNetwork(options: DressedOptions): DressedNetwork {
  const wardrobe = openWardrobe(options);
  const feeds = rememberingFeeds(options);
  let precision = options.device.precision ?? 'float32';
  let worn: Outfit = { loras: [], hypernetworks: [] };
  let known: Base | undefined;

  const compute: Network['run'] = async (given) => {
    const { tiling = false } = worn;
    if (known && known.form.tiling !== tiling) await close();
    known ??= baseOf(options, { precision, tiling });
    const base = { graph: known.graph, targets: options.targets() };
    const loras = worn.loras.filter((use) => isTouching(use, base));
    const hypernetworks = worn.hypernetworks.filter(({ multiplier }) => multiplier !== 0);
    const { apart, together } = known.isLarge ? fedApart(loras, base) : { apart: [], together: loras };
    const network = await wardrobe.open({ loras: together, hypernetworks }, known);
    return await network.run({ ...(known.isLarge && feeds.of(apart, known)), ...given });
  };
  const close = async () => {
    known = undefined;
    feeds.forget();
    await wardrobe[Symbol.asyncDispose]();
  };
  return {
    wear: (outfit) => {
      worn = outfit;
      if (outfit.loras.length === 0) feeds.forget(); // many megabytes
    },
    extraBytes: () => feeds.bytes() + wardrobe.extraBytes(),
    run: async (given) => {
      const results = await compute(given);
      if (precision === 'float32' || !Object.values(results).some(isBroken)) return results;
      precision = 'float32';
      options.onFloat32();
      await close();
      return await compute(given);
    },
    [Symbol.asyncDispose]: close,
  };
}

/** Something on the way was too large for float16. */
const isBroken = ({ data }: Tensor) => !data.every(Number.isFinite);

type Form = Pick<Dress, 'precision' | 'tiling'>;

/** The graph that every request can share. */
interface Base {
  readonly graph: Graph;
  readonly form: Form;
  /** Of its weights while it is open. */
  readonly bytes: number;
  /** With inputs for low-rank changes. */
  readonly isLarge: boolean;
}

function baseOf({ graph, adaptersFrom }: DressedOptions, form: Form): Base {
  const bare = graph({ ...form, adapters: false });
  const isLarge = bare.weights.reduce((sum, { length }) => sum + length, 0) >= adaptersFrom;
  const bytes = openBytes(bare.weights, form.precision);
  return { graph: isLarge ? graph({ ...form, adapters: true }) : bare, form, bytes, isLarge };
}

/** What weights take up in an open network, whatever their type in the file. */
export function openBytes(
  weights: Iterable<{ readonly shape: readonly number[] }>,
  precision: Precision = 'float32',
): number {
  return [...weights].reduce((sum, { shape }) => sum + sizeOf(shape), 0) * (precision === 'float16' ? 2 : 4);
}

/** Small networks cost little, but each has buffers of its own. */
const mostOpen = 4;

/** Networks of one graph with different changes written into them, the one used longest ago first. */
function openWardrobe({ device, graph, targets, spareBytes }: DressedOptions) {
  let open: readonly { readonly outfit: Outfit; readonly bytes: number; readonly network: Network }[] = [];

  const closeOldest = async () => {
    const [oldest, ...rest] = open;
    open = rest;
    await oldest?.network[Symbol.asyncDispose]();
  };
  const graphFor = ({ loras, hypernetworks }: Outfit, base: Base) => {
    if (loras.length === 0 && hypernetworks.length === 0) return base.graph;
    return graph({ ...base.form, adapters: base.isLarge, patch: loraPatch(loras, targets()), hypernetworks });
  };
  return {
    async open(outfit: Outfit, base: Base): Promise<Network> {
      const worn = open.find((one) => isSame(one.outfit, outfit));
      if (worn) {
        open = [...open.filter((one) => one !== worn), worn];
        return worn.network;
      }
      while (open.length > 0 && (open.length >= mostOpen || base.bytes > spareBytes())) await closeOldest();
      const network = await openNetwork(graphFor(outfit, base), device);
      open = [...open, { outfit, bytes: base.bytes, network }];
      return network;
    },
    extraBytes: () => open.slice(1).reduce((sum, { bytes }) => sum + bytes, 0),
    async [Symbol.asyncDispose]() {
      while (open.length > 0) await closeOldest();
    },
  };
}

/** The last feeds, and the factors they were made of: another multiplier is no reason to read them again. */
function rememberingFeeds({ targets }: Pick<DressedOptions, 'targets'>) {
  let last: { readonly loras: readonly LoraUse[]; readonly read: ReadFactors; readonly feeds: Feeds } | undefined;
  return {
    of(loras: readonly LoraUse[], { graph }: Base): Feeds {
      if (last && areSame(last.loras, loras, isSameUse)) return last.feeds;
      const isKnown = last && areSame(last.loras, loras, isSameFile);
      const read = isKnown ? last!.read : readFactors(loras, { graph, targets: targets() });
      last = { loras, read, feeds: adapterFeeds(loras, graph, read) };
      return last.feeds;
    },
    bytes: () => (last ? bytesFed(last.read, last.feeds) : 0),
    forget() {
      last = undefined;
    },
  };
}

const areSame = <T>(a: readonly T[], b: readonly T[], isSameOne: (one: T, other: T) => boolean) =>
  a.length === b.length && a.every((one, i) => isSameOne(one, b[i]!));

const isSameFile = (a: LoraUse, b: LoraUse) => a.file === b.file && a.rank === b.rank;
const isSameUse = (a: LoraUse, b: LoraUse) =>
  isSameFile(a, b) && a.multipliers.unet === b.multipliers.unet && a.multipliers.text === b.multipliers.text;
const isSameHypernetwork = (a: HypernetworkUse, b: HypernetworkUse) =>
  a.file === b.file && a.multiplier === b.multiplier;

/** Whether two outfits change every weight alike. */
function isSame(a: Outfit, b: Outfit): boolean {
  return areSame(a.loras, b.loras, isSameUse) && areSame(a.hypernetworks, b.hypernetworks, isSameHypernetwork);
}
