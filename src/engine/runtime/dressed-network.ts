import type { GraphBuilder } from '../graph/builder.ts';
import type { Graph, PatchMaker } from '../graph/core.ts';
import { type LoraUse, loraPatch } from '../nets/lora-patch.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { LoraTarget } from '../weights/lora-targets.ts';
import { adapterFeeds, canBeFed, isTouching } from './adapter-feeds.ts';
import type { DeviceOptions } from './device.ts';
import { type Network, openNetwork } from './network.ts';

/** How a network's graph is to be written: with inputs for low-rank changes, or with changes written into it. */
export interface Dress {
  readonly adapters: boolean;
  readonly patch?: PatchMaker<GraphBuilder>;
}

export interface DressedOptions {
  readonly device: DeviceOptions;
  /** Writes the graph. @throws Refusal for a file that lacks what it needs */
  readonly graph: (dress: Dress) => Graph;
  readonly targets: () => ReadonlyMap<string, LoraTarget>;
  /** Networks with less than so many bytes of weights are opened anew for every change: that is quick, and they run faster without. */
  readonly adaptersFrom: number;
}

/** A network that LoRAs change. Opened when it first runs, and held until disposed. */
export interface DressedNetwork extends Network {
  /** What it wears from its next run on; in the order given. */
  wear(loras: readonly LoraUse[]): void;
}

/**
 * One open network serves every plain LoRA: their factors are fed to it. Other kinds are written into a graph of its own, which is kept
 * until other such LoRAs are asked for; two large ones are never open at once.
 */
export function dressedNetwork(options: DressedOptions): DressedNetwork {
  const [plain, patched] = [place(options.device), place(options.device)];
  let worn: readonly LoraUse[] = [];
  let known: Base | undefined;
  /** The last feeds. */
  let fed: { readonly loras: readonly LoraUse[]; readonly feeds: Readonly<Record<string, Tensor>> } | undefined;
  /** What the patched network wears. */
  let written: readonly LoraUse[] = [];

  const runPatched = async (loras: readonly LoraUse[], { isLarge }: Base, feeds: Feeds) => {
    if (!isSame(written, loras)) await patched.close();
    if (isLarge) await plain.close();
    written = loras;
    const patch = loraPatch(loras, options.targets());
    return await (await patched.open(() => options.graph({ adapters: false, patch }))).run(feeds);
  };
  const runPlain = async (loras: readonly LoraUse[], { isLarge, graph }: Base, feeds: Feeds) => {
    if (!isLarge) return await (await plain.open(() => graph)).run(feeds);
    await patched.close();
    if (!fed || !isSame(fed.loras, loras)) {
      fed = { loras, feeds: await adapterFeeds(loras, { graph, targets: options.targets() }) };
    }
    return await (await plain.open(() => graph)).run({ ...fed.feeds, ...feeds });
  };
  return {
    wear: (loras) => {
      worn = loras;
    },
    run: async (feeds) => {
      known ??= baseOf(options);
      const given = { graph: known.graph, targets: options.targets() };
      const loras = worn.filter((use) => isTouching(use, given));
      const isFed = loras.length === 0 || (known.isLarge && canBeFed(loras, given));
      return isFed ? await runPlain(loras, known, feeds) : await runPatched(loras, known, feeds);
    },
    [Symbol.asyncDispose]: async () => {
      await plain.close();
      await patched.close();
    },
  };
}

type Feeds = Parameters<Network['run']>[0];

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

/** Whether two lists of LoRAs change every weight alike. */
function isSame(a: readonly LoraUse[], b: readonly LoraUse[]): boolean {
  const isSameUse = (one: LoraUse, other: LoraUse | undefined) =>
    one.file === other?.file &&
    one.rank === other.rank &&
    one.multipliers.unet === other.multipliers.unet &&
    one.multipliers.text === other.multipliers.text;
  return a.length === b.length && a.every((use, i) => isSameUse(use, b[i]));
}
