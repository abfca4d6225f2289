import type { GraphBuilder } from '../graph/builder.ts';
import type { Graph, PatchMaker } from '../graph/core.ts';
import type { HypernetworkUse } from '../nets/hypernetwork.ts';
import { type LoraUse, loraPatch } from '../nets/lora-patch.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { LoraTarget } from '../weights/lora-targets.ts';
import { adapterFeeds, fedApart, isTouching } from './adapter-feeds.ts';
import type { DeviceOptions } from './device.ts';
import { type Network, openNetwork } from './network.ts';

/** What changes a checkpoint's networks for one request. */
export interface Outfit {
  /** In the order of the prompt. */
  readonly loras: readonly LoraUse[];
  /** Likewise; only a U-Net has use for them. */
  readonly hypernetworks: readonly HypernetworkUse[];
}

/** How a network's graph is to be written: with inputs for low-rank changes, and with other changes written into it. */
export interface Dress {
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
}

/** A network that LoRAs and hypernetworks change. Opened when it first runs, and held until disposed. */
export interface DressedNetwork extends Network {
  /** What it wears from its next run on; in the order given. */
  wear(outfit: Outfit): void;
  /** What the factors take up that it was last fed. */
  fedBytes(): number;
}

/**
 * One open network serves every plain LoRA: their factors are fed to it. Other kinds, and hypernetworks, are written into a graph of its
 * own, which is kept until others are asked for; two large ones are never open at once.
 */
export function dressedNetwork(options: DressedOptions): DressedNetwork {
  const [bare, patched] = [place(options.device), place(options.device)];
  let worn: Outfit = nothingWorn;
  let known: Base | undefined;
  /** The last feeds. */
  let fed: { readonly loras: readonly LoraUse[]; readonly feeds: Feeds } | undefined;
  /** What the patched network has in it. */
  let written: Outfit = nothingWorn;

  const open = async (outfit: Outfit, { isLarge, graph }: Base): Promise<Network> => {
    if (isBare(outfit)) {
      if (isLarge) await patched.close();
      return await bare.open(() => graph);
    }
    if (!isSame(written, outfit)) await patched.close();
    if (isLarge) await bare.close();
    written = outfit;
    const { loras, hypernetworks } = outfit;
    const patch = loraPatch(loras, options.targets());
    return await patched.open(() => options.graph({ adapters: isLarge, patch, hypernetworks }));
  };
  const feedsOf = (loras: readonly LoraUse[], { isLarge, graph }: Base): Feeds => {
    if (!isLarge) return {};
    if (!fed || !isSame({ ...nothingWorn, loras: fed.loras }, { ...nothingWorn, loras })) {
      fed = { loras, feeds: adapterFeeds(loras, { graph, targets: options.targets() }) };
    }
    return fed.feeds;
  };
  return {
    wear: (outfit) => {
      worn = outfit;
      if (outfit.loras.length === 0 && fed && fed.loras.length > 0) fed = undefined; // many megabytes
    },
    fedBytes: () => Object.values(fed?.feeds ?? {}).reduce((sum, { data }) => sum + data.byteLength, 0),
    run: async (feeds) => {
      known ??= baseOf(options);
      const given = { graph: known.graph, targets: options.targets() };
      const loras = worn.loras.filter((use) => isTouching(use, given));
      const hypernetworks = worn.hypernetworks.filter(({ multiplier }) => multiplier !== 0);
      const { apart, together } = known.isLarge ? fedApart(loras, given) : { apart: [], together: loras };
      const network = await open({ loras: together, hypernetworks }, known);
      return await network.run({ ...feedsOf(apart, known), ...feeds });
    },
    [Symbol.asyncDispose]: async () => {
      fed = undefined;
      await bare.close();
      await patched.close();
    },
  };
}

type Feeds = Readonly<Record<string, Tensor>>;

const nothingWorn: Outfit = { loras: [], hypernetworks: [] };

/** The graph that every request can share. */
interface Base {
  readonly graph: Graph;
  /** With inputs for low-rank changes. */
  readonly isLarge: boolean;
}

function baseOf({ graph, adaptersFrom }: DressedOptions): Base {
  const bare = graph({ adapters: false });
  const isLarge = bare.weights.reduce((sum, { length }) => sum + length, 0) >= adaptersFrom;
  return { graph: isLarge ? graph({ adapters: true }) : bare, isLarge };
}

/** Room for one open network. */
function place(device: DeviceOptions) {
  let held: Promise<Network> | undefined;
  const close = async (): Promise<void> => {
    const network = held;
    held = undefined;
    await (await network)?.[Symbol.asyncDispose]();
  };
  const open = async (graph: () => Graph): Promise<Network> => {
    held ??= openNetwork(graph(), device);
    try {
      return await held;
    } catch (error) {
      held = undefined;
      throw error;
    }
  };
  return { open, close };
}

const isBare = ({ loras, hypernetworks }: Outfit) => loras.length === 0 && hypernetworks.length === 0;

/** Whether two outfits change every weight alike. */
function isSame(a: Outfit, b: Outfit): boolean {
  const isSameLora = (one: LoraUse, other: LoraUse | undefined) =>
    one.file === other?.file &&
    one.rank === other.rank &&
    one.multipliers.unet === other.multipliers.unet &&
    one.multipliers.text === other.multipliers.text;
  const isSameHypernetwork = (one: HypernetworkUse, other: HypernetworkUse | undefined) =>
    one.file === other?.file && one.multiplier === other.multiplier;
  return (
    a.loras.length === b.loras.length &&
    a.loras.every((use, i) => isSameLora(use, b.loras[i])) &&
    a.hypernetworks.length === b.hypernetworks.length &&
    a.hypernetworks.every((use, i) => isSameHypernetwork(use, b.hypernetworks[i]))
  );
}
