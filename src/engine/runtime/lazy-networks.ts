import type { Graph } from '../graph/core.ts';
import type { DeviceOptions } from './device.ts';
import { type Network, openNetwork } from './network.ts';

/** Networks by name, opened when first asked for and held until disposed; asked for after that they are opened again. */
export interface LazyNetworks<Name extends string> extends AsyncDisposable {
  /** @throws Refusal 'out-of-memory', and whatever writing the graph throws; asking again tries again */
  open(name: Name): Promise<Network>;
}

/** @param graphs  writes the graph of each network, once it is needed */
export function lazyNetworks<Name extends string>(
  device: DeviceOptions,
  graphs: Readonly<Record<Name, () => Graph>>,
): LazyNetworks<Name> {
  const opened = new Map<Name, Promise<Network>>();
  const open = async (name: Name): Promise<Network> => {
    const network = opened.get(name) ?? openNetwork(graphs[name](), device);
    opened.set(name, network);
    try {
      return await network;
    } catch (error) {
      opened.delete(name);
      throw error;
    }
  };
  return {
    open,
    [Symbol.asyncDispose]: async () => {
      for (const [name, network] of [...opened]) {
        opened.delete(name);
        await (await network)[Symbol.asyncDispose]();
      }
    },
  };
}
